#include "event/anomaly.hpp"

#include "base/check.hpp"

namespace tocsin::event {

using enum Anomaly;

constexpr std::array<AnomalyRow, anomaly_count> rows = {{
    {frame_truncated, "frame_truncated",
     "The frame was longer than the limit and was cut; the rest was counted and thrown away."},
    {frame_incomplete, "frame_incomplete", "The connection ended inside the frame."},
    {frame_nul, "frame_nul", "The frame holds a NUL byte."},
    {frame_length, "frame_length", "The octet count before the frame was not usable."},
    {no_pri, "no_pri",
     "A syslog message without a priority; 13 (user.notice) is assumed where it came over the "
     "network."},
    {bad_pri, "bad_pri",
     "The priority is not a number from 0 to 191 in its shortest form; its text is kept in the "
     "message."},
    {no_time, "no_time", "The message states no time; the time of reception is used."},
    {bad_time, "bad_time",
     "The message states a time that does not exist; the time of reception is used."},
    {leap_second, "leap_second", "Second 60, taken as the last instant of second 59."},
    {no_host, "no_host", "The message states no host."},
    {clock_skew, "clock_skew",
     "The stated time is too far from the time of reception; the time of reception is used."},
    {year_inferred, "year_inferred",
     "The time has no year and the nearest one is not the year of reception."},
    {bad_version, "bad_version", "A version other than 1 where RFC 5424 wants its version."},
    {header_truncated, "header_truncated",
     "A header part was longer than RFC 5424 allows and was cut."},
    {bad_structured_data, "bad_structured_data",
     "Structured data that does not follow RFC 5424; kept in the message."},
    {structured_data_limit, "structured_data_limit",
     "More structured data than the limit; the rest is only in the raw text."},
    {bad_utf8, "bad_utf8", "Bytes that are not UTF-8; they are kept as they came."},
    {control_bytes, "control_bytes",
     "Control bytes in the message; kept, and escaped wherever they are shown."},
    {json_invalid, "json_invalid", "A body that begins like JSON and is not valid."},
    {json_duplicate_key, "json_duplicate_key",
     "A JSON object has the same key twice; all values are kept."},
    {json_depth, "json_depth", "JSON nested deeper than the limit."},
    {json_limit, "json_limit",
     "JSON with more values than the limit; the rest is only in the raw text."},
    {json_nul, "json_nul", "A JSON string holds an escaped NUL."},
    {key_value_invalid, "key_value_invalid", "A key=value body with an unclosed quote."},
    {cef_invalid, "cef_invalid", "A body that begins with CEF: and lacks header parts."},
    {audit_invalid, "audit_invalid",
     "An audit record whose head or fields do not follow the kernel's form."},
    {audit_hex, "audit_hex",
     "A hex-encoded audit value of odd length or with other characters; kept as written."},
    {audit_incomplete, "audit_incomplete",
     "An audit event whose end did not come in time; joined from what there was."},
    {audit_duplicate, "audit_duplicate", "An audit serial number that was already complete."},
    {field_limit, "field_limit", "More fields than the limit; the rest is only in the raw text."},
    {value_truncated, "value_truncated", "A value longer than the limit was cut."},
    {decoder_mismatch, "decoder_mismatch",
     "A known program wrote a message that none of its decoder's patterns fits."},
    {late, "late", "The event came later than the allowed lateness; stored, not correlated."},
    {time_inherited, "time_inherited",
     "A line without a time in a file; it has the time of the line before it."},
    {journal_gap, "journal_gap",
     "The journal's cursor was gone; entries may have been missed before this one."},
    {evtx_damaged, "evtx_damaged",
     "A part of an EVTX file that cannot be read; the event says which bytes."},
    {evtx_checksum, "evtx_checksum",
     "A record of an EVTX chunk whose checksum or header is wrong; it was read as far as it is "
     "sound."},
    {xml_invalid, "xml_invalid",
     "A body that begins like the XML of a Windows event and is not valid."},
    {xml_limit, "xml_limit",
     "XML nested deeper, or with longer names or more values than the limit; the rest is only in "
     "the raw text."},
    {frame_lost, "frame_lost",
     "Nothing is left of this frame: the store was damaged, and salvaged without it."},
}};

static_assert([] {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (static_cast<std::size_t>(rows[i].anomaly) != i) return false;
  }
  return true;
}());

const std::array<AnomalyRow, anomaly_count> anomaly_rows = rows;

std::string_view name_of(Anomaly anomaly) {
  const auto index = static_cast<std::size_t>(anomaly);
  CHECK(index < anomaly_count, "an anomaly that is not in the list");
  return rows[index].name;
}

}  // namespace tocsin::event
