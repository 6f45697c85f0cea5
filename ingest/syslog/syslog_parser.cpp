#include "ingest/syslog/syslog_parser.hpp"

#include <algorithm>
#include <array>

#include "ingest/syslog/body.hpp"
#include "ingest/syslog/origin.hpp"
#include "ingest/syslog/priority.hpp"
#include "ingest/syslog/rfc5424.hpp"

namespace tocsin::ingest {

using event::Anomaly;
using event::Transport;

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_live(Transport transport) {
  return transport != Transport::file && transport != Transport::stdin_;
}
bool is_network(Transport transport) {
  return transport == Transport::udp || transport == Transport::tcp;
}
// Programs write to the local socket without a host.
bool is_local(Transport transport) {
  return transport == Transport::unix_datagram || transport == Transport::unix_stream;
}

std::string_view without_line_end(std::string_view text) {
  while (!text.empty() && (text.back() == '\r' || text.back() == '\n')) text.remove_suffix(1);
  return text;
}

void drop_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

void take_written_priority(std::string_view& text, SyslogHeader& out) {
  const WrittenPriority priority = read_written_priority(text);
  if (priority.size == 0) return;
  out.facility = priority.facility;
  out.severity = priority.severity;
  text.remove_prefix(priority.size);
}

// Before the time Cisco writes ": ", a sequence number "000123: ", how long it is up "1d02h: ", the
// host "router1: ", and "*" or "." for a clock that is not set. The size of one such part, 0 for none.
std::size_t prefix_size(std::string_view text, std::string_view& host) {
  if (text.starts_with(": ")) return 2;
  if (text.starts_with('*') || text.starts_with('.')) return 1;
  const std::size_t end = text.find(": ");
  if (end == std::string_view::npos || end == 0 || end > 255) return 0;
  const std::string_view word = text.substr(0, end);
  if (is_digit(word[0]) && word.find_first_not_of("0123456789:ywdh") == std::string_view::npos)
    return end + 2;
  if (!is_host(word)) return 0;
  host = word;
  return end + 2;
}

// Nothing behind a time of 15 bytes that could belong to the time: a year, an offset, a zone's name
// (all capitals), a priority, a second blank.
bool time_has_ended(std::string_view behind) {
  std::size_t size = 0;
  if (is_digit(behind[0])) {
    while (size < 5 && size < behind.size() && is_digit(behind[size])) ++size;
    return size != 4 || (size < behind.size() && behind[size] == '.');
  }
  if (!is_letter(behind[0])) return false;
  while (size < 6 && size < behind.size() && behind[size] >= 'A' && behind[size] <= 'Z') ++size;
  return size < 2 || size > 5;
}

// As SyslogHeader{}, but by plain stores: the compiler would turn the whole into one slow string
// instruction.
void clear(SyslogHeader& out) {
  out.host = {};
  out.program = {};
  out.pid = {};
  out.msgid = {};
  out.structured_data = {};
  out.message = {};
  out.repeated = {};
  out.time = {};
  out.anomalies = {};
  out.repeat = 1;
  out.facility = -1;
  out.severity = -1;
  out.form = HeaderForm::none;
  out.has_time = false;
}

void set_origin(const Origin& origin, SyslogHeader& out) {
  out.host = origin.host;
  out.program = origin.program;
  out.pid = origin.pid;
  out.message = origin.message;
  out.form = HeaderForm::rfc3164;
}

}  // namespace

void SyslogParser::parse(std::string_view frame, const event::Source& source,
                         base::ReceivedTime received, SyslogHeader& out) {
  clear(out);
  const std::string_view text = without_line_end(frame);
  Reading reading{
      text, source, received, out, is_live(source.transport), is_local(source.transport)};
  const Priority priority = read_priority(text);
  if (priority.kind == Priority::Kind::bad) {
    // A header that begins with a fault is not guessed at.
    out.anomalies.set(Anomaly::bad_pri);
    out.message = text;
  } else {
    if (priority.kind == Priority::Kind::good) {
      out.facility = static_cast<std::int16_t>(priority.value / 8);
      out.severity = static_cast<std::int16_t>(priority.value % 8);
      reading.has_priority = true;
      reading.text.remove_prefix(priority.size);
    }
    if (!read_known_day(reading)) read_message(reading);
    if (priority.kind == Priority::Kind::none && (is_network(source.transport) || reading.local)) {
      out.anomalies.set(Anomaly::no_pri);
      if (out.facility < 0) {
        out.facility = 1;
        out.severity = 5;
      }
    }
    if (reading.live && !reading.stated_time && out.form != HeaderForm::rfc5424)
      out.anomalies.set(Anomaly::no_time);
    if (out.form == HeaderForm::rfc3164 && out.host.empty() && is_network(source.transport))
      out.anomalies.set(Anomaly::no_host);
  }
  if (reading.live && !out.has_time) {
    out.time = base::EventTime(received.value);
    out.has_time = true;
  }
  find_repeat(out);
  out.anomalies.merge(check_bytes(text));
}

void SyslogParser::read_message(Reading& reading) {
  if (reading.has_priority) reading.out.form = HeaderForm::rfc3164;
  if (read_modern(reading) || read_dated(reading) || read_cisco(reading) ||
      read_bracketed(reading) || read_undated(reading))
    return;
  reading.out.message = reading.text;
}

