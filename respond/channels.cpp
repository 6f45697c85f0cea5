#include "respond/channels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <thread>

#include "base/check.hpp"
#include "base/fault_point.hpp"
#include "metrics/rows.hpp"
#include "respond/retry.hpp"
#include "respond/sink.hpp"

namespace tocsin::respond {

namespace {

constexpr std::size_t rows_at_once = 256;
// While a channel waits for its next attempt it looks at the clock this often, since the clock is
// not the one that condition variables know.
constexpr std::chrono::milliseconds clock_step{50};

std::vector<std::uint64_t> numbers_of(std::span<const event::OutboxRow> rows) {
  std::vector<std::uint64_t> numbers;
  for (const event::OutboxRow& row : rows) numbers.push_back(row.number);
  return numbers;
}

}  // namespace

// One channel: its sink, its thread, its place in the outbox.
class Channels::Worker {
 public:
  Worker(ChannelOptions options, event::Outbox& outbox, const base::Clock& clock,
         metrics::Registry* registry);

  void start() {
    thread_ = std::thread([this] { run(); });
  }
  void committed(std::size_t rows);
  void ask_to_stop(base::Nanoseconds grace);
  void cut_short() const { stop_.raise(); }
  // True once the thread has ended, waiting for it at most until `deadline`.
  [[nodiscard]] bool ended_by(std::chrono::steady_clock::time_point deadline);
  void join() { thread_.join(); }
  [[nodiscard]] ChannelStatus status() const;
  [[nodiscard]] const std::string& name() const { return options_.name; }

 private:
  void run();
  void count_backlog();
  void show_owed();
  // Delivers until nothing is owed; false when the next attempt must wait.
  [[nodiscard]] bool deliver_all();
  [[nodiscard]] bool settle_known();
  [[nodiscard]] bool deliver_some(std::span<const event::OutboxRow> rows);
  [[nodiscard]] bool settle(std::span<const std::uint64_t> numbers, metrics::Counter counter,
                            std::uint64_t ChannelStatus::* total);
  [[nodiscard]] bool remove_settled();
  [[nodiscard]] bool bury(event::OutboxRow row, std::string_view reason);
  void note_failure(const std::string& error);
  void note_success();
  void done_with(std::uint64_t rows);
  [[nodiscard]] base::Nanoseconds age() const;
  // False when the worker shall end.
  [[nodiscard]] bool wait_for_work();
  [[nodiscard]] bool wait_for_retry();

  const ChannelOptions options_;
  event::Outbox& outbox_;
  const base::Clock& clock_;
  StopSignal stop_;
  std::unique_ptr<Sink> sink_;
  metrics::Counter delivered_, failed_, dead_, duplicate_;
  metrics::Gauge depth_, oldest_;

  // Of the thread alone.
  std::uint64_t last_number_ = 0;       // the newest row that is dealt with
  std::vector<std::uint64_t> settled_;  // dealt with, and not yet out of the outbox
  bool first_look_ = true;
  std::uint32_t failed_attempts_ = 0;               // in a row
  std::optional<base::Nanoseconds> first_attempt_;  // of the oldest row
  std::minstd_rand chance_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool work_ = true;
  bool stopping_ = false;
  bool ended_ = false;
  base::Nanoseconds stop_by_{};
  // Rows found or told of, less those dealt with: below 0 while one that is dealt with was not told
  // of yet.
  std::int64_t balance_ = 0;
  ChannelStatus status_;
  std::thread thread_;
};

Channels::Worker::Worker(ChannelOptions options, event::Outbox& outbox, const base::Clock& clock,
                         metrics::Registry* registry)
    : options_(std::move(options)),
      outbox_(outbox),
      clock_(clock),
      sink_(make_sink(options_, stop_)),
      chance_(std::random_device{}()) {
  status_.name = options_.name;
  if (registry != nullptr) {
    const auto counter = [&](std::string_view result) {
      return registry->counter(metrics::row::notifications, {options_.name, result});
    };
    delivered_ = counter("delivered");
    failed_ = counter("failed");
    dead_ = counter("dead");
    duplicate_ = counter("duplicate");
    depth_ = registry->gauge(metrics::row::outbox_depth, {options_.name});
    oldest_ = registry->gauge(metrics::row::outbox_oldest, {options_.name});
  }
  count_backlog();
}

void Channels::Worker::count_backlog() {
  std::uint64_t after = 0;
  while (true) {
    const auto rows = outbox_.pending(options_.name, after, rows_at_once);
    if (!rows || rows->empty()) break;
    balance_ += static_cast<std::int64_t>(rows->size());
    after = rows->back().number;
  }
  show_owed();
}

void Channels::Worker::show_owed() {
  status_.owed = static_cast<std::uint64_t>(std::max<std::int64_t>(balance_, 0));
  depth_.set(static_cast<double>(status_.owed));
}

void Channels::Worker::committed(std::size_t rows) {
  const std::lock_guard lock(mutex_);
  balance_ += static_cast<std::int64_t>(rows);
  show_owed();
  work_ = true;
  changed_.notify_one();
}

void Channels::Worker::ask_to_stop(base::Nanoseconds grace) {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  stop_by_ = clock_.monotonic() + grace;
  // One more look: rows became safe without a word when another thread's sync took them along.
  work_ = true;
  changed_.notify_one();
}

bool Channels::Worker::ended_by(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline, [this] { return ended_; });
}

