// Any bytes as CEF or LEEF.
#include "ingest/decode/cef.hpp"
#include "tests/fuzz/body_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tocsin::ingest::decode_twice<tocsin::ingest::CefBody>(data, size);
  return 0;
}
