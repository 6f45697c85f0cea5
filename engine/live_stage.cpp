#include "engine/live_stage.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/fault_point.hpp"
#include "engine/border.hpp"
#include "engine/fold_state.hpp"

namespace tocsin::engine {

LiveStage::LiveStage(Options options, std::shared_ptr<const Setup> setup,
                     event::SourceTable& sources, StorePort& port, const base::Clock& clock,
                     Observer& observer, std::function<void(const std::string&)> say)
    : options_(std::move(options)),
      setup_(std::move(setup)),
      sources_(sources),
      port_(port),
      clock_(clock),
      observer_(observer),
      say_(std::move(say)),
      open_([this] { return store::Store::open(options_.store_path, options_.store); }) {}

LiveStage::~LiveStage() {
  committer_.reset();
  port_.exchange(nullptr);
}

base::Result<Recovered> LiveStage::open() {
  TRY(std::unique_ptr<store::Store> store, open_());
  store->on_durable([&observer = observer_](event::Seq seq, std::chrono::nanoseconds took) {
    observer.on_durable(seq, took);
  });
  TRY(Recovered recovered, recover(*store, sources_, *setup_, options_.threads));
  committer_.reset();
  sequence_ = std::move(recovered.sequence);
  committer_ = std::make_unique<Committer>(*sequence_, store.get(), sources_, clock_, observer_,
                                           options_.committer, std::move(recovered.epoch));
  port_.exchange(std::move(store));
  say_not_warmed(recovered.not_warmed);
  announce();
  return recovered;
}

// The sequence and what it judges by are in place.
void LiveStage::announce() {
  watermark_ = sequence_->correlator().watermark();
  observer_.on_state(*sequence_);
  const std::lock_guard lock(mutex_);
  in_force_ = setup_;
  changed_.notify_all();
}

void LiveStage::say_not_warmed(const std::optional<base::Error>& error) const {
  if (error)
    say_("new rules begin with empty windows, the log could not be read: " + to_string(*error));
}

void LiveStage::offer(base::Result<Warming> warming) {
  const std::lock_guard lock(mutex_);
  offered_ = std::move(warming);
}

bool LiveStage::wait_for(const std::shared_ptr<const Setup>& setup) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stopping_ || in_force_ == setup; });
  return in_force_ == setup;
}

// All batches before this one were judged by the old setup, and are stored.
void LiveStage::cross(const std::shared_ptr<const Setup>& next) {
  std::optional<base::Result<Warming>> offered;
  {
    const std::lock_guard lock(mutex_);
    offered = std::exchange(offered_, std::nullopt);
  }
  setup_ = next;
  observer_.on_setup(*setup_);
  if (!committer_ || committer_->error()) return;  // it is opened again, by the new setup
  auto begun =
      begin_epoch(offered ? *std::move(offered) : base::fail("engine-10", "nobody had read it"));
  if (begun) return announce();
  observer_.on_store_error("write");
  say_(to_string(begun.error()));
  committer_.reset();
}

base::Result<void> LiveStage::begin_epoch(base::Result<Warming> warming) {
  store::Store& store = *port_.get();
  std::optional<store::NewEpoch> epoch;
  std::unique_ptr<Sequence> sequence;
  if (committer_->owes_epoch()) {
    // Nothing was judged yet: the old setup leaves no trace.
    TRY(sequence, make_sequence(*setup_, sources_, StoredState(store)));
    sequence->begin_log();
    epoch = epoch_record(*setup_, event::Seq(store.last_seq().value + 1));
  } else {
    TRY(Crossed crossed,
        cross_border(store, sources_, *sequence_, *setup_, std::move(warming), {}));
    sequence = std::move(crossed.sequence);
    say_not_warmed(crossed.not_warmed);
  }
  committer_.reset();
  sequence_ = std::move(sequence);
  committer_ = std::make_unique<Committer>(*sequence_, &store, sources_, clock_, observer_,
                                           options_.committer, std::move(epoch));
  return {};
}

base::Result<Recovered> LiveStage::start() { return open(); }

bool LiveStage::apply(Work& work) {
  if (work.setup && work.setup != setup_) [[unlikely]]
    cross(work.setup);
  while (true) {
    // After a store was opened again its log may end earlier than what was given out.
    if (port_.get() != nullptr)
      work.batch.first_seq = event::Seq(port_.get()->last_seq().value + 1);
    if (committer_ && committer_->apply(work)) {
      watermark_.store(sequence_->correlator().watermark(), std::memory_order_relaxed);
      return true;
    }
    say_(fmt::format("the store refuses writes: {}; inputs wait, trying again",
                     committer_ && committer_->error() ? to_string(*committer_->error())
                                                       : std::string("it is not open")));
    if (!reopen()) return false;
  }
}

// Closes what failed and opens it again, until that works.
bool LiveStage::reopen() {
  committer_.reset();
  port_.exchange(nullptr);
  base::pass(base::FaultPoint::reopen_closed);
  while (wait()) {
    const auto recovered = open();
    if (recovered) {
      base::pass(base::FaultPoint::reopen_after);
      ++reopened_;
      say_(fmt::format("the store is open again at event {}, {} events were read again",
                       port_.get()->last_seq().value, recovered->reread));
      return true;
    }
    observer_.on_store_error("open");
    say_(to_string(recovered.error()));
  }
  return false;
}

// False when it is to stop.
bool LiveStage::wait() {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, options_.retry, [this] { return stopping_; });
}

void LiveStage::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

}  // namespace tocsin::engine
