#include "ingest/syslog/timestamp.hpp"

#include <algorithm>
#include <array>

#include "ingest/syslog/month.hpp"

namespace tocsin::ingest {

namespace {

constexpr std::int64_t day_ns = 86400 * base::ns_per_second;
// The years whose every instant fits into 64 bits of nanoseconds.
constexpr std::int64_t first_year = 1678;
constexpr std::int64_t last_year = 2261;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

unsigned days_in_month(std::int64_t year, unsigned month) {
  constexpr std::array<unsigned, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : days[month - 1];
}

// Reads from the front of a text; a failed read leaves it where it was.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  [[nodiscard]] bool ended() const { return at_ == text_.size(); }
  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }
  void skip(std::size_t size) { at_ += size; }
  bool take(char wanted) {
    if (ended() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  // Between `least` and `most` digits; -1 when there are fewer or more.
  int number(std::size_t least, std::size_t most) {
    std::size_t count = 0;
    int value = 0;
    while (count < most && is_digit(peek(count))) value = value * 10 + (peek(count++) - '0');
    if (count < least || is_digit(peek(count))) return -1;
    at_ += count;
    return value;
  }
  void blanks() {
    while (peek() == ' ') ++at_;
  }
  // The text goes on with something that is no part of a number or a word.
  [[nodiscard]] bool at_border() const {
    const char c = peek();
    return ended() || (!is_digit(c) && !is_letter(c) && static_cast<unsigned char>(c) < 0x80);
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

// hh:mm:ss and a fraction behind '.' or ','
bool read_clock(Cursor& in, StatedTime& out) {
  const bool short_hour = !is_digit(in.peek(1));
  const int hour = in.number(1, 2);
  if (hour < 0 || !in.take(':')) return false;
  const int minute = in.number(2, 2);
  if (minute < 0 || !in.take(':')) return false;
  int second = in.number(2, 2);
  if (second < 0) return false;
  if (short_hour) out.strict = false;
  if ((in.peek() == '.' || in.peek() == ',') && is_digit(in.peek(1))) {
    if (in.peek() == ',') out.strict = false;
    in.skip(1);
    std::size_t digits = 0;
    std::int32_t scale = 100'000'000;
    for (; is_digit(in.peek()); in.skip(1), ++digits, scale /= 10)
      out.nanosecond += scale * (in.peek() - '0');
    if (digits > 6) out.strict = false;
  }
  if (hour > 23 || minute > 59 || second > 60) out.valid = false;
  if (second == 60) {
    second = 59;
    out.nanosecond = 999'999'999;
    out.leap_second = true;
    out.strict = false;
  }
  out.second_of_day = hour * 3600 + minute * 60 + second;
  return true;
}

// Z, +hh, +hhmm, +hh:mm; with a blank before it only the latter two.
bool read_offset(Cursor& in, StatedTime& out) {
  if (in.peek() == 'Z' || in.peek() == 'z') {
    if (in.peek() == 'z') out.strict = false;
    in.skip(1);
    out.has_offset = true;
    return true;
  }
  Cursor ahead = in;
  const bool blank = ahead.take(' ');
  const char sign = ahead.peek();
  if (sign != '+' && sign != '-') return false;
  ahead.skip(1);
  if (!is_digit(ahead.peek()) || !is_digit(ahead.peek(1))) return false;
  const int hours = (ahead.peek() - '0') * 10 + ahead.peek(1) - '0';
  ahead.skip(2);
  const bool colon = ahead.take(':');
  int minutes = 0;
  if (is_digit(ahead.peek())) {
    minutes = ahead.number(2, 2);
    if (minutes < 0) return false;
  } else if (colon || blank) {
    return false;
  }
  if (!ahead.at_border()) return false;
  if (!colon || blank) out.strict = false;
  if (hours > 23 || minutes > 59) out.valid = false;
  out.offset = (hours * 3600 + minutes * 60) * (sign == '-' ? -1 : 1);
  out.has_offset = true;
  in = ahead;
  return true;
}

struct NamedZone {
  std::string_view name;
  int minutes;
};
constexpr std::array<NamedZone, 22> named_zones = {
    {{"UTC", 0},    {"GMT", 0},    {"EST", -300}, {"EDT", -240}, {"CST", -360}, {"CDT", -300},
     {"MST", -420}, {"MDT", -360}, {"PST", -480}, {"PDT", -420}, {"WET", 0},    {"WEST", 60},
     {"BST", 60},   {"CET", 60},   {"CEST", 120}, {"EET", 120},  {"EEST", 180}, {"MSK", 180},
     {"JST", 540},  {"AEST", 600}, {"AEDT", 660}, {"NZST", 720}}};

// " CET" or " TZ-6" before `:`, a year, or (UTC and GMT, TZ-6) anything.
void read_zone_name(Cursor& in, StatedTime& out) {
  if (in.peek() != ' ' || !is_letter(in.peek(1))) return;
  Cursor ahead = in;
  ahead.skip(1);
  const std::string_view rest = ahead.rest();
  const std::string_view word = rest.substr(0, std::min(rest.find_first_of(" :"), rest.size()));
  if (word.size() >= 4 && word.size() <= 5 && word.starts_with("TZ") &&
      (word[2] == '-' || word[2] == '+')) {
    Cursor hours(word.substr(3));
    const int count = hours.number(1, 2);
    if (count < 0 || count > 23) return;
    out.offset = (word[2] == '-' ? -1 : 1) * count * 3600;
    out.has_offset = true;
    in.skip(word.size() + 1);
    return;
  }
  for (const NamedZone& zone : named_zones) {
    if (zone.name != word) continue;
    ahead.skip(word.size());
    Cursor next = ahead;
    next.take(' ');
    if (zone.minutes != 0 && ahead.peek() != ':' && next.number(4, 4) < 0) return;
    out.offset = zone.minutes * 60;
    out.has_offset = true;
    in = ahead;
    return;
  }
}

// " 2003" that can only be a year: a blank or a colon follows.
void read_year_behind(Cursor& in, StatedTime& out) {
  if (in.peek() != ' ') return;
  Cursor ahead = in;
  ahead.skip(1);
  const int year = ahead.number(4, 4);
  if (year < 1970 || year > 2099) return;
  const bool colon = ahead.peek() == ':' && (ahead.peek(1) == ' ' || ahead.peek(1) == '\0');
  if (!ahead.ended() && ahead.peek() != ' ' && ahead.peek() != ']' && !colon) return;
  out.year = year;
  in = ahead;
}

bool read_month_and_day(Cursor& in, StatedTime& out) {
  const Month month = read_month(in.rest());
  if (month.number == 0) return false;
  in.skip(month.size);
  if (in.peek() != ' ') return false;
  in.blanks();
  const int day = in.number(1, 2);
  if (day < 0) return false;
  out.month = month.number;
  out.day = static_cast<std::uint32_t>(day);
  return in.take(' ');
}

// Oct 11 22:14:15, Oct 11 2003 22:14:15, Oct 11 03 22:14:15, Oct 11 22:14:15.003 CET 2003
bool read_bsd(Cursor& in, StatedTime& out) {
  if (!read_month_and_day(in, out)) return false;
  in.blanks();
  Cursor ahead = in;
  const int year = ahead.number(2, 4);
  if (year >= 0 && ahead.take(' ')) {
    if (year > 99 && year < 1000) return false;
    out.year = year >= 1000 ? year : (year < 70 ? 2000 : 1900) + year;
    ahead.blanks();
    in = ahead;
  }
  if (!read_clock(in, out)) return false;
  if (read_offset(in, out)) return in.at_border();
  read_zone_name(in, out);
  if (out.year < 0) read_year_behind(in, out);
  return in.at_border();
}

// Sat Oct 11 22:14:15 2003, Sat Oct 11 22:14:15.123456 CEST 2003
bool read_ctime(Cursor& in, StatedTime& out) {
  constexpr std::string_view days = "MonTueWedThuFriSatSun";
  const std::string_view rest = in.rest();
  if (rest.size() < 4 || rest[3] != ' ') return false;
  const std::size_t day = days.find(rest.substr(0, 3));
  if (day == std::string_view::npos || day % 3 != 0) return false;
  in.skip(4);
  if (!read_month_and_day(in, out)) return false;
  in.blanks();
  if (!read_clock(in, out)) return false;
  read_zone_name(in, out);
  read_year_behind(in, out);
  return in.at_border();
}

// 2003 Oct 11 22:14:15
bool read_year_first(Cursor& in, StatedTime& out) {
  const int year = in.number(4, 4);
  if (year < 1970 || !in.take(' ') || !read_month_and_day(in, out)) return false;
  in.blanks();
  if (!read_clock(in, out)) return false;
  out.year = year;
  if (!read_offset(in, out)) read_zone_name(in, out);
  return in.at_border();
}

// 2003-10-11T22:14:15.003+02:00, 2003-10-11 22:14:15,003, 2003/10/11 22:14:15
bool read_iso(Cursor& in, StatedTime& out) {
  out.year = in.number(4, 4);
  const char separator = in.peek();
  if (out.year < 0 || (separator != '-' && separator != '/')) return false;
  in.skip(1);
  const int month = in.number(1, 2);
  if (month < 0 || !in.take(separator)) return false;
  const int day = in.number(1, 2);
  if (day < 0) return false;
  out.strict = separator == '-' && in.at() == 10;
  out.month = static_cast<std::uint32_t>(month);
  out.day = static_cast<std::uint32_t>(day);
  if (in.peek() == 'T' || in.peek() == 't') {
    out.form = TimeForm::iso;
    if (in.peek() == 't') out.strict = false;
    in.skip(1);
  } else {
    if (in.peek() != ' ') return false;
    out.form = TimeForm::iso_blank;
    out.strict = false;
    in.blanks();
  }
  if (!read_clock(in, out)) return false;
  if (!read_offset(in, out)) {
    out.strict = false;
    if (out.form == TimeForm::iso_blank) read_zone_name(in, out);
  }
  return in.at_border();
}

// 11-Oct-2003 22:14:15.003, 11/Oct/2003:22:14:15 +0200
bool read_day_first(Cursor& in, StatedTime& out) {
  const int day = in.number(1, 2);
  const char separator = in.peek();
  if (day < 0 || (separator != '-' && separator != '/')) return false;
  in.skip(1);
  const Month month = read_month(in.rest());
  if (month.number == 0) return false;
  in.skip(month.size);
  if (!in.take(separator)) return false;
  out.year = in.number(4, 4);
  if (out.year < 0 || (!in.take(':') && !in.take(' '))) return false;
  if (!read_clock(in, out)) return false;
  out.month = month.number;
  out.day = static_cast<std::uint32_t>(day);
  read_offset(in, out);
  return in.at_border();
}

using Reader = bool (*)(Cursor&, StatedTime&);

StatedTime read_as(std::string_view text, TimeForm form, Reader reader) {
  StatedTime out;
  Cursor in(text);
  if (!reader(in, out)) return {};
  if (out.form == TimeForm::none) out.form = form;
  if (out.form != TimeForm::iso) out.strict = false;
  out.size = in.at();
  const std::int64_t year = out.year < 0 ? 2000 : out.year;
  if (out.month < 1 || out.month > 12 || out.day < 1 || out.day > days_in_month(year, out.month))
    out.valid = false;
  return out;
}

std::int64_t local_seconds(const StatedTime& stated, std::int64_t year) {
  return base::days_from_civil(year, stated.month, stated.day) * 86400 + stated.second_of_day;
}

}  // namespace

StatedTime read_time(std::string_view text) {
  if (text.size() < 14) return {};
  if (is_digit(text[0])) {
    if (StatedTime out = read_as(text, TimeForm::iso, read_iso); out.form != TimeForm::none)
      return out;
    if (StatedTime out = read_as(text, TimeForm::bsd, read_year_first); out.form != TimeForm::none)
      return out;
    return read_as(text, TimeForm::day_first, read_day_first);
  }
  if (StatedTime out = read_as(text, TimeForm::ctime, read_ctime); out.form != TimeForm::none)
    return out;
  return read_as(text, TimeForm::bsd, read_bsd);
}

StatedTime read_iso_time(std::string_view text) {
  StatedTime out = read_as(text, TimeForm::iso, read_iso);
  return out.form == TimeForm::iso ? out : StatedTime{};
}

std::int64_t year_of(std::int64_t ns) {
  return base::civil_from_days(ns / day_ns - (ns % day_ns < 0 ? 1 : 0)).year;
}

std::optional<Instant> resolve_time(const StatedTime& stated, const Zone& zone,
                                    std::int64_t year_from, base::ReceivedTime received) {
  if (!stated.valid) return std::nullopt;
  const auto in_year = [&](std::int64_t year) {
    const std::int64_t local = local_seconds(stated, year);
    const std::int64_t utc = stated.has_offset ? local - stated.offset : zone.to_utc(local);
    return utc * base::ns_per_second + stated.nanosecond;
  };
  if (stated.year >= 0) {
    if (stated.year < first_year || stated.year > last_year) return std::nullopt;
    return Instant{in_year(stated.year)};
  }
  std::int64_t year = 0;
  if (year_from != 0) {
    year = std::clamp(year_of(year_from) - 1, first_year, last_year);
    while (year < last_year && in_year(year) < year_from) ++year;
  } else {
    const auto distance = [&](std::int64_t candidate) {
      const auto ns = static_cast<std::uint64_t>(in_year(candidate));
      const auto now = static_cast<std::uint64_t>(received.value);
      return in_year(candidate) < received.value ? now - ns : ns - now;
    };
    const std::int64_t now = std::clamp(year_of(received.value), first_year + 1, last_year - 1);
    year = now - 1;
    for (const std::int64_t candidate : {now, now + 1}) {
      if (distance(candidate) < distance(year)) year = candidate;
    }
  }
  if (stated.day > days_in_month(year, stated.month)) return std::nullopt;
  const std::int64_t ns = in_year(year);
  return Instant{ns, year_from == 0 && year_of(ns) != year_of(received.value)};
}

}  // namespace tocsin::ingest
