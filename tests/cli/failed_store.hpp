// A store of a brute force over ssh, for commands that read one.
// Threads:   one
// Tested by: the tests that use it
#pragma once

#include <string>

#include "cli/replay.hpp"
#include "tests/cli/captured.hpp"
#include "tests/cli/failures.hpp"

namespace tocsin::cli {

// Its folder, in `folder`.
inline std::string store_failures(const TemporaryFolder& folder, int count,
                                  const std::string& user = "bob") {
  ReplayCommand replay;
  replay.files = {folder.write("auth.log", failures(count, user))};
  replay.year = 2026;
  replay.store = folder.path("store");
  Captured captured;
  EXPECT_EQ(run_replay(replay, captured.streams()), exit_code::ok) << captured.err();
  return replay.store;
}

}  // namespace tocsin::cli
