// Any bytes as a record of Linux audit: an event only where there is a stamp.
#include "ingest/decode/audit.hpp"
#include "tests/fuzz/body_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin::ingest;
  const auto [result, event] = decode_twice<AuditBody>(data, size);
  if ((result == BodyResult::decoded) != event.has_time) std::abort();
  return 0;
}
