// Remembers at which instant the days begin that RFC 3164 times name, "Dec  1" of a zone and a
// year.
// Units:     ns since 1970Z
// Threads:   one
// Errors:    none; a day that cannot be remembered is worked out each time, with the same result
// Tested by: tests/ingest/syslog/day_cache_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

#include "ingest/syslog/timestamp.hpp"
#include "ingest/syslog/zone.hpp"

namespace tocsin::ingest {

class DayCache {
 public:
  static constexpr std::size_t time_size = 15;  // of "Dec  1 00:00:06"

  // The instant of the time at the front of `text`, at least time_size bytes, when its day is known
  // for these arguments. `other_year` is set as resolve_time does.
  [[nodiscard]] bool find(std::string_view text, std::uint32_t zone, std::int64_t year_from,
                          base::ReceivedTime received, Instant& out) const {
    std::uint64_t clock = 0;
    std::memcpy(&clock, &text[7], sizeof clock);
    // Digits become 0..9 and colons 0; a byte that is something else has a high half.
    clock ^= 0x30303A30303A3030U;
    if (((clock | (clock + 0x0606000606000606U)) & 0xF0F0FFF0F0FFF0F0U) != 0) return false;
    const auto part = [clock](unsigned at) {
      return (clock >> (8 * at) & 0xFFU) * 10 + (clock >> (8 * at + 8) & 0xFFU);
    };
    const std::uint64_t hour = part(0);
    const std::uint64_t minute = part(3);
    const std::uint64_t second = part(6);
    if (hour > 23 || minute > 59 || second > 59) return false;
    const std::uint64_t key = key_of(text);
    const Row& row = rows_[place(key)];
    if (row.key != key || row.zone != zone || row.year_from != year_from ||
        received.value < row.received_first || received.value > row.received_last)
      return false;
    out.ns = row.midnight +
             static_cast<std::int64_t>(hour * 3600 + minute * 60 + second) * base::ns_per_second;
    out.other_year = row.other_year;
    return true;
  }

  // Remembers the day of `stated`, which was read from `text`, if all its seconds can be told from
  // its midnight.
  void remember(std::string_view text, const StatedTime& stated, const Zone& zone,
                std::uint32_t zone_index, std::int64_t year_from, base::ReceivedTime received);

 private:
  struct Row {
    std::uint64_t key = 0;
    std::int64_t year_from = 0;
    std::int64_t midnight = 0;
    std::int64_t received_first = std::numeric_limits<std::int64_t>::max();
    std::int64_t received_last = std::numeric_limits<std::int64_t>::min();
    std::uint32_t zone = 0;
    bool other_year = false;
  };

  // The six bytes of "Dec  1" and the blank behind them.
  static std::uint64_t key_of(std::string_view text) {
    std::uint64_t key = 0;
    std::memcpy(&key, text.begin(), sizeof key);
    return key & 0x00FFFFFFFFFFFFFFU;
  }
  static std::size_t place(std::uint64_t key) {
    return ((key >> 40U & 0xFFU) + 10 * (key >> 32U & 0xFFU)) & (row_count - 1);
  }

  static constexpr std::size_t row_count = 32;
  std::array<Row, row_count> rows_{};
};

}  // namespace tocsin::ingest
