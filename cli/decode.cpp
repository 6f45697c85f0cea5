#include "cli/decode.hpp"

#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/text.hpp"
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

void print_text(const event::Batch& batch, std::size_t index, const engine::Pipeline& pipeline) {
  const event::Event& event = batch.events[index];
  std::printf("%s  decoder %s\n",
              event.has_time ? base::format_rfc3339(event.time.value).c_str() : "no time",
              *event.decoder != '\0' ? event.decoder : "none");
  auto print = [&](const event::Field& field) {
    std::printf("  %-28s %s\n", base::printable(batch.name_of(field, pipeline.fields)).c_str(),
                base::printable(field.value()).c_str());
  };
  for (const event::Field& field : batch.own_fields(event)) print(field);
  for (const event::Field& field : event::Batch::constant_fields(event)) print(field);
  for (const event::AnomalyRow& row : event::anomaly_rows) {
    if (event.anomalies.has(row.anomaly))
      std::printf("  anomaly: %s: %s\n", std::string(row.name).c_str(),
                  std::string(row.sentence).c_str());
  }
}

void print_all(const event::Batch& batch, const engine::Pipeline& pipeline, bool json) {
  for (std::size_t i = 0; i < batch.events.size(); ++i) {
    if (!json) {
      print_text(batch, i, pipeline);
      continue;
    }
    std::string line;
    base::JsonWriter writer(line);
    write_event(batch, i, pipeline, writer);
    std::puts(line.c_str());
  }
}

// Lines in batches through the decoder, and through the audit join where that is wanted.
class Lines {
 public:
  Lines(const DecodeCommand& command, std::shared_ptr<const engine::Pipeline> pipeline)
      : command_(command),
        pipeline_(std::move(pipeline)),
        decoder_(*pipeline_->decoders, pipeline_->fields, sources_),
        join_(pipeline_->fields,
              pipeline_->decoders->shape(pipeline_->decoders->body_shape(ingest::BodyKind::audit))
                  .logsource) {}

  void add(std::string_view line) {
    if (source_.value == 0) make_source(line);
    batch_.add_frame(line, source_, received_);
    if (batch_.frames.size() >= 1000) flush();
  }
  void flush() {
    decoder_.decode(batch_);
    if (!command_.join) {
      print_all(batch_, *pipeline_, command_.json);
    } else {
      for (std::size_t i = 0; i < batch_.events.size(); ++i) {
        join_.add(batch_, i, joined_);
        print_joined();
        if (batch_.events[i].kind == event::EventKind::whole) print_one(i);
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
  void print_one(std::size_t index) {
    if (command_.json) {
      std::string line;
      base::JsonWriter writer(line);
      write_event(batch_, index, *pipeline_, writer);
      std::puts(line.c_str());
    } else {
      print_text(batch_, index, *pipeline_);
    }
  }
  void print_joined() {
    if (joined_.empty()) return;
    print_all(joined_.batch, *pipeline_, command_.json);
    joined_.clear();
  }

  const DecodeCommand& command_;
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

int run_decode(const DecodeCommand& command) {
  PackArguments packs = command.packs;
  packs.default_rules = false;
  const LoadedSetup loaded = load_setup(packs, {});
  print_errors(loaded.errors, "error");
  if (!loaded.errors.empty()) return exit_code::invalid;
  Lines lines(command, loaded.setup.pipeline);
  if (!command.lines.empty()) {
    for (const std::string& line : command.lines) lines.add(line);
  } else {
    std::string line;
    while (std::getline(std::cin, line)) {
      if (line.ends_with('\r')) line.pop_back();
      lines.add(line);
    }
  }
  lines.end();
  std::fflush(stdout);
  return exit_code::ok;
}

}  // namespace tocsin::cli
