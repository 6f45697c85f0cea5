#include "cli/decode.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "cli/report.hpp"
#include "cli/setup.hpp"
#include "engine/stages.hpp"
#include "event/source.hpp"
#include "ingest/decode/audit_join.hpp"
#include "ingest/decode/decoder.hpp"
#include "ingest/syslog/file_year.hpp"

namespace tocsin::cli {

namespace {

void write_value(const event::Field& field, base::JsonWriter& out) {
  switch (field.kind) {
    case event::ValueKind::null:
      out.null();
      return;
    case event::ValueKind::boolean:
      out.raw(field.value() == "true" ? "true" : "false");
      return;
    case event::ValueKind::number:
      // Numbers stay as written where JSON writes them so.
      if (const auto number = base::parse_integer(field.value());
          number && std::to_string(*number) == field.value()) {
        out.raw(field.value());
        return;
      }
      break;
    case event::ValueKind::text:
      break;
  }
  out.value(field.value());
}

void write_fields(const event::Batch& batch, const event::Event& event,
                  const event::FieldTable& names, base::JsonWriter& out) {
  std::vector<const event::Field*> fields;
  for (const event::Field& field : batch.own_fields(event)) fields.push_back(&field);
  for (const event::Field& field : event::Batch::constant_fields(event)) fields.push_back(&field);
  out.begin_object();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    std::vector<const event::Field*> same;
    for (const event::Field* other : fields) {
      if (other->name == fields[i]->name) same.push_back(other);
    }
    if (same.front() != fields[i]) continue;
    out.key(batch.name_of(*fields[i], names));
    if (same.size() == 1) {
      write_value(*same.front(), out);
      continue;
    }
    out.begin_array();
    for (const event::Field* value : same) write_value(*value, out);
    out.end_array();
  }
  out.end_object();
}

// "linux/sshd, linux/auth": what rules name as category, product, service.
std::string logsource_text(const event::Event& event, const engine::Pipeline& pipeline) {
  std::string out;
  for (const event::Logsource& logsource : pipeline.logsources[event.logsource]) {
    std::string one;
    for (const std::string* part : {&logsource.category, &logsource.product, &logsource.service}) {
      if (!part->empty()) one += (one.empty() ? "" : "/") + *part;
    }
    out += (out.empty() ? "" : ", ") + one;
  }
  return out.empty() ? "none" : out;
}

void print_text(const event::Batch& batch, std::size_t index, const engine::Pipeline& pipeline,
                std::FILE* to) {
  const event::Event& event = batch.events[index];
  put_line(to, fmt::format("{}  decoder {}, log source {}",
                           event.has_time ? base::format_rfc3339(event.time.value) : "no time",
                           *event.decoder != '\0' ? event.decoder : "none",
                           base::printable(logsource_text(event, pipeline))));
  auto print = [&](const event::Field& field) {
    put_line(to, fmt::format("  {:<28} {}", base::printable(batch.name_of(field, pipeline.fields)),
                             base::printable(field.value())));
  };
  for (const event::Field& field : batch.own_fields(event)) print(field);
  for (const event::Field& field : event::Batch::constant_fields(event)) print(field);
  for (const event::AnomalyRow& row : event::anomaly_rows) {
    if (event.anomalies.has(row.anomaly))
      put_line(to, fmt::format("  anomaly: {}: {}", row.name, row.sentence));
  }
}

void print_one(const event::Batch& batch, std::size_t index, const engine::Pipeline& pipeline,
               bool json, std::FILE* to) {
  if (!json) return print_text(batch, index, pipeline, to);
  std::string line;
  base::JsonWriter writer(line);
  write_event(batch, index, pipeline, writer);
  put_line(to, line);
}

void print_all(const event::Batch& batch, const engine::Pipeline& pipeline, bool json,
               std::FILE* to) {
  for (std::size_t i = 0; i < batch.events.size(); ++i) print_one(batch, i, pipeline, json, to);
}

// Lines in batches through the decoder, and through the audit join where that is wanted.
class Lines {
 public:
  Lines(const DecodeCommand& command, std::shared_ptr<const engine::Pipeline> pipeline,
        std::FILE* out)
      : command_(command),
        out_(out),
        pipeline_(std::move(pipeline)),
        decoder_(*pipeline_->decoders, pipeline_->fields, sources_),
        join_(pipeline_->fields,
              pipeline_->decoders->shape(pipeline_->decoders->body_shape(ingest::BodyKind::audit))
                  .logsource) {}

