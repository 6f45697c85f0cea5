#include "engine/source_watch.hpp"

#include <algorithm>
#include <utility>

#include "engine/stages.hpp"
#include "ingest/decode/decoder.hpp"

namespace tocsin::engine {

namespace {

constexpr std::uint32_t no_room = ~0U;
constexpr std::int64_t sample_interval = base::ns_per_second;
constexpr std::int64_t room_interval = 60 * base::ns_per_second;
// Who gives its place up when there is no room: strangers sooner than those who were regular.
constexpr std::int64_t stranger_stays = 3600 * base::ns_per_second;
constexpr std::int64_t regular_stays = 24 * stranger_stays;

}  // namespace

SourceWatch::SourceWatch(const EngineOptions& options, StatedTime stated_time)
    : options_(options), stated_time_(std::move(stated_time)) {}

std::int64_t SourceWatch::Watched::usual_gap() const {
  return knows_gap ? std::max(largest[1], before) : 0;
}

void SourceWatch::Watched::add_gap(std::int64_t gap) {
  if (gap > largest[0]) {
    largest[1] = std::exchange(largest[0], gap);
  } else if (gap > largest[1]) {
    largest[1] = gap;
  }
  if (++gaps < period) return;
  before = largest[1];
  largest = {};
  gaps = 0;
  knows_gap = true;
}

void SourceWatch::see(const event::Batch& batch) {
  const std::lock_guard lock(mutex_);
  ++batches_;
  // Frames of one source come in runs.
  for (std::size_t i = 0; i < batch.frames.size();) {
    const event::Frame& first = batch.frames[i];
    std::size_t end = i + 1;
    while (end < batch.frames.size() && batch.frames[end].source == first.source) ++end;
    if (Watched* of = first.source.value == 0 || batch.events[i].kind == event::EventKind::own
                          ? nullptr
                          : find(first.source, first.received.value)) {
      if (of->batch != batches_ && of->batch != 0)
        of->add_gap(std::max<std::int64_t>(0, first.received.value - of->last));
      of->batch = batches_;
      of->last = std::max(of->last, batch.frames[end - 1].received.value);
      if (of->last >= of->next_sample) take_skew(*of, batch, end - 1);
    }
    i = end;
  }
}

SourceWatch::Watched* SourceWatch::find(event::SourceId source, std::int64_t received) {
  if (source.value >= slot_of_.size()) slot_of_.resize(std::size_t{source.value} + 1, 0);
  const std::uint32_t slot = slot_of_[source.value];
  if (slot != 0 && slot != no_room) [[likely]]
    return &watched_[slot - 1];
  if (free_.empty() && watched_.size() >= options_.watched_sources && received >= next_room_)
    make_room(received);
  std::uint32_t place = 0;
  if (!free_.empty()) {
    place = free_.back();
    free_.pop_back();
  } else if (watched_.size() < options_.watched_sources) {
    place = static_cast<std::uint32_t>(watched_.size());
    watched_.emplace_back();
  } else {
    unwatched_ += slot_of_[source.value] == 0 ? 1 : 0;
    slot_of_[source.value] = no_room;
    return nullptr;
  }
  unwatched_ -= slot_of_[source.value] == no_room ? 1 : 0;
  slot_of_[source.value] = place + 1;
  watched_[place] = Watched{};
  watched_[place].source = source;
  watched_[place].used = true;
  return &watched_[place];
}

void SourceWatch::make_room(std::int64_t received) {
  next_room_ = received + room_interval;
  for (std::size_t i = 0; i < watched_.size(); ++i) {
    Watched& of = watched_[i];
    if (!of.used || received - of.last < (of.knows_gap ? regular_stays : stranger_stays)) continue;
    slot_of_[of.source.value] = 0;
    of.used = false;
    free_.push_back(static_cast<std::uint32_t>(i));
  }
}

void SourceWatch::take_skew(Watched& of, const event::Batch& batch, std::size_t index) const {
  const event::Event& event = batch.events[index];
  for (const event::Anomaly none :
       {event::Anomaly::no_time, event::Anomaly::bad_time, event::Anomaly::time_inherited}) {
    if (event.anomalies.has(none)) return;
  }
  std::optional<base::EventTime> stated = event.time;
  if (event.anomalies.has(event::Anomaly::clock_skew)) stated = stated_time_(batch, index);
  const std::int64_t received = batch.frames[index].received.value;
  of.next_sample = received + sample_interval;
  std::int64_t skew = 0;
  if (!stated || __builtin_sub_overflow(stated->value, received, &skew)) return;
  of.skews[of.samples % skew_samples] = skew;
  ++of.samples;
  judge_skew(of);
}

void SourceWatch::judge_skew(Watched& of) const {
  of.skew.reset();
  if (of.samples < enough_samples) return;
  std::array<std::int64_t, skew_samples> sorted = of.skews;
  const std::size_t size = std::min(of.samples, skew_samples);
  std::sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(size));
  const std::int64_t low = sorted[size / 4], high = sorted[size - 1 - size / 4];
  const std::int64_t warning = options_.skew_warning.count();
  const bool beyond = low > warning || high < -warning;
  std::int64_t apart = 0;
  if (!beyond || __builtin_sub_overflow(high, low, &apart) || apart > warning) return;
  of.skew = sorted[size / 2];
}

