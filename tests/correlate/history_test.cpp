// Random histories: the fast correlator equals the slow one, whatever the order of arrival and
// wherever it is stopped and its rules change. TOCSIN_HISTORIES sets how many, TOCSIN_SEED which.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>

#include "tests/correlate/random_history.hpp"
#include "tests/correlate/reload.hpp"
#include "tests/event/state_map.hpp"
#include "tests/reference/slow_correlator.hpp"

namespace tocsin::correlate {
namespace {

// What a plain count holds beyond what its condition asks for it may have dropped.
std::string text_of(event::Alert alert, bool holds_more) {
  if (holds_more) {
    alert.count = alert.total = 0;
    alert.first_seen = {};
    alert.evidence.clear();
  }
  return event::json_of(alert) + "\n";
}

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// Both correlators side by side.
class Pair {
 public:
  explicit Pair(const History& history)
      : history_(history),
        limits_(history.long_windows ? LongLimits{0, 0, 0} : LongLimits{}),
        specs_(history.specs),
        options_(history.options),
        linked_(link(specs_)),
        slow_(std::make_unique<reference::SlowCorrelator>(specs_, history.options)),
        spills_(history.options.window_bytes != 0) {
    start_fast();
  }

  // Empty, or what differs.
  std::string run() {
    if (!linked_) return "not linked: " + base::to_string(linked_.error());
    for (std::size_t i = 0; i < history_.steps.size(); ++i) {
      const Step& step = history_.steps[i];
      std::string difference = step.kind == Step::Kind::reload
                                   ? reload(std::span(history_.steps).first(i), step.specs)
                                   : take(step);
      if (!difference.empty()) return difference;
      if (fast_->failure()) return "failed: " + base::to_string(*fast_->failure());
      if (!fast_->wants_save()) continue;
      if (difference = compare_alerts(); !difference.empty()) return difference;
      fast_->save_changes(space_);
    }
    const auto slow = slow_->finish();
    fast_->finish();
    std::string difference = compare_fired(slow);
    if (difference.empty()) difference = compare_alerts();
    return difference.empty() ? find_twice() : difference;
  }
  [[nodiscard]] const std::map<std::uint64_t, std::pair<event::Alert, bool>>& alerts() const {
    return alerts_;
  }
  [[nodiscard]] const Correlator& fast() const { return *fast_; }
  [[nodiscard]] std::uint64_t read_back() const {
    return read_back_before_ + fast_->counters().read_back;
  }
  // Windows that reloads filled.
  [[nodiscard]] std::uint64_t warmed() const { return warmed_; }

 private:
  void start_fast() {
    if (fast_) read_back_before_ += fast_->counters().read_back;
    fast_ = std::make_unique<Correlator>(specs_, options_);
    fast_->set_limits(limits_);
    if (!spills_) return;
    fast_->set_limits(SpillLimits{1});
    fast_->keep_cold_in(space_);
  }

  std::string take(const Step& step) {
    switch (step.kind) {
      case Step::Kind::event: {
        const EventView& view = stage_.load(step.event);
        const auto slow = slow_->on_event(view, stage_.detections());
        if (view.seq.value % 2 == 0 || spills_) fast_->prepare(*view.batch);
        fast_->on_event(view, stage_.detections());
        if (fast_->watermark() != slow_->watermark()) return "the watermarks differ";
        return compare_fired(slow);
      }
      case Step::Kind::clock: {
        const auto slow = slow_->on_clock(step.event.received);
        fast_->on_clock(base::ReceivedTime(step.event.received));
        return compare_fired(slow);
      }
      case Step::Kind::source_finished: {
        const auto slow = slow_->source_finished(step.event.source);
        fast_->source_finished(event::SourceId(step.event.source));
        return compare_fired(slow);
      }
      case Step::Kind::commit:
        return compare_alerts();
      case Step::Kind::restart:
        return restart();
      case Step::Kind::reload:
        break;
    }
    return "";
  }

  std::string restart() {
    if (std::string difference = compare_alerts(); !difference.empty()) return difference;
    fast_->save_changes(space_);
    return load_fast();
  }

  std::string load_fast() {
    start_fast();
    for (const auto& [key, value] : space_.values) {
      if (const auto loaded = fast_->load(key, value); !loaded)
        return base::to_string(loaded.error());
    }
    if (const auto loaded = fast_->finish_load(); !loaded) return base::to_string(loaded.error());
    return "";
  }

