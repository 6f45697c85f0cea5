// Where the year begins in which a file's times without a year lie (event::Source::year_from).
// Units:     ns since 1970Z
// Threads:   pure functions, but for the parser's caches
// Errors:    none; 0 when the lines state no time that needs a year
// Tested by: tests/ingest/syslog/file_year_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "event/source.hpp"
#include "ingest/syslog/syslog_parser.hpp"

namespace tocsin::ingest {

// The time of the first of `lines` (a file's beginning, at best without a cut last line) that
// states one; where the line leaves out the year, it is `year`. `source` gives the zone.
[[nodiscard]] std::optional<std::int64_t> first_line_time(std::string_view lines, int year,
                                                          const event::Source& source,
                                                          SyslogParser& parser);

// A file whose first dated line is of `year`: its year begins a day before that line, so that lines
// a little out of order stay in it. 0 when no line states a time.
[[nodiscard]] std::int64_t year_from_first_line(std::string_view lines, int year,
                                                const event::Source& source, SyslogParser& parser);

// A file that was last written then: its lines are of the year before that, up to a day later.
[[nodiscard]] std::int64_t year_from_modification(std::int64_t modified_ns);

}  // namespace tocsin::ingest
