#include "cli/decode.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "cli/event_reader.hpp"
#include "cli/report.hpp"
#include "cli/setup.hpp"

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

}  // namespace

std::string logsource_text(const event::Logsource& logsource) {
  std::string out;
  for (const std::string* part : {&logsource.category, &logsource.product, &logsource.service}) {
    if (!part->empty()) out += (out.empty() ? "" : "/") + *part;
  }
  return out;
}

std::string logsource_text(const event::Event& event, const engine::Pipeline& pipeline) {
  std::string out;
  for (const event::Logsource& logsource : pipeline.logsources[event.logsource])
    out += (out.empty() ? "" : ", ") + logsource_text(logsource);
  return out.empty() ? "none" : out;
}

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

int run_decode(const DecodeCommand& command, const Streams& streams) {
  PackArguments packs = command.packs;
  packs.default_rules = false;
  const LoadedSetup loaded = load_setup(packs, {});
  print_errors(streams.err, loaded.errors, "error");
  if (!loaded.errors.empty()) return exit_code_of(loaded.errors, exit_code::invalid);
  const ReadOptions options{command.join, command.year, command.zone, command.format};
  const engine::Pipeline& pipeline = *loaded.setup.pipeline;
  EventReader reader(options, loaded.setup.pipeline,
                     [&](const event::Batch& batch, std::size_t index) {
                       print_one(batch, index, pipeline, command.json, streams.out);
                     });
  if (!command.lines.empty()) {
    for (const std::string& line : command.lines) reader.add(line);
  } else {
    if (::isatty(::fileno(streams.in)) != 0)
      put_line(streams.err, "tocsin: lines are read from the keyboard; Ctrl-D ends them");
    reader.read_lines(streams.in);
  }
  reader.end();
  return exit_code::ok;
}

}  // namespace tocsin::cli