  // Both fill windows from the same steps.
  std::string reload(std::span<const Step> past, std::vector<CorrelationSpec> now) {
    if (std::string difference = compare_alerts(); !difference.empty()) return difference;
    if (const auto linked = link(now); !linked) return base::to_string(linked.error());
    const auto plan = warming_plan(specs_, now);
    if (!plan) return base::to_string(plan.error());
    const auto from = warmed_from(past, *plan, options_, fast_->watermark());
    const std::span<const Step> read = from ? past.subspan(*from) : std::span<const Step>();

    WarmedWindows windows;
    if (from) windows = warmed_windows(history_, read, *plan, fast_->watermark());
    warmed_ += windows.entries().size();
    WithWindows out(windows, space_);
    fast_->save_changes(out);
    specs_ = now;
    std::string difference = load_fast();

    reference::SlowCorrelator slow(now, options_);
    for (const Step& step : read) {
      if (step.kind == Step::Kind::event) {
        const EventView& view = stage_.load(step.event);
        slow.on_event(view, stage_.detections());
      } else if (step.kind == Step::Kind::clock) {
        slow.on_clock(step.event.received);
      } else if (step.kind == Step::Kind::source_finished) {
        slow.source_finished(step.event.source);
      }
    }
    slow_->reload(now, slow);
    return difference.empty() ? compare_alerts() : difference;
  }

  std::string compare_fired(const std::vector<reference::SlowCorrelator::Shown>& slow) {
    std::string fast_text, slow_text;
    std::size_t i = 0;
    for (const Fired& fired : fast_->fired()) {
      const bool holds_more = i < slow.size() && slow[i++].holds_more;
      fast_text += (fired.reminder ? "reminder " : "") + text_of(*fired.alert, holds_more);
    }
    for (const auto& shown : slow)
      slow_text += (shown.reminder ? "reminder " : "") + text_of(shown.alert, shown.holds_more);
    if (fast_text == slow_text) return "";
    return "fired fast:\n" + fast_text + "fired slow:\n" + slow_text;
  }

  std::string compare_alerts() {
    fast_->take_changes([this](const AlertChange& change) {
      // As a store keeps it: what is not told anew changes in its course alone.
      auto& [alert, closed] = alerts_[change.number];
      if (change.retold) alert = change.alert;
      alert.last_seen = change.alert.last_seen;
      alert.total = change.alert.total;
      closed = change.closed;
    });
    std::string fast_text, slow_text;
    std::vector<bool> hold_more;
    for (const auto* alert : slow_->alerts()) {
      if (!alert->shown) continue;
      hold_more.push_back(alert->holds_more);
      slow_text += (alert->closed ? "closed " : "open ") + text_of(alert->alert, alert->holds_more);
    }
    std::size_t i = 0;
    for (const auto& [number, state] : alerts_) {
      const bool holds_more = i < hold_more.size() && hold_more[i++];
      fast_text += (state.second ? "closed " : "open ") + text_of(state.first, holds_more);
    }
    if (fast_text == slow_text) return "";
    return "alerts fast:\n" + fast_text + "alerts slow:\n" + slow_text;
  }

  const History& history_;
  // A store keeps alerts by their ids.
  std::string find_twice() const {
    std::set<event::AlertId> ids;
    for (const auto& [number, state] : alerts_) {
      if (!ids.insert(state.first.id).second)
        return "two alerts have one id:\n" + event::json_of(state.first);
    }
    return "";
  }

