// Feeds a stream whole and in pieces: the frames are the same, every byte is accounted for.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "ingest/frame/datagram.hpp"
#include "ingest/frame/stream_framer.hpp"

namespace {

using namespace tocsin;

struct Outcome {
  std::string frames;
  ingest::CloseReason close = ingest::CloseReason::none;
};

Outcome feed(std::string_view stream, ingest::Framing framing, std::uint64_t seed) {
  const ingest::FrameLimits limits{.max_frame = 64, .max_discard = 300};
  ingest::StreamFramer framer(framing, limits);
  event::Batch batch;
  Outcome outcome;
  const auto take = [&] {
    for (std::size_t i = 0; i < batch.frames.size(); ++i) {
      CHECK(batch.frames[i].size > 0 && batch.frames[i].size <= limits.max_frame, "a frame's size");
      outcome.frames += std::to_string(batch.frames[i].anomalies.bits()) + ":";
      outcome.frames += batch.raw(i);
      outcome.frames += '\x1F';
    }
    batch.clear();
  };
  for (std::size_t at = 0; at < stream.size();) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    const std::size_t size = seed == 0 ? stream.size() : 1 + (seed >> 33U) % 23;
    std::string_view piece = stream.substr(at, size);
    at += piece.size();
    while (!piece.empty()) {
      const ingest::FeedResult result = framer.feed(
          piece, batch, event::SourceId(1), base::ReceivedTime(1), {.text = 200, .frames = 3});
      CHECK(result.consumed > 0 || !batch.frames.empty(), "no progress");
      outcome.close = result.close;
      piece.remove_prefix(result.consumed);
      take();
    }
  }
  framer.end(batch, event::SourceId(1), base::ReceivedTime(1));
  take();
  const ingest::FramerCounters& counters = framer.counters();
  CHECK(counters.frame_bytes + counters.framing_bytes + counters.discarded_bytes == stream.size(),
        "a byte is nowhere");
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view stream(reinterpret_cast<const char*>(data), size);
  for (const auto framing :
       {ingest::Framing::automatic, ingest::Framing::newline, ingest::Framing::octet_counted}) {
    const Outcome whole = feed(stream, framing, 0xCFD9C9FF2B2EDC8FU);
    for (const std::uint64_t seed : {1U, 2U}) {
      const Outcome pieces = feed(stream, framing, seed);
      CHECK(pieces.frames == whole.frames && pieces.close == whole.close,
            "frames depend on how the stream was cut");
    }
  }
  event::Batch batch;
  ingest::add_datagram(stream, false, batch, event::SourceId(1), base::ReceivedTime(1),
                       {.max_frame = 64, .max_discard = 300});
  CHECK(batch.frames.size() <= 1, "a datagram is one frame");
  return 0;
}
