#include "ingest/decode/snare.hpp"

#include <array>
#include <cstddef>
#include <optional>

#include "base/text.hpp"
#include "base/time.hpp"

namespace tocsin::ingest {

namespace {

constexpr std::string_view mark = "MSWinEventLog";
constexpr std::string_view escaped_tab = "#011";
// Those before the message; it and the counter behind it may be missing.
constexpr std::size_t least_values = 12;
constexpr std::size_t most_values = 15;

// Names by place. What Sigma has a name for has that.
constexpr std::array<std::string_view, most_values> names = {
    "",         "Criticality",   "Channel",  "EventRecordID", "TimeCreated",
    "EventID",  "Provider_Name", "UserName", "SidType",       "EventLogType",
    "Computer", "Category",      "Data",     "Message",       "SnareCounter"};
constexpr std::size_t time_place = 4;
constexpr std::size_t channel_place = 2;
constexpr std::size_t id_place = 5;
constexpr std::size_t message_place = 13;

std::string_view separator_of(std::string_view body) {
  body.remove_prefix(mark.size());
  if (body.starts_with('\t')) return "\t";
  return body.starts_with(escaped_tab) ? escaped_tab : std::string_view();
}

std::optional<unsigned> number(std::string_view digits, unsigned least, unsigned most) {
  if (digits.starts_with(' ')) digits.remove_prefix(1);
  const auto value = base::parse_integer(digits);
  if (!value || *value < least || *value > most) return std::nullopt;
  return static_cast<unsigned>(*value);
}

// "Fri Sep 17 16:38:13 2021" as if in UTC.
std::optional<std::int64_t> time_of(std::string_view text) {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  constexpr std::size_t size = 24;
  constexpr unsigned last_year = 2261;  // nanoseconds of later ones do not fit into 64 bits
  if (text.size() != size || text[3] != ' ' || text[7] != ' ' || text[10] != ' ' ||
      text[13] != ':' || text[16] != ':' || text[19] != ' ') {
    return std::nullopt;
  }
  const std::size_t month = months.find(text.substr(4, 3));
  const auto day = number(text.substr(8, 2), 1, 31), hour = number(text.substr(11, 2), 0, 23),
             minute = number(text.substr(14, 2), 0, 59), second = number(text.substr(17, 2), 0, 59),
             year = number(text.substr(20, 4), 1970, last_year);
  if (month == std::string_view::npos || month % 3 != 0 || !day || !hour || !minute || !second ||
      !year) {
    return std::nullopt;
  }
  const auto month_number = static_cast<unsigned>(month / 3 + 1);
  const std::int64_t days = base::days_from_civil(*year, month_number, *day);
  if (base::civil_from_days(days).month != month_number) return std::nullopt;
  return (days * 86400 + *hour * 3600 + *minute * 60 + *second) * base::ns_per_second;
}

}  // namespace

bool looks_like_snare(std::string_view body) {
  return body.starts_with(mark) && !separator_of(body).empty();
}

BodyResult SnareBody::decode(std::string_view body, BodyContext& context) {
  const auto refuse = [&] {
    context.event.anomalies.set(event::Anomaly::decoder_mismatch);
    return BodyResult::invalid;
  };
  if (!looks_like_snare(body)) return refuse();
  const std::string_view separator = separator_of(body);
  std::array<std::string_view, most_values> values;
  std::size_t count = 0;
  for (bool more = true; more && count < most_values;) {
    // The last place takes what is left.
    const std::size_t end =
        count + 1 == most_values ? std::string_view::npos : body.find(separator);
    values[count++] = body.substr(0, end);
    more = end != std::string_view::npos;
    if (more) body.remove_prefix(end + separator.size());
  }
  if (count < least_values) return refuse();
  for (std::size_t i = 1; i < count; ++i) {
    if (values[i].empty() || values[i] == "N/A") continue;
    const bool is_number = i == id_place && base::parse_integer(values[i]).has_value();
    context.add(names[i], values[i], is_number ? event::ValueKind::number : event::ValueKind::text);
  }
  const auto id = base::parse_integer(values[id_place]);
  if (count > message_place && id)
    rendered_.decode(values[channel_place], *id, values[message_place], context);
  if (const auto time = time_of(values[time_place])) {
    context.event.time = base::EventTime(*time);
    context.event.has_time = true;
  } else {
    context.event.anomalies.set(event::Anomaly::bad_time);
  }
  return BodyResult::decoded;
}

}  // namespace tocsin::ingest
