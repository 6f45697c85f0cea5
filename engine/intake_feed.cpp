#include "engine/intake_feed.hpp"

#include <chrono>
#include <utility>

namespace tocsin::engine {

void IntakeFeed::judge_by(std::shared_ptr<const Setup> setup) {
  const std::lock_guard lock(mutex_);
  next_setup_ = std::move(setup);
}

bool IntakeFeed::next(Work& work) {
  const bool more = take(work);
  const std::lock_guard lock(mutex_);
  work.border = next_setup_ != setup_;
  setup_ = work.setup = next_setup_;
  return more;
}

bool IntakeFeed::take(Work& work) {
  ingest::IntakeBatch* taken = queue_.take(std::chrono::milliseconds(50));
  if (taken == nullptr) {
    if (queue_.finished()) return false;
    tell_time(work, clock_.now());
    return true;
  }
  if (!taken->batch.frames.empty()) tell_time(work, taken->batch.frames.back().received);
  std::swap(work.batch, taken->batch);
  std::swap(work.offsets, taken->offsets);
  work.arrived = taken->first_arrival;
  queue_.recycle(taken);
  return true;
}

void IntakeFeed::tell_time(Work& work, base::ReceivedTime now) {
  if (now.value < told_.value + base::ns_per_second) return;
  told_ = now;
  work.clock = Work::Clock{now, 0, now >= listened_};
}

}  // namespace tocsin::engine
