// Sends the lines of a log file to a daemon over TCP or UDP at a given rate, so that loss can be
// proved: what was stored must be, message by message, what was sent.
// Path:      lines -> messages -> socket; alert file -> latency; store -> comparison
// Units:     messages, bytes, ns
// Threads:   one sends, one reads the alert file
// Errors:    a message on stderr and exit code 1
//
// Message i of connection c is the file's line i * connections + c with a priority before it, its
// time moved on with each round through the file. The log's time goes by at half its speed: windows
// are twice as full, and a minute's messages end before the present, which no time without a year
// can pass. Each connection has its own source address, so
// that the daemon keeps them apart, and every `mark_every` messages the first one has five lines
// that fire one alert of their own: the time from sending the fifth to its line in the alert file
// is the latency.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "store/store.hpp"

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t stamp_size = 15;  // "Dec  1 00:00:00"
constexpr std::string_view priority = "<38>";
constexpr std::uint64_t lines_of_mark = 5;
constexpr std::size_t chunk = 128 * 1024;  // of a stream, written at once
constexpr std::size_t datagrams = 64;      // given to the kernel at once

struct Options {
  std::string file;
  std::string over = "tcp";
  std::uint16_t port = 5514;
  std::string framing = "newline";
  std::string time = "file";
  std::string alerts;  // the alert file to watch
  std::string check;   // the store to compare with
  std::vector<std::uint64_t> sent;
  std::size_t lines = 1'000'000;
  std::size_t connections = 1;
  std::uint64_t rate = 0;  // of all connections; 0: as fast as they take it
  double seconds = 10;
  std::uint64_t mark_every = 0;
};

[[noreturn]] void die(const std::string& sentence) {
  std::fprintf(stderr, "live_load: %s\n", sentence.c_str());
  std::exit(1);
}

// A log file's lines, and how many seconds after the first each one was written.
class Lines {
 public:
  Lines(const std::string& path, std::size_t limit) {
    std::ifstream in(path, std::ios::binary);
    std::string line;
    std::int64_t begin = 0;
    while (at_.size() < limit && std::getline(in, line)) {
      if (line.size() <= stamp_size) continue;
      std::tm parts{};
      const std::string stamped = "2001 " + line.substr(0, stamp_size);
      if (::strptime(stamped.c_str(), "%Y %b %d %H:%M:%S", &parts) == nullptr) continue;
      const std::int64_t time = ::timegm(&parts);
      if (at_.empty()) begin = time;
      after_.push_back((time - begin) / 2);
      at_.push_back(text_.size());
      text_.append(line, stamp_size);
    }
    if (at_.empty()) die("no lines in " + path);
    at_.push_back(text_.size());
  }
  [[nodiscard]] std::size_t size() const { return after_.size(); }
  // Without its time.
  [[nodiscard]] std::string_view rest(std::size_t i) const {
    return std::string_view(text_).substr(at_[i], at_[i + 1] - at_[i]);
  }
  [[nodiscard]] std::int64_t after(std::size_t i) const { return after_[i]; }
  [[nodiscard]] std::int64_t span() const { return after_.back() + 1; }

 private:
  std::string text_;
  std::vector<std::size_t> at_;
  std::vector<std::int64_t> after_;
};

// The messages of one connection, in order: the same for the sender and for the comparison.
class Messages {
 public:
  Messages(const Lines& lines, const Options& options, std::size_t connection, std::int64_t begin)
      : lines_(lines),
        now_(options.time == "now"),
        begin_(begin),
        next_(connection),
        step_(options.connections),
        mark_every_(connection == 0 ? options.mark_every : 0) {}

  // Appends the next message to `out`.
  void append(std::string& out) {
    if (in_mark_ > 0) return append_mark(out);
    const std::size_t line = next_ % lines_.size();
    time_ = begin_ + static_cast<std::int64_t>(next_ / lines_.size()) * lines_.span() +
            lines_.after(line);
    put_head(out);
    out += lines_.rest(line);
    next_ += step_;
    if (mark_every_ != 0 && ++since_mark_ == mark_every_) {
      since_mark_ = 0;
      in_mark_ = lines_of_mark;
    }
  }
  // The alert that the message appended last must fire, -1 for most.
  [[nodiscard]] std::int64_t fired() const { return fired_; }

