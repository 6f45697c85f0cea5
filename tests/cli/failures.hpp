// Lines of a brute force over ssh, as many as a test wants.
// Threads:   pure functions
// Tested by: tests/cli/replay_test.cpp
#pragma once

#include <fmt/format.h>

#include <string>

namespace tocsin::cli {

// One a second from 22:40:00 on; five of one user are an alert and a lockout.
inline std::string failures(int count, const std::string& user = "bob") {
  std::string out;
  for (int i = 0; i < count; ++i) {
    out += fmt::format(
        "Nov 20 22:40:{:02} web01 sshd[811]: Failed password for {} from 203.0.113.7 port 50022 "
        "ssh2\n",
        i, user);
  }
  return out;
}

}  // namespace tocsin::cli
