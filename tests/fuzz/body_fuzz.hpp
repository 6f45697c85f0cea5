// Any bytes as a body: decoded the same way twice, every field in bounds, and no field of a body
// that is of another form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "tests/ingest/decode/decoded.hpp"

namespace tocsin::ingest {

// The result, and the event that it was read into.
template <typename Body>
std::pair<BodyResult, const event::Event&> decode_twice(const std::uint8_t* data,
                                                        std::size_t size) {
  static DecodedBy<Body> a;
  static DecodedBy<Body> b;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const BodyResult result = a.decode(text);
  if (b.decode(text) != result) std::abort();
  if (a.pairs() != b.pairs() || a.event.anomalies != b.event.anomalies) std::abort();
  if (a.event.field_count != a.batch.fields.size()) std::abort();
  if (result == BodyResult::invalid && !a.batch.fields.empty()) std::abort();
  return {result, a.event};
}

}  // namespace tocsin::ingest
