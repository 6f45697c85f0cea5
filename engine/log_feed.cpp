#include "engine/log_feed.hpp"

#include <fmt/format.h>

namespace tocsin::engine {

bool LogFeed::next(Work& work) {
  if (next_.value > last_.value || error_) return false;
  const auto more = reader_.next(work.batch);
  if (!more) {
    error_ = more.error();
    return false;
  }
  if (!*more || work.batch.frames.empty()) {
    error_ = base::Error{"engine-4", fmt::format("the log ends before frame {}", next_.value), {}};
    return false;
  }
  // Merged blocks may reach over the border of an epoch.
  const std::uint64_t wanted = last_.value - next_.value + 1;
  if (work.batch.frames.size() > wanted) work.batch.frames.resize(wanted);
  next_ = event::Seq(next_.value + work.batch.frames.size());
  return true;
}

}  // namespace tocsin::engine
