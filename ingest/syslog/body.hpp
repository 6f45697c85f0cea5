// What is said about a message's text as a whole: which bytes it holds, how often it was meant.
// Threads:   pure functions
// Errors:    none; counts that are no counts leave the message as it is
// Source:    rsyslog and sysklogd ("message repeated", "last message repeated"); BAD-INPUT, UTF-8
// Tested by: tests/ingest/syslog/body_test.cpp
#pragma once

#include <string_view>

#include "event/anomaly.hpp"
#include "ingest/syslog/syslog_header.hpp"

namespace tocsin::ingest {

// bad_utf8, and control_bytes for what is below a blank (but a tab) or DEL.
[[nodiscard]] event::Anomalies check_bytes(std::string_view text);

void find_repeat_in(SyslogHeader& header);

// Sets repeat and repeated from "message repeated 5 times: [ X]" and "last message repeated 5
// times".
inline void find_repeat(SyslogHeader& header) {
  const std::string_view text = header.message;
  if (text.size() < 25 || (text[0] != 'm' && text[0] != 'l') || (text[1] != 'e' && text[1] != 'a'))
    return;
  find_repeat_in(header);
}

}  // namespace tocsin::ingest
