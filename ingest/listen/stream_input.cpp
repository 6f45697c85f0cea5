#include "ingest/listen/stream_input.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <list>
#include <memory>
#include <optional>
#include <vector>

namespace tocsin::ingest {

namespace {

namespace asio = boost::asio;
using Watched = asio::posix::stream_descriptor;

constexpr std::size_t read_size = 256 * 1024;
constexpr std::size_t accepts_a_turn = 64;
constexpr std::chrono::milliseconds pause_after_exhaustion{100};
// A sender that writes every message by itself would wake us for a few of them each time: when
// little comes soon after little, the next look is a little later.
constexpr std::size_t little = 8 * 1024;
constexpr std::chrono::microseconds soon{200};
// At a stop a connection may still bring so much; who sends without end is cut off.
constexpr std::size_t drain_limit = 8 * 1024 * 1024;

class StreamInput;

// One connection. Owned by its input, and by what waits for its descriptor: such a handler may run
// when the input has let go of it already, and then does nothing.
class Connection final : public Waiter, public std::enable_shared_from_this<Connection> {
 public:
  Connection(StreamInput& input, Peer& peer);
  // False: the kernel will not watch one more descriptor.
  [[nodiscard]] bool open(Descriptor fd);
  void wait();
  void on_room() override { read(); }
  void read();
  void drain();
  // Past a deadline: the reason, else nothing.
  [[nodiscard]] std::optional<Ended> overdue(std::chrono::nanoseconds now) const;
  void end(Ended reason);

  // The input lets go.
  void let_go();

  std::list<std::shared_ptr<Connection>>::iterator self;

 private:
  void take(std::string_view bytes);
  void wait_or_nap(std::size_t got, std::chrono::nanoseconds since_last);
  void count(const FramerCounters& before);
  void finish();

  StreamInput& input_;
  Watched descriptor_;
  Peer& peer_;
  std::unique_ptr<asio::steady_timer> nap_;  // made when first needed
  StreamFramer framer_;
  std::string stash_;            // read, but there was no room
  std::optional<Ended> ending_;  // decided; to be done when what was read is in batches
  std::chrono::nanoseconds last_read_;
  std::chrono::nanoseconds frame_begun_{};
  bool in_frame_ = false;
  bool draining_ = false;
  bool gone_ = false;
  std::size_t drained_ = 0;
};

Framing framing_of(const InputOptions& options) {
  if (options.framing == "newline") return Framing::newline;
  if (options.framing == "octet-counted") return Framing::octet_counted;
  return Framing::automatic;
}

class StreamInput final : public Input {
 public:
  StreamInput(const InputOptions& options, OpenSocket socket, const InputPlace& place)
      : options_(options),
        place_(place),
        socket_(std::move(socket)),
        unix_(options.type == "unix-stream"),
        counters_(place.intake.counters(
            options.name, unix_ ? event::Transport::unix_stream : event::Transport::tcp)),
        peers_(source_of(options, counters_.transport), place.sources, options.max_peers,
               [this](event::SourceId source) { place_.intake.count_source(source, counters_); }),
        buffer_(std::make_unique_for_overwrite<char[]>(read_size)),
        reserve_(open_reserve()),
        listener_(place.io),
        timer_(place.io) {}

  ~StreamInput() override {
    for (const auto& connection : connections_) connection->let_go();
    if (listener_.is_open()) listener_.release();
  }

  void start() override { wait(); }

  void drain(std::function<void()> done) override {
    done_ = std::move(done);
    stopping_ = true;
    if (listener_.is_open()) listener_.release();
    timer_.cancel();
    for (auto it = connections_.begin(); it != connections_.end();) (*it++)->drain();
    finish_if_empty();
  }

  void tick() override {
    const auto now = place_.clock.monotonic();
    for (auto it = connections_.begin(); it != connections_.end();) {
      Connection& connection = **it++;
      if (const auto reason = connection.overdue(now)) connection.end(*reason);
    }
  }

