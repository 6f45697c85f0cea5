// Any bytes as the XML of an event, as Snare's line, and as a file of events: frames do not depend
// on how the bytes are cut.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/decode/snare.hpp"
#include "ingest/decode/xml.hpp"
#include "ingest/frame/xml_events.hpp"
#include "tests/fuzz/body_fuzz.hpp"

namespace {

using namespace tocsin;

std::vector<std::string> framed(std::string_view file, std::size_t piece, std::size_t max_frames) {
  ingest::XmlEventFramer framer(50, max_frames);
  event::Batch batch;
  std::vector<std::uint64_t> ends;
  std::vector<std::string> out;
  const auto take = [&] {
    for (std::size_t i = 0; i < batch.frames.size(); ++i) out.emplace_back(batch.raw(i));
    const bool any = !batch.frames.empty();
    batch.clear();
    return any;
  };
  for (std::size_t at = 0; at < file.size();) {
    at += framer.feed(file.substr(at, piece), batch, {}, {}, ends);
    take();
  }
  do framer.end(batch, {}, {}, ends);
  while (take());
  if (framer.pending() != 0 || ends.size() != out.size()) std::abort();
  if (!ends.empty() && ends.back() > file.size()) std::abort();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ingest::decode_twice<ingest::XmlBody>(data, size);
  ingest::decode_twice<ingest::SnareBody>(data, size);
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  if (framed(file, size, 1000) != framed(file, 3, 1)) std::abort();
  return 0;
}
