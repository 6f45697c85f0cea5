// Tells host and program apart in what follows the time of an RFC 3164 message.
// Path:      text behind the time -> host, program, pid, message
// Threads:   pure functions
// Errors:    none; what does not look like a host or a tag is message
// Source:    RFC 3164 sections 4.1.2 and 4.1.3, and the habits of the field
// Tested by: tests/ingest/syslog/origin_test.cpp
#pragma once

#include <cstdint>
#include <string_view>

#include "ingest/syslog/syslog_header.hpp"

namespace tocsin::ingest {

// A host's name, or something else? How much must speak for it.
enum class HostEvidence : std::uint8_t {
  position,   // it stands where RFC 3164 wants it
  tag,        // a tag follows, or it is an address
  pid,        // a tag with a process id follows
  pid_colon,  // a tag with a process id and a colon follows
};

struct Origin {
  std::string_view host;
  std::string_view program;
  std::string_view pid;
  std::string_view message;
  bool has_colon = false;  // the tag ends with one
};

// Could the whole word be a host: a name of letters, digits and "-_./@", or an address?
[[nodiscard]] bool is_host(std::string_view word);

// A tag at the front of `text`: "su:", "sshd[12]:", "proftpd[12]", "sogod [12]:". True when there
// is one; `message` is then what follows it, without one blank.
bool read_tag(std::string_view text, Origin& out);

// The common case of read_origin, "host name[12]: " or "host name: " of plain characters, the
// host at most 15 bytes and the tag at most 32, without its branches. False says nothing but that
// it
// is not this case.
bool read_plain_origin(std::string_view text, SyslogHeader& out);

// Host and tag at the front of `text`. False when there is neither: message is then the whole text.
bool read_origin(std::string_view text, HostEvidence evidence, Origin& out);

}  // namespace tocsin::ingest
