// The event log as a feed: recovery and verify read it as replay reads files.
// Path:      store::LogReader -> Work
// Threads:   one at a time
// Errors:    error() after next() gave false
// Tested by: tests/engine/log_feed_test.cpp, tests/e2e/replay_test.py
#pragma once

#include <optional>

#include "base/error.hpp"
#include "engine/work.hpp"
#include "store/store.hpp"

namespace tocsin::engine {

class LogFeed final : public Feed {
 public:
  // Frames from `from` up to and with `last`.
  LogFeed(const store::Store& store, event::Seq from, event::Seq last)
      : reader_(store.read_log(from)), next_(from), last_(last) {}

  [[nodiscard]] bool next(Work& work) override;
  [[nodiscard]] const std::optional<base::Error>& error() const { return error_; }

 private:
  store::LogReader reader_;
  event::Seq next_;
  event::Seq last_;
  std::optional<base::Error> error_;
};

}  // namespace tocsin::engine
