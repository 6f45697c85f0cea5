#include "ingest/decode/header_writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "ingest/syslog/structured_data.hpp"

namespace tocsin::ingest {

namespace {

using event::ValueKind;

constexpr std::array<std::string_view, 24> small_numbers = {
    "0",  "1",  "2",  "3",  "4",  "5",  "6",  "7",  "8",  "9",  "10", "11",
    "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "23"};

bool is_number(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void write_repeat(std::uint32_t repeat, BodyContext& to) {
  constexpr std::size_t room = 10;
  char* at = to.batch.arena.allocate(room);
  const auto result = std::to_chars(at, at + room, repeat);
  const auto size = static_cast<std::size_t>(result.ptr - at);
  to.batch.arena.shrink(room - size);
  to.add(event::field::log_repeat, {at, size}, ValueKind::number);
}

void write_structured_data(std::string_view text, std::size_t max_elements,
                           std::size_t max_parameters, BodyContext& to) {
  StructuredDataReader reader(text, max_elements, max_parameters);
  StructuredDataParameter parameter;
  std::string name;
  while (reader.next(to.batch.arena, parameter)) {
    if (parameter.name.empty()) continue;
    name.assign("log.syslog.structured_data.");
    name.append(parameter.id).append(1, '.').append(parameter.name);
    if (!to.add(std::string_view(name), parameter.value)) return;
  }
}

}  // namespace

void write_header(const SyslogHeader& header, std::size_t max_elements, std::size_t max_parameters,
                  BodyContext& to) {
  to.add(event::field::message, header.message);
  if (header.form == HeaderForm::none) return;
  if (!header.host.empty()) to.add(event::field::host_name, header.host);
  if (!header.program.empty()) to.add(event::field::process_name, header.program);
  if (!header.pid.empty()) {
    to.add(event::field::process_pid, header.pid,
           is_number(header.pid) ? ValueKind::number : ValueKind::text);
  }
  if (header.facility >= 0) {
    to.add(event::field::facility_code, small_numbers[static_cast<std::size_t>(header.facility)],
           ValueKind::number);
  }
  if (header.severity >= 0) {
    to.add(event::field::severity_code, small_numbers[static_cast<std::size_t>(header.severity)],
           ValueKind::number);
  }
  if (!header.msgid.empty()) to.add(event::field::msgid, header.msgid);
  if (header.repeat > 1 || !header.repeated.empty()) write_repeat(header.repeat, to);
  if (!header.structured_data.empty()) {
    write_structured_data(header.structured_data, max_elements, max_parameters, to);
  }
}

void write_anomalies(event::FieldId name, BodyContext& to) {
  for (const event::AnomalyRow& row : event::anomaly_rows) {
    if (to.event.anomalies.has(row.anomaly)) to.add(name, row.name);
  }
}

}  // namespace tocsin::ingest
