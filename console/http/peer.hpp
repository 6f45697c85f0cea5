// Who is at the other end of the control socket, as the kernel says.
// Path:      connected Unix socket -> Peer -> name of the account
// Threads:   pure functions
// Errors:    none; what the kernel or the accounts do not tell is nothing
// Source:    unix(7) SO_PEERCRED
// Tested by: tests/console/http/peer_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tocsin::console {

// When it connected.
struct Peer {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int32_t pid = 0;

  bool operator==(const Peer&) const = default;
};

[[nodiscard]] std::optional<Peer> peer_of(int socket);
// Of the account with that number, empty when there is none.
[[nodiscard]] std::string account_name(std::uint32_t uid);

}  // namespace tocsin::console