  LongLimits limits_;
  std::vector<CorrelationSpec> specs_;
  Options options_;
  base::Result<void> linked_;
  std::unique_ptr<reference::SlowCorrelator> slow_;
  bool spills_;
  std::unique_ptr<Correlator> fast_;
  std::uint64_t read_back_before_ = 0;
  std::uint64_t warmed_ = 0;
  Stage stage_;
  event::StateMap space_;
  std::map<std::uint64_t, std::pair<event::Alert, bool>> alerts_;
};

std::string difference_of(const History& history) { return Pair(history).run(); }

// By the ids of its rules, those of its reloads too.
std::map<std::string, const CorrelationSpec*> rules_of(const History& history) {
  std::map<std::string, const CorrelationSpec*> rules;
  for (const CorrelationSpec& spec : history.specs) rules[spec.id] = &spec;
  for (const Step& step : history.steps) {
    for (const CorrelationSpec& spec : step.specs) rules[spec.id] = &spec;
  }
  return rules;
}

// Leaves out whatever the failure does not need.
History shrink(History history, const std::function<bool(const History&)>& fails) {
  const auto attempt = [&](const auto& change) {
    History smaller = history;
    change(smaller);
    number_events(smaller.steps);
    if (!fails(smaller)) return false;
    history = std::move(smaller);
    return true;
  };
  for (bool progress = true; progress;) {
    progress = false;
    for (std::size_t size = history.steps.size(); size > 0; size /= 2) {
      for (std::size_t at = 0; at + size <= history.steps.size();) {
        const auto drop = [&](History& h) {
          const auto first = h.steps.begin() + static_cast<std::ptrdiff_t>(at);
          h.steps.erase(first, first + static_cast<std::ptrdiff_t>(size));
        };
        if (attempt(drop)) {
          progress = true;
        } else {
          ++at;
        }
      }
    }
    while (history.specs.size() > 1 && attempt([](History& h) { h.specs.pop_back(); }))
      progress = true;
    for (std::size_t at = 0; at < history.steps.size(); ++at) {
      while (history.steps[at].specs.size() > 1 &&
             attempt([&](History& h) { h.steps[at].specs.pop_back(); }))
        progress = true;
      for (std::size_t rule = 0; rule < history.steps[at].event.rules.size();) {
        const auto drop = [&](History& h) {
          auto& rules = h.steps[at].event.rules;
          rules.erase(rules.begin() + static_cast<std::ptrdiff_t>(rule));
        };
        if (!attempt(drop)) ++rule;
      }
    }
  }
  return history;
}

void compare_histories(std::uint64_t count, const Shape& shape, std::size_t window_bytes = 0) {
  const std::uint64_t seed = number_from("TOCSIN_SEED", 1);
  std::uint64_t alerts = 0, merged = 0, late = 0, too_late = 0, steps = 0, instants = 0,
                nothing = 0, read_back = 0, reloads = 0, warmed = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::mt19937_64 random(seed * 1'000'000'007 + i);
    History history = random_history(random, shape);
    history.long_windows = i % 2 == 1;
    history.options.window_bytes = window_bytes;
    Pair pair(history);
    const std::string difference = pair.run();
    if (!difference.empty()) {
      const History small =
          shrink(history, [](const History& h) { return !difference_of(h).empty(); });
      FAIL() << "TOCSIN_SEED=" << seed << ", history " << i << "; shrunk:\n"
             << to_text(small) << difference_of(small);
    }
    const auto rules = rules_of(history);
    for (const auto& [number, state] : pair.alerts()) {
      ++alerts;
      merged += state.first.merged_into ? 1 : 0;
      late += state.first.late ? 1 : 0;
      instants += rules.at(state.first.rule_id)->by_instants ? 1 : 0;
      nothing += state.first.evidence.empty() ? 1 : 0;
    }
    too_late += pair.fast().counters().too_late;
    steps += pair.fast().late_steps();
    read_back += pair.read_back();
    reloads += static_cast<std::uint64_t>(
        std::ranges::count(history.steps, Step::Kind::reload, &Step::kind));
    warmed += pair.warmed();
  }
  std::printf("%s\n",
              fmt::format("seed {}: {} histories, {} alerts, {} late, {} merged, {} by "
                          "instants, {} of nothing, {} events too late, {} late steps, {} groups "
                          "read back, {} reloads, {} windows filled",
                          seed, count, alerts, late, merged, instants, nothing, too_late, steps,
                          read_back, reloads, warmed)
                  .c_str());
  if (count >= 1000) {  // the histories reach what they are for
    EXPECT_GT(alerts, count);
    EXPECT_GT(late, count / 10);
    EXPECT_GT(merged, count / 100);
    EXPECT_GT(instants, count / 2);
    EXPECT_GT(nothing, count / 4);
    EXPECT_GT(too_late, count / 50);
    EXPECT_GT(reloads, count / 4);
    EXPECT_GT(warmed, count / 2);
    if (window_bytes != 0) {
      EXPECT_GT(read_back, count);
    }
  }
}

TEST(HistoryTest, TheFastCorrelatorEqualsTheSlowOne) {
  compare_histories(number_from("TOCSIN_HISTORIES", 10000), {.reloads = true});
}

// Windows that grow, move in memory, count their values in tables and hold more than the evidence.
TEST(HistoryTest, AlsoInLongHistories) {
  compare_histories(number_from("TOCSIN_HISTORIES", 10000) / 50, {600, true, false, true, true});
}

// All that can leave memory does, after every event, and is read back, over restarts too.
TEST(HistoryTest, AlsoWhenNothingStaysInMemory) {
  compare_histories(number_from("TOCSIN_HISTORIES", 10000), {.reloads = true}, 1);
  compare_histories(number_from("TOCSIN_HISTORIES", 10000) / 50, {600, true, false, true, true}, 1);
}

using Episode = std::tuple<std::string, event::GroupValues, std::int64_t, std::int64_t,
                           std::uint64_t, std::uint64_t>;

std::vector<Episode> episodes_of(const History& history) {
  std::vector<CorrelationSpec> specs = history.specs;
  EXPECT_TRUE(link(specs));
  Correlator correlator(specs, history.options);
  Stage stage;
  for (const Step& step : history.steps) {
    const EventView& view = stage.load(step.event);
    EXPECT_EQ(correlator.on_event(view, stage.detections()), Verdict::in_time);
  }
  correlator.finish();
  std::vector<Episode> out;
  correlator.take_changes([&](const AlertChange& change) {
    const event::Alert& alert = change.alert;
    if (alert.merged_into) return;
    out.emplace_back(alert.rule_id, alert.group, alert.fired_at.value, alert.last_seen.value,
                     alert.count, alert.total);
  });
  std::ranges::sort(out);
  return out;
}

std::string told(const std::vector<Episode>& episodes) {
  std::string out;
  for (const auto& [rule, group, fired, last, count, total] : episodes) {
    out += fmt::format("  {}", rule);
    for (const auto& [name, value] : group) out += fmt::format(" {}='{}'", name, value);
    out += fmt::format(" fired {} last {} count {} total {}\n", fired, last, count, total);
  }
  return out;
}

// Each event moves by less than lateness against the others.
void shuffle(History& history, std::mt19937_64& random) {
  std::vector<std::pair<std::int64_t, Step>> arrivals;
  const auto lateness = static_cast<std::uint64_t>(history.options.lateness.count());
  for (Step& step : history.steps) {
    const auto delay = static_cast<std::int64_t>(random() % lateness);
    arrivals.emplace_back(step.event.time + delay, std::move(step));
  }
  std::ranges::stable_sort(arrivals, {}, &std::pair<std::int64_t, Step>::first);
  for (std::size_t i = 0; i < arrivals.size(); ++i) history.steps[i] = arrivals[i].second;
  number_events(history.steps);
}

TEST(HistoryTest, EveryOrderWithinLatenessGivesTheSameEpisodes) {
  const std::uint64_t seed = number_from("TOCSIN_SEED", 1);
  const std::uint64_t count = number_from("TOCSIN_HISTORIES", 2000);
  std::uint64_t episodes = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::mt19937_64 random(seed * 1'000'000'009 + i);
    History history = random_history(random, {60, false, true, false, false});
    std::ranges::sort(history.steps, {}, [](const Step& step) { return step.event.time; });
    number_events(history.steps);
    const std::vector<Episode> expected = episodes_of(history);
    episodes += expected.size();
    for (int order = 0; order < 4; ++order) {
      const std::uint64_t order_seed = random();
      History shuffled = history;
      std::mt19937_64 of_order(order_seed);
      shuffle(shuffled, of_order);
      if (episodes_of(shuffled) == expected) continue;
      const auto differs = [&](History h) {
        History other = h;
        std::mt19937_64 again(order_seed);
        shuffle(other, again);
        std::ranges::sort(h.steps, {}, [](const Step& step) { return step.event.time; });
        number_events(h.steps);
        return episodes_of(other) != episodes_of(h);
      };
      History small = shrink(history, differs);
      std::mt19937_64 again(order_seed);
      History other = small;
      shuffle(other, again);
      std::ranges::sort(small.steps, {}, [](const Step& step) { return step.event.time; });
      number_events(small.steps);
      FAIL() << "TOCSIN_SEED=" << seed << ", history " << i << ":\n"
             << to_text(small) << told(episodes_of(small)) << "and by arrival\n"
             << to_text(other) << told(episodes_of(other));
    }
  }
  EXPECT_GT(episodes, count);
}

}  // namespace
}  // namespace tocsin::correlate
