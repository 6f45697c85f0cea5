// Any bytes as a JSON body: decoded the same way twice, and every field lies in the batch.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ingest/decode/json.hpp"
#include "tests/ingest/decode/decoded.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  static ingest::JsonBody first({.depth = 4, .checked_depth = 16, .name = 40, .names = 100});
  static ingest::JsonBody second({.depth = 4, .checked_depth = 16, .name = 40, .names = 100});
  static ingest::Decoded a;
  static ingest::Decoded b;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view body = a.frame(text);
  ingest::BodyContext in_text = a.context();
  const ingest::BodyResult result = first.decode(body, in_text);
  b.frame("");
  ingest::BodyContext elsewhere = b.context();
  if (second.decode(text, elsewhere) != result) std::abort();
  if (a.pairs() != b.pairs()) std::abort();
  if (a.event.anomalies != b.event.anomalies || a.event.time != b.event.time) std::abort();
  if (result == ingest::BodyResult::invalid && !a.batch.fields.empty()) std::abort();
  if (a.event.field_count != a.batch.fields.size()) std::abort();
  return 0;
}
