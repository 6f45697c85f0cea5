#include "engine/log_feed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tocsin::engine {

bool LogFeed::read_block() {
  given_ = 0;
  const auto more = reader_.next(block_);
  if (!more) {
    error_ = more.error();
    return false;
  }
  if (!*more || block_.frames.empty()) {
    error_ = base::Error{"engine-4", fmt::format("the log ends before frame {}", next_.value), {}};
    return false;
  }
  // Merged blocks may reach over the border of an epoch.
  const std::uint64_t wanted = last_.value - next_.value + 1;
  if (block_.frames.size() > wanted) block_.frames.resize(wanted);
  return true;
}

// A whole block, or as much of it as stands before the next mark.
void LogFeed::give_frames(Work& work) {
  std::size_t count = block_.frames.size() - given_;
  if (!marks_.empty())
    count = std::min<std::size_t>(count, marks_.front().after.value - next_.value + 1);
  next_ = event::Seq(next_.value + count);
  if (given_ == 0 && count == block_.frames.size()) {
    std::swap(work.batch, block_);
    block_.clear();
    return;
  }
  for (const std::size_t end = given_ + count; given_ < end; ++given_) {
    const event::Frame& frame = block_.frames[given_];
    work.batch.add_frame(block_.raw(given_), frame.source, frame.received, frame.anomalies);
  }
}

// In a batch, finished sources come before the clock.
void LogFeed::give_marks(Work& work) {
  while (!marks_.empty() && marks_.front().after < next_ && !work.clock) {
    const LogMark& mark = marks_.front();
    if (mark.finished) {
      work.finished.push_back(*mark.finished);
    } else {
      work.clock = Work::Clock{mark.now, mark.k, mark.silence};
    }
    marks_ = marks_.subspan(1);
  }
}

bool LogFeed::next(Work& work) {
  if (error_) return false;
  const bool marks_wait = !marks_.empty() && marks_.front().after < next_;
  if (!marks_wait) {
    if (next_.value > last_.value) return false;
    if (given_ >= block_.frames.size() && !read_block()) return false;
    give_frames(work);
  }
  give_marks(work);
  return true;
}

}  // namespace tocsin::engine