// The common case: "Dec  1 00:00:06 host tag: " on a day that was met before.
bool SyslogParser::read_known_day(Reading& reading) {
  const std::string_view text = reading.text;
  if (text.size() < DayCache::time_size + 2 || text[DayCache::time_size] != ' ') return false;
  Instant instant;
  if (!days_.find(text, zones_.index(reading.source.zone), reading.source.year_from,
                  reading.received, instant) ||
      !time_has_ended(text.substr(DayCache::time_size + 1)))
    return false;
  reading.stated_time = true;
  set_instant(reading, instant);
  if (read_plain_origin(text.substr(DayCache::time_size + 1), reading.out)) {
    reading.out.form = HeaderForm::rfc3164;
  } else {
    read_behind_time(reading, TimeForm::bsd, text.substr(DayCache::time_size));
  }
  return true;
}

bool SyslogParser::read_modern(Reading& reading) {
  StatedTime stated;
  switch (read_rfc5424(reading.text, reading.has_priority, options_, reading.out, stated)) {
    case Rfc5424::no:
      return false;
    case Rfc5424::other_version:
      reading.out.anomalies.set(Anomaly::bad_version);
      reading.out.form = HeaderForm::none;
      reading.out.message = reading.text;
      return true;
    case Rfc5424::yes:
      break;
  }
  if (stated.form != TimeForm::none || !stated.valid) {
    reading.stated_time = true;
    if (stated.strict || !reading.live) set_time(reading, stated);
    if (!stated.strict) reading.out.anomalies.set(Anomaly::bad_time);
  }
  return true;
}

bool SyslogParser::read_dated(Reading& reading) {
  const StatedTime stated = read_time(reading.text);
  if (stated.form == TimeForm::none) return false;
  if (stated.form == TimeForm::bsd && stated.valid) {
    const std::uint32_t zone = zones_.index(reading.source.zone);
    days_.remember(reading.text, stated, zones_.zone(zone), zone, reading.source.year_from,
                   reading.received);
  }
  set_time(reading, stated);
  read_behind_time(reading, stated.form, reading.text.substr(stated.size));
  return true;
}

// What stands before the time, then the time, then a colon.
bool SyslogParser::read_cisco(Reading& reading) {
  std::string_view text = reading.text;
  std::string_view host;
  for (int parts = 0; parts < 4; ++parts) {
    const std::size_t size = prefix_size(text, host);
    if (size == 0) return false;
    text.remove_prefix(size);
    drop_blanks(text);
    if (text.starts_with('%')) {
      set_origin({host, {}, {}, text}, reading.out);
      return true;
    }
    const StatedTime stated = read_time(text);
    if (stated.form == TimeForm::none) continue;
    if (stated.form != TimeForm::bsd && !reading.has_priority) return false;
    set_time(reading, stated);
    read_behind_time(reading, TimeForm::bsd, text.substr(stated.size));
    if (reading.out.host.empty()) reading.out.host = host;
    return true;
  }
  return false;
}

// "[2021-03-05 05:25:14.562] nsd[160800]: info": the line stays whole unless a tag follows.
bool SyslogParser::read_bracketed(Reading& reading) {
  std::string_view text = reading.text;
  if (reading.has_priority || !text.starts_with('[')) return false;
  text.remove_prefix(1);
  const StatedTime stated = read_time(text);
  if (stated.form == TimeForm::none || !text.substr(stated.size).starts_with(']')) return false;
  set_time(reading, stated);
  read_behind_time(reading, TimeForm::day_first, text.substr(stated.size + 1));
  return true;
}

bool SyslogParser::read_undated(Reading& reading) {
  Origin origin;
  const bool tagged = reading.has_priority && read_tag(reading.text, origin);
  if (!tagged && !read_origin(reading.text, HostEvidence::pid_colon, origin)) return false;
  set_origin(origin, reading.out);
  return true;
}

// `form` tells how much speaks for syslog: applications write times too, but not RFC 3164's.
void SyslogParser::read_behind_time(Reading& reading, TimeForm form, std::string_view text) {
  const bool bsd = form == TimeForm::bsd;
  if (bsd && text.starts_with(':')) text.remove_prefix(1);
  drop_blanks(text);
  if (bsd) take_written_priority(text, reading.out);
  HostEvidence evidence = HostEvidence::tag;
  if (!reading.local && (bsd || (form == TimeForm::iso && reading.has_priority)))
    evidence = HostEvidence::position;
  if (form == TimeForm::iso_blank) evidence = HostEvidence::pid;
  if (form == TimeForm::ctime || form == TimeForm::day_first) evidence = HostEvidence::pid_colon;
  Origin origin;
  const bool found = read_origin(text, evidence, origin);
  if (found || bsd || reading.has_priority) {
    set_origin(origin, reading.out);
  } else {
    reading.out.message = reading.text;
  }
}

void SyslogParser::set_time(Reading& reading, const StatedTime& stated) {
  reading.stated_time = true;
  const Zone& zone = zones_.zone(zones_.index(reading.source.zone));
  const std::optional<Instant> instant =
      resolve_time(stated, zone, reading.source.year_from, reading.received);
  if (!instant || stated.form == TimeForm::none) {
    reading.out.anomalies.set(Anomaly::bad_time);
    return;
  }
  if (stated.leap_second) reading.out.anomalies.set(Anomaly::leap_second);
  set_instant(reading, *instant);
}

void SyslogParser::set_instant(Reading& reading, const Instant& instant) {
  SyslogHeader& out = reading.out;
  if (instant.other_year) out.anomalies.set(Anomaly::year_inferred);
  out.has_time = true;
  out.time = base::EventTime(instant.ns);
  if (!reading.live) return;
  const __int128 ahead = static_cast<__int128>(instant.ns) - reading.received.value;
  if (ahead > options_.max_future.count() || -ahead > options_.max_past.count()) {
    out.anomalies.set(Anomaly::clock_skew);
    out.time = base::EventTime(reading.received.value);
  }
}

}  // namespace tocsin::ingest
