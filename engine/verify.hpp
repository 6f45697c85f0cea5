// Recomputes every alert and lockout of a store from its log, and compares with what is stored.
// Path:      store -> fold -> differences
// Threads:   uses `threads` threads while it runs
// Errors:    the store's, engine-4 to engine-6; differences are findings, not errors
// Tested by: tests/engine/verify_test.cpp, tests/e2e/replay_test.py
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "event/batch.hpp"
#include "store/store.hpp"

namespace tocsin::engine {

struct Difference {
  std::string what;  // "missing": the log causes it, the store lacks it; "extra"; "changed"
  std::string kind;  // "alert", "lockout"
  std::string id;
  std::string sentence;
};

struct Verified {
  std::uint64_t frames = 0;
  std::uint64_t alerts = 0;
  std::uint64_t lockouts = 0;
  std::uint64_t older = 0;  // alerts that nothing which is kept has to do with: not compared
  std::uint64_t epochs = 0;
  std::vector<Difference> differences;  // the first thousand
};

[[nodiscard]] base::Result<Verified> verify(
    const store::Store& store, std::size_t threads,
    const std::function<void(std::uint64_t done, std::uint64_t total)>& progress = {},
    std::size_t shards = 0);

}  // namespace tocsin::engine
