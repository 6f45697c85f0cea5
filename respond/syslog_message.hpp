// An outbox row as one RFC 5424 message.
// Path:      outbox row -> bytes for UDP, or with its length before it for TCP
// Threads:   pure functions
// Errors:    none; a body that is not ours gets default values in its header
// Source:    RFC 5424 section 6, RFC 6587 section 3.4.1
// Tested by: tests/respond/syslog_message_test.cpp
#pragma once

#include <string>
#include <string_view>

#include "event/ports.hpp"

namespace tocsin::respond {

struct SyslogHeader {
  int facility = 10;     // authpriv
  std::string hostname;  // ours
  std::string process;   // our number
};

// <PRI>1 TIME HOST tocsin PID EVENT [tocsin@32473 id="..." event="..." change="..." level="..."
// rule="..."] BODY. The severity follows the level (critical 2 ... informational 6; a lockout is a
// warning, 4). 32473 is the number for examples of RFC 5612. No byte order mark: receivers take the
// body as JSON. No control byte is ever in it.
[[nodiscard]] std::string syslog_message(const event::OutboxRow& row, const SyslogHeader& header);

// MSG-LEN SP SYSLOG-MSG
[[nodiscard]] std::string octet_counted(std::string_view message);

// "authpriv" -> 10; 10 for an unknown word.
[[nodiscard]] int facility_number(std::string_view name);

}  // namespace tocsin::respond
