#include "base/time.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace tocsin::base {

CivilDate civil_from_days(std::int64_t days) {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const auto day_of_era = static_cast<unsigned>(days - era * 146097);
  const unsigned year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const unsigned day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted = (5 * day_of_year + 2) / 153;
  const unsigned month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {static_cast<std::int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0), month,
          day_of_year - (153 * shifted + 2) / 5 + 1};
}

std::string format_rfc3339(std::int64_t ns) {
  std::int64_t seconds = ns / ns_per_second;
  std::int64_t fraction = ns % ns_per_second;
  if (fraction < 0) {
    fraction += ns_per_second;
    --seconds;
  }
  std::int64_t days = seconds / 86400;
  std::int64_t of_day = seconds % 86400;
  if (of_day < 0) {
    of_day += 86400;
    --days;
  }
  const CivilDate date = civil_from_days(days);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", date.year, date.month, date.day,
                     of_day / 3600, of_day / 60 % 60, of_day % 60, fraction);
}

namespace {

// Reads exactly `count` digits at the front of `text` and removes them; -1 when there are fewer.
int take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return -1;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

unsigned days_in_month(int year, unsigned month) {
  constexpr std::array<unsigned, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : days[month - 1];
}

// Offset from UTC in seconds at the front of `text`, which must end with it.
std::optional<int> read_offset(std::string_view text, bool optional_zone) {
  if (text.empty()) return optional_zone ? std::optional(0) : std::nullopt;
  if (text == "Z" || text == "z") return 0;
  const char sign = text.front();
  if (sign != '+' && sign != '-') return std::nullopt;
  text.remove_prefix(1);
  const int hours = take_digits(text, 2);
  take(text, ':');
  const int minutes = text.empty() ? 0 : take_digits(text, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || !text.empty()) return std::nullopt;
  const int seconds = hours * 3600 + minutes * 60;
  return sign == '-' ? -seconds : seconds;
}

}  // namespace

std::optional<std::int64_t> parse_rfc3339(std::string_view text, bool zone_optional) {
  const int year = take_digits(text, 4);
  if (year < 0 || !take(text, '-')) return std::nullopt;
  const int month = take_digits(text, 2);
  if (month < 1 || month > 12 || !take(text, '-')) return std::nullopt;
  const int day = take_digits(text, 2);
  if (day < 1 || static_cast<unsigned>(day) > days_in_month(year, static_cast<unsigned>(month)))
    return std::nullopt;
  if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return std::nullopt;
  const int hour = take_digits(text, 2);
  if (hour < 0 || hour > 23 || !take(text, ':')) return std::nullopt;
  const int minute = take_digits(text, 2);
  if (minute < 0 || minute > 59 || !take(text, ':')) return std::nullopt;
  const int second = take_digits(text, 2);
  if (second < 0 || second > 59) return std::nullopt;
  std::int64_t fraction = 0;
  if (take(text, '.') || take(text, ',')) {
    std::int64_t scale = ns_per_second / 10;
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9';
         text.remove_prefix(1), scale /= 10) {
      fraction += scale * (text.front() - '0');
    }
  }
  const std::optional<int> offset = read_offset(text, zone_optional);
  if (!offset) return std::nullopt;
  const std::int64_t days =
      days_from_civil(year, static_cast<unsigned>(month), static_cast<unsigned>(day));
  const std::int64_t seconds = days * 86400 + hour * 3600 + minute * 60 + second - *offset;
  if (seconds > INT64_MAX / ns_per_second - 1 || seconds < INT64_MIN / ns_per_second + 1)
    return std::nullopt;
  return seconds * ns_per_second + fraction;
}

namespace {

struct Unit {
  std::string_view name;
  std::int64_t ns;
};
constexpr std::array<Unit, 8> units = {{{"w", 7 * 86400 * ns_per_second},
                                        {"d", 86400 * ns_per_second},
                                        {"h", 3600 * ns_per_second},
                                        {"m", 60 * ns_per_second},
                                        {"s", ns_per_second},
                                        {"ms", 1'000'000},
                                        {"us", 1'000},
                                        {"ns", 1}}};

}  // namespace

std::optional<Nanoseconds> parse_duration(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc{} || number < 0) return std::nullopt;
  const std::string_view unit(end, text.data() + text.size());
  if (unit.empty()) return number == 0 ? std::optional(Nanoseconds(0)) : std::nullopt;
  for (const Unit& known : units) {
    if (known.name != unit) continue;
    std::int64_t ns = 0;
    if (__builtin_mul_overflow(number, known.ns, &ns)) return std::nullopt;
    return Nanoseconds(ns);
  }
  return std::nullopt;
}

std::string format_duration(Nanoseconds duration) {
  if (duration.count() == 0) return "0";
  for (const Unit& unit : units) {
    if (duration.count() % unit.ns == 0)
      return fmt::format("{}{}", duration.count() / unit.ns, unit.name);
  }
  return fmt::format("{}ns", duration.count());
}

}  // namespace tocsin::base