  [[nodiscard]] std::chrono::nanoseconds pace() const override {
    std::chrono::nanoseconds pace = std::chrono::seconds(1);
    for (const auto limit : {options_.idle_timeout, options_.frame_timeout}) {
      if (limit.count() > 0) pace = std::min(pace, limit / 4);
    }
    return std::max<std::chrono::nanoseconds>(pace, std::chrono::milliseconds(10));
  }

  [[nodiscard]] std::uint16_t port() const override { return socket_.port; }
  [[nodiscard]] std::vector<PeerTable::Seen> peers() const override { return peers_.list(); }

  // ---- for connections
  [[nodiscard]] const InputOptions& options() const { return options_; }
  [[nodiscard]] const InputPlace& place() const { return place_; }
  [[nodiscard]] InputCounters& counters() { return counters_; }
  [[nodiscard]] char* buffer() { return buffer_.get(); }
  void remove(Connection& connection, Peer& peer, Ended reason) {
    --peer.connections;
    counters_.connections_open.subtract(1);
    counters_.of(reason).add(1);
    if (reason != Ended::by_peer && reason != Ended::stopping) {
      place_.notices.say(
          options_.name, name_of(reason),
          fmt::format("connection from {} closed: {}", peer_name(peer), name_of(reason)));
    }
    connection.let_go();
    connections_.erase(connection.self);
    finish_if_empty();
  }

 private:
  static Descriptor open_reserve() { return Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }
  static std::string_view peer_name(const Peer& peer) {
    return peer.text.empty() ? std::string_view("a peer") : std::string_view(peer.text);
  }

  void wait() {
    boost::system::error_code error;
    if (!listener_.is_open()) listener_.assign(socket_.fd.get(), error);
    if (error) {
      // The kernel will not tell of connections: then we look.
      counters_.read_errors.add(1);
      pause();
      return;
    }
    listener_.async_wait(Watched::wait_read, [this](const boost::system::error_code& failed) {
      if (!failed) accept_some();
    });
  }

  void accept_some() {
    for (std::size_t i = 0; i < accepts_a_turn && !stopping_; ++i) {
      sockaddr_storage address{};
      socklen_t size = sizeof address;
      Descriptor fd(::accept4(socket_.fd.get(), reinterpret_cast<sockaddr*>(&address), &size,
                              SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!fd) {
        if (errno == EMFILE || errno == ENFILE) {
          shed();
          return;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) break;
        if (errno == ENOBUFS || errno == ENOMEM) {
          counters_.read_errors.add(1);
          pause();
          return;
        }
        continue;  // of one connection that is gone already
      }
      admit(std::move(fd), address);
    }
    if (!stopping_) wait();
  }

  void admit(Descriptor fd, const sockaddr_storage& address) {
    counters_.connections_accepted.add(1);
    Peer& peer = unix_ ? user_of(fd.get()) : peers_.find(address);
    std::optional<Ended> refusal;
    if (connections_.size() >= options_.max_connections) {
      refusal = Ended::too_many;
    } else if (peer.connections >= options_.max_connections_per_peer) {
      refusal = Ended::too_many_of_a_peer;
    }
    if (refusal) {
      counters_.of(*refusal).add(1);
      place_.notices.say(
          options_.name, name_of(*refusal),
          fmt::format("connection from {} refused: {}", peer_name(peer), name_of(*refusal)));
      return;
    }
    auto connection = std::make_shared<Connection>(*this, peer);
    if (!unix_) keep_alive(fd.get());
    if (!connection->open(std::move(fd))) {
      counters_.of(Ended::no_descriptor).add(1);
      place_.notices.say(options_.name, name_of(Ended::no_descriptor),
                         "the kernel watches no more descriptors; raise fs.epoll.max_user_watches");
      return;
    }
    ++peer.connections;
    counters_.connections_open.add(1);
    connections_.push_back(std::move(connection));
    connections_.back()->self = std::prev(connections_.end());
    connections_.back()->wait();
  }

  Peer& user_of(int fd) {
    ucred who{};
    socklen_t size = sizeof who;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return peers_.find("", false);
    return peers_.find(fmt::format("uid {}", who.uid), who.uid == 0);
  }

  static void keep_alive(int fd) {
    const int on = 1, idle = 60, interval = 15, probes = 4;
    ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
  }

  // No descriptor is left: the one kept for this takes the connection, so that it can be closed and
  // its sender knows; else it would stay in the kernel's queue and wake us without end.
  void shed() {
    reserve_.reset();
    const Descriptor fd(::accept4(socket_.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (fd) {
      counters_.connections_accepted.add(1);
      counters_.of(Ended::no_descriptor).add(1);
    }
    place_.notices.say(options_.name, name_of(Ended::no_descriptor),
                       "no file descriptor is left for a connection; raise LimitNOFILE");
    pause();
  }

  void pause() {
    timer_.expires_after(pause_after_exhaustion);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!reserve_) reserve_ = open_reserve();
      if (!error && !stopping_) accept_some();
    });
  }

