#include "ingest/syslog/day_cache.hpp"

#include <algorithm>

namespace tocsin::ingest {

namespace {

constexpr std::int64_t day_ns = 86400 * base::ns_per_second;
// Nearer to its reception than this, a day is in the nearest year, whichever second of it is meant.
constexpr std::int64_t surely_nearest = 180 * day_ns;

std::int64_t start_of_year(std::int64_t year) { return base::days_from_civil(year, 1, 1) * day_ns; }

}  // namespace

void DayCache::remember(std::string_view text, const StatedTime& stated, const Zone& zone,
                        std::uint32_t zone_index, std::int64_t year_from,
                        base::ReceivedTime received) {
  if (stated.size != time_size || text.size() < time_size || text[6] != ' ' || stated.has_offset ||
      stated.year >= 0)
    return;
  StatedTime first = stated;
  first.second_of_day = 0;
  first.nanosecond = 0;
  StatedTime last = first;
  last.second_of_day = 86399;
  const std::optional<Instant> begin = resolve_time(first, zone, year_from, received);
  const std::optional<Instant> end = resolve_time(last, zone, year_from, received);
  // Not a day on which clocks change, or that lies partly in another year.
  if (!begin || !end || end->ns - begin->ns != day_ns - base::ns_per_second ||
      year_of(begin->ns) != year_of(end->ns))
    return;
  Row row;
  row.key = key_of(text);
  row.zone = zone_index;
  row.year_from = year_from;
  row.midnight = begin->ns;
  row.other_year = begin->other_year;
  row.received_first = std::numeric_limits<std::int64_t>::min();
  row.received_last = std::numeric_limits<std::int64_t>::max();
  if (year_from == 0) {
    const std::int64_t year = year_of(received.value);
    row.received_first = std::max(start_of_year(year), begin->ns - surely_nearest);
    row.received_last = std::min(start_of_year(year + 1) - 1, begin->ns + surely_nearest);
    if (received.value < row.received_first || received.value > row.received_last) return;
  }
  rows_[place(row.key)] = row;
}

}  // namespace tocsin::ingest
