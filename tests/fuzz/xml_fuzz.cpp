// Any bytes as the XML of an event, and as Snare's line.
#include <cstddef>
#include <cstdint>

#include "ingest/decode/snare.hpp"
#include "ingest/decode/xml.hpp"
#include "tests/fuzz/body_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin::ingest;
  decode_twice<XmlBody>(data, size);
  decode_twice<SnareBody>(data, size);
  return 0;
}
