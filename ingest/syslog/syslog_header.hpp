// The parts of a syslog message's header, as decoders see them.
// Path:      frame -> SyslogHeader -> event (ingest/decode)
// Units:     ns since 1970Z
// Threads:   a value; its views live as long as the frame
// Source:    RFC 3164 section 4.1, RFC 5424 section 6
// Tested by: tests/ingest/syslog/syslog_header_test.cpp
#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.hpp"
#include "event/anomaly.hpp"

namespace tocsin::ingest {

enum class HeaderForm : std::uint8_t {
  none,     // not syslog: message is the whole frame (a time at its beginning may still be known)
  rfc3164,  // any of its dialects
  rfc5424,
};

// The parts of a header; all views lie in the frame, an empty view is a part that is not there.
struct SyslogHeader {
  std::string_view host;
  std::string_view program;
  std::string_view pid;
  std::string_view msgid;
  // Well-formed elements, "[id a="b"][id2]"; StructuredDataReader takes them apart.
  std::string_view structured_data;
  std::string_view message;   // the body: without the blank before it and without a byte order mark
  std::string_view repeated;  // X of "message repeated n times: [ X]"
  base::EventTime time;       // valid when has_time
  event::Anomalies anomalies;
  std::uint32_t repeat = 1;    // n of "message repeated n times", "last message repeated n times"
  std::int16_t facility = -1;  // -1: not stated
  std::int16_t severity = -1;
  HeaderForm form = HeaderForm::none;
  // False only for a file's line that states no time, or none that exists. Live frames always have
  // one: the stated time when it is plausible, else the time of reception.
  bool has_time = false;
};

}  // namespace tocsin::ingest
