// The daemon without its commands: inputs, pipeline, store, channels, and what it says of itself.
// Path:      Listeners -> BatchQueue -> Executor -> LiveStage -> store, channels
// Threads:   start(), run(), stop() as said; status() and not_ready() from any
// Errors:    start(): everything that is wrong, at once; nothing runs then
// Tested by: tests/engine/daemon_test.cpp, tests/e2e/daemon_test.py
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "engine/audit_trail.hpp"
#include "engine/epochs.hpp"
#include "engine/executor.hpp"
#include "engine/intake_feed.hpp"
#include "engine/live_observer.hpp"
#include "engine/live_stage.hpp"
#include "engine/options.hpp"
#include "engine/reloader.hpp"
#include "engine/source_watch.hpp"
#include "engine/store_port.hpp"
#include "engine/warming.hpp"
#include "ingest/listen/intake.hpp"
#include "ingest/listen/listeners.hpp"
#include "ingest/listen/options.hpp"
#include "metrics/conservation.hpp"
#include "metrics/registry.hpp"
#include "respond/channels.hpp"
#include "store/options.hpp"

namespace tocsin::engine {

struct DaemonOptions {
  EngineOptions engine;
  FoldOptions fold;
  std::vector<std::string> rules;
  std::vector<std::string> decoders;
  std::vector<std::string> lists;  // of values, for rules with placeholders
  std::vector<std::string> mappings;
  bool default_rules = true;
  std::string cache = "auto";  // packs.cache
  std::vector<ingest::InputOptions> inputs;
  ingest::IntakeOptions intake;
  std::string store_path;
  store::StoreOptions store;
  std::vector<respond::ChannelOptions> channels;
};

class Daemon {
 public:
  using Say = std::function<void(const std::string& line)>;

  // `registry` and `clock` must outlive the daemon. `say` is called from several threads.
  // `setup`: without its zones, which start() reads.
  Daemon(DaemonOptions options, Setup setup, metrics::Registry& registry, const base::Clock& clock,
         Say say);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Opens the store, reads what the log has since its checkpoint, starts channels and inputs.
  [[nodiscard]] base::Errors start();
  // Works until stop(); then everything received is committed, delivered where that is possible,
  // and the store is closed.
  [[nodiscard]] base::Result<void> run();
  // From any thread, also before run(). `by`: who asked for it.
  void stop(std::optional<event::Actor> by = {});

  // What a reading of the configuration gives: a setup without its zones, or why there is none.
  struct Reading {
    Setup setup;
    base::Errors errors;
    std::vector<std::string> notes;  // options that take a restart
  };
  // How the configuration is read again, in the reloader's thread, and what is called once it is
  // decided what comes of that; before start().
  void read_by(std::function<Reading()> read, std::function<void()> decided = [] {}) {
    read_ = std::move(read);
    decided_ = std::move(decided);
  }
  // Reads the configuration again while all goes on; a number for reloaded(). From any thread.
  std::uint64_t reload(std::optional<event::Actor> by = {}) {
    return reloader_.request(std::move(by));
  }
  // The answer as a JSON object: whether it is done, what changed, all that is wrong.
  [[nodiscard]] std::string reloaded(std::uint64_t request) const;

  // Puts a copy of the store beside it (store/backup.hpp); the store's folder. From any thread.
  [[nodiscard]] base::Result<std::string> snapshot(std::optional<event::Actor> by = {});
  // What was done to Tocsin; others add to it what they have done.
  [[nodiscard]] AuditTrail& audit_trail() { return audit_trail_; }

  // What `use(store)` gives, a Result, of the open store; engine-8 while there is none. From any
  // thread: what it calls of the store is what may be called beside a commit.
  template <typename Use>
  [[nodiscard]] std::invoke_result_t<Use, store::Store&> with_store(const Use& use) const {
    std::optional<std::invoke_result_t<Use, store::Store&>> result;
    port_.with([&](store::Store& store) { result.emplace(use(store)); });
    if (!result) return base::fail("engine-8", "there is no open store");
    return *std::move(result);
  }

  // Reasons why it is not ready; empty when it is.
  [[nodiscard]] std::vector<std::string> not_ready() const;
  // Whether it goes on, and how much has come.
  struct Pulse {
    std::uint64_t beats = 0;   // Executor::beats()
    bool store_fails = false;  // the pipeline waits for the store to take writes again
    std::uint64_t events = 0;  // stored
    std::uint64_t alerts = 0;
  };
  [[nodiscard]] Pulse pulse() const;
  // One JSON object: inputs with their peers, store, rules, channels.
  [[nodiscard]] std::string status() const;
  // The local port of an input, for those that asked for any.
  [[nodiscard]] std::uint16_t port(std::string_view input) const { return listeners_.port(input); }
  [[nodiscard]] metrics::Conservation& conservation() { return conservation_; }
  // Where the inputs put what they received.
  [[nodiscard]] ingest::BatchQueue& queue() { return intake_.queue(); }

 private:
  void watch();
  void keep();
  void scrub();
  bool stopped_within(base::Nanoseconds time);
  void look_once(std::uint64_t second);
  void count_lost();
  void copy_counters();
  void copy_input(const ingest::InputCounters& counters, metrics::InputAccount& account);
  void copy_queues();
  void copy_sources();
  void write_sources(base::JsonWriter& json) const;
  void keep_up();
  static void step_back();
  base::Result<void> read_zones_of_inputs(Setup& setup) const;
  Reloaded reload_once(const std::vector<Reloader::Asker>& by);
  void go_live(std::shared_ptr<const Setup> next, Reloaded& out);
  base::Result<Warming> warm(const Setup& before, const Setup& next);
  base::Result<bool> warm_once(Warming& warming);
  void tell(const Reloaded& reloaded);
  void record_reload(const Reloaded& reloaded, const std::vector<Reloader::Asker>& by);
  [[nodiscard]] std::shared_ptr<const Setup> setup() const;

  DaemonOptions options_;
  mutable std::mutex setup_mutex_;
  std::shared_ptr<const Setup> setup_;  // in force
  metrics::Registry& registry_;
  const base::Clock& clock_;
  Say say_;
  std::size_t threads_;
  event::SourceTable sources_;
  StorePort port_;
  metrics::Conservation conservation_;
  LiveObserver observer_;
  std::unique_ptr<SourceWatch> source_watch_;  // before its first use by observer_
  AuditTrail audit_trail_;
  ingest::Intake intake_;
  ingest::Listeners listeners_;
  respond::Channels channels_;
  std::unique_ptr<LiveStage> stage_;
  std::unique_ptr<IntakeFeed> feed_;
  std::unique_ptr<Executor> executor_;
  std::thread watcher_;
  std::thread keeper_;
  std::thread scrubber_;
  mutable std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::optional<event::Actor> stopped_by_;
  std::atomic<bool> store_fails_ = false;
  std::atomic<bool> running_ = false;
  base::ReceivedTime started_;
  std::function<Reading()> read_;
  std::function<void()> decided_;
  std::mutex upkeep_mutex_;  // the log's begin stays where it is while windows are filled from it
  Reloader reloader_;        // its thread uses all of the above
};

}  // namespace tocsin::engine
