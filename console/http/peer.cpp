#include "console/http/peer.hpp"

#include <pwd.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <array>

namespace tocsin::console {

std::optional<Peer> peer_of(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0 ||
      size != sizeof credentials || credentials.pid <= 0)
    return std::nullopt;
  return Peer{credentials.uid, credentials.gid, credentials.pid};
}

std::string account_name(std::uint32_t uid) {
  passwd account{};
  passwd* found = nullptr;
  std::array<char, 16'384> texts{};
  if (::getpwuid_r(uid, &account, texts.data(), texts.size(), &found) != 0 || found == nullptr)
    return {};
  return found->pw_name;
}

}  // namespace tocsin::console
