#include "cli/event_reader.hpp"

#include <utility>

#include "base/clock.hpp"
#include "engine/file_feed.hpp"
#include "ingest/syslog/file_year.hpp"

namespace tocsin::cli {

EventReader::EventReader(const ReadOptions& options,
                         std::shared_ptr<const engine::Pipeline> pipeline, OnEvent on_event)
    : options_(options),
      pipeline_(std::move(pipeline)),
      on_event_(std::move(on_event)),
      decoder_(*pipeline_->decoders, pipeline_->fields, sources_),
      join_(pipeline_->fields,
            pipeline_->decoders->shape(pipeline_->decoders->body_shape(ingest::BodyKind::audit))
                .logsource),
      received_(base::SystemClock().now()) {}

void EventReader::add(std::string_view line, bool cut) {
  if (source_.value == 0) make_source(line);
  batch_.add_frame(line, source_, received_);
  if (cut) batch_.frames.back().anomalies.set(event::Anomaly::frame_truncated);
  if (batch_.frames.size() >= 1000) flush();
}

void EventReader::read_lines(std::FILE* in) {
  constexpr std::size_t max_line = 256 * 1024;
  std::string line;
  bool any = false, cut = false;
  auto end_line = [&] {
    if (line.ends_with('\r')) line.pop_back();
    add(line, cut);
    line.clear();
    any = cut = false;
  };
  for (int c = std::getc(in); c != EOF; c = std::getc(in)) {
    if (c == '\n') {
      end_line();
      continue;
    }
    any = true;
    cut = cut || line.size() == max_line;
    if (!cut) line += static_cast<char>(c);
  }
  if (any) end_line();
}

base::Errors EventReader::read_files(const std::vector<std::string>& paths) {
  flush();
  engine::FileFeedOptions options;
  options.paths = paths;
  options.format = options_.format;
  options.zone = options_.zone;
  options.year = options_.year;
  options.now = received_;
  options.sequential = true;
  const auto feed = engine::FileFeed::open(options, sources_, nullptr, nullptr);
  if (!feed) return {feed.error()};
  for (engine::Work work; (*feed)->next(work); work.clear()) {
    decoder_.decode(work.batch);
    give(work.batch);
  }
  return (*feed)->errors();
}

void EventReader::end() {
  flush();
  if (!options_.join) return;
  join_.flush_end(joined_);
  give_joined();
}

void EventReader::make_source(std::string_view first_line) {
  event::Source source;
  source.input = "-";
  source.transport = event::Transport::stdin_;
  source.zone = options_.zone;
  source.format = options_.format.starts_with("json") ? "json" : options_.format;
  ingest::SyslogParser parser;
  source.year_from = options_.year
                         ? ingest::year_from_first_line(
                               first_line, static_cast<int>(*options_.year), source, parser)
                         : ingest::year_from_modification(received_.value);
  source_ = sources_.intern(source);
}

void EventReader::flush() {
  decoder_.decode(batch_);
  give(batch_);
  batch_.clear();
}

void EventReader::give(event::Batch& batch) {
  for (std::size_t i = 0; i < batch.events.size(); ++i) {
    if (options_.join) {
      join_.add(batch, i, joined_);
      give_joined();
      if (batch.events[i].kind == event::EventKind::part) continue;
    }
    on_event_(batch, i);
  }
}

void EventReader::give_joined() {
  for (std::size_t i = 0; i < joined_.batch.events.size(); ++i) on_event_(joined_.batch, i);
  if (!joined_.empty()) joined_.clear();
}

}  // namespace tocsin::cli