ChannelStatus Channels::Worker::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void Channels::Worker::run() {
  while (true) {
    const bool done = deliver_all();
    if (done ? !wait_for_work() : !wait_for_retry()) break;
  }
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

bool Channels::Worker::deliver_all() {
  if (!remove_settled()) return false;
  if (first_look_ && !settle_known()) return false;
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_ && clock_.monotonic() >= stop_by_) return true;
    }
    auto rows = outbox_.pending(options_.name, last_number_, rows_at_once);
    if (!rows) {
      note_failure(base::to_string(rows.error()));
      return false;
    }
    if (rows->empty()) return true;
    if (!deliver_some(*rows)) return false;
  }
}

// Rows leave for their place in order: whatever comes up to the row that is there last is there. A
// crash takes back at most what was not settled, a power cut all that the store had not synced,
// however many rows that were.
bool Channels::Worker::settle_known() {
  const std::optional<std::string> last = sink_->last_delivered();
  if (!last) return true;  // the delivery meets the same obstacle, and says it
  first_look_ = false;
  if (last->empty()) return true;
  std::vector<std::uint64_t> passed;
  for (std::uint64_t after = last_number_;; after = passed.back()) {
    const auto rows = outbox_.pending(options_.name, after, rows_at_once);
    if (!rows) {
      first_look_ = true;
      note_failure(base::to_string(rows.error()));
      return false;
    }
    if (rows->empty()) return true;
    for (const event::OutboxRow& row : *rows) {
      passed.push_back(row.number);
      if (row.body == *last) return settle(passed, duplicate_, &ChannelStatus::duplicate);
    }
  }
}

bool Channels::Worker::deliver_some(std::span<const event::OutboxRow> rows) {
  if (!first_attempt_) first_attempt_ = clock_.monotonic();
  base::pass(base::FaultPoint::deliver_before);
  const Outcome outcome = sink_->deliver(rows);
  if (outcome.delivered > 0) {
    base::pass(base::FaultPoint::deliver_unsettled);
    note_success();
    const std::vector<std::uint64_t> numbers = numbers_of(rows.first(outcome.delivered));
    if (!settle(numbers, delivered_, &ChannelStatus::delivered)) return false;
  }
  if (outcome.error.empty()) return true;
  if (!first_attempt_) first_attempt_ = clock_.monotonic();
  if (outcome.hopeless || age() >= options_.max_age)
    return bury(rows[outcome.delivered], outcome.error);
  note_failure(outcome.error);
  return false;
}

// Rows that are at their place leave the outbox. When the store does not take that, they stay
// there, but this worker does not look at them again.
bool Channels::Worker::settle(std::span<const std::uint64_t> numbers, metrics::Counter counter,
                              std::uint64_t ChannelStatus::* total) {
  settled_.insert(settled_.end(), numbers.begin(), numbers.end());
  last_number_ = settled_.back();
  counter.add(numbers.size());
  {
    const std::lock_guard lock(mutex_);
    status_.*total += numbers.size();
  }
  done_with(numbers.size());
  return remove_settled();
}

bool Channels::Worker::remove_settled() {
  if (settled_.empty()) return true;
  if (const auto removed = outbox_.delivered(options_.name, settled_); !removed) {
    note_failure(base::to_string(removed.error()));
    return false;
  }
  base::pass(base::FaultPoint::deliver_after);
  settled_.clear();
  return true;
}

