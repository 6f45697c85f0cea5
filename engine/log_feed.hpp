// The event log as a feed: recovery and verify read it as replay reads files.
// Path:      store::LogReader -> Work
// Threads:   one at a time
// Errors:    error() after next() gave false
// Tested by: tests/engine/log_feed_test.cpp, tests/e2e/replay_test.py
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/error.hpp"
#include "engine/work.hpp"
#include "store/store.hpp"

namespace tocsin::engine {

// Behind frame `after`, in the order of k: a source was finished, or time itself acted.
struct LogMark {
  event::Seq after;
  std::uint32_t k = 0;
  std::optional<event::SourceId> finished;  // nothing: a clock record
  base::ReceivedTime now;                   // of a clock record
  bool silence = false;                     // event time went on by it
};

class LogFeed final : public Feed {
 public:
  // Frames from `from` up to and with `last`; `marks`, in their order, which stand behind frames
  // from `from` - 1 on, come with the batch that ends there. They must outlive the feed.
  LogFeed(const store::Store& store, event::Seq from, event::Seq last,
          std::span<const LogMark> marks = {})
      : reader_(store.read_log(from)), next_(from), last_(last), marks_(marks) {}

  [[nodiscard]] bool next(Work& work) override;
  [[nodiscard]] const std::optional<base::Error>& error() const { return error_; }

 private:
  bool read_block();
  void give_frames(Work& work);
  void give_marks(Work& work);

  store::LogReader reader_;
  event::Seq next_;
  event::Seq last_;
  std::span<const LogMark> marks_;  // not given yet
  event::Batch block_;              // being given out
  std::size_t given_ = 0;           // of its frames
  std::optional<base::Error> error_;
};

}  // namespace tocsin::engine
