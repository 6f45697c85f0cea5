// The ordered stage of the daemon: like a replay's, and it survives a store that fails for a while
// and packs that change.
// Path:      Work -> Committer; after a failed write: close, open, recover, and the same Work
//            again; before the first Work of another setup: the border between two epochs
// Threads:   one (the ordered stage); stop() from any
// Errors:    none come back: it tries until it succeeds or is told to stop
// Source:    DESIGN section 4, Durability
// Tested by: tests/engine/live_stage_test.cpp, tests/e2e/daemon_test.py
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "correlate/watermark.hpp"
#include "engine/committer.hpp"
#include "engine/epochs.hpp"
#include "engine/recovery.hpp"
#include "engine/store_port.hpp"
#include "engine/warming.hpp"

namespace tocsin::engine {

class LiveStage final : public OrderedStage {
 public:
  struct Options {
    std::string store_path;
    store::StoreOptions store;
    CommitterOptions committer;
    std::size_t threads = 1;
    std::chrono::milliseconds retry = std::chrono::seconds(1);
  };
  using Open = std::function<base::Result<std::unique_ptr<store::Store>>()>;

  // `say` hears of failures and of their end. All references must outlive the stage.
  LiveStage(Options options, std::shared_ptr<const Setup> setup, event::SourceTable& sources,
            StorePort& port, const base::Clock& clock, Observer& observer,
            std::function<void(const std::string&)> say);
  // Closes the store that it put into `port`, whose threads call the observer.
  ~LiveStage() override;
  LiveStage(const LiveStage&) = delete;
  LiveStage& operator=(const LiveStage&) = delete;
  // Takes the place of store::Store::open, for tests.
  void open_with(Open open) { open_ = std::move(open); }

  // Opens the store and reads the log since the checkpoint.
  [[nodiscard]] base::Result<Recovered> start();
  [[nodiscard]] bool apply(Work& work) override;
  [[nodiscard]] bool checkpoint() { return committer_ && committer_->checkpoint(); }
  void stop();

  // ---- reload; from any thread
  // What fills windows at the next border, which comes with the first Work of another setup.
  void offer(base::Result<Warming> warming);
  // Waits until all that comes is judged by this setup. False: stopped before.
  [[nodiscard]] bool wait_for(const std::shared_ptr<const Setup>& setup);
  // Of the newest batch that was applied.
  [[nodiscard]] std::int64_t watermark() const { return watermark_; }

  // Readable while no batch is applied.
  [[nodiscard]] const Sequence* sequence() const { return sequence_.get(); }
  [[nodiscard]] std::uint64_t reopened() const { return reopened_; }

 private:
  base::Result<Recovered> open();
  bool reopen();
  bool wait();
  void cross(const std::shared_ptr<const Setup>& next);
  base::Result<void> begin_epoch(base::Result<Warming> warming);
  void say_not_warmed(const std::optional<base::Error>& error) const;
  void announce();

  Options options_;
  std::shared_ptr<const Setup> setup_;
  event::SourceTable& sources_;
  StorePort& port_;
  const base::Clock& clock_;
  Observer& observer_;
  std::function<void(const std::string&)> say_;
  Open open_;
  std::unique_ptr<Sequence> sequence_;
  std::unique_ptr<Committer> committer_;
  std::atomic<std::uint64_t> reopened_ = 0;
  std::atomic<std::int64_t> watermark_ = correlate::Watermark::never;
  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  bool stopping_ = false;
  std::shared_ptr<const Setup> in_force_;
  std::optional<base::Result<Warming>> offered_;
};

}  // namespace tocsin::engine
