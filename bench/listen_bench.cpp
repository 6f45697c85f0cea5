// Measures how fast bytes become batches: files, TCP and UDP on loopback. Every figure comes after
// a comparison of what was sent with what arrived.
// Units:     ns and processor time a message, messages a second
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "event/ports.hpp"
#include "ingest/listen/file_source.hpp"
#include "ingest/listen/listeners.hpp"

namespace {

using namespace tocsin;
using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point begin) {
  return std::chrono::duration<double>(Steady::now() - begin).count();
}

double thread_cpu() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double process_cpu() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

void require(bool right, const std::string& what) {
  if (right) return;
  fmt::print(stderr, "listen_bench: {}\n", what);
  std::exit(1);
}

// 110 bytes with the line feed, 112 with the priority.
std::string line_of(std::size_t number) {
  return fmt::format(
      "Oct 11 22:14:15 host{:03} sshd[{:06}]: Failed password for invalid user u{:08} from "
      "192.0.2.{:03} port 4242 ssh2   \n",
      number % 1000, number % 1'000'000, number, number % 256);
}

class NoOffsets final : public event::Offsets {
 public:
  [[nodiscard]] base::Result<std::optional<std::string>> offset(std::string_view) const override {
    return std::nullopt;
  }
};

void bench_file(std::size_t lines) {
  const std::string path = fmt::format("/dev/shm/tocsin-listen-bench-{}", ::getpid());
  std::uint64_t size = 0;
  {
    std::ofstream out(path, std::ios::binary);
    for (std::size_t i = 0; i < lines; ++i) {
      const std::string line = line_of(i);
      out << line;
      size += line.size();
    }
  }
  for (int round = 0; round < 5; ++round) {
    const auto begin_raw = Steady::now();
    {
      ingest::Descriptor fd(::open(path.c_str(), O_RDONLY));
      std::vector<char> buffer(256 * 1024);
      while (::read(fd.get(), buffer.data(), buffer.size()) > 0) {
      }
    }
    const double raw = seconds_since(begin_raw);
    const auto begin = Steady::now();
    auto source = ingest::FileSource::open(path);
    require(source.has_value(), "the file cannot be read");
    event::Batch batch;
    std::size_t frames = 0;
    std::uint64_t bytes = 0;
    while ((*source)->next(batch)) {
      frames += batch.frames.size();
      bytes += batch.text_size();
    }
    const double taken = seconds_since(begin);
    require(frames == lines && bytes == size, "lines were lost");
    fmt::print(
        "file: {:.1f} ns/line, {:.2f} GB/s ({} lines of {} B; read() alone {:.1f} ns/line)\n",
        taken * 1e9 / static_cast<double>(lines), static_cast<double>(size) / taken * 1e-9, lines,
        size / lines, raw * 1e9 / static_cast<double>(lines));
  }
  ::unlink(path.c_str());
}

// Inputs, and an engine that only counts.
struct Receiver {
  base::SystemClock clock;
  NoOffsets offsets;
  event::SourceTable sources;
  ingest::Intake intake{{}, clock};
  ingest::Listeners listeners;
  std::atomic<std::uint64_t> frames = 0;
  std::atomic<std::uint64_t> batches = 0;
  double engine_cpu = 0;
  std::thread engine;

