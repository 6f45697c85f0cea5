#include "engine/live_stage.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/fault_point.hpp"

namespace tocsin::engine {

LiveStage::LiveStage(Options options, Setup setup, event::SourceTable& sources, StorePort& port,
                     const base::Clock& clock, Observer& observer,
                     std::function<void(const std::string&)> say)
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
  TRY(Recovered recovered, recover(*store, sources_, setup_, options_.threads));
  committer_.reset();
  sequence_ = std::move(recovered.sequence);
  committer_ = std::make_unique<Committer>(*sequence_, store.get(), sources_, clock_, observer_,
                                           options_.committer, std::move(recovered.epoch));
  port_.exchange(std::move(store));
  observer_.on_state(*sequence_);
  return recovered;
}

base::Result<Recovered> LiveStage::start() { return open(); }

bool LiveStage::apply(Work& work) {
  while (true) {
    // After a store was opened again its log may end earlier than what was given out.
    if (port_.get() != nullptr)
      work.batch.first_seq = event::Seq(port_.get()->last_seq().value + 1);
    if (committer_ && committer_->apply(work)) return true;
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
  return !stopped_.wait_for(lock, options_.retry, [this] { return stopping_; });
}

void LiveStage::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  stopped_.notify_all();
}

}  // namespace tocsin::engine
