#include "engine/executor.hpp"

#include <thread>
#include <utility>

#include "base/check.hpp"

namespace tocsin::engine {

Executor::Executor(std::size_t threads, event::Seq first_seq,
                   const std::function<std::unique_ptr<Worker>()>& make_worker)
    : works_total_(threads * 2 + 2), works_(works_total_), next_seq_(first_seq) {
  CHECK(threads > 0, "an executor needs a thread");
  for (std::size_t i = 0; i < threads; ++i) workers_.push_back(make_worker());
  for (std::size_t i = 0; i < works_total_; ++i) free_.push_back(std::make_unique<Work>());
}

bool Executor::run(Feed& feed, OrderedStage& ordered) {
  feed_ = &feed;
  ordered_ = &ordered;
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < workers_.size(); ++i) {
    threads.emplace_back([this, i] { loop(*workers_[i]); });
  }
  loop(*workers_[0]);
  for (std::thread& thread : threads) thread.join();
  return ended_ && !refused_;
}

void Executor::loop(Worker& worker) {
  while (true) {
    std::unique_ptr<Work> work = take_free();
    if (!work) return;
    if (!read(work)) return;
    const auto begin = std::chrono::steady_clock::now();
    worker.process(*work);
    worked_ += (std::chrono::steady_clock::now() - begin).count();
    finish(std::move(work));
  }
}

// Waits until a batch is free; the thread that applies will free one.
std::unique_ptr<Work> Executor::take_free() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !free_.empty(); });
  std::unique_ptr<Work> work = std::move(free_.back());
  free_.pop_back();
  return work;
}

bool Executor::read(std::unique_ptr<Work>& work) {
  {
    const std::lock_guard lock(read_mutex_);
    while (!ended_ && !stopping_ && !refused_) {
      work->clear();
      if (!feed_->next(*work)) {
        ended_ = true;
        break;
      }
      if (work->batch.frames.empty() && work->offsets.empty() && work->finished.empty() &&
          !work->clock && !work->border) {
        // Nothing to do is a step too, unless a batch before it has got stuck.
        if (in_flight_ == 0) ++beats_;
        continue;
      }
      work->ticket = next_ticket_++;
      work->batch.first_seq = next_seq_;
      next_seq_ = event::Seq(next_seq_.value + work->batch.frames.size());
      ++in_flight_;
      frames_in_flight_ += work->batch.frames.size();
      bytes_in_flight_ += work->batch.text_size();
      return true;
    }
  }
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(work));
  changed_.notify_all();
  return false;
}

void Executor::apply(Work& work) {
  const std::size_t frames = work.batch.frames.size();
  const std::size_t bytes = work.batch.text_size();
  const auto begin = std::chrono::steady_clock::now();
  if (!refused_ && !ordered_->apply(work)) refused_ = true;
  ordered_time_ += (std::chrono::steady_clock::now() - begin).count();
  ++beats_;
  frames_in_flight_ -= frames;
  bytes_in_flight_ -= bytes;
  --in_flight_;
}

// Puts the batch at its place; the thread that finds the next one ready applies, all others go on.
void Executor::finish(std::unique_ptr<Work> work) {
  std::unique_lock lock(mutex_);
  Slot& slot = works_[work->ticket % works_total_];
  CHECK(!slot.work, "two batches with one place in the ring");
  slot.work = std::move(work);
  if (applying_) return;
  applying_ = true;
  while (std::unique_ptr<Work> next = std::move(works_[applied_ % works_total_].work)) {
    lock.unlock();
    apply(*next);
    lock.lock();
    ++applied_;
    free_.push_back(std::move(next));
    changed_.notify_one();
  }
  applying_ = false;
}

}  // namespace tocsin::engine
