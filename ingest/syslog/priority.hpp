// The priority at the front of a syslog message.
// Threads:   pure function
// Errors:    none; a priority that is not one is told apart from none
// Source:    RFC 5424 section 6.2.1, RFC 3164 section 4.1.1, FreeBSD syslogd(8) -v
// Tested by: tests/ingest/syslog/priority_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tocsin::ingest {

struct Priority {
  enum class Kind : std::uint8_t {
    none,  // the text does not begin like one
    good,
    bad,  // "<" and something that is no number from 0 to 191 in its shortest form
  };
  Kind kind = Kind::none;
  std::uint8_t value = 0;  // facility * 8 + severity
  std::uint8_t size = 0;   // of "<34>"
};

// PRI = "<" 1*3DIGIT ">"
[[nodiscard]] inline Priority read_priority(std::string_view text) {
  if (text.empty() || text[0] != '<') return {};
  // "<" before a letter is markup or a name, not an attempt at a priority.
  const char second = text.size() > 1 ? text[1] : '>';
  const bool attempted = second == '>' || second == ' ' || second == '-' || second == '+' ||
                         (second >= '0' && second <= '9');
  const Priority fault{attempted ? Priority::Kind::bad : Priority::Kind::none, 0, 0};
  unsigned value = 0;
  std::size_t at = 1;
  while (at < text.size() && at <= 3 && text[at] >= '0' && text[at] <= '9')
    value = value * 10 + static_cast<unsigned>(text[at++] - '0');
  if (at == 1 || at == text.size() || text[at] != '>' || value > 191 || (text[1] == '0' && at > 2))
    return fault;
  return {Priority::Kind::good, static_cast<std::uint8_t>(value),
          static_cast<std::uint8_t>(at + 1)};
}

// BSD's syslogd -v writes facility and severity behind the time: "<4.6> ", "<auth.info> ". The size
// with the blank, 0 when the text does not begin so.
struct WrittenPriority {
  std::size_t size = 0;
  std::int16_t facility = -1;
  std::int16_t severity = -1;
};
[[nodiscard]] WrittenPriority read_written_priority(std::string_view text);

}  // namespace tocsin::ingest
