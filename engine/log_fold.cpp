#include "engine/log_fold.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "engine/executor.hpp"
#include "engine/log_feed.hpp"
#include "engine/stages.hpp"

namespace tocsin::engine {

namespace {

constexpr std::string_view finished_prefix = "finished ";

}  // namespace

std::string finished_text(event::SourceId source) {
  return fmt::format("{}{}", finished_prefix, source.value);
}

std::optional<event::SourceId> parse_finished(std::string_view text) {
  if (!text.starts_with(finished_prefix)) return std::nullopt;
  const auto id = base::parse_integer(text.substr(finished_prefix.size()));
  if (!id || *id < 0 || *id > UINT32_MAX) return std::nullopt;
  return event::SourceId(static_cast<std::uint32_t>(*id));
}

base::Result<void> read_anchor(const store::Store& store, StateCopy& out) {
  TRY(const auto anchor, store.anchor());
  if (!anchor) return {};
  if (anchor->state == 0) {
    return base::fail("engine-10",
                      fmt::format("the log begins with frame {}, and nobody knows any more what "
                                  "the frames before it had caused: not comparable",
                                  anchor->first_seq.value));
  }
  TRY_VOID(store.read_anchor_state(
      [&out](std::string_view key, std::string_view value) -> base::Result<void> {
        out.put(key, value);
        return {};
      }));
  return out.flush();
}

namespace {

class FoldStage final : public OrderedStage {
 public:
  FoldStage(Sequence& sequence, FoldState& state, const LogFoldOptions& options)
      : sequence_(sequence), state_(state), options_(options) {}
  bool apply(Work& work) override {
    if (options_.stopped && options_.stopped()) return false;
    out_.clear();
    sequence_.apply(work, out_);
    if (sequence_.failure()) {
      error_ = sequence_.failure();
      return false;
    }
    if (options_.on_output) options_.on_output(out_);
    const event::Seq done(work.batch.first_seq.value + work.batch.frames.size() - 1);
    if (sequence_.wants_save()) {
      if (auto saved = state_.save(sequence_, done); !saved) {
        error_ = std::move(saved).error();
        return false;
      }
    }
    if (options_.on_progress) options_.on_progress(done);
    return true;
  }
  [[nodiscard]] const std::optional<base::Error>& error() const { return error_; }

 private:
  Sequence& sequence_;
  FoldState& state_;
  const LogFoldOptions& options_;
  Output out_;
  std::optional<base::Error> error_;
};

// Frames from `from` to `last`, and the marks that stand behind them.
base::Result<void> fold_span(const store::Store& store, const event::SourceTable& sources,
                             const Setup& setup, Sequence& sequence, FoldState& state,
                             event::Seq from, event::Seq last, std::span<const LogMark> marks,
                             const LogFoldOptions& options) {
  if (from.value > last.value && marks.empty()) return {};
  LogFeed feed(store, from, last, marks);
  FoldStage stage(sequence, state, options);
  Executor executor(options.threads, from, [&] {
    return std::make_unique<Stages>(setup.pipeline, sources, setup.fold, false);
  });
  const bool whole = executor.run(feed, stage);
  if (feed.error()) return std::unexpected(*feed.error());
  if (stage.error()) return std::unexpected(*stage.error());
  if (!whole) return base::fail("engine-9", "the log was not read to its end: told to stop");
  return {};
}

// Where the fold has to begin anew: behind frame `after` a replay ended, or an epoch begins.
struct Border {
  event::Seq after;
  std::uint32_t k = 0;
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
    if (const auto source = parse_finished(clock.what)) {
      plan.marks.push_back({clock.after, clock.k, source, {}});
    } else if (clock.what == clock_text) {
      plan.marks.push_back(
          {clock.after, clock.k, std::nullopt, base::ReceivedTime(clock.time.value)});
    } else if (clock.what == end_of_replay && options.judge_ends) {
      plan.borders.push_back({clock.after, clock.k, nullptr, 0});
    }
    return true;
  }));
  for (const store::Epoch& epoch : epochs) {
    if (epoch.from.value > options.from.value && epoch.from.value <= options.last.value)
      plan.borders.push_back({event::Seq(epoch.from.value - 1), UINT32_MAX, &epoch, 0});
  }
  std::stable_sort(plan.borders.begin(), plan.borders.end(), [](const Border& a, const Border& b) {
    return a.after != b.after ? a.after < b.after : a.k < b.k;
  });
  for (Border& border : plan.borders) {
    const auto first_behind =
        std::partition_point(plan.marks.begin(), plan.marks.end(), [&border](const LogMark& mark) {
          return mark.after != border.after ? mark.after < border.after : mark.k < border.k;
        });
    border.marks = static_cast<std::size_t>(first_behind - plan.marks.begin());
  }
  return plan;
}

}  // namespace

base::Result<FoldedLog> fold_log(const store::Store& store, const event::SourceTable& sources,
                                 FoldState& state, const Setup& today,
                                 const LogFoldOptions& options) {
  TRY(const auto epochs, store.epochs());
  if (epochs.empty())
    return base::fail("engine-6", "the store does not say by which rules its log was judged");
  auto setup_of = [&](const store::Epoch& epoch) -> base::Result<Setup> {
    if (today.pipeline && same_epoch(epoch, today)) return today;
    return load_epoch(store, epoch);
  };
  const store::Epoch* current = &epochs.front();
  for (const store::Epoch& epoch : epochs) {
    if (epoch.from.value <= options.from.value) current = &epoch;
  }
  FoldedLog folded;
  TRY(folded.setup, setup_of(*current));
  TRY(folded.sequence, make_sequence(folded.setup, sources, state));
  TRY(const Plan plan, read_plan(store, epochs, options));
  const std::span<const LogMark> marks(plan.marks);
  event::Seq from = options.from;
  std::size_t first_mark = 0;
  for (const Border& border : plan.borders) {
    TRY_VOID(fold_span(store, sources, folded.setup, *folded.sequence, state, from, border.after,
                       marks.subspan(first_mark, border.marks - first_mark), options));
    from = event::Seq(std::max(from.value, border.after.value + 1));
    first_mark = border.marks;
    TRY_VOID(state.save(*folded.sequence, border.after));
    if (border.epoch == nullptr) {
      // What the replay decided at its end is decided again; the fold goes on as if without it.
      Output out;
      folded.sequence->finish(out);
      if (folded.sequence->failure()) return std::unexpected(*folded.sequence->failure());
      if (options.on_output) options.on_output(out);
    } else {
      TRY(folded.setup, setup_of(*border.epoch));
    }
    TRY(folded.sequence, make_sequence(folded.setup, sources, state));
  }
  TRY_VOID(fold_span(store, sources, folded.setup, *folded.sequence, state, from, options.last,
                     marks.subspan(first_mark), options));
  return folded;
}

}  // namespace tocsin::engine
