#include "ingest/syslog/rfc5424.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "ingest/syslog/structured_data.hpp"

namespace tocsin::ingest {

using event::Anomaly;

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The part up to the next blank, which is removed with it.
std::string_view take_part(std::string_view& text) {
  const std::size_t size = std::min(text.find(' '), text.size());
  const std::string_view part = text.substr(0, size);
  text.remove_prefix(std::min(size + 1, text.size()));
  return part;
}

// A header part, empty for NILVALUE, cut to what RFC 5424 allows.
std::string_view take_name(std::string_view& text, std::size_t limit, SyslogHeader& out) {
  const std::string_view part = take_part(text);
  if (part == "-") return {};
  if (part.size() <= limit) return part;
  out.anomalies.set(Anomaly::header_truncated);
  return base::utf8_prefix(part, limit);
}

// VERSION = NONZERO-DIGIT 0*2DIGIT, SP, and the beginning of a TIMESTAMP
bool has_form(std::string_view text, bool has_priority, std::string_view& version) {
  std::size_t size = 0;
  while (size < text.size() && size < 4 && is_digit(text[size])) ++size;
  if (size == 0 || size > 3 || text[0] == '0' || size == text.size() || text[size] != ' ')
    return false;
  version = text.substr(0, size);
  text.remove_prefix(size + 1);
  if (has_priority && (text.starts_with("- ") || text == "-")) return true;
  constexpr std::string_view date = "dddd-dd-ddT";
  if (text.size() < date.size() || (text[10] != 'T' && text[10] != 't')) return false;
  for (std::size_t i = 0; i < 10; ++i) {
    if (date[i] == 'd' ? !is_digit(text[i]) : text[i] != '-') return false;
  }
  return true;
}

}  // namespace

// SYSLOG-MSG = HEADER SP STRUCTURED-DATA [SP MSG]
// HEADER     = PRI VERSION SP TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID
Rfc5424 read_rfc5424(std::string_view text, bool has_priority, const SyslogOptions& options,
                     SyslogHeader& out, StatedTime& stated) {
  std::string_view version;
  if (text.empty() || !is_digit(text.front()) || !has_form(text, has_priority, version))
    return Rfc5424::no;
  if (version != "1") return Rfc5424::other_version;
  text.remove_prefix(2);
  const std::string_view time = take_part(text);
  stated = {};
  if (time != "-") {
    stated = read_iso_time(time);
    if (stated.size != time.size()) {
      stated = {};
      stated.valid = false;
    }
  }
  out.host = take_name(text, 255, out);
  out.program = take_name(text, 48, out);
  out.pid = take_name(text, 128, out);
  out.msgid = take_name(text, 32, out);
  if (text.starts_with('[')) {
    const StructuredDataCheck check = check_structured_data(text);
    const std::string_view behind = text.substr(check.size);
    if (check.size == 0 || (!behind.empty() && behind.front() != ' ')) {
      // It stays in the message, where a person can read it.
      out.anomalies.set(Anomaly::bad_structured_data);
    } else {
      out.structured_data = text.substr(0, check.size);
      if (check.faulty) out.anomalies.set(Anomaly::bad_structured_data);
      if (check.elements > options.max_elements || check.parameters > options.max_parameters)
        out.anomalies.set(Anomaly::structured_data_limit);
      text.remove_prefix(std::min(check.size + 1, text.size()));
    }
  } else if (text == "-" || text.starts_with("- ")) {
    text.remove_prefix(std::min<std::size_t>(2, text.size()));
  } else {
    out.anomalies.set(Anomaly::bad_structured_data);
  }
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  // rsyslog's own template for this form (RSYSLOG_SyslogProtocol23Format) takes along the blank
  // that stands behind the tag of the form before. A rule asks how a message begins.
  if (text.starts_with(' ')) text.remove_prefix(1);
  out.message = text;
  out.form = HeaderForm::rfc5424;
  return Rfc5424::yes;
}

}  // namespace tocsin::ingest