 private:
  void append_mark(std::string& out) {
    put_head(out);
    out +=
        fmt::format(" web01 sshd[811]: Failed password for mark{} from 10.{}.{}.{} port 50022 ssh2",
                    marks_, marks_ / 62'500 % 250, marks_ / 250 % 250, marks_ % 250);
    if (--in_mark_ == 0) fired_ = static_cast<std::int64_t>(marks_++);
  }
  void put_head(std::string& out) {
    fired_ = -1;
    const std::int64_t time = now_ ? std::time(nullptr) : time_;
    if (time != stamped_) {
      stamped_ = time;
      const std::time_t seconds = time;
      std::tm parts{};
      ::gmtime_r(&seconds, &parts);
      std::array<char, stamp_size + 1> text{};
      std::strftime(text.data(), text.size(), "%b %e %H:%M:%S", &parts);
      std::copy_n(text.begin(), stamp_size, stamp_.begin());
    }
    out += priority;
    out.append(stamp_.data(), stamp_.size());
  }

  const Lines& lines_;
  bool now_;
  std::int64_t begin_;
  std::uint64_t next_, step_, mark_every_;
  std::uint64_t since_mark_ = 0, in_mark_ = 0, marks_ = 0;
  std::int64_t fired_ = -1, time_ = 0, stamped_ = -1;
  std::array<char, stamp_size> stamp_{};
};

// When each alert's last line was sent, and when its line stood in the alert file.
class Latency {
 public:
  explicit Latency(std::string path) : path_(std::move(path)), sent_(1 << 20) {
    if (!path_.empty()) thread_ = std::thread([this] { watch(); });
  }
  ~Latency() { finish(); }
  void sent(std::int64_t mark) {
    const auto at = static_cast<std::size_t>(mark);
    if (at < sent_.size()) sent_[at].store(now(), std::memory_order_release);
    if (at < sent_.size()) ++marks_;
  }
  // Waits a while for those that are on their way.
  void finish() {
    if (!thread_.joinable()) return;
    const auto end = Clock::now() + std::chrono::seconds(10);
    while (found_ < marks_ && Clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    stop_ = true;
    thread_.join();
    std::sort(took_.begin(), took_.end());
  }
  [[nodiscard]] std::uint64_t marks() const { return marks_; }
  [[nodiscard]] std::size_t seen() const { return took_.size(); }
  [[nodiscard]] double milliseconds(double share) const {
    if (took_.empty()) return 0;
    const auto place = static_cast<std::size_t>(share * static_cast<double>(took_.size() - 1));
    return static_cast<double>(took_[place]) / 1e6;
  }

 private:
  static std::int64_t now() { return Clock::now().time_since_epoch().count(); }

  void watch() {
    int file = -1;
    std::string waiting;
    std::vector<char> buffer(1 << 16);
    while (true) {
      const bool last = stop_;
      if (file < 0) file = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
      ssize_t got = 0;
      while (file >= 0 && (got = ::read(file, buffer.data(), buffer.size())) > 0) {
        waiting.append(buffer.data(), static_cast<std::size_t>(got));
        take_lines(waiting);
      }
      if (last) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    if (file >= 0) ::close(file);
  }

  void take_lines(std::string& waiting) {
    constexpr std::string_view key = "\"user.name\":\"mark";
    const std::int64_t at = now();
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = waiting.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
      const std::string_view line(waiting.data() + begin, end - begin);
      const std::size_t place = line.find(key);
      if (place == std::string_view::npos) continue;
      const auto mark = std::strtoull(line.data() + place + key.size(), nullptr, 10);
      // The first line that names it: what comes later are amendments and lockouts.
      const std::int64_t sent = mark < sent_.size() ? sent_[mark].exchange(0) : 0;
      if (sent == 0) continue;
      took_.push_back(at - sent);
      ++found_;
    }
    waiting.erase(0, begin);
  }

  std::string path_;
  std::vector<std::atomic<std::int64_t>> sent_;
  std::atomic<std::uint64_t> marks_ = 0, found_ = 0;
  std::vector<std::int64_t> took_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

struct Connection {
  int fd;
  Messages messages;
  std::uint64_t sent = 0;
};

int connect_from(const Options& options, std::size_t number) {
  const int type = options.over == "udp" ? SOCK_DGRAM : SOCK_STREAM;
  const int fd = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
  sockaddr_in from{};
  from.sin_family = AF_INET;
  from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(number));
  sockaddr_in to = from;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(options.port);
  if (fd < 0 || ::bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0 ||
      ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    die(fmt::format("no connection to port {}: {}", options.port, std::strerror(errno)));
  return fd;
}

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno != EINTR) die(fmt::format("cannot send: {}", std::strerror(errno)));
    if (put > 0) bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

// Writes up to `count` messages, at most a chunk; gives how many.
std::uint64_t send_stream(Connection& to, std::uint64_t count, bool counted, Latency& latency) {
  static std::string bytes, message;
  bytes.clear();
  std::int64_t fired = -1;
  std::uint64_t sent = 0;
  for (; sent < count && bytes.size() < chunk && fired < 0; ++sent) {
    if (counted) {
      message.clear();
      to.messages.append(message);
      fmt::format_to(std::back_inserter(bytes), "{} ", message.size());
      bytes += message;
    } else {
      to.messages.append(bytes);
      bytes += '\n';
    }
    fired = to.messages.fired();
  }
  if (fired >= 0) latency.sent(fired);
  write_all(to.fd, bytes);
  return sent;
}

std::uint64_t send_datagrams(Connection& to, std::uint64_t count, Latency& latency) {
  static std::string bytes;
  static std::array<mmsghdr, datagrams> headers;
  static std::array<iovec, datagrams> parts;
  static std::array<std::size_t, datagrams + 1> ends;
  bytes.clear();
  std::int64_t fired = -1;
  std::size_t n = 0;
  for (; n < std::min<std::uint64_t>(count, datagrams) && fired < 0; ++n) {
    to.messages.append(bytes);
    ends[n + 1] = bytes.size();
    fired = to.messages.fired();
  }
  for (std::size_t i = 0; i < n; ++i) {
    parts[i] = {bytes.data() + ends[i], ends[i + 1] - ends[i]};
    headers[i] = {};
    headers[i].msg_hdr.msg_iov = &parts[i];
    headers[i].msg_hdr.msg_iovlen = 1;
  }
  if (fired >= 0) latency.sent(fired);
  for (std::size_t done = 0; done < n;) {
    const int put = ::sendmmsg(to.fd, headers.data() + done, static_cast<unsigned>(n - done), 0);
    if (put < 0 && errno != EINTR && errno != ENOBUFS)
      die(fmt::format("cannot send: {}", std::strerror(errno)));
    if (put > 0) done += static_cast<std::size_t>(put);
  }
  return n;
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](timeval t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

// What is due goes out every millisecond, the connections in turn.
int send(const Options& options, const Lines& lines) {
  // Less than half a year back: a time without a year is read as the nearest one.
  const std::int64_t begin = std::time(nullptr) - std::int64_t{175} * 86'400;
  std::vector<Connection> connections;
  for (std::size_t i = 0; i < options.connections; ++i)
    connections.push_back({connect_from(options, i), Messages(lines, options, i, begin)});
  Latency latency(options.alerts);
  const double cpu_before = cpu_seconds();
  const auto start = Clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  std::uint64_t total = 0;
  for (double now = 0; (now = elapsed()) < options.seconds;) {
    const std::uint64_t due =
        options.rate == 0 ? ~std::uint64_t{0}
                          : static_cast<std::uint64_t>(now * static_cast<double>(options.rate));
    const std::uint64_t before = total;
    for (Connection& to : connections) {
      // Everyone's share of what is due.
      const std::uint64_t want = options.rate == 0 ? due : due / options.connections;
      if (to.sent >= want) continue;
      const std::uint64_t sent =
          options.over == "udp"
              ? send_datagrams(to, want - to.sent, latency)
              : send_stream(to, want - to.sent, options.framing == "octet-counted", latency);
      to.sent += sent;
      total += sent;
    }
    if (total == before) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const double took = elapsed();
  const double cpu = cpu_seconds() - cpu_before;
  for (const Connection& to : connections) ::close(to.fd);
  latency.finish();
  std::string sent;
  for (const Connection& to : connections)
    sent += fmt::format("{}{}", sent.empty() ? "" : ",", to.sent);
  fmt::print(
      "{{\"sent\":{},\"by_connection\":[{}],\"seconds\":{:.3f},\"rate\":{:.0f},"
      "\"cpu_seconds\":{:.2f},\"marks\":{},\"marks_seen\":{},\"latency_ms\":"
      "{{\"p50\":{:.1f},\"p99\":{:.1f},\"max\":{:.1f}}}}}\n",
      total, sent, took, static_cast<double>(total) / took, cpu, latency.marks(), latency.seen(),
      latency.milliseconds(0.5), latency.milliseconds(0.99), latency.milliseconds(1));
  return 0;
}

// Every frame of the store must be the next message of its connection, and none may be missing.
int check(const Options& options, const Lines& lines) {
  const auto store = tocsin::store::Store::open_read_only(options.check);
  if (!store) die(to_string(store.error()));
  tocsin::event::SourceTable sources;
  if (const auto loaded = (*store)->load_sources(sources); !loaded) die(to_string(loaded.error()));
  std::vector<Messages> expected;
  std::map<std::string, std::size_t> number;
  for (std::size_t i = 0; i < options.connections; ++i) {
    expected.emplace_back(lines, options, i, 0);
    number[fmt::format("127.0.0.{}", i + 1)] = i;
  }
  std::vector<std::uint64_t> found(options.connections);
  std::string message;
  std::uint64_t seq = 0;
  auto log = (*store)->read_log();
  tocsin::event::Batch batch;
  while (true) {
    const auto more = log.next(batch);
    if (!more) die(to_string(more.error()));
    if (!*more) break;
    for (std::size_t i = 0; i < batch.frames.size(); ++i) {
      ++seq;
      const std::string& peer = sources[batch.frames[i].source].peer;
      const auto of = number.find(peer);
      if (of == number.end()) die(fmt::format("event {} is of nobody: {}", seq, peer));
      message.clear();
      expected[of->second].append(message);
      constexpr std::size_t body = priority.size() + stamp_size;
      const std::string_view raw = batch.raw(i);
      // The time is the sender's clock, all else is known.
      if (raw.size() < body || raw.substr(body) != std::string_view(message).substr(body)) {
        die(fmt::format("event {} is not message {} of connection {}: {}", seq,
                        found[of->second] + 1, of->second, raw));
      }
      ++found[of->second];
    }
  }
  for (std::size_t i = 0; i < options.sent.size() && i < found.size(); ++i) {
    if (found[i] != options.sent[i])
      die(fmt::format("connection {}: {} sent, {} stored", i, options.sent[i], found[i]));
  }
  fmt::print("{{\"stored\":{},\"as_sent\":true}}\n", seq);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Sends a log file's lines to a daemon, or compares a store with them.");
  app.add_option("file", options.file, "log file with BSD times")->required();
  app.add_option("--over", options.over)->check(CLI::IsMember({"tcp", "udp"}));
  app.add_option("--port", options.port);
  app.add_option("--framing", options.framing)->check(CLI::IsMember({"newline", "octet-counted"}));
  app.add_option("--time", options.time,
                 "file: as in the file, round after round; now: the clock's")
      ->check(CLI::IsMember({"file", "now"}));
  app.add_option("--lines", options.lines, "of the file, used again and again");
  app.add_option("--connections", options.connections)->check(CLI::Range(1, 200));
  app.add_option("--rate", options.rate, "messages a second, 0: as many as the daemon takes");
  app.add_option("--seconds", options.seconds);
  app.add_option("--mark-every", options.mark_every, "an alert of our own every so many messages");
  app.add_option("--alerts", options.alerts, "alert file to watch for them");
  app.add_option("--check", options.check, "compare this store with what is sent");
  app.add_option("--sent", options.sent, "messages of each connection")->delimiter(',');
  CLI11_PARSE(app, argc, argv);
  const Lines lines(options.file, options.lines);
  return options.check.empty() ? send(options, lines) : check(options, lines);
}