  explicit Receiver(const std::string& type) {
    ingest::InputOptions input;
    input.name = type;
    input.type = type;
    input.port = 0;
    input.receive_buffer = 4 << 20;
    const auto errors = listeners.start({input}, intake, sources, offsets, clock);
    require(errors.empty(), errors.empty() ? "" : to_string(errors[0]));
    engine = std::thread([this] {
      while (!intake.queue().finished()) {
        ingest::IntakeBatch* const batch = intake.queue().take(std::chrono::milliseconds(100));
        if (batch == nullptr) continue;
        frames += batch->batch.frames.size();
        ++batches;
        intake.queue().recycle(batch);
      }
      engine_cpu = thread_cpu();
    });
  }
  int connect(int type, std::uint16_t port) const {
    const int fd = ::socket(AF_INET, type, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    require(::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0, "cannot connect");
    return fd;
  }
  void stop() {
    listeners.stop();
    engine.join();
  }
};

void report(const char* what, std::uint64_t messages, double taken, double cpu,
            const Receiver& to) {
  fmt::print("{}: {:.0f} k/s, {:.3f} us CPU a message in the receiver, {:.0f} messages a batch\n",
             what, static_cast<double>(messages) / taken * 1e-3,
             cpu * 1e6 / static_cast<double>(messages),
             static_cast<double>(messages) / static_cast<double>(to.batches.load()));
}

// `piece`: bytes of a send(); `rate`: messages a second, 0 as fast as it goes.
void bench_tcp(std::size_t messages, std::size_t piece, bool counted) {
  Receiver to("tcp");
  std::string text;
  std::size_t in_text = 0;
  while (text.size() < (4U << 20U)) {
    std::string message = "<38>" + line_of(in_text++);
    if (counted) {
      message.pop_back();
      message = fmt::format("{} {}", message.size(), message);
    }
    text += message;
  }
  const std::size_t rounds = (messages + in_text - 1) / in_text;
  const std::uint64_t sent = rounds * in_text;
  const int fd = to.connect(SOCK_STREAM, to.listeners.port("tcp"));
  const double cpu_begin = process_cpu(), own_begin = thread_cpu();
  const auto begin = Steady::now();
  for (std::size_t round = 0; round < rounds; ++round) {
    std::string_view rest = text;
    while (!rest.empty()) {
      const ssize_t done = ::send(fd, rest.data(), std::min(piece, rest.size()), MSG_NOSIGNAL);
      require(done > 0, "cannot send");
      rest.remove_prefix(static_cast<std::size_t>(done));
    }
  }
  ::close(fd);
  while (to.frames < sent) std::this_thread::sleep_for(std::chrono::microseconds(500));
  const double taken = seconds_since(begin);
  const double cpu = process_cpu() - cpu_begin - (thread_cpu() - own_begin);
  to.stop();
  require(to.frames == sent, "messages were lost or doubled");
  report(fmt::format("tcp, {}, {} B a send", counted ? "octet counted" : "lines", piece).c_str(),
         sent, taken, cpu, to);
}

void bench_udp(double rate, double length) {
  Receiver to("udp");
  const int fd = to.connect(SOCK_DGRAM, to.listeners.port("udp"));
  constexpr std::size_t burst = 32;
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < burst; ++i) {
    texts.push_back("<38>" + line_of(i));
    texts.back().pop_back();
  }
  std::vector<iovec> parts(burst);
  std::vector<mmsghdr> headers(burst);
  for (std::size_t i = 0; i < burst; ++i) {
    parts[i] = {texts[i].data(), texts[i].size()};
    headers[i] = {};
    headers[i].msg_hdr.msg_iov = &parts[i];
    headers[i].msg_hdr.msg_iovlen = 1;
  }
  std::uint64_t sent = 0;
  const double cpu_begin = process_cpu(), own_begin = thread_cpu();
  const auto begin = Steady::now();
  while (true) {
    const double now = seconds_since(begin);
    if (now >= length) break;
    if (static_cast<double>(sent) > now * rate) {
      std::this_thread::sleep_for(std::chrono::microseconds(100));
      continue;
    }
    const int done = ::sendmmsg(fd, headers.data(), burst, 0);
    require(done > 0, "cannot send");
    sent += static_cast<std::uint64_t>(done);
  }
  const double taken = seconds_since(begin);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const double cpu = process_cpu() - cpu_begin - (thread_cpu() - own_begin);
  ::close(fd);
  to.stop();
  std::uint64_t dropped = 0, granted = 0;
  to.intake.for_each_input([&](const ingest::InputCounters& input) {
    dropped = input.kernel_drops.get();
    granted = input.receive_buffer.get();
  });
  require(to.frames + dropped == sent, "datagrams vanished uncounted");
  report(fmt::format("udp, {} sent in {:.1f} s, {} dropped by the kernel, {} B buffer", sent, taken,
                     dropped, granted)
             .c_str(),
         to.frames, taken, cpu, to);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "all";
  if (what == "all" || what == "file") bench_file(2'000'000);
  if (what == "all" || what == "tcp") {
    for (const bool counted : {false, true}) {
      for (const std::size_t piece : {64U * 1024U, 1024U}) bench_tcp(4'000'000, piece, counted);
    }
    bench_tcp(1'000'000, 112, false);
  }
  if (what == "all" || what == "udp") {
    for (const double rate : {20e3, 100e3, 200e3}) bench_udp(rate, 5);
  }
}
