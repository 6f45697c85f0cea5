#include "rules/date_part.hpp"

#include "base/time.hpp"

namespace tocsin::rules {

namespace {

std::optional<std::int64_t> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return std::nullopt;
  std::int64_t value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

// The week that a day's Thursday lies in, counted from the year of that Thursday.
std::int64_t iso_week(std::int64_t days) {
  const std::int64_t weekday = ((days + 3) % 7 + 7) % 7;  // 1970-01-01 is a Thursday; Monday is 0
  const std::int64_t thursday = days - weekday + 3;
  const std::int64_t year = base::civil_from_days(thursday).year;
  return (thursday - base::days_from_civil(year, 1, 1)) / 7 + 1;
}

}  // namespace

std::optional<std::int64_t> date_part(std::string_view text, DatePart part) {
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  if (!year || !month || !day || text[4] != '-' || text[7] != '-') return std::nullopt;
  if (*month < 1 || *month > 12 || *day < 1 || *day > 31) return std::nullopt;
  if (text.size() > 10 && text[10] != 'T' && text[10] != 't' && text[10] != ' ')
    return std::nullopt;
  switch (part) {
    case DatePart::year:
      return year;
    case DatePart::month:
      return month;
    case DatePart::day:
      return day;
    case DatePart::week:
      return iso_week(
          base::days_from_civil(*year, static_cast<unsigned>(*month), static_cast<unsigned>(*day)));
    case DatePart::hour:
    case DatePart::minute:
      break;
    case DatePart::none:
      return std::nullopt;
  }
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2);
  if (!hour || !minute || text[13] != ':' || *hour > 23 || *minute > 59) return std::nullopt;
  return part == DatePart::hour ? hour : minute;
}

}  // namespace tocsin::rules
