#include "ingest/listen/intake.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace tocsin::ingest {

void IntakeBatch::put_offset(event::Offset offset) {
  for (event::Offset& known : offsets) {
    if (known.key == offset.key) {
      known.value = std::move(offset.value);
      return;
    }
  }
  offsets.push_back(std::move(offset));
}

void IntakeBatch::clear() {
  batch.clear();
  offsets.clear();
  first_arrival = {};
}

BatchQueue::BatchQueue(std::size_t batches) {
  CHECK(batches > 0, "a queue without batches");
  for (std::size_t i = 0; i < batches; ++i) {
    all_.push_back(std::make_unique<IntakeBatch>());
    free_.push_back(all_.back().get());
  }
}

IntakeBatch* BatchQueue::take(std::chrono::nanoseconds timeout) {
  std::unique_lock lock(mutex_);
  filled_.wait_for(lock, timeout, [&] { return !full_.empty() || closed_; });
  if (full_.empty()) return nullptr;
  IntakeBatch* const batch = full_.front();
  full_.pop_front();
  return batch;
}

void BatchQueue::recycle(IntakeBatch* batch) {
  batch->clear();
  const std::lock_guard lock(mutex_);
  CHECK(free_.size() < all_.size(), "a batch given back twice");
  free_.push_back(batch);
  // Under the lock: whoever takes the callback away may destroy what it calls right after.
  if (wanted_ && on_free_) {
    wanted_ = false;
    on_free_();
  }
}

bool BatchQueue::finished() const {
  const std::lock_guard lock(mutex_);
  return closed_ && full_.empty();
}

std::size_t BatchQueue::depth() const {
  const std::lock_guard lock(mutex_);
  return full_.size();
}

BatchQueue::Held BatchQueue::held() const {
  const std::lock_guard lock(mutex_);
  Held held;
  for (const IntakeBatch* batch : full_) {
    ++held.batches;
    held.frames += batch->batch.frames.size();
    held.bytes += batch->batch.text_size();
  }
  return held;
}

IntakeBatch* BatchQueue::take_free() {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) {
    wanted_ = true;
    return nullptr;
  }
  IntakeBatch* const batch = free_.back();
  free_.pop_back();
  return batch;
}

void BatchQueue::push(IntakeBatch* batch) {
  {
    const std::lock_guard lock(mutex_);
    CHECK(!closed_, "a batch for a closed queue");
    full_.push_back(batch);
  }
  filled_.notify_one();
}

void BatchQueue::set_on_free(std::function<void()> on_free) {
  const std::lock_guard lock(mutex_);
  on_free_ = std::move(on_free);
}

void BatchQueue::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  filled_.notify_all();
}

void BatchQueue::reopen() {
  const std::lock_guard lock(mutex_);
  closed_ = false;
}

Intake::Intake(const IntakeOptions& options, const base::Clock& clock)
    : options_(options), clock_(clock), queue_(options.batches) {}

InputCounters& Intake::counters(const std::string& name, event::Transport transport) {
  const std::lock_guard lock(mutex_);
  for (InputCounters& known : counters_) {
    if (known.name == name && known.transport == transport) return known;
  }
  return counters_.emplace_back(name, transport);
}

void Intake::for_each_input(const std::function<void(const InputCounters&)>& see) const {
  const std::lock_guard lock(mutex_);
  for (const InputCounters& input : counters_) see(input);
}

void Intake::count_source(event::SourceId source, InputCounters& counters) {
  if (of_source_.size() <= source.value) of_source_.resize(source.value + 1);
  of_source_[source.value] = &counters;
}

IntakeBatch* Intake::open(Waiter& who) {
  if (current_ == nullptr) current_ = queue_.take_free();
  if (current_ == nullptr && !who.waiting_) {
    who.waiting_ = true;
    waiting_.push_back(&who);
  }
  return current_;
}

void Intake::appended() {
  if (current_ == nullptr) return;
  const event::Batch& batch = current_->batch;
  if (!begun_ && !batch.frames.empty()) {
    begun_ = true;
    current_->first_arrival = clock_.monotonic();
    if (on_first_) on_first_();
  }
  if (batch.frames.size() >= options_.batch.frames || batch.text_size() >= options_.batch.text)
    hand_on();
}

void Intake::flush() {
  if (has_frames()) hand_on();
}

void Intake::hand_on() {
  const auto& frames = current_->batch.frames;
  for (std::size_t i = 0; i < frames.size();) {
    const event::SourceId source = frames[i].source;
    std::size_t run = i + 1;
    while (run < frames.size() && frames[run].source == source) ++run;
    CHECK(source.value < of_source_.size() && of_source_[source.value] != nullptr,
          "a frame of a source that no input counts");
    of_source_[source.value]->handed.add(run - i);
    i = run;
  }
  queue_.push(current_);
  current_ = nullptr;
  begun_ = false;
}

void Intake::wake() {
  for (std::size_t n = waiting_.size(); n > 0 && !waiting_.empty(); --n) {
    if (current_ == nullptr) current_ = queue_.take_free();
    if (current_ == nullptr) return;
    Waiter* const who = waiting_.front();
    waiting_.pop_front();
    who->waiting_ = false;
    who->on_room();
  }
}

void Intake::forget(Waiter& who) {
  if (!who.waiting_) return;
  std::erase(waiting_, &who);
  who.waiting_ = false;
}

}  // namespace tocsin::ingest
