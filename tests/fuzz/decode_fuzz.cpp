// Any bytes as frames of any source, against the whole decoder library: a batch gives the same
// events as its frames one by one, and every frame is counted once.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/decode/decoder.hpp"

namespace {

using namespace tocsin;

constexpr base::ReceivedTime received(1'790'000'000'000'000'000);

std::vector<base::SourceText> library() {
  std::vector<base::SourceText> out;
  for (const auto& entry :
       std::filesystem::directory_iterator(TOCSIN_SOURCE_DIR "/ingest/decoders")) {
    auto source = base::read_source(entry.path().string());
    if (!source) std::abort();
    out.push_back(*std::move(source));
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

struct Pipeline {
  event::FieldTable fields;
  event::LogsourceTable logsources;
  event::SourceTable sources;
  std::shared_ptr<const ingest::DecoderSet> set;
  std::unique_ptr<ingest::Decoder> decoder;

  Pipeline() {
    base::Errors errors;
    set = ingest::DecoderSet::compile(library(), fields, logsources, errors);
    if (!set) std::abort();
    decoder = std::make_unique<ingest::Decoder>(*set, fields, sources);
  }

  std::string text_of(const event::Batch& batch, const event::Event& event) const {
    std::string out = event.decoder;
    out += "|" + std::to_string(event.has_time ? event.time.value : 0) + "|" +
           std::to_string(event.shape.value) + "|" + std::to_string(event.anomalies.bits());
    for (const event::Field& field : batch.own_fields(event)) {
      out += "|";
      out += batch.name_of(field, fields);
      out += "=";
      out += field.value();
    }
    return out;
  }
};

void check_counters(const ingest::DecodeCounters& counters, std::size_t frames) {
  std::uint64_t sum = counters.decoded;
  for (const std::uint64_t count : counters.undecoded) sum += count;
  if (counters.events != frames || sum != frames) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Pipeline pipeline;
  if (size == 0) return 0;
  event::Source source;
  source.input = "fuzz";
  source.transport = (data[0] & 1U) != 0 ? event::Transport::udp : event::Transport::file;
  constexpr const char* formats[] = {"auto", "syslog", "json", "audit"};
  source.format = formats[data[0] >> 1U & 3U];
  const event::SourceId id = pipeline.sources.intern(source);
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);

  event::Batch whole;
  std::vector<std::string_view> frames;
  for (;;) {
    const std::size_t end = text.find('\n');
    frames.push_back(text.substr(0, end));
    whole.add_frame(frames.back(), id, received);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  pipeline.decoder->decode(whole);
  check_counters(pipeline.decoder->counters(), frames.size());
  std::vector<std::string> expected;
  for (const event::Event& event : whole.events) {
    expected.push_back(pipeline.text_of(whole, event));
  }
  event::Batch one;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    one.clear();
    one.add_frame(frames[i], id, received);
    pipeline.decoder->decode(one);
    check_counters(pipeline.decoder->counters(), 1);
    if (pipeline.text_of(one, one.events.front()) != expected[i]) std::abort();
  }
  return 0;
}
