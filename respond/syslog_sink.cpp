#include "respond/syslog_sink.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <thread>

namespace tocsin::respond {

namespace {

using Steady = std::chrono::steady_clock;
constexpr std::size_t longest_datagram = 65'507;  // 65,535 - 20 (IPv4) - 8 (UDP)
constexpr std::chrono::milliseconds acknowledgement_pause{2};
// A kernel acknowledges before the program behind it (a balancer without a backend) hangs up: the
// first rows of a connection wait this long for that.
constexpr std::chrono::milliseconds trial_time{100};

std::string own_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

int milliseconds_until(Steady::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Steady::now());
  constexpr std::int64_t longest = 3'600'000;
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, longest));
}

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

}  // namespace

SyslogSink::SyslogSink(const ChannelOptions& options, const StopSignal& stop)
    : address_(options.address),
      tcp_(options.transport == "tcp"),
      timeout_(options.timeout),
      header_{facility_number(options.facility), own_name(), std::to_string(getpid())},
      stop_(stop) {}

SyslogSink::~SyslogSink() { disconnect(); }

void SyslogSink::disconnect() {
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = -1;
}

std::unexpected<base::Error> SyslogSink::failure(std::string_view what, int error) const {
  return base::fail("respond-4", fmt::format("{}: {}", what, base::system_text(error)),
                    {address_, 0, 0});
}

base::Result<void> SyslogSink::wait_for(short events, Deadline deadline) const {
  std::array<pollfd, 2> watched = {{{descriptor_, events, 0}, {stop_.descriptor(), POLLIN, 0}}};
  int ready = 0;
  do {
    ready = poll(watched.data(), watched.size(), milliseconds_until(deadline));
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) return failure("no progress", ETIMEDOUT);
  if (watched[0].revents != 0) return {};
  return failure("stopped", ECANCELED);
}

// Tries each address of the name until one takes the connection.
base::Result<void> SyslogSink::connect_to(Deadline deadline) {
  const std::size_t colon = address_.rfind(':');
  std::string host = address_.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = tcp_ ? SOCK_STREAM : SOCK_DGRAM;
  addrinfo* found = nullptr;
  const int status = getaddrinfo(host.c_str(), address_.substr(colon + 1).c_str(), &hints, &found);
  if (status != 0)
    return base::fail("respond-4", fmt::format("its name has no address: {}", gai_strerror(status)),
                      {address_, 0, 0});
  const AddressList addresses(found, &freeaddrinfo);
  base::Result<void> result = failure("cannot connect", EHOSTUNREACH);
  for (const addrinfo* each = addresses.get(); each != nullptr; each = each->ai_next) {
    descriptor_ = socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                         each->ai_protocol);
    if (descriptor_ < 0) {
      result = failure("cannot connect", errno);
      continue;
    }
    int error = connect(descriptor_, each->ai_addr, each->ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
      result = wait_for(POLLOUT, deadline);
      socklen_t size = sizeof error;
      if (result) getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error == 0) {
      trusted_from_ = Steady::now() + trial_time;
      return {};
    }
    if (error != EINPROGRESS) result = failure("cannot connect", error);
    disconnect();
  }
  return result;
}

// The receiver never speaks, so whatever can be read is the end of the connection.
bool SyslogSink::peer_is_gone() const {
  char byte = 0;
  const ssize_t n = recv(descriptor_, &byte, 1, MSG_DONTWAIT);
  return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

base::Result<void> SyslogSink::send_all(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t n = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      TRY_VOID(wait_for(POLLOUT, deadline));
    } else if (n == 0 || errno != EINTR) {
      return failure("cannot send", errno);
    }
  }
  return {};
}

// SIOCOUTQ tells how many bytes the peer's kernel has not acknowledged; nothing wakes a poll() for
// it, so it is asked again and again, for longer each time.
base::Result<void> SyslogSink::await_acknowledgement(Deadline deadline) {
  std::chrono::milliseconds pause{0};
  while (true) {
    int unacknowledged = 0;
    if (ioctl(descriptor_, SIOCOUTQ, &unacknowledged) != 0) return failure("cannot send", errno);
    if (peer_is_gone()) return failure("the receiver closed the connection", ECONNRESET);
    if (unacknowledged == 0 && Steady::now() >= trusted_from_) return {};
    if (unacknowledged > 0 && Steady::now() >= deadline)
      return failure("not acknowledged", ETIMEDOUT);
    pollfd stop{stop_.descriptor(), POLLIN, 0};
    if (poll(&stop, 1, static_cast<int>(pause.count())) > 0) return failure("stopped", ECANCELED);
    constexpr std::chrono::milliseconds longest_pause{50};
    pause = std::min(pause + acknowledgement_pause, longest_pause);
  }
}

Outcome SyslogSink::deliver_tcp(std::span<const event::OutboxRow> rows, Deadline deadline) {
  std::string bytes;
  for (const event::OutboxRow& row : rows) bytes += octet_counted(syslog_message(row, header_));
  auto sent = send_all(bytes, deadline);
  if (sent) sent = await_acknowledgement(deadline);
  if (sent) return {rows.size(), {}, false};
  disconnect();
  return {0, base::to_string(sent.error()), false};
}

Outcome SyslogSink::deliver_udp(std::span<const event::OutboxRow> rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string message = syslog_message(rows[i], header_);
    if (message.size() > longest_datagram)
      return {i, fmt::format("{} bytes do not fit into a datagram", message.size()), true};
    int error = send(descriptor_, message.data(), message.size(), MSG_NOSIGNAL) < 0 ? errno : 0;
    // A refusal of a near host is known at once; one of a far host at the next message.
    socklen_t size = sizeof error;
    if (error == 0) getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == 0) continue;
    const auto failed = failure("cannot send", error);
    disconnect();
    return {i, base::to_string(failed.error()), error == EMSGSIZE};
  }
  return {rows.size(), {}, false};
}

Outcome SyslogSink::deliver(std::span<const event::OutboxRow> rows) {
  const Deadline deadline = Steady::now() + timeout_;
  if (descriptor_ >= 0 && tcp_ && peer_is_gone()) disconnect();
  if (descriptor_ < 0)
    if (auto connected = connect_to(deadline); !connected)
      return {0, base::to_string(connected.error()), false};
  return tcp_ ? deliver_tcp(rows, deadline) : deliver_udp(rows);
}

}  // namespace tocsin::respond
