#include "ingest/syslog/priority.hpp"

#include <algorithm>
#include <array>

namespace tocsin::ingest {

namespace {

constexpr std::array<std::string_view, 24> facilities = {
    "kern",   "user",   "mail",     "daemon", "auth",   "syslog",   "lpr",     "news",
    "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "security", "console", "clock",
    "local0", "local1", "local2",   "local3", "local4", "local5",   "local6",  "local7"};

struct SeverityName {
  std::string_view name;
  std::int16_t number;
};
constexpr std::array<SeverityName, 11> severities = {{{"emerg", 0},
                                                      {"panic", 0},
                                                      {"alert", 1},
                                                      {"crit", 2},
                                                      {"err", 3},
                                                      {"error", 3},
                                                      {"warning", 4},
                                                      {"warn", 4},
                                                      {"notice", 5},
                                                      {"info", 6},
                                                      {"debug", 7}}};

// A number below `limit`, of one or two digits; -1 when the text is none.
std::int16_t number_below(int limit, std::string_view text) {
  if (text.empty() || text.size() > 2) return -1;
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return static_cast<std::int16_t>(value < limit ? value : -1);
}

std::int16_t facility_of(std::string_view text) {
  const auto* const found = std::find(facilities.begin(), facilities.end(), text);
  if (found != facilities.end()) return static_cast<std::int16_t>(found - facilities.begin());
  return number_below(24, text);
}

std::int16_t severity_of(std::string_view text) {
  for (const SeverityName& row : severities) {
    if (row.name == text) return row.number;
  }
  return number_below(8, text);
}

}  // namespace

WrittenPriority read_written_priority(std::string_view text) {
  if (!text.starts_with('<')) return {};
  const std::size_t end = text.substr(0, 24).find("> ");
  const std::size_t dot = text.substr(0, 24).find('.');
  if (end == std::string_view::npos || dot == std::string_view::npos || dot > end) return {};
  const std::int16_t facility = facility_of(text.substr(1, dot - 1));
  const std::int16_t severity = severity_of(text.substr(dot + 1, end - dot - 1));
  if (facility < 0 || severity < 0) return {};
  return {end + 2, facility, severity};
}

}  // namespace tocsin::ingest
