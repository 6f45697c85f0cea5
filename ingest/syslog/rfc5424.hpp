// Reads an RFC 5424 message behind its priority.
// Path:      text -> host, program, pid, msgid, structured data, message, and the time as stated
// Threads:   pure function
// Errors:    none; defects are anomalies
// Source:    RFC 5424 section 6
// Tested by: tests/ingest/syslog/rfc5424_test.cpp
#pragma once

#include <string_view>

#include "ingest/options.hpp"
#include "ingest/syslog/syslog_header.hpp"
#include "ingest/syslog/timestamp.hpp"

namespace tocsin::ingest {

enum class Rfc5424 : std::uint8_t {
  no,             // something else
  other_version,  // its form, with a version that is not 1
  yes,
};

// `stated`: form none when the time is NILVALUE; form none and valid = false when it is not a time.
// Without a priority only a message that states a time is taken for RFC 5424.
[[nodiscard]] Rfc5424 read_rfc5424(std::string_view text, bool has_priority,
                                   const SyslogOptions& options, SyslogHeader& out,
                                   StatedTime& stated);

}  // namespace tocsin::ingest
