// Any bytes as key=value pairs: decoded the same way twice, every field in bounds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ingest/decode/key_value.hpp"
#include "tests/ingest/decode/decoded.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  static ingest::KeyValueBody decoder;
  static ingest::Decoded a;
  static ingest::Decoded b;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ingest::BodyContext first = a.context();
  const ingest::BodyResult result = decoder.decode(a.frame(text), first);
  ingest::BodyContext second = b.context();
  if (decoder.decode(b.frame(text), second) != result) std::abort();
  if (a.pairs() != b.pairs() || a.event.anomalies != b.event.anomalies) std::abort();
  if (a.event.field_count != a.batch.fields.size()) std::abort();
  if (result == ingest::BodyResult::invalid && !a.batch.fields.empty()) std::abort();
  return 0;
}
