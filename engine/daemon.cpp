#include "engine/daemon.hpp"

#include <fmt/format.h>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "engine/retention.hpp"
#include "engine/scrubber.hpp"
#include "engine/stages.hpp"
#include "engine/zones.hpp"
#include "metrics/rows.hpp"

namespace tocsin::engine {

namespace row = metrics::row;

namespace {

constexpr int upkeep_nice = 10;

}  // namespace

Daemon::Daemon(DaemonOptions options, Setup setup, metrics::Registry& registry,
               const base::Clock& clock, Say say)
    : options_(std::move(options)),
      setup_(std::make_shared<const Setup>(std::move(setup))),
      registry_(registry),
      clock_(clock),
      say_(std::move(say)),
      threads_(options_.engine.threads != 0 ? options_.engine.threads
                                            : std::max(1U, std::thread::hardware_concurrency())),
      conservation_(
          registry,
          [this](const metrics::Violation& violation) {
            say_(fmt::format("events of input {} do not add up: {} {}", violation.input,
                             std::abs(violation.imbalance),
                             violation.imbalance > 0 ? "lost without a counter" : "counted twice"));
          }),
      observer_(registry, conservation_, sources_, setup_->pipeline->rules, clock),
      audit_trail_(options_.engine.audit_trail, clock, say_),
      intake_(options_.intake, clock),
      started_(clock.now()),
      reloader_([this](const std::vector<Reloader::Asker>& by) { return reload_once(by); }) {}

Daemon::~Daemon() {
  stop();
  listeners_.stop();
  if (watcher_.joinable()) watcher_.join();
  if (keeper_.joinable()) keeper_.join();
  if (scrubber_.joinable()) scrubber_.join();
}

base::Errors Daemon::start() {
  Setup with_zones = *setup_;
  if (const auto read = read_zones_of_inputs(with_zones); !read) return {read.error()};
  with_zones.fold.shards = shards_of(options_.engine.shards, threads_);
  setup_ = std::make_shared<const Setup>(std::move(with_zones));
  source_watch_ = std::make_unique<SourceWatch>(
      options_.engine, stated_time_by(setup_->pipeline, sources_, setup_->fold));
  observer_.watch_sources(*source_watch_);
  LiveStage::Options stage;
  stage.store_path = options_.store_path;
  stage.store = options_.store;
  stage.threads = threads_;
  stage.committer.checkpoint_interval = options_.engine.checkpoint_interval;
  stage.committer.channels = options_.channels;
  stage_ = std::make_unique<LiveStage>(stage, setup_, sources_, port_, clock_, observer_,
                                       [this](const std::string& line) {
                                         store_fails_ = true;
                                         say_(line);
                                       });
  const auto recovered = stage_->start();
  if (!recovered) return {recovered.error()};
  if (recovered->reread > 0)
    say_(fmt::format("read {} events again, since the last checkpoint", recovered->reread));
  if (const auto channels = channels_.start(options_.channels, port_, clock_, &registry_);
      !channels)
    return {channels.error()};
  observer_.on_rows([this](std::span<const event::OutboxRow> rows) { channels_.committed(rows); });
  observer_.on_safe([this] { channels_.wake(); });
  feed_ =
      std::make_unique<IntakeFeed>(intake_.queue(), clock_, setup_->fold.correlate.idle_timeout);
  feed_->judge_by(setup_);
  executor_ =
      std::make_unique<Executor>(threads_, event::Seq(port_.get()->last_seq().value + 1), [this] {
        return std::make_unique<Stages>(
            setup_->pipeline, sources_, setup_->fold, true,
            [this](const Work&, const ingest::DecodeCounters& counters) {
              observer_.on_decoded(counters);
            });
      });
  base::Errors errors = listeners_.start(options_.inputs, intake_, sources_, port_, clock_, say_,
                                         audit_trail_.events());
  if (!errors.empty()) return errors;
  const std::size_t rules = setup_->pipeline->rules->size();
  audit_trail_.record(
      {.category = "process",
       .action = "started",
       .by = {},
       .message = fmt::format("tocsin {} started with {} rules", TOCSIN_VERSION, rules),
       .more = {{"tocsin.version", TOCSIN_VERSION}, {"tocsin.rules", std::to_string(rules)}}});
  running_ = true;
  watcher_ = std::thread([this] { watch(); });
  keeper_ = std::thread([this] { keep(); });
  if (options_.store.scrub_rate != 0) scrubber_ = std::thread([this] { scrub(); });
  return {};
}

base::Result<void> Daemon::run() {
  // stop() ends the inputs, these close the queue, that ends the feed: what has come is applied.
  const bool whole = executor_->run(*feed_, *stage_);
  running_ = false;
  stop();
  if (watcher_.joinable()) watcher_.join();
  if (keeper_.joinable()) keeper_.join();
  if (scrubber_.joinable()) scrubber_.join();
  if (whole) {
    static_cast<void>(stage_->checkpoint());
  } else {
    count_lost();
  }
  // Channels are given what is safe: then the last rows are, too.
  port_.with([](store::Store& store) { static_cast<void>(store.sync()); });
  copy_counters();
  channels_.stop();
  std::unique_ptr<store::Store> store = port_.exchange(nullptr);
  if (!store)
    return base::fail("engine-8",
                      "stopped while the store could not be written; what was not stored is lost "
                      "with the process");
  return store->close();
}

// What was handed on and will not be stored any more.
void Daemon::count_lost() {
  intake_.for_each_input([this](const ingest::InputCounters& counters) {
    metrics::InputAccount& account = conservation_.input(counters.name);
    const std::uint64_t handed = counters.handed.get();
    const std::uint64_t stored = account.stored.value();
    if (handed > stored) account.dropped("stop").add(handed - stored);
  });
}

void Daemon::stop(std::optional<event::Actor> by) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopping_, true)) return;
    stopped_by_ = std::move(by);
    stopped_.notify_all();
  }
  running_ = false;
}

