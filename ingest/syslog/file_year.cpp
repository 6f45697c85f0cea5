#include "ingest/syslog/file_year.hpp"

#include <algorithm>

#include "base/time.hpp"

namespace tocsin::ingest {

namespace {

constexpr std::int64_t day_ns = 86400 * base::ns_per_second;

// 0 means "no year is known": a year that begins exactly at the epoch begins a nanosecond later.
std::int64_t known(std::int64_t year_from) { return year_from == 0 ? 1 : year_from; }

}  // namespace

std::optional<std::int64_t> first_line_time(std::string_view lines, int year,
                                            const event::Source& source, SyslogParser& parser) {
  StatedTime january;
  january.form = TimeForm::bsd;
  january.year = year;
  january.month = 1;
  january.day = 1;
  const base::Result<Zone> zone = find_zone(source.zone, read_system_zone);
  const std::optional<Instant> begin =
      resolve_time(january, zone ? *zone : Zone(), 0, base::ReceivedTime());
  if (!begin) return std::nullopt;
  event::Source in_year = source;
  in_year.transport = event::Transport::file;
  in_year.year_from = known(begin->ns);
  while (!lines.empty()) {
    const std::size_t size = std::min(lines.find('\n'), lines.size());
    SyslogHeader header;
    parser.parse(lines.substr(0, size), in_year, base::ReceivedTime(), header);
    if (header.has_time) return header.time.value;
    lines.remove_prefix(std::min(size + 1, lines.size()));
  }
  return std::nullopt;
}

std::int64_t year_from_first_line(std::string_view lines, int year, const event::Source& source,
                                  SyslogParser& parser) {
  const std::optional<std::int64_t> time = first_line_time(lines, year, source, parser);
  return time ? known(*time - day_ns) : 0;
}

std::int64_t year_from_modification(std::int64_t modified_ns) {
  const std::int64_t end = modified_ns + day_ns;
  const std::int64_t days = end / day_ns - (end % day_ns < 0 ? 1 : 0);
  const base::CivilDate date = base::civil_from_days(days);
  // 29 February a year earlier is 1 March.
  return known(base::days_from_civil(date.year - 1, date.month, date.day) * day_ns +
               (end - days * day_ns));
}

}  // namespace tocsin::ingest
