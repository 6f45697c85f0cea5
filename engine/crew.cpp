#include "engine/crew.hpp"

namespace tocsin::engine {

Crew::Crew(std::size_t helpers) {
  for (std::size_t i = 0; i < helpers; ++i) threads_.emplace_back([this] { work(); });
}

Crew::~Crew() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  begun_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Crew::run(std::size_t count, const std::function<void(std::size_t part)>& task) {
  if (count == 0) return;
  std::unique_lock lock(mutex_);
  task_ = &task;
  count_ = left_ = count;
  next_ = 0;
  if (count > 1) begun_.notify_all();
  while (next_ < count_) {
    const std::size_t part = next_++;
    lock.unlock();
    task(part);
    lock.lock();
    --left_;
  }
  done_.wait(lock, [this] { return left_ == 0; });
}

void Crew::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    begun_.wait(lock, [this] { return stopping_ || next_ < count_; });
    if (stopping_) return;
    const std::size_t part = next_++;
    const auto& task = *task_;
    lock.unlock();
    task(part);
    lock.lock();
    if (--left_ == 0) done_.notify_one();
  }
}

}  // namespace tocsin::engine
