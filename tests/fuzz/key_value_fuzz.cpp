// Any bytes as key=value pairs.
#include "ingest/decode/key_value.hpp"
#include "tests/fuzz/body_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tocsin::ingest::decode_twice<tocsin::ingest::KeyValueBody>(data, size);
  return 0;
}
