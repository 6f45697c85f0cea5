#include "store/syncer.hpp"

#include <utility>

namespace tocsin::store {

using base::Result;

Syncer::Syncer(SyncMode mode, base::Nanoseconds interval, Position start, Sync sync)
    : mode_(mode), interval_(interval), sync_(std::move(sync)), committed_(start), durable_(start) {
  if (mode_ == SyncMode::group) thread_ = std::thread([this] { run(); });
}

Syncer::~Syncer() { stop(); }

void Syncer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  work_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Result<void> Syncer::committed(Position position) {
  {
    const std::lock_guard lock(mutex_);
    if (failure_) return std::unexpected(*failure_);
    committed_ = position;
    if (mode_ == SyncMode::os) durable_ = position;
  }
  switch (mode_) {
    case SyncMode::group:
      work_.notify_one();
      return {};
    case SyncMode::always:
      return sync_until(position);
    case SyncMode::os:
      done_.notify_all();
      if (on_durable_) on_durable_(position.seq, {});
      return {};
  }
  return {};
}

Result<void> Syncer::sync_until(Position position) {
  const std::lock_guard one(sync_mutex_);
  {
    const std::lock_guard lock(mutex_);
    if (failure_) return std::unexpected(*failure_);
    // Whoever came before may have taken this commit along.
    if (mode_ != SyncMode::os && durable_.commit >= position.commit) return {};
    position = committed_;
  }
  const auto begin = std::chrono::steady_clock::now();
  auto result = sync_(position);
  const auto took = std::chrono::steady_clock::now() - begin;
  if (!result) {
    fail(result.error());
    return result;
  }
  {
    const std::lock_guard lock(mutex_);
    if (failure_) return std::unexpected(*failure_);
    if (position.commit > durable_.commit) durable_ = position;
    ++syncs_;
  }
  done_.notify_all();
  if (on_durable_) on_durable_(position.seq, took);
  return {};
}

Result<void> Syncer::sync_now() {
  Position position;
  {
    const std::lock_guard lock(mutex_);
    position = committed_;
  }
  return sync_until(position);
}

Result<void> Syncer::wait(event::Seq seq) {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [&] { return failure_ || durable_.seq >= seq; });
  if (durable_.seq >= seq) return {};
  return std::unexpected(*failure_);
}

Position Syncer::durable() const {
  const std::lock_guard lock(mutex_);
  return durable_;
}

void Syncer::on_durable(OnDurable call) { on_durable_ = std::move(call); }

void Syncer::fail(base::Error error) {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(error);
  }
  done_.notify_all();
}

std::optional<base::Error> Syncer::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

std::uint64_t Syncer::syncs() const {
  const std::lock_guard lock(mutex_);
  return syncs_;
}

void Syncer::run() {
  auto next = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [&] { return stop_ || failure_ || committed_.commit > durable_.commit; });
    // A commit after a pause is synced at once, those of a stream once an interval.
    if (!stop_ && !failure_) work_.wait_until(lock, next, [&] { return stop_; });
    if (stop_ || failure_) return;
    const Position position = committed_;
    lock.unlock();
    // The interval is the longest that a commit is unsafe: the sync itself takes a part of it, and
    // so does the thread's wait for its turn on a busy machine.
    next = std::chrono::steady_clock::now() + interval_ * 3 / 5;
    (void)sync_until(position);
    lock.lock();
  }
}

}  // namespace tocsin::store