  // `cut`: the line was longer than what is kept of it.
  void add(std::string_view line, bool cut = false) {
    if (source_.value == 0) make_source(line);
    batch_.add_frame(line, source_, received_);
    if (cut) batch_.frames.back().anomalies.set(event::Anomaly::frame_truncated);
    if (batch_.frames.size() >= 1000) flush();
  }
  void flush() {
    decoder_.decode(batch_);
    if (!command_.join) {
      print_all(batch_, *pipeline_, command_.json, out_);
    } else {
      for (std::size_t i = 0; i < batch_.events.size(); ++i) {
        join_.add(batch_, i, joined_);
        print_joined();
        if (batch_.events[i].kind == event::EventKind::whole)
          print_one(batch_, i, *pipeline_, command_.json, out_);
      }
    }
    batch_.clear();
  }
  void end() {
    flush();
    if (!command_.join) return;
    join_.flush_end(joined_);
    print_joined();
  }

 private:
  void make_source(std::string_view first_line) {
    received_ = base::SystemClock().now();
    event::Source source;
    source.input = "-";
    source.transport = event::Transport::stdin_;
    source.zone = command_.zone;
    source.format = command_.format.starts_with("json") ? "json" : command_.format;
    ingest::SyslogParser parser;
    source.year_from = command_.year
                           ? ingest::year_from_first_line(
                                 first_line, static_cast<int>(*command_.year), source, parser)
                           : ingest::year_from_modification(received_.value);
    source_ = sources_.intern(source);
  }
  void print_joined() {
    if (joined_.empty()) return;
    print_all(joined_.batch, *pipeline_, command_.json, out_);
    joined_.clear();
  }

  const DecodeCommand& command_;
  std::FILE* out_;
  std::shared_ptr<const engine::Pipeline> pipeline_;
  event::SourceTable sources_;
  ingest::Decoder decoder_;
  ingest::AuditJoin join_;
  ingest::AuditJoined joined_;
  event::Batch batch_;
  event::SourceId source_;
  base::ReceivedTime received_;
};

}  // namespace

void write_event(const event::Batch& batch, std::size_t index, const engine::Pipeline& pipeline,
                 base::JsonWriter& out) {
  const event::Event& event = batch.events[index];
  out.begin_object().key("time");
  if (event.has_time) {
    out.value(std::string_view(base::format_rfc3339(event.time.value)));
  } else {
    out.null();
  }
  out.member("received",
             std::string_view(base::format_rfc3339(batch.frames[index].received.value)));
  out.key("logsource").begin_array();
  for (const event::Logsource& logsource : pipeline.logsources[event.logsource]) {
    out.begin_object();
    if (!logsource.category.empty()) out.member("category", std::string_view(logsource.category));
    if (!logsource.product.empty()) out.member("product", std::string_view(logsource.product));
    if (!logsource.service.empty()) out.member("service", std::string_view(logsource.service));
    out.end_object();
  }
  out.end_array().member("decoder", std::string_view(event.decoder)).key("fields");
  write_fields(batch, event, pipeline.fields, out);
  out.key("anomalies").begin_array();
  for (const event::AnomalyRow& row : event::anomaly_rows) {
    if (event.anomalies.has(row.anomaly)) out.value(row.name);
  }
  out.end_array().end_object();
}

namespace {

// One frame a line, of which at most max_line bytes are kept, as a replay does.
void read_lines(std::FILE* in, Lines& lines) {
  constexpr std::size_t max_line = 256 * 1024;
  std::string line;
  bool any = false, cut = false;
  auto end_line = [&] {
    if (line.ends_with('\r')) line.pop_back();
    lines.add(line, cut);
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

}  // namespace

int run_decode(const DecodeCommand& command, const Streams& streams) {
  PackArguments packs = command.packs;
  packs.default_rules = false;
  const LoadedSetup loaded = load_setup(packs, {});
  print_errors(streams.err, loaded.errors, "error");
  if (!loaded.errors.empty()) return exit_code_of(loaded.errors, exit_code::invalid);
  Lines lines(command, loaded.setup.pipeline, streams.out);
  if (!command.lines.empty()) {
    for (const std::string& line : command.lines) lines.add(line);
  } else {
    if (::isatty(::fileno(streams.in)) != 0)
      put_line(streams.err, "tocsin: lines are read from the keyboard; Ctrl-D ends them");
    read_lines(streams.in, lines);
  }
  lines.end();
  return exit_code::ok;
}

}  // namespace tocsin::cli