// This thread stands behind everything else: what it does may take long.
void Daemon::step_back() {
  static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), upkeep_nice));
}

base::Result<void> Daemon::read_zones_of_inputs(Setup& setup) const {
  std::vector<std::string> names;
  names.reserve(options_.inputs.size());
  for (const ingest::InputOptions& input : options_.inputs) names.push_back(input.zone);
  TRY(setup.fold.zones, read_zones(std::move(names)));
  return {};
}

// Looks at its own counters once a second; stops the inputs when it is time.
void Daemon::watch() {
  for (std::uint64_t second = 0; !stopped_within(std::chrono::seconds(1)); ++second)
    look_once(second);
  reloader_.stop();
  audit_trail_.record(
      {.category = "process", .action = "stopping", .by = stopped_by_, .message = "tocsin stops"});
  // A store that refuses writes must not keep the process from ending.
  listeners_.stop();
  stage_->stop();
}

// The store's upkeep: behind everything else, since it may have to read much of the log again.
void Daemon::keep() {
  step_back();
  while (!stopped_within(options_.engine.upkeep_interval)) keep_up();
}

// Reads the store's files again and again.
void Daemon::scrub() {
  step_back();
  Scrubber scrubber(
      port_, options_.store.scrub_rate, registry_, clock_,
      [this](base::Nanoseconds time) { return stopped_within(time); }, say_);
  while (scrubber.pass()) continue;
}

bool Daemon::stopped_within(base::Nanoseconds time) {
  std::unique_lock lock(mutex_);
  return stopped_.wait_for(lock, time, [this] { return stopping_; });
}

void Daemon::look_once(std::uint64_t second) {
  copy_counters();
  conservation_.check([this](metrics::InputAccount& account) {
    intake_.for_each_input([&](const ingest::InputCounters& counters) {
      if (counters.name == account.name) copy_input(counters, account);
    });
  });
  copy_sources();
  if (second % 10 == 0) {
    port_.with([this](const store::Store& store) {
      registry_.gauge(row::store_bytes).set(static_cast<double>(store.stats().bytes));
    });
  }
}

// What the sum is made of. What lies in queues is looked at, not derived: at most so much can be on
// its way, and a batch that vanished there is missed here.
void Daemon::copy_input(const ingest::InputCounters& counters, metrics::InputAccount& account) {
  const std::uint64_t stored = account.stored.value();
  const std::uint64_t held = intake_.queue().held().frames + executor_->frames_in_flight();
  const std::uint64_t handed = counters.handed.get();
  account.received.set_total(counters.received.get());
  account.received_bytes.set_total(counters.received_bytes.get());
  for (std::size_t i = 0; i < ingest::rejected_count; ++i) {
    account.rejected(ingest::name_of(static_cast<ingest::Rejected>(i)))
        .set_total(counters.rejected[i].get());
  }
  static_cast<void>(account.dropped("stop"));
  const std::uint64_t on_the_way = handed < stored ? 0 : std::min(handed - stored, held);
  account.in_flight.set(static_cast<double>(on_the_way));
}

