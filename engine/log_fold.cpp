#include "engine/log_fold.hpp"

#include <fmt/format.h>

#include <algorithm>
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

base::Result<void> StateCopy::load_into(Sequence& sequence) const {
  for (const auto& [key, value] : entries_) TRY_VOID(sequence.load(key, value));
  return sequence.loaded();
}

base::Result<std::unique_ptr<Sequence>> make_sequence(const Setup& setup,
                                                      const event::SourceTable& sources,
                                                      const StateCopy& state) {
  auto sequence = std::make_unique<Sequence>(setup.pipeline, sources, setup.fold);
  TRY_VOID(state.load_into(*sequence));
  return sequence;
}

namespace {

class FoldStage final : public OrderedStage {
 public:
  FoldStage(Sequence& sequence, const LogFoldOptions& options)
      : sequence_(sequence), options_(options) {}
  bool apply(Work& work) override {
    out_.clear();
    sequence_.apply(work, out_);
    if (options_.on_output) options_.on_output(out_);
    if (options_.on_progress)
      options_.on_progress(event::Seq(work.batch.first_seq.value + work.batch.frames.size() - 1));
    return true;
  }

 private:
  Sequence& sequence_;
  const LogFoldOptions& options_;
  Output out_;
};

base::Result<void> fold_span(const store::Store& store, const event::SourceTable& sources,
                             const Setup& setup, Sequence& sequence, event::Seq from,
                             event::Seq last, const LogFoldOptions& options) {
  if (from.value > last.value) return {};
  LogFeed feed(store, from, last);
  FoldStage stage(sequence, options);
  Executor executor(options.threads, from, [&] {
    return std::make_unique<Stages>(setup.pipeline, sources, setup.fold, false);
  });
  executor.run(feed, stage);
  if (feed.error()) return std::unexpected(*feed.error());
  return {};
}

// Where the fold has to stop: behind frame `after` a source or a replay ended, or an epoch begins.
struct Border {
  enum class Kind : std::uint8_t { finished, end, epoch };
  event::Seq after;
  Kind kind;
  std::uint32_t k = 0;
  event::SourceId source;
  const store::Epoch* epoch = nullptr;
};

base::Result<std::vector<Border>> find_borders(const store::Store& store,
                                               const std::vector<store::Epoch>& epochs,
                                               const LogFoldOptions& options) {
  std::vector<Border> borders;
  const event::Seq before(options.from.value - 1);
  TRY_VOID(store.read_clocks(before, [&](const store::ClockRecord& clock) {
    if (clock.after.value > options.last.value) return false;
    if (const auto source = parse_finished(clock.what)) {
      borders.push_back({clock.after, Border::Kind::finished, clock.k, *source, nullptr});
    } else if (clock.what == end_of_replay && options.judge_ends) {
      borders.push_back({clock.after, Border::Kind::end, clock.k, {}, nullptr});
    }
    return true;
  }));
  for (const store::Epoch& epoch : epochs) {
    if (epoch.from.value > options.from.value && epoch.from.value <= options.last.value) {
      borders.push_back(
          {event::Seq(epoch.from.value - 1), Border::Kind::epoch, UINT32_MAX, {}, &epoch});
    }
  }
  std::stable_sort(borders.begin(), borders.end(), [](const Border& a, const Border& b) {
    return a.after != b.after ? a.after < b.after : a.k < b.k;
  });
  return borders;
}

}  // namespace

base::Result<FoldedLog> fold_log(const store::Store& store, const event::SourceTable& sources,
                                 StateCopy& state, const Setup& today,
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
  TRY(const auto borders, find_borders(store, epochs, options));
  event::Seq from = options.from;
  for (const Border& border : borders) {
    TRY_VOID(
        fold_span(store, sources, folded.setup, *folded.sequence, from, border.after, options));
    from = event::Seq(std::max(from.value, border.after.value + 1));
    Output out;
    if (border.kind == Border::Kind::finished) {
      folded.sequence->source_finished(border.source, out);
      if (options.on_output) options.on_output(out);
      continue;
    }
    folded.sequence->save_changes(state);
    if (border.kind == Border::Kind::end) {
      // What the replay decided at its end is decided again; the fold goes on as if without it.
      folded.sequence->finish(out);
      if (options.on_output) options.on_output(out);
    } else {
      TRY(folded.setup, setup_of(*border.epoch));
    }
    TRY(folded.sequence, make_sequence(folded.setup, sources, state));
  }
  TRY_VOID(fold_span(store, sources, folded.setup, *folded.sequence, from, options.last, options));
  return folded;
}

}  // namespace tocsin::engine
