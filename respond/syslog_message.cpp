#include "respond/syslog_message.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <array>
#include <utility>

#include "base/text.hpp"
#include "base/time.hpp"

namespace tocsin::respond {

namespace {

constexpr std::array<std::pair<std::string_view, int>, 14> facilities = {{
    {"user", 1},
    {"daemon", 3},
    {"auth", 4},
    {"authpriv", 10},
    {"audit", 13},
    {"alert", 14},
    {"local0", 16},
    {"local1", 17},
    {"local2", 18},
    {"local3", 19},
    {"local4", 20},
    {"local5", 21},
    {"local6", 22},
    {"local7", 23},
}};

constexpr int warning = 4;

int severity_of(std::string_view level) {
  if (level == "critical") return 2;
  if (level == "high") return 3;
  if (level == "low") return 5;
  if (level == "informational") return 6;
  return warning;
}

// What the header repeats of the body.
struct Outline {
  std::string event, change, level, rule, time;
};

Outline outline_of(const std::string& body) {
  Outline outline;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(body).get(object) != simdjson::SUCCESS) return outline;
  const auto read = [&](std::string_view name, std::string& out) {
    std::string_view text;
    if (object[name].get(text) == simdjson::SUCCESS) out = text;
  };
  read("event", outline.event);
  read("change", outline.change);
  read("level", outline.level);
  read("rule", outline.rule);
  read("time", outline.time);
  return outline;
}

// PRINTUSASCII of at most `limit` bytes, "-" for nothing.
std::string header_word(std::string_view text, std::size_t limit) {
  std::string word;
  for (const char c : text.substr(0, limit)) word += c > 0x20 && c < 0x7F ? c : '?';
  return word.empty() ? "-" : word;
}

void append_parameter(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out += fmt::format(" {}=\"", name);
  for (const char c : base::printable(value)) {
    if (c == '"' || c == '\\' || c == ']') out += '\\';
    out += c;
  }
  out += '"';
}

// RFC 5424 allows six digits of a second.
std::string timestamp(std::string_view time) {
  const auto ns = base::parse_rfc3339(time);
  if (!ns) return "-";
  const std::string nine_digits = base::format_rfc3339(*ns);
  return nine_digits.substr(0, nine_digits.size() - 4) + "Z";
}

}  // namespace

int facility_number(std::string_view name) {
  for (const auto& [word, number] : facilities)
    if (word == name) return number;
  return facilities[3].second;
}

std::string syslog_message(const event::OutboxRow& row, const SyslogHeader& header) {
  const Outline outline = outline_of(row.body);
  constexpr std::size_t longest_host = 255, longest_process = 128, longest_id = 32;
  std::string out = fmt::format(
      "<{}>1 {} {} tocsin {} {} [tocsin@32473", header.facility * 8 + severity_of(outline.level),
      timestamp(outline.time), header_word(header.hostname, longest_host),
      header_word(header.process, longest_process), header_word(outline.event, longest_id));
  append_parameter(out, "id", row.id);
  append_parameter(out, "event", outline.event);
  append_parameter(out, "change", outline.change);
  append_parameter(out, "level", outline.level);
  append_parameter(out, "rule", outline.rule);
  out += "] ";
  // Ours is free of control bytes already; another body is not trusted to be.
  out += base::printable(row.body);
  return out;
}

std::string octet_counted(std::string_view message) {
  return fmt::format("{} {}", message.size(), message);
}

}  // namespace tocsin::respond
