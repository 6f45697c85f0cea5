// Reads the header of a syslog message: RFC 3164 with the habits of the field, and RFC 5424.
// Path:      frame (event::Batch) -> SyslogHeader (ingest/decode)
// Units:     times in ns since 1970Z
// Threads:   one per parser; its caches never change a result
// Errors:    none; defects are anomalies, and what is not syslog is message as a whole
// Source:    RFC 3164, RFC 5424; BAD-INPUT catalogue
// Tested by: tests/ingest/syslog/syslog_parser_test.cpp, tests/ingest/syslog/origin_test.cpp,
//            tests/ingest/syslog/rfc5424_test.cpp, tests/ingest/syslog/corpus_test.cpp,
//            tests/fuzz/syslog_fuzz.cpp
#pragma once

#include <string_view>
#include <utility>

#include "base/time.hpp"
#include "event/source.hpp"
#include "ingest/options.hpp"
#include "ingest/syslog/day_cache.hpp"
#include "ingest/syslog/syslog_header.hpp"
#include "ingest/syslog/timestamp.hpp"
#include "ingest/syslog/zone.hpp"

namespace tocsin::ingest {

// Reads headers one after another. Holds zones and days that it has met; the result depends on the
// arguments alone (and on the zone files that `zones` reads).
class SyslogParser {
 public:
  explicit SyslogParser(SyslogOptions options = {}, ZoneReader read_zone = read_system_zone)
      : options_(options), zones_(std::move(read_zone)) {}

  void parse(std::string_view frame, const event::Source& source, base::ReceivedTime received,
             SyslogHeader& out);

 private:
  // One frame that is being read.
  struct Reading {
    std::string_view text;  // what is not read yet
    const event::Source& source;
    base::ReceivedTime received;
    SyslogHeader& out;
    bool live;                  // not from a file
    bool local;                 // from the local socket: programs write no host there
    bool has_priority = false;  // a good one
    bool stated_time = false;   // the message says when, right or wrong
  };

  void read_message(Reading& reading);
  bool read_known_day(Reading& reading);
  bool read_modern(Reading& reading);
  bool read_dated(Reading& reading);
  bool read_cisco(Reading& reading);
  bool read_bracketed(Reading& reading);
  bool read_undated(Reading& reading);
  void read_behind_time(Reading& reading, TimeForm form, std::string_view text);
  void set_time(Reading& reading, const StatedTime& stated);
  void set_instant(Reading& reading, const Instant& instant);

  SyslogOptions options_;
  ZoneSet zones_;
  DayCache days_;
};

}  // namespace tocsin::ingest