bool SourceWatch::is_silent(const Watched& of, std::int64_t now) const {
  if (!of.knows_gap) return false;
  std::int64_t limit = 0;
  if (__builtin_mul_overflow(of.usual_gap(), options_.silence_factor, &limit)) return false;
  return now - of.last > std::max<std::int64_t>(limit, options_.silence_least.count());
}

SourceWatch::Report SourceWatch::look(base::ReceivedTime now, std::size_t most_warnings) const {
  Report report;
  const std::lock_guard lock(mutex_);
  report.unwatched = unwatched_;
  for (const Watched& of : watched_) {
    if (!of.used) continue;
    ++report.watched;
    report.learning += of.knows_gap ? 0 : 1;
    Warning warning{of.source, of.skew, {}, of.usual_gap()};
    if (is_silent(of, now.value)) warning.silent = now.value - of.last;
    if (warning.skew) {
      ++report.skewed;
      report.greatest_skew =
          std::max(report.greatest_skew, *warning.skew < 0 ? -*warning.skew : *warning.skew);
    }
    report.silent += warning.silent ? 1 : 0;
    if (warning.skew || warning.silent) report.warnings.push_back(warning);
  }
  std::ranges::sort(report.warnings, {}, &Warning::source);
  if (report.warnings.size() > most_warnings) report.warnings.resize(most_warnings);
  return report;
}

namespace {

class Reread {
 public:
  Reread(std::shared_ptr<const Pipeline> pipeline, const event::SourceTable& sources,
         FoldOptions options)
      : pipeline_(std::move(pipeline)),
        decoder_(*pipeline_->decoders, pipeline_->fields, sources, believing(std::move(options))) {}

  std::optional<base::EventTime> operator()(const event::Batch& batch, std::size_t index) {
    again_.clear();
    const event::Frame& frame = batch.frames[index];
    again_.add_frame(batch.raw(index), frame.source, frame.received, frame.anomalies);
    decoder_.decode(again_);
    const event::Event& event = again_.events.front();
    if (!event.has_time) return std::nullopt;
    return event.time;
  }

 private:
  static ingest::DecoderOptions believing(FoldOptions options) {
    options.syslog.max_future = base::Nanoseconds::max();
    options.syslog.max_past = base::Nanoseconds::max();
    return decoder_options(options);
  }

  std::shared_ptr<const Pipeline> pipeline_;
  ingest::Decoder decoder_;
  event::Batch again_;
};

}  // namespace

SourceWatch::StatedTime stated_time_by(std::shared_ptr<const Pipeline> pipeline,
                                       const event::SourceTable& sources,
                                       const FoldOptions& options) {
  // A function's object is copied, a decoder is not.
  auto reread = std::make_shared<Reread>(std::move(pipeline), sources, options);
  return [reread](const event::Batch& batch, std::size_t index) { return (*reread)(batch, index); };
}

}  // namespace tocsin::engine
