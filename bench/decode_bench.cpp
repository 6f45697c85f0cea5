// Measures decode alone: header, identification, extraction, on one core.
// Usage: decode_bench FILE [FOLDER OF DECODERS [ROUNDS]]; FILE may stand in $TOCSIN_LOG instead.
#include <re2/re2.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "ingest/decode/decoder.hpp"

using namespace tocsin;

namespace {

constexpr std::size_t batch_bytes = 128 * 1024;
constexpr std::size_t batch_frames = 1024;

std::vector<base::SourceText> decoders(const std::string& folder) {
  std::vector<base::SourceText> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (auto source = base::read_source(entry.path().string())) out.push_back(*std::move(source));
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

std::string read_log(const char* path, std::size_t limit) {
  std::ifstream in(path, std::ios::binary);
  std::string text(limit, '\0');
  in.read(text.data(), static_cast<std::streamsize>(limit));
  text.resize(static_cast<std::size_t>(in.gcount()));
  text.resize(text.rfind('\n') + 1);
  return text;
}

void fill(event::Batch& batch, std::string_view& text, event::SourceId source) {
  batch.clear();
  while (!text.empty() && batch.frames.size() < batch_frames && batch.text_size() < batch_bytes) {
    const std::size_t end = text.find('\n');
    batch.add_frame(text.substr(0, end), source, base::ReceivedTime(1'765'000'000'000'000'000));
    text.remove_prefix(end + 1);
  }
}

// Time of this thread alone, so that a busy machine disturbs less.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Splitting lines and nothing else: what the machine can do at this hour.
double scan_seconds(std::string_view text) {
  const double start = cpu_seconds();
  std::size_t lines = 0;
  const char* at = text.data();
  const char* end = at + text.size();
  while (at < end) {
    at = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at))) + 1;
    ++lines;
  }
  if (lines == 0) std::puts("no lines");
  return cpu_seconds() - start;
}

// What the answer must be: lines of sshd that say Failed password, by a regular expression.
std::size_t count_failed(std::string_view text) {
  const RE2 pattern(
      R"(^\w{3} [ \d]\d [\d:]{8} \S+ sshd\[\d+\]: (message repeated \d+ times: \[ )?Failed password for .* from \S+ port \d+ ssh2\]?$)");
  std::size_t out = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    out += RE2::FullMatch({text.data(), end}, pattern) ? 1U : 0U;
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const char* path = argc > 1 ? argv[1] : std::getenv("TOCSIN_LOG");
  if (path == nullptr) {
    std::fputs("decode_bench: name a log, or set TOCSIN_LOG\n", stderr);
    return 2;
  }
  event::FieldTable fields;
  event::LogsourceTable logsources;
  base::Errors errors;
  const auto begun = std::chrono::steady_clock::now();
  const auto set = ingest::DecoderSet::compile(
      decoders(argc > 2 ? argv[2] : TOCSIN_SOURCE_DIR "/ingest/decoders"), fields, logsources,
      errors);
  const std::chrono::duration<double> compile = std::chrono::steady_clock::now() - begun;
  for (const base::Error& error : errors) std::fprintf(stderr, "%s\n", to_string(error).c_str());
  if (!set) return 1;

  event::SourceTable sources;
  event::Source source;
  source.input = "bench";
  source.year_from = 1'764'547'200'000'000'000;
  const event::SourceId id = sources.intern(source);
  ingest::Decoder decoder(*set, fields, sources);
  const std::string text = read_log(path, std::size_t{160} << 20);

  const int rounds = argc > 3 ? std::atoi(argv[3]) : 5;
  double best = 1e18, scan = 1e18;
  ingest::DecodeCounters counters;
  std::size_t failed = 0, values = 0, with_address = 0;
  std::vector<std::uint64_t> shapes(set->shape_count());
  for (int round = 0; round < rounds; ++round) {
    counters = {};
    failed = values = with_address = 0;
    std::fill(shapes.begin(), shapes.end(), 0);
    double spent = 0;
    scan = std::min(scan, scan_seconds(text));
    event::Batch batch;
    std::string_view left = text;
    while (!left.empty()) {
      fill(batch, left, id);
      const double start = cpu_seconds();
      decoder.decode(batch);
      spent += cpu_seconds() - start;
      counters.add(decoder.counters());
      for (const event::Event& event : batch.events) {
        ++shapes[event.shape.value];
        values += event.field_count;
        const auto* action = batch.find(event, event::field::event_action);
        const auto* outcome = batch.find(event, event::field::event_outcome);
        const bool is_failed = std::string_view(event.decoder) == "sshd" && action != nullptr &&
                               action->value() == "logged-in" && outcome != nullptr &&
                               outcome->value() == "failure";
        failed += is_failed ? 1U : 0U;
        const bool whole = is_failed && batch.find(event, event::field::user_name) != nullptr &&
                           batch.find(event, event::field::source_ip) != nullptr &&
                           batch.find(event, event::field::source_port) != nullptr;
        with_address += whole ? 1U : 0U;
      }
    }
    best = std::min(best, spent);
  }
  const std::size_t expected = count_failed(text);
  std::printf("patterns %zu, compiled in %.1f ms\n", set->pattern_count(), compile.count() * 1e3);
  std::printf("events %llu, decoded %llu (%.2f %%), fields of their own %.2f an event\n",
              static_cast<unsigned long long>(counters.events),
              static_cast<unsigned long long>(counters.decoded),
              100.0 * static_cast<double>(counters.decoded) / static_cast<double>(counters.events),
              static_cast<double>(values) / static_cast<double>(counters.events));
  if (std::getenv("TOCSIN_SHAPES") != nullptr) {
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      if (shapes[i] == 0) continue;
      const auto& shape = set->shape(event::ShapeId(static_cast<std::uint32_t>(i)));
      std::printf("  %8llu %s/%s\n", static_cast<unsigned long long>(shapes[i]),
                  shape.decoder.c_str(), shape.pattern.c_str());
    }
  }
  std::printf("failed passwords %zu, expected %zu; with user, address and port %zu\n", failed,
              expected, with_address);
  if (failed != expected || with_address != expected) {
    std::puts("WRONG");
    return 1;
  }
  const double ns = best * 1e9 / static_cast<double>(counters.events);
  std::printf("%.0f ns/event, %.2f M events/s, %.0f MB/s (best of %d, CPU time of one thread)\n",
              ns, 1e3 / ns, static_cast<double>(text.size()) / best / 1e6, rounds);
  std::printf("splitting lines alone: %.1f ns/event; ratio %.1f\n", ns * scan / best, best / scan);
  return 0;
}
