// Daemon: the part that reads the configuration again while everything goes on.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/json.hpp"
#include "engine/daemon.hpp"
#include "metrics/rows.hpp"

namespace tocsin::engine {

namespace row = metrics::row;

namespace {

// What came in meanwhile is read at the border, where everything waits for it.
constexpr std::uint64_t short_rest = 4096;
constexpr int most_rounds = 8;

}  // namespace

std::shared_ptr<const Setup> Daemon::setup() const {
  const std::lock_guard lock(setup_mutex_);
  return setup_;
}

Reloaded Daemon::reload_once(const std::vector<Reloader::Asker>& by) {
  step_back();
  Reloaded reloaded;
  while (!running_) {
    if (stopped_within(std::chrono::milliseconds(20))) {
      reloaded.errors.push_back({"engine-9", "the daemon stops", {}});
      return reloaded;
    }
  }
  CHECK(read_, "a daemon that can be reloaded knows how its configuration is read");
  Reading reading = read_();
  reloaded.errors = std::move(reading.errors);
  reloaded.notes = std::move(reading.notes);
  if (reloaded.errors.empty()) {
    if (const auto zones = read_zones_of_inputs(reading.setup); !zones)
      reloaded.errors.push_back(zones.error());
  }
  if (reloaded.errors.empty() && !same_setup(reading.setup, *setup()))
    go_live(std::make_shared<const Setup>(std::move(reading.setup)), reloaded);
  reloaded.rules = setup()->pipeline->rules->size();
  reloaded.at = clock_.now();
  tell(reloaded);
  record_reload(reloaded, by);
  decided_();
  return reloaded;
}

void Daemon::go_live(std::shared_ptr<const Setup> next, Reloaded& out) {
  const std::lock_guard alone(upkeep_mutex_);
  base::Result<Warming> warming = warm(*setup(), *next);
  if (!warming && stopped_within(std::chrono::seconds(0))) {
    out.errors.push_back(warming.error());
    return;
  }
  stage_->offer(std::move(warming));
  feed_->judge_by(next);
  if (!stage_->wait_for(next)) {
    out.errors.push_back({"engine-9", "the daemon stops before the new packs are live", {}});
    return;
  }
  out.changed = true;
  const std::lock_guard lock(setup_mutex_);
  setup_ = std::move(next);
}

// Reads what is stored so far. A store that is closed and opened again meanwhile: from the start.
base::Result<Warming> Daemon::warm(const Setup& before, const Setup& next) {
  while (true) {
    TRY(Warming warming, Warming::of(*before.pipeline, next, sources_));
    const auto whole = warm_once(warming);
    if (!whole) return std::unexpected(whole.error());
    if (*whole) return warming;
    if (stopped_within(std::chrono::milliseconds(100)))
      return base::fail("engine-9", "the daemon stops");
  }
}

// False when the store failed.
base::Result<bool> Daemon::warm_once(Warming& warming) {
  bool fails = false;
  base::Result<void> done;
  const auto step = [&](auto&& use) {
    const bool open = port_.with([&](const store::Store& store) {
      done = use(store);
      fails = store.failure().has_value();
    });
    fails = fails || !open;
    return !fails && done.has_value();
  };
  const auto last_seq = [&] {
    event::Seq last;
    port_.with([&](const store::Store& store) { last = store.last_seq(); });
    return last;
  };
  bool goes_on =
      step([&](const store::Store& store) { return warming.begin(store, stage_->watermark()); });
  for (int round = 0; goes_on && round < most_rounds; ++round) {
    const event::Seq last = last_seq();
    if (warming.from().value == 0 || warming.next().value + short_rest > last.value) break;
    goes_on = step([&](const store::Store& store) {
      SpanOptions options;
      options.stopped = [&] {
        return store.failure().has_value() || stopped_within(std::chrono::seconds(0));
      };
      return warming.advance(store, {last, 0}, options);
    });
  }
  if (fails) return false;
  if (!done) return std::unexpected(done.error());
  return true;
}

void Daemon::tell(const Reloaded& reloaded) {
  const bool success = reloaded.errors.empty();
  registry_.counter(row::config_reloads, {success ? "success" : "refused"}).add();
  registry_.gauge(row::config_last_reload_success).set(success ? 1 : 0);
  registry_.gauge(row::rule_errors).set(static_cast<double>(reloaded.errors.size()));
  if (success) {
    registry_.gauge(row::config_last_reload_time)
        .set(std::chrono::duration<double>(std::chrono::nanoseconds(reloaded.at.value)).count());
    const std::shared_ptr<const Setup> now = setup();
    registry_.gauge(row::rules_loaded).set(static_cast<double>(reloaded.rules));
    registry_.gauge(row::decoders_loaded)
        .set(static_cast<double>(now->pipeline->decoders->files().size()));
  }
  for (const std::string& note : reloaded.notes) say_("reload: " + note);
  for (const base::Error& error : reloaded.errors) say_("reload: " + to_string(error));
  if (!success) {
    say_(fmt::format("reload refused; the {} rules of before go on", reloaded.rules));
  } else if (reloaded.changed) {
    say_(fmt::format("reloaded; {} rules are live", reloaded.rules));
  } else {
    say_(fmt::format("reloaded; the {} rules are as they were", reloaded.rules));
  }
}

// Once for each who asked for it.
void Daemon::record_reload(const Reloaded& reloaded, const std::vector<Reloader::Asker>& by) {
  AuditRecord record{.category = "configuration",
                     .action = "reloaded",
                     .success = reloaded.errors.empty(),
                     .by = {},
                     .message = fmt::format("{} rules are live; {}", reloaded.rules,
                                            reloaded.changed ? "something else than before"
                                                             : "nothing else than before"),
                     .more = {{"tocsin.rules", std::to_string(reloaded.rules)},
                              {"tocsin.changed", reloaded.changed ? "true" : "false"}}};
  if (!record.success) {
    const base::Error& first = reloaded.errors.front();
    record.message = fmt::format("refused: {}{}", to_string(first),
                                 reloaded.errors.size() > 1
                                     ? fmt::format(" (and {} more)", reloaded.errors.size() - 1)
                                     : std::string());
    record.more.emplace_back("tocsin.error", first.code);
  }
  std::vector<Reloader::Asker> told;
  for (const Reloader::Asker& asker : by) {
    if (std::ranges::find(told, asker) != told.end()) continue;
    told.push_back(asker);
    record.by = asker;
    audit_trail_.record(record);
  }
}

std::string Daemon::reloaded(std::uint64_t request) const {
  std::string out;
  base::JsonWriter json(out);
  const std::optional<Reloaded> answer = reloader_.answer(request);
  json.begin_object().member("request", request).member("done", answer.has_value());
  if (answer) write_json(*answer, json);
  json.end_object();
  return out;
}

}  // namespace tocsin::engine
