#include "ingest/listen/sockets.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/text.hpp"

namespace tocsin::ingest {

namespace {

struct Kind {
  int family_is_unix;
  int type;
};

Kind kind_of(const InputOptions& options) {
  const bool stream = options.type == "tcp" || options.type == "unix-stream";
  return {options.type.starts_with("unix-"), stream ? SOCK_STREAM : SOCK_DGRAM};
}

std::string where(const InputOptions& options) {
  if (options.type.starts_with("unix-")) return options.path.front();
  const bool v6 = options.address.find(':') != std::string::npos;
  return fmt::format(fmt::runtime(v6 ? "[{}]:{}" : "{}:{}"), options.address, options.port);
}

// The code and the advice that belong to an errno.
std::unexpected<base::Error> socket_error(const InputOptions& options, std::string_view what,
                                          int number) {
  std::string_view code = "ingest-108";
  std::string_view hint = "";
  switch (number) {
    case EADDRINUSE:
      code = "ingest-105";
      hint = "; another program (rsyslog?) listens there already: stop it or choose another port";
      break;
    case EACCES:
    case EPERM:
      code = "ingest-106";
      hint = options.type.starts_with("unix-")
                 ? "; the folder must be writable for the daemon's user"
                 : "; ports below 1024 need CAP_NET_BIND_SERVICE or a systemd socket unit";
      break;
    case EADDRNOTAVAIL:
      code = "ingest-107";
      hint = "; no interface of this machine has that address";
      break;
    default:
      break;
  }
  return base::fail(
      std::string(code),
      fmt::format("cannot {} {}: {}{}", what, where(options), base::system_text(number), hint),
      {"input " + options.name});
}

int flag(int fd, int level, int name, int value) {
  return ::setsockopt(fd, level, name, &value, sizeof value);
}

std::size_t granted_buffer(int fd) {
  int granted = 0;
  socklen_t length = sizeof granted;
  if (::getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &granted, &length) != 0) return 0;
  // The kernel doubles what is asked, for its own bookkeeping.
  return static_cast<std::size_t>(granted) / 2;
}

// A socket that was handed over keeps what systemd gave it, which we may not be allowed to ask for:
// without that right the kernel would cut it down to net.core.rmem_max.
std::size_t ask_for_buffer(int fd, std::size_t size, bool inherited) {
  if (inherited && granted_buffer(fd) >= size) return granted_buffer(fd);
  const int wanted = static_cast<int>(size);
  // Beyond net.core.rmem_max where we may.
  if (flag(fd, SOL_SOCKET, SO_RCVBUFFORCE, wanted) != 0 && !inherited)
    flag(fd, SOL_SOCKET, SO_RCVBUF, wanted);
  return granted_buffer(fd);
}

base::Result<void> bind_inet(const InputOptions& options, const Kind& kind, OpenSocket& out) {
  const bool v6 = options.address.find(':') != std::string::npos;
  sockaddr_storage address{};
  socklen_t size = 0;
  bool valid = false;
  if (v6) {
    auto& in = reinterpret_cast<sockaddr_in6&>(address);
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(static_cast<std::uint16_t>(options.port));
    valid = ::inet_pton(AF_INET6, options.address.c_str(), &in.sin6_addr) == 1;
    size = sizeof in;
  } else {
    auto& in = reinterpret_cast<sockaddr_in&>(address);
    in.sin_family = AF_INET;
    in.sin_port = htons(static_cast<std::uint16_t>(options.port));
    valid = ::inet_pton(AF_INET, options.address.c_str(), &in.sin_addr) == 1;
    size = sizeof in;
  }
  if (!valid) {
    return base::fail("ingest-107",
                      fmt::format("\"{}\" is no IPv4 or IPv6 address; names are not looked up",
                                  base::printable(options.address)),
                      {"input " + options.name});
  }
  out.fd = Descriptor(::socket(address.ss_family, kind.type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!out.fd) return socket_error(options, "make a socket for", errno);
  // A restart must not wait for old connections to be forgotten; two daemons still exclude each
  // other. On udp the option would let two of them share the port, so it is not set there.
  if (kind.type == SOCK_STREAM) flag(out.fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  // "::" serves IPv4 too, whatever the system's default is.
  if (v6) flag(out.fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (::bind(out.fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0)
    return socket_error(options, "listen on", errno);
  return {};
}

// A socket file stays behind when its owner dies; one that still answers is somebody's.
bool nobody_listens(const sockaddr_un& address, int type) {
  struct stat status{};
  if (::lstat(address.sun_path, &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  const Descriptor probe(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe) return false;
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return false;
  return errno == ECONNREFUSED;
}

base::Result<void> bind_unix(const InputOptions& options, const Kind& kind, OpenSocket& out) {
  const std::string& path = options.path.front();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return socket_error(options, "listen on", ENAMETOOLONG);
  std::memcpy(address.sun_path, path.data(), path.size());
  out.fd = Descriptor(::socket(AF_UNIX, kind.type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!out.fd) return socket_error(options, "make a socket for", errno);
  const auto mode = static_cast<mode_t>(std::strtoul(options.socket_mode.c_str(), nullptr, 8));
  // No moment with more rights than asked for: the file is made with none, then given its own. The
  // rights of the socket are what bind() gives the file; umask() would concern all threads.
  if (::fchmod(out.fd.get(), 0) != 0) return socket_error(options, "set the rights of", errno);
  int result = ::bind(out.fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  if (result != 0 && errno == EADDRINUSE && nobody_listens(address, kind.type)) {
    ::unlink(address.sun_path);
    result = ::bind(out.fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  if (result != 0) return socket_error(options, "listen on", errno);
  struct stat status{};
  if (::lstat(path.c_str(), &status) == 0) out.file = {path, status.st_dev, status.st_ino};
  if (::chmod(path.c_str(), mode) != 0) return socket_error(options, "set the rights of", errno);
  return {};
}

base::Result<void> check_kind(const InputOptions& options, const Kind& kind, int fd) {
  int type = 0;
  int domain = 0;
  socklen_t size = sizeof(int);
  const bool known = ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
                     ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0;
  if (known && type == kind.type && (domain == AF_UNIX) == (kind.family_is_unix != 0)) return {};
  return base::fail("ingest-110",
                    fmt::format("the socket that systemd handed over under this name is not of "
                                "type {}",
                                options.type),
                    {"input " + options.name});
}

std::uint16_t port_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET)
    return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return 0;
}

}  // namespace

std::vector<InheritedSocket> take_inherited_sockets() {
  std::vector<InheritedSocket> out;
  const char* const pid = std::getenv("LISTEN_PID");
  const char* const fds = std::getenv("LISTEN_FDS");
  const char* const names = std::getenv("LISTEN_FDNAMES");
  const auto for_pid = base::parse_integer(pid != nullptr ? pid : "");
  const auto count = base::parse_integer(fds != nullptr ? fds : "");
  if (for_pid == ::getpid() && count && *count > 0 && *count < 4096) {
    std::string_view rest = names != nullptr ? names : "";
    constexpr int first = 3;
    for (int fd = first; fd < first + *count; ++fd) {
      const std::size_t colon = rest.find(':');
      const std::string_view name = rest.substr(0, colon);
      rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
      ::fcntl(fd, F_SETFD, FD_CLOEXEC);
      out.push_back({std::string(name), Descriptor(fd)});
    }
  }
  for (const char* variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(variable);
  return out;
}

base::Result<OpenSocket> open_socket(const InputOptions& options,
                                     const std::vector<InheritedSocket>& inherited) {
  const Kind kind = kind_of(options);
  OpenSocket out;
  for (const InheritedSocket& socket : inherited) {
    if (socket.name != options.name) continue;
    out.fd = Descriptor(::fcntl(socket.fd.get(), F_DUPFD_CLOEXEC, 0));
    if (!out.fd) return socket_error(options, "take over", errno);
    break;
  }
  const bool taken_over = static_cast<bool>(out.fd);
  if (taken_over) {
    TRY_VOID(check_kind(options, kind, out.fd.get()));
    ::fcntl(out.fd.get(), F_SETFL, ::fcntl(out.fd.get(), F_GETFL) | O_NONBLOCK);
  } else {
    TRY_VOID(kind.family_is_unix != 0 ? bind_unix(options, kind, out)
                                      : bind_inet(options, kind, out));
  }
  const int fd = out.fd.get();
  if (options.type == "udp") {
    out.receive_buffer = ask_for_buffer(fd, options.receive_buffer, taken_over);
    flag(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
  }
  if (options.type == "unix-datagram") flag(fd, SOL_SOCKET, SO_PASSCRED, 1);
  if (kind.type == SOCK_STREAM && ::listen(fd, 1024) != 0)
    return socket_error(options, "listen on", errno);
  out.port = port_of(fd);
  return out;
}

SocketFile::SocketFile(SocketFile&& other) noexcept
    : path(std::exchange(other.path, {})), device(other.device), inode(other.inode) {}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  std::swap(path, other.path);
  std::swap(device, other.device);
  std::swap(inode, other.inode);
  return *this;
}

SocketFile::~SocketFile() {
  struct stat status{};
  if (!path.empty() && ::lstat(path.c_str(), &status) == 0 && status.st_dev == device &&
      status.st_ino == inode) {
    ::unlink(path.c_str());
  }
}

std::optional<std::uint32_t> kernel_drops(int fd) {
  std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info.data(), &size) != 0) return std::nullopt;
  if (size <= SK_MEMINFO_DROPS * sizeof(std::uint32_t)) return std::nullopt;
  return info[SK_MEMINFO_DROPS];
}

}  // namespace tocsin::ingest
