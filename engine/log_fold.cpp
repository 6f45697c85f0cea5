#include "engine/log_fold.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <span>
#include <utility>
#include <vector>

#include "correlate/warming.hpp"
#include "engine/state_copy.hpp"
#include "engine/warming.hpp"

namespace tocsin::engine {

namespace {

// Where the fold has to begin anew: behind frame `after` a replay ended, or an epoch begins.
struct Border {
  LogPlace place;
  const store::Epoch* epoch = nullptr;  // nullptr: the end of a replay
  std::size_t marks = 0;                // that stand before it
};

// Where something acts on the fold besides frames.
struct Plan {
  std::vector<LogMark> marks;
  std::vector<Border> borders;
};

base::Result<Plan> read_plan(const store::Store& store, const std::vector<store::Epoch>& epochs,
                             const LogFoldOptions& options) {
  Plan plan;
  const event::Seq before(options.from.value - 1);
  TRY_VOID(store.read_clocks(before, [&](const store::ClockRecord& clock) {
    if (clock.after.value > options.last.value) return false;
    if (const auto mark = mark_of(clock)) {
      plan.marks.push_back(*mark);
    } else if (clock.what == end_of_replay && options.judge_ends) {
      plan.borders.push_back({{clock.after, clock.k}, nullptr, 0});
    }
    return true;
  }));
  const std::uint64_t end = options.last.value + (options.to_next ? 1 : 0);
  for (const store::Epoch& epoch : epochs) {
    if (epoch.from.value > options.from.value && epoch.from.value <= end)
      plan.borders.push_back({place_of(epoch), &epoch, 0});
  }
  std::ranges::stable_sort(plan.borders, {}, &Border::place);
  for (Border& border : plan.borders) {
    const auto first_behind = std::partition_point(
        plan.marks.begin(), plan.marks.end(),
        [&border](const LogMark& mark) { return LogPlace{mark.after, mark.k} < border.place; });
    border.marks = static_cast<std::size_t>(first_behind - plan.marks.begin());
  }
  return plan;
}

// Saves what the fold knows at the border, and with it the windows of rules that begin there.
base::Result<void> fill_windows(const store::Store& store, const event::SourceTable& sources,
                                FoldedLog& folded, const Setup& next, const store::Epoch& epoch,
                                const LogFoldOptions& options, FoldState& state) {
  auto begun = std::make_unique<StateCopy>();
  TRY_VOID(state.take(warming_key(epoch), *begun));
  TRY_VOID(begun->flush());
  correlate::WarmedWindows windows;
  if (epoch.warmed_from.value != 0) {
    TRY(Warming warming, Warming::of(*folded.setup.pipeline, next, sources));
    TRY_VOID(warming.begin_at(epoch.warmed_from, std::move(begun), store.first_seq()));
    TRY_VOID(warming.advance(store, place_of(epoch),
                             {.threads = options.threads,
                              .on_output = {},
                              .on_batch = {},
                              .on_progress = {},
                              .stopped = options.stopped}));
    TRY(windows, warming.finish(folded.sequence->correlator().watermark()));
  }
  return state.save_with(windows, *folded.sequence, place_of(epoch).after);
}

}  // namespace

base::Result<Setup> setup_of(const store::Store& store, const store::Epoch& epoch,
                             const Setup& today) {
  if (today.pipeline && same_epoch(epoch, today)) return today;
  TRY(Setup setup, load_epoch(store, epoch));
  setup.fold.shards = today.fold.shards;
  return setup;
}

namespace {

// Packs that go back and forth are compiled once.
class Setups {
 public:
  Setups(const store::Store& store, const Setup& today, const LogFoldOptions& options)
      : store_(store), today_(today), options_(options) {}

  base::Result<Setup> of(const store::Epoch& epoch) {
    if (options_.setup_of) return options_.setup_of(epoch);
    for (const Setup& setup : recent_) {
      if (same_epoch(epoch, setup)) return setup;
    }
    TRY(Setup setup, setup_of(store_, epoch, today_));
    if (recent_.size() == most) recent_.pop_front();
    recent_.push_back(setup);
    return setup;
  }

 private:
  static constexpr std::size_t most = 4;
  const store::Store& store_;
  const Setup& today_;
  const LogFoldOptions& options_;
  std::deque<Setup> recent_;
};

}  // namespace

std::string warming_key(const store::Epoch& epoch) {
  return fmt::format("{}{:010}/", warming_prefix, epoch.number);
}

base::Result<void> fold_by(const store::Store& store, const event::SourceTable& sources,
                           const Setup& setup, Sequence& sequence, FoldState& state,
                           const LogFoldOptions& options) {
  TRY(const Plan plan, read_plan(store, {}, options));
  return fold_span(store, sources, setup, sequence, state, options.from, options.last, plan.marks,
                   options);
}

base::Result<FoldedLog> fold_log(const store::Store& store, const event::SourceTable& sources,
                                 FoldState& state, const Setup& today,
                                 const LogFoldOptions& options) {
  TRY(const auto epochs, store.epochs());
  if (epochs.empty())
    return base::fail("engine-6", "the store does not say by which rules its log was judged");
  const store::Epoch* current = &epochs.front();
  for (const store::Epoch& epoch : epochs) {
    if (epoch.from.value <= options.from.value) current = &epoch;
  }
  Setups setups(store, today, options);
  FoldedLog folded;
  TRY(folded.setup, setups.of(*current));
  const auto begin_sequence = [&](event::Seq from) -> base::Result<void> {
    TRY(folded.sequence, make_sequence(folded.setup, sources, state));
    return options.on_sequence ? options.on_sequence(*folded.sequence, folded.setup, from)
                               : base::Result<void>();
  };
  TRY_VOID(begin_sequence(options.from));
  TRY(const Plan plan, read_plan(store, epochs, options));
  const std::span<const LogMark> marks(plan.marks);
  event::Seq from = options.from;
  std::size_t first_mark = 0;
  for (const Border& border : plan.borders) {
    TRY_VOID(fold_span(store, sources, folded.setup, *folded.sequence, state, from,
                       border.place.after, marks.subspan(first_mark, border.marks - first_mark),
                       options));
    from = event::Seq(std::max(from.value, border.place.after.value + 1));
    first_mark = border.marks;
    if (border.epoch == nullptr) {
      TRY_VOID(state.save(*folded.sequence, border.place.after));
      // What the replay decided at its end is decided again; the fold goes on as if without it.
      Output out;
      folded.sequence->finish(out);
      if (folded.sequence->failure()) return std::unexpected(*folded.sequence->failure());
      if (options.on_output) options.on_output(out);
    } else {
      TRY(Setup next, setups.of(*border.epoch));
      if (!options.setup_of) {
        TRY_VOID(fill_windows(store, sources, folded, next, *border.epoch, options, state));
      } else if (same_setup(next, folded.setup)) {
        continue;
      } else {
        TRY_VOID(state.save(*folded.sequence, border.place.after));
      }
      folded.setup = std::move(next);
    }
    TRY_VOID(begin_sequence(from));
  }
  TRY_VOID(fold_span(store, sources, folded.setup, *folded.sequence, state, from, options.last,
                     marks.subspan(first_mark), options));
  return folded;
}

}  // namespace tocsin::engine
