#include "cli/notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace tocsin::cli {

bool notify_service_manager(std::string_view state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr) return false;
  const std::size_t size = std::strlen(path);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if ((path[0] != '/' && path[0] != '@') || size >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path, size);
  // A name that begins with @ lives in the abstract space, where its first byte is zero.
  if (path[0] == '@') address.sun_path[0] = '\0';
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size);
  const bool sent = ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&address), length) >= 0;
  ::close(fd);
  return sent;
}

}  // namespace tocsin::cli
