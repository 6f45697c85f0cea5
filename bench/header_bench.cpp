// What framing and header reading cost a line, on a log of sshd, sudo, cron and kernel lines: the
// file that TOCSIN_LOG names, or lines made here. Every figure is for one thread, in processor
// time; the answers are checked first.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "event/batch.hpp"
#include "ingest/frame/stream_framer.hpp"
#include "ingest/syslog/syslog_parser.hpp"

namespace {

using namespace tocsin;

constexpr std::size_t most_bytes = 64U << 20;

std::string made_log() {
  std::string log;
  char line[256];
  for (unsigned i = 0; i < 400'000; ++i) {
    const unsigned second = i / 5;
    const int size = std::snprintf(
        line, sizeof line,
        "Dec %2u %02u:%02u:%02u web%02u sshd[%u]: Failed password for invalid user u%u from "
        "198.51.100.%u port %u ssh2\n",
        1 + second / 86400, second / 3600 % 24, second / 60 % 60, second % 60, i % 40,
        1000 + i % 9000, i % 700, i % 250, 1024 + i % 60000);
    log.append(line, static_cast<std::size_t>(size));
  }
  return log;
}

std::string read_log() {
  const char* name = std::getenv("TOCSIN_LOG");
  if (name == nullptr) return made_log();
  std::ifstream in(name, std::ios::binary);
  std::string log(most_bytes, '\0');
  in.read(log.data(), static_cast<std::streamsize>(log.size()));
  log.resize(static_cast<std::size_t>(in.gcount()));
  log.resize(log.rfind('\n') + 1);
  return log;
}

// Processor time: what else runs on the machine counts less.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

template <typename Work>
double best_seconds(Work work) {
  double best = 1e9;
  for (int round = 0; round < 9; ++round) {
    const double start = cpu_seconds();
    work();
    best = std::min(best, cpu_seconds() - start);
  }
  return best;
}

struct Sum {
  std::size_t frames = 0;
  std::size_t frame_bytes = 0;
  std::size_t programs = 0;
  std::size_t host_bytes = 0;
  std::size_t message_bytes = 0;
  std::uint64_t times = 0;
  bool operator==(const Sum&) const = default;
};

// Feeds the log in reads of 64 KiB and hands each full batch to `use`.
template <typename Use>
void frame_all(std::string_view log, event::Batch& batch, Use use) {
  ingest::StreamFramer framer(ingest::Framing::newline);
  constexpr std::size_t read_size = 64 * 1024;
  while (!log.empty()) {
    const ingest::FeedResult result =
        framer.feed(log.substr(0, read_size), batch, event::SourceId(1), base::ReceivedTime(1));
    log.remove_prefix(result.consumed);
    if (batch.frames.size() >= 1000 || log.empty()) {
      use(batch);
      batch.clear();
    }
  }
}

// The same by the shortest way there is, for lines of this kind only.
Sum expected(std::string_view log) {
  Sum sum;
  while (!log.empty()) {
    const std::size_t end = log.find('\n');
    const std::string_view line = log.substr(0, end);
    log.remove_prefix(end + 1);
    if (line.empty()) continue;
    ++sum.frames;
    sum.frame_bytes += line.size();
    const std::size_t host_end = line.find(' ', 16);
    sum.host_bytes += host_end - 16;
    const std::size_t colon = line.find(": ", host_end);
    ++sum.programs;
    sum.message_bytes += line.size() - colon - 2;
    const auto number = [line](std::size_t at) {
      return static_cast<std::uint64_t>((line[at] - '0') * 10 + line[at + 1] - '0');
    };
    sum.times += number(7) * 3600 + number(10) * 60 + number(13);
  }
  return sum;
}

}  // namespace

int main() {
  const std::string log = read_log();
  const Sum truth = expected(log);
  event::Batch batch;
  event::Source source;
  source.year_from = 1'764'374'400'000'000'000;  // 2025-11-29
  ingest::SyslogParser parser;

  double parsing = 0;
  const auto parse_all = [&] {
    Sum sum;
    parsing = 0;
    frame_all(log, batch, [&](const event::Batch& full) {
      const double start = cpu_seconds();
      ingest::SyslogHeader header;
      for (std::size_t i = 0; i < full.frames.size(); ++i) {
        const std::string_view frame = full.raw(i);
        parser.parse(frame, source, full.frames[i].received, header);
        ++sum.frames;
        sum.frame_bytes += frame.size();
        sum.programs += header.program.empty() ? 0 : 1;
        sum.host_bytes += header.host.size();
        sum.message_bytes += header.message.size();
        sum.times += static_cast<std::uint64_t>(header.time.value / base::ns_per_second % 86400);
      }
      parsing += cpu_seconds() - start;
    });
    return sum;
  };
  if (parse_all() != truth) {
    std::fprintf(stderr, "header_bench: the answer is wrong\n");
    return 1;
  }

  const auto lines = static_cast<double>(truth.frames);
  std::size_t frames = 0;
  std::string copy(log.size(), '\0');
  const double raw = best_seconds([&] {
    const char* at = log.data();
    const char* const end = at + log.size();
    for (char* to = copy.data(); at != end;) {
      const auto* line_end =
          static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
      const auto size = static_cast<std::size_t>(line_end + 1 - at);
      std::memcpy(to, at, size);
      to += size;
      at = line_end + 1;
    }
  });
  const double framing = best_seconds([&] {
    frame_all(log, batch, [&](const event::Batch& full) { frames += full.frames.size(); });
  });
  double header = 1e9;
  for (int round = 0; round < 9; ++round) {
    frames += parse_all().frames;
    header = std::min(header, parsing);
  }
  if (frames != truth.frames * 18) return 1;
  std::printf("%zu lines, %.1f bytes a line\n", truth.frames,
              static_cast<double>(truth.frame_bytes) / lines);
  std::printf("memchr and memcpy  %6.1f ns a line\n", raw / lines * 1e9);
  std::printf("framing            %6.1f ns a line\n", framing / lines * 1e9);
  std::printf("RFC 3164 header    %6.1f ns a line\n", header / lines * 1e9);
  return 0;
}
