#include "engine/log_span.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "base/text.hpp"
#include "engine/executor.hpp"
#include "engine/stages.hpp"

namespace tocsin::engine {

namespace {

constexpr std::string_view finished_prefix = "finished ";

class FoldStage final : public OrderedStage {
 public:
  FoldStage(Sequence& sequence, FoldState& state, const SpanOptions& options)
      : sequence_(sequence), state_(state), options_(options) {}
  bool apply(Work& work) override {
    if (options_.stopped && options_.stopped()) return false;
    out_.clear();
    sequence_.apply(work, out_);
    if (sequence_.failure()) {
      error_ = sequence_.failure();
      return false;
    }
    if (options_.on_batch) options_.on_batch(work);
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
  const SpanOptions& options_;
  Output out_;
  std::optional<base::Error> error_;
};

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

std::optional<LogMark> mark_of(const store::ClockRecord& record) {
  if (const auto source = parse_finished(record.what))
    return LogMark{record.after, record.k, source, {}, false};
  const bool silence = record.what == silence_text;
  if (record.what != clock_text && !silence) return std::nullopt;
  return LogMark{record.after, record.k, std::nullopt, base::ReceivedTime(record.time.value),
                 silence};
}

base::Result<std::vector<LogMark>> read_marks(const store::Store& store, LogPlace from,
                                              LogPlace end) {
  std::vector<LogMark> marks;
  TRY_VOID(store.read_clocks(from.after, [&](const store::ClockRecord& record) {
    const LogPlace place{record.after, record.k};
    if (place >= end) return false;
    if (place < from) return true;
    if (const auto mark = mark_of(record)) marks.push_back(*mark);
    return true;
  }));
  return marks;
}

base::Result<void> fold_span(const store::Store& store, const event::SourceTable& sources,
                             const Setup& setup, Sequence& sequence, FoldState& state,
                             event::Seq from, event::Seq last, std::span<const LogMark> marks,
                             const SpanOptions& options) {
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

}  // namespace tocsin::engine