  void finish_if_empty() {
    if (!done_ || !connections_.empty()) return;
    // Later: a connection that ends may be the one that calls.
    asio::post(place_.io, std::exchange(done_, {}));
  }

  const InputOptions options_;
  const InputPlace place_;
  OpenSocket socket_;
  const bool unix_;
  InputCounters& counters_;
  PeerTable peers_;
  std::unique_ptr<char[]> buffer_;
  Descriptor reserve_;
  Watched listener_;
  asio::steady_timer timer_;
  std::list<std::shared_ptr<Connection>> connections_;
  std::function<void()> done_;
  bool stopping_ = false;
};

Connection::Connection(StreamInput& input, Peer& peer)
    : input_(input),
      descriptor_(input.place().io),
      peer_(peer),
      framer_(framing_of(input.options()),
              FrameLimits{input.options().max_frame, input.options().max_discard}),
      last_read_(input.place().clock.monotonic()) {}

bool Connection::open(Descriptor fd) {
  boost::system::error_code error;
  descriptor_.assign(fd.get(), error);
  if (error) return false;
  fd.release();
  return true;
}

void Connection::let_go() {
  gone_ = true;
  // Nothing, but at a stop when nobody takes batches any more.
  input_.counters().discarded_bytes.add(stash_.size() + framer_.pending());
  input_.place().intake.forget(*this);
  boost::system::error_code ignored;
  descriptor_.close(ignored);
  nap_.reset();
}

void Connection::wait() {
  descriptor_.async_wait(Watched::wait_read,
                         [held = shared_from_this()](const boost::system::error_code& error) {
                           if (!error && !held->gone_) held->read();
                         });
}

void Connection::wait_or_nap(std::size_t got, std::chrono::nanoseconds since_last) {
  if (got >= little || since_last > 2 * soon) {
    wait();
    return;
  }
  if (!nap_) nap_ = std::make_unique<asio::steady_timer>(input_.place().io);
  nap_->expires_after(soon);
  nap_->async_wait([held = shared_from_this()](const boost::system::error_code& error) {
    if (!error && !held->gone_) held->read();
  });
}

// Reads once: others have their turn before the next time.
void Connection::read() {
  Intake& intake = input_.place().intake;
  if (intake.open(*this) == nullptr) {
    input_.counters().waits.add(1);
    return;
  }
  if (!stash_.empty()) {
    const std::string bytes = std::exchange(stash_, {});
    take(bytes);
    if (!stash_.empty()) return;
  }
  if (ending_) {
    finish();
    return;
  }
  const ssize_t got = ::read(descriptor_.native_handle(), input_.buffer(), read_size);
  if (got > 0) {
    input_.counters().received_bytes.add(static_cast<std::uint64_t>(got));
    peer_.bytes.add(static_cast<std::uint64_t>(got));
    const auto now = input_.place().clock.monotonic();
    const auto since_last = now - std::exchange(last_read_, now);
    drained_ += static_cast<std::size_t>(got);
    take({input_.buffer(), static_cast<std::size_t>(got)});
    if (!stash_.empty()) return;
    if (!ending_ && draining_ && drained_ >= drain_limit) ending_ = Ended::stopping;
    if (!ending_ && draining_) {
      asio::post(input_.place().io, [held = shared_from_this()] {
        if (!held->gone_) held->read();
      });
      return;
    }
    if (!ending_) {
      wait_or_nap(static_cast<std::size_t>(got), since_last);
      return;
    }
  } else if (got == 0) {
    ending_ = Ended::by_peer;
  } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
    if (!draining_) {
      wait();
      return;
    }
    ending_ = Ended::stopping;
  } else {
    ending_ = Ended::by_error;
  }
  finish();
}

// Frames `bytes`; what finds no room is kept, and is gone on with when there is.
void Connection::take(std::string_view bytes) {
  Intake& intake = input_.place().intake;
  const base::ReceivedTime received = input_.place().clock.now();
  const FramerCounters at_begin = framer_.counters();
  while (!bytes.empty()) {
    IntakeBatch* const batch = intake.open(*this);
    if (batch == nullptr) {
      input_.counters().waits.add(1);
      stash_.assign(bytes);
      break;
    }
    const FramerCounters before = framer_.counters();
    const FeedResult result =
        framer_.feed(bytes, batch->batch, peer_.source, received, intake.options().batch);
    count(before);
    intake.appended();
    bytes.remove_prefix(result.consumed);
    if (result.close != CloseReason::none) ending_ = ended_by(result.close);
  }
  // A line of blanks is progress too: some senders keep a connection open with them.
  const FramerCounters& now = framer_.counters();
  if (now.frames != at_begin.frames || now.empty_lines != at_begin.empty_lines) {
    in_frame_ = framer_.pending() > 0;
    frame_begun_ = last_read_;
  } else if (!in_frame_) {
    in_frame_ = true;
    frame_begun_ = last_read_;
  }
}

void Connection::count(const FramerCounters& before) {
  const FramerCounters& now = framer_.counters();
  InputCounters& counters = input_.counters();
  counters.received.add(now.frames - before.frames);
  counters.frame_bytes.add(now.frame_bytes - before.frame_bytes);
  counters.framing_bytes.add(now.framing_bytes - before.framing_bytes);
  counters.discarded_bytes.add(now.discarded_bytes - before.discarded_bytes);
  counters.truncated.add(now.truncated_frames - before.truncated_frames);
  peer_.frames.add(now.frames - before.frames);
}

void Connection::drain() {
  draining_ = true;
  if (stash_.empty()) {
    boost::system::error_code ignored;
    descriptor_.cancel(ignored);
    nap_.reset();
    read();
  }
}

std::optional<Ended> Connection::overdue(std::chrono::nanoseconds now) const {
  // Who waits for room waits for us.
  if (!stash_.empty() || ending_) return std::nullopt;
  const InputOptions& options = input_.options();
  if (options.frame_timeout.count() > 0 && in_frame_ && now - frame_begun_ >= options.frame_timeout)
    return Ended::frame_deadline;
  if (options.idle_timeout.count() > 0 && now - last_read_ >= options.idle_timeout)
    return Ended::idle;
  return std::nullopt;
}

void Connection::end(Ended reason) {
  ending_ = reason;
  finish();
}

// What is left of a frame becomes one that is marked incomplete; it never meets another connection.
void Connection::finish() {
  const auto held = shared_from_this();
  Intake& intake = input_.place().intake;
  IntakeBatch* const batch = intake.open(*this);
  if (batch == nullptr) return;  // on_room() comes back here
  const FramerCounters before = framer_.counters();
  framer_.end(batch->batch, peer_.source, input_.place().clock.now());
  count(before);
  intake.appended();
  input_.remove(*this, peer_, *ending_);
}

}  // namespace

std::unique_ptr<Input> make_stream_input(const InputOptions& options, OpenSocket socket,
                                         const InputPlace& place) {
  return std::make_unique<StreamInput>(options, std::move(socket), place);
}

}  // namespace tocsin::ingest
