// Time zones: from a local time without an offset to UTC.
// Units:     seconds since 1970Z; local seconds count as if the clock on the wall were UTC
// Threads:   Zone: immutable; ZoneSet: one
// Errors:    ingest-1: a name that is no zone
// Source:    RFC 8536 (TZif), POSIX.1-2017 section 8.3 (TZ)
// Tested by: tests/ingest/syslog/zone_test.cpp
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace tocsin::ingest {

// A rule of a POSIX TZ string for the day on which clocks are changed.
struct ZoneRule {
  enum class Kind : std::uint8_t { julian, day_of_year, month_week_day };
  Kind kind = Kind::month_week_day;
  int month = 0;  // 1..12
  int week = 0;   // 1..5, 5 is the last
  int day = 0;    // 0..6 from Sunday; julian 1..365; day of year 0..365
  int time = 7200;
};

class Zone {
 public:
  Zone() = default;  // UTC
  // "UTC", "Z", "+02:00", "-0330", "+05".
  static std::optional<Zone> from_offset(std::string_view text);
  // "CET-01CEST-02,M3.5.0,M10.5.0"
  static std::optional<Zone> from_posix(std::string_view text);
  // The bytes of a file of /usr/share/zoneinfo.
  static std::optional<Zone> from_tzif(std::string_view bytes);

  // A local time that there was twice is the earlier instant; one that there was not is as far
  // behind the change as it claims.
  [[nodiscard]] std::int64_t to_utc(std::int64_t local) const;

 private:
  struct Change {
    std::int64_t at;  // UTC
    std::int32_t before;
    std::int32_t after;
  };
  [[nodiscard]] static std::int64_t resolve(const Change* first, const Change* last,
                                            std::int64_t local);

  std::vector<Change> changes_;
  std::int32_t offset_ = 0;  // behind the last change, when there is no rule
  bool has_rule_ = false;    // behind the last change
  std::int32_t standard_ = 0;
  std::int32_t summer_ = 0;
  ZoneRule to_summer_;
  ZoneRule to_standard_;
};

// Gives the bytes of a zone file by the zone's name.
using ZoneReader = std::function<std::optional<std::string>(std::string_view name)>;
[[nodiscard]] std::optional<std::string> read_system_zone(std::string_view name);

// An offset, the name of a zone file, or a POSIX TZ string, in this order.
[[nodiscard]] base::Result<Zone> find_zone(std::string_view name, const ZoneReader& read);

// Zones by name, each read once. A name that is no zone is UTC: who configures one asks find_zone.
class ZoneSet {
 public:
  explicit ZoneSet(ZoneReader read) : read_(std::move(read)) { look_up("UTC"); }

  // The number of the zone, which zone() takes.
  std::uint32_t index(std::string_view name) {
    // Most sources have no zone of their own.
    if (name.size() == 3 && name[0] == 'U' && name[1] == 'T' && name[2] == 'C') return 0;
    if (rows_[last_]->name == name) return last_;
    return look_up(name);
  }
  [[nodiscard]] const Zone& zone(std::uint32_t index) const { return rows_[index]->zone; }

 private:
  struct Row {
    std::string name;
    Zone zone;
  };
  std::uint32_t look_up(std::string_view name);

  ZoneReader read_;
  std::vector<std::unique_ptr<Row>> rows_;
  std::uint32_t last_ = 0;
};

}  // namespace tocsin::ingest