void Daemon::copy_counters() {
  intake_.for_each_input([&](const ingest::InputCounters& counters) {
    copy_input(counters, conservation_.input(counters.name));
    registry_.counter(row::udp_kernel_drops, {counters.name})
        .set_total(counters.kernel_drops.get());
    registry_.gauge(row::connections, {counters.name})
        .set(static_cast<double>(counters.connections_open.get()));
    registry_.counter(row::connections_accepted, {counters.name})
        .set_total(counters.connections_accepted.get());
    for (std::size_t i = 0; i < ingest::ended_count; ++i) {
      registry_
          .counter(row::connections_closed,
                   {counters.name, ingest::name_of(static_cast<ingest::Ended>(i))})
          .set_total(counters.connections_ended[i].get());
    }
    registry_.counter(row::frames_invalid, {counters.name, "truncated"})
        .set_total(counters.truncated.get());
  });
  copy_queues();
}

void Daemon::copy_queues() {
  const ingest::BatchQueue::Held held = intake_.queue().held();
  const auto set = [this](const metrics::Row& of, std::string_view stage, std::size_t value) {
    registry_.gauge(of, {stage}).set(static_cast<double>(value));
  };
  set(row::queue_depth, "decode", held.batches);
  set(row::queue_bytes, "decode", held.bytes);
  set(row::queue_capacity, "decode", intake_.queue().capacity());
  set(row::queue_depth, "sequence", executor_->in_flight());
  set(row::queue_bytes, "sequence", executor_->bytes_in_flight());
  set(row::queue_capacity, "sequence", executor_->capacity());
  const auto busy = [this](std::string_view stage, std::chrono::nanoseconds time) {
    registry_.counter(row::stage_busy, {stage}).set_total(static_cast<std::uint64_t>(time.count()));
  };
  busy("decode", executor_->worked());
  busy("sequence", executor_->ordered());
}

// While the store refuses writes nothing is taken from anyone: that is no silence of theirs.
void Daemon::copy_sources() {
  if (store_fails_) return;
  const SourceWatch::Report report = source_watch_->look(clock_.now());
  const auto set = [this](const metrics::Row& of, double value) { registry_.gauge(of).set(value); };
  set(row::sources_watched, static_cast<double>(report.watched));
  set(row::sources_unwatched, static_cast<double>(report.unwatched));
  set(row::sources_skewed, static_cast<double>(report.skewed));
  set(row::sources_silent, static_cast<double>(report.silent));
  set(row::sources_greatest_skew, static_cast<double>(report.greatest_skew) / 1e9);
}

base::Result<std::string> Daemon::snapshot(std::optional<event::Actor> by) {
  base::Result<void> made;
  const bool open = port_.with([&](const store::Store& store) { made = store.snapshot(); });
  if (!open) return base::fail("engine-8", "there is no open store");
  AuditRecord record{.category = "database",
                     .action = "snapshot-made",
                     .success = made.has_value(),
                     .by = std::move(by),
                     .message = "a snapshot of the store was made"};
  if (!made) {
    record.message = "a snapshot of the store failed: " + made.error().sentence;
    record.more = {{"tocsin.error", made.error().code}};
  }
  audit_trail_.record(record);
  if (!made) return std::unexpected(made.error());
  std::error_code error;
  const std::filesystem::path path = std::filesystem::absolute(options_.store_path, error);
  return error ? options_.store_path : path.string();
}

void Daemon::keep_up() {
  const std::unique_lock alone(upkeep_mutex_, std::try_to_lock);
  if (!alone) return;  // a reload is under way
  port_.with([this](store::Store& store) {
    store_fails_ = store.failure().has_value();
    if (const auto merged = store.compact_small_blocks(); !merged) {
      observer_.on_store_error("merge");
      say_(to_string(merged.error()));
    }
    if (options_.store.retention_age.count() == 0 && options_.store.retention_size == 0) return;
    RetentionOptions retention;
    // A store that is to be opened again must not wait for this.
    retention.stopped = [this, &store] {
      return store.failure().has_value() || stopped_within(std::chrono::seconds(0));
    };
    const auto retained = retain(store, *setup(), clock_.now(), retention);
    if (!retained) {
      if (!retention.stopped()) {
        observer_.on_store_error("retention");
        say_(to_string(retained.error()));
      }
    } else if (retained->without_state) {
      say_("what was too old is gone, and what is left cannot be verified: " +
           to_string(*retained->without_state));
    }
  });
}

}  // namespace tocsin::engine
