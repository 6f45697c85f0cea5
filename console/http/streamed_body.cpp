#include "console/http/streamed_body.hpp"

#include <utility>

namespace tocsin::console {

bool StreamedBody::write(std::string_view bytes) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || waiting_.size() < most_waiting; });
  if (closed_) return false;
  waiting_.append(bytes);
  if (on_bytes_) on_bytes_();
  return true;
}

bool StreamedBody::wait(std::chrono::nanoseconds time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, time, [this] { return closed_; });
}

bool StreamedBody::is_closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

void StreamedBody::fail() {
  const std::lock_guard lock(mutex_);
  failed_ = true;
}

void StreamedBody::set_on_bytes(std::function<void()> on_bytes) {
  const std::lock_guard lock(mutex_);
  on_bytes_ = std::move(on_bytes);
}

std::string StreamedBody::take() {
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
  return std::exchange(waiting_, {});
}

void StreamedBody::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  on_bytes_ = {};
  changed_.notify_all();
}

void StreamedBody::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  if (on_bytes_) on_bytes_();
}

bool StreamedBody::has_ended() const {
  const std::lock_guard lock(mutex_);
  return ended_ && waiting_.empty();
}

bool StreamedBody::has_failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
}

}  // namespace tocsin::console