bool Channels::Worker::bury(event::OutboxRow row, std::string_view reason) {
  base::pass(base::FaultPoint::bury_before);
  row.attempts = failed_attempts_ + 1;
  if (const auto buried = outbox_.bury(row, reason); !buried) {
    note_failure(base::to_string(buried.error()));
    return false;
  }
  base::pass(base::FaultPoint::bury_after);
  last_number_ = row.number;
  dead_.add();
  {
    const std::lock_guard lock(mutex_);
    ++status_.dead;
    status_.last_error = reason;
  }
  done_with(1);
  // The next row has its own time.
  failed_attempts_ = 0;
  first_attempt_.reset();
  oldest_.set(0);
  return true;
}

void Channels::Worker::note_failure(const std::string& error) {
  ++failed_attempts_;
  failed_.add();
  oldest_.set(std::chrono::duration<double>(age()).count());
  const std::lock_guard lock(mutex_);
  ++status_.failed;
  status_.last_error = error;
}

void Channels::Worker::note_success() {
  failed_attempts_ = 0;
  first_attempt_.reset();
  oldest_.set(0);
  const std::lock_guard lock(mutex_);
  status_.last_error.clear();
}

void Channels::Worker::done_with(std::uint64_t rows) {
  const std::lock_guard lock(mutex_);
  balance_ -= static_cast<std::int64_t>(rows);
  show_owed();
}

base::Nanoseconds Channels::Worker::age() const {
  return first_attempt_ ? clock_.monotonic() - *first_attempt_ : base::Nanoseconds(0);
}

bool Channels::Worker::wait_for_work() {
  std::unique_lock lock(mutex_);
  if (stopping_ && clock_.monotonic() >= stop_by_) return false;
  changed_.wait(lock, [this] { return work_ || stopping_; });
  if (!work_) return false;
  work_ = false;
  return true;
}

bool Channels::Worker::wait_for_retry() {
  const double share = static_cast<double>(chance_() - std::minstd_rand::min()) /
                       static_cast<double>(std::minstd_rand::max());
  const base::Nanoseconds until =
      clock_.monotonic() +
      retry_delay(std::max(failed_attempts_, 1U), options_.retry_first, options_.retry_max, share);
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const base::Nanoseconds left = until - clock_.monotonic();
    if (left.count() <= 0) return true;
    changed_.wait_for(lock, std::min<base::Nanoseconds>(left, clock_step));
  }
  return false;
}

Channels::Channels() = default;

Channels::~Channels() { stop(); }

base::Result<void> Channels::start(std::vector<ChannelOptions> options, event::Outbox& outbox,
                                   const base::Clock& clock, metrics::Registry* registry) {
  CHECK(workers_.empty(), "channels started twice");
  std::set<std::string> names;
  for (const ChannelOptions& channel : options) {
    TRY_VOID(check_channel(channel));
    if (!names.insert(channel.name).second)
      return base::fail("respond-1", fmt::format("channel `{}` is there twice", channel.name));
  }
  for (ChannelOptions& channel : options)
    workers_.push_back(std::make_unique<Worker>(std::move(channel), outbox, clock, registry));
  for (const auto& worker : workers_) worker->start();
  return {};
}

void Channels::committed(std::span<const event::OutboxRow> rows) {
  for (const auto& worker : workers_) {
    const auto mine = std::count_if(rows.begin(), rows.end(), [&](const event::OutboxRow& row) {
      return row.channel == worker->name();
    });
    if (mine > 0) worker->committed(static_cast<std::size_t>(mine));
  }
}

void Channels::wake() {
  for (const auto& worker : workers_) worker->committed(0);
}

void Channels::stop(std::chrono::nanoseconds grace) {
  const auto deadline = std::chrono::steady_clock::now() + grace;
  for (const auto& worker : workers_) worker->ask_to_stop(grace);
  for (const auto& worker : workers_) {
    // An attempt that outlasts the grace is cut short; its rows stay in the outbox.
    if (!worker->ended_by(deadline)) worker->cut_short();
    worker->join();
  }
  workers_.clear();
}

std::vector<ChannelStatus> Channels::status() const {
  std::vector<ChannelStatus> all;
  all.reserve(workers_.size());
  for (const auto& worker : workers_) all.push_back(worker->status());
  return all;
}

}  // namespace tocsin::respond
