#include "ingest/decode/value_reader.hpp"

#include <array>
#include <cstring>

#include "base/time.hpp"

namespace tocsin::ingest {

namespace {

bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }
bool is_hex_digit(char c) {
  return is_digit(c) || static_cast<unsigned char>((c | 0x20) - 'a') < 6;
}

// Reads exactly as many digits as asked, into a small number.
template <typename Number>
const char* digits(const char* at, const char* end, int count, Number& out) {
  if (at == nullptr || end - at < count) return nullptr;
  unsigned value = 0;
  for (int i = 0; i < count; ++i) {
    if (!is_digit(at[i])) return nullptr;
    value = value * 10 + static_cast<unsigned>(at[i] - '0');
  }
  out = static_cast<Number>(value);
  return at + count;
}

const char* expect(const char* at, const char* end, char c) {
  return at != nullptr && at < end && *at == c ? at + 1 : nullptr;
}

const char* month_name(const char* at, const char* end, std::uint8_t& out) {
  constexpr std::string_view names = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (at == nullptr || end - at < 3) return nullptr;
  for (std::uint8_t month = 0; month < 12; ++month) {
    if (std::memcmp(at, names.data() + month * 3, 3) == 0) {
      out = static_cast<std::uint8_t>(month + 1);
      return at + 3;
    }
  }
  return nullptr;
}

// hh:mm:ss
const char* clock(const char* at, const char* end, CalendarTime& out) {
  at = digits(at, end, 2, out.hour);
  at = digits(expect(at, end, ':'), end, 2, out.minute);
  at = digits(expect(at, end, ':'), end, 2, out.second);
  if (at == nullptr || out.hour > 23 || out.minute > 59 || out.second > 60) return nullptr;
  if (out.second == 60) {
    out.second = 59;
    out.nanosecond = 999'999'999;
    out.leap_second = true;
  }
  return at;
}

// .123456 or ,123 where there is one.
const char* fraction(const char* at, const char* end, CalendarTime& out) {
  if (at == nullptr || end - at < 2 || (*at != '.' && *at != ',') || !is_digit(at[1])) return at;
  std::uint32_t value = 0;
  int count = 0;
  for (++at; at < end && is_digit(*at); ++at) {
    if (count < 9) {
      value = value * 10 + static_cast<std::uint32_t>(*at - '0');
      ++count;
    }
  }
  for (; count < 9; ++count) value *= 10;
  if (!out.leap_second) out.nanosecond = value;
  return at;
}

// +hhmm or +hh:mm or Z where there is one.
const char* offset(const char* at, const char* end, CalendarTime& out) {
  if (at == nullptr || at == end) return at;
  if (*at == 'Z' || *at == 'z') {
    out.has_offset = true;
    return at + 1;
  }
  if (*at != '+' && *at != '-') return at;
  std::uint8_t hours = 0, minutes = 0;
  const char* next = digits(at + 1, end, 2, hours);
  if (next != nullptr && next < end && *next == ':') ++next;
  next = digits(next, end, 2, minutes);
  if (next == nullptr || hours > 23 || minutes > 59) return at;
  const std::int32_t seconds = hours * 3600 + minutes * 60;
  out.offset = *at == '-' ? -seconds : seconds;
  out.has_offset = true;
  return next;
}

bool is_date(const CalendarTime& time) {
  constexpr std::array<std::uint8_t, 12> lengths = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (time.month < 1 || time.month > 12 || time.day < 1) return false;
  const bool leap =
      time.year == 0 || (time.year % 4 == 0 && (time.year % 100 != 0 || time.year % 400 == 0));
  const unsigned length = lengths[time.month - 1U] + (time.month == 2 && leap ? 1U : 0U);
  return time.day <= length;
}

// 10/Oct/2000:13:55:36 -0700
const char* clf(const char* at, const char* end, CalendarTime& out) {
  at = digits(at, end, 2, out.day);
  at = month_name(expect(at, end, '/'), end, out.month);
  at = digits(expect(at, end, '/'), end, 4, out.year);
  at = fraction(clock(expect(at, end, ':'), end, out), end, out);
  at = expect(at, end, ' ');
  if (at == nullptr) return nullptr;
  at = offset(at, end, out);
  return out.has_offset ? at : nullptr;
}

// Sat Jul 20 21:34:49.453232 2013; the day may be padded with a blank
const char* ctime(const char* at, const char* end, CalendarTime& out) {
  if (end - at < 4) return nullptr;
  at = month_name(expect(at + 3, end, ' '), end, out.month);
  at = expect(at, end, ' ');
  if (at == nullptr || at == end) return nullptr;
  if (*at == ' ') {
    at = digits(at + 1, end, 1, out.day);
  } else {
    at = digits(at, end, 2, out.day);
  }
  at = fraction(clock(expect(at, end, ' '), end, out), end, out);
  return digits(expect(at, end, ' '), end, 4, out.year);
}

// 2000-10-10T13:55:36.123+02:00; a blank may stand for T, and before the offset
const char* iso(const char* at, const char* end, CalendarTime& out) {
  at = digits(at, end, 4, out.year);
  at = digits(expect(at, end, '-'), end, 2, out.month);
  at = digits(expect(at, end, '-'), end, 2, out.day);
  if (at == nullptr || at == end || (*at != 'T' && *at != ' ' && *at != 't')) return nullptr;
  at = fraction(clock(at + 1, end, out), end, out);
  const char* next = offset(at, end, out);
  if (next == at && at != nullptr && end - at > 5 && *at == ' ' && (at[1] == '+' || at[1] == '-') &&
      is_digit(at[2])) {
    next = offset(at + 1, end, out);
    if (!out.has_offset) next = at;
  }
  return next;
}

// 2000/10/10 13:55:36
const char* nginx(const char* at, const char* end, CalendarTime& out) {
  at = digits(at, end, 4, out.year);
  at = digits(expect(at, end, '/'), end, 2, out.month);
  at = digits(expect(at, end, '/'), end, 2, out.day);
  return fraction(clock(expect(at, end, ' '), end, out), end, out);
}

// Oct 10 13:55:36
const char* bsd_syslog(const char* at, const char* end, CalendarTime& out) {
  at = month_name(at, end, out.month);
  at = expect(at, end, ' ');
  if (at == nullptr || at == end) return nullptr;
  at = *at == ' ' ? digits(at + 1, end, 1, out.day) : digits(at, end, 2, out.day);
  return fraction(clock(expect(at, end, ' '), end, out), end, out);
}

// Seconds since 1970Z with a fraction, or (13, 16, 19 digits) milli-, micro-, nanoseconds.
const char* epoch(const char* at, const char* end, CalendarTime& out) {
  std::uint64_t value = 0;
  int count = 0;
  for (; at < end && is_digit(*at); ++at) {
    if (++count > 19) return nullptr;
    value = value * 10 + static_cast<std::uint64_t>(*at - '0');
  }
  std::uint64_t per_second = 1;
  if (count >= 18) {
    per_second = 1'000'000'000;
  } else if (count >= 15) {
    per_second = 1'000'000;
  } else if (count >= 12) {
    per_second = 1'000;
  } else if (count < 9) {
    return nullptr;
  }
  const std::uint64_t seconds = value / per_second;
  if (seconds > 253'402'300'799ULL) return nullptr;  // 9999-12-31T23:59:59Z
  const auto date = base::civil_from_days(static_cast<std::int64_t>(seconds / 86400));
  const std::uint64_t of_day = seconds % 86400;
  out.year = static_cast<std::int32_t>(date.year);
  out.month = static_cast<std::uint8_t>(date.month);
  out.day = static_cast<std::uint8_t>(date.day);
  out.hour = static_cast<std::uint8_t>(of_day / 3600);
  out.minute = static_cast<std::uint8_t>(of_day / 60 % 60);
  out.second = static_cast<std::uint8_t>(of_day % 60);
  out.nanosecond = static_cast<std::uint32_t>(value % per_second * (1'000'000'000 / per_second));
  out.has_offset = true;
  return per_second == 1 ? fraction(at, end, out) : at;
}

// The part of an IPv6 address before a zone; true when it is one.
bool is_ipv6(std::string_view text) {
  int groups = 0;
  bool gap = false;
  std::size_t at = 0;
  if (text.substr(0, 2) == "::") {
    gap = true;
    at = 2;
  } else if (text.empty() || text[0] == ':') {
    return false;
  }
  while (at < text.size()) {
    std::size_t count = 0;
    while (at + count < text.size() && is_hex_digit(text[at + count])) ++count;
    if (at + count < text.size() && text[at + count] == '.') {
      const char* end = text.data() + text.size();
      return groups <= 6 && (gap || groups == 6) && read_ipv4(text.data() + at, end) == end;
    }
    if (count == 0 || count > 4 || ++groups > 8) return false;
    at += count;
    if (at == text.size()) break;
    if (text[at] != ':' || ++at == text.size()) return false;
    if (text[at] == ':') {
      if (gap) return false;
      gap = true;
      ++at;
    }
  }
  return gap ? groups < 8 : groups == 8;
}

}  // namespace

std::int64_t as_utc(const CalendarTime& time) {
  const std::int64_t days = base::days_from_civil(time.year, time.month, time.day);
  const std::int64_t seconds =
      days * 86400 + time.hour * 3600 + time.minute * 60 + time.second - time.offset;
  return seconds * base::ns_per_second + time.nanosecond;
}

const char* read_time(CaptureType type, const char* at, const char* end, CalendarTime& out) {
  out = CalendarTime{};
  switch (type) {
    case CaptureType::time_clf:
      at = clf(at, end, out);
      break;
    case CaptureType::time_ctime:
      at = ctime(at, end, out);
      break;
    case CaptureType::time_iso:
      at = iso(at, end, out);
      break;
    case CaptureType::time_nginx:
      at = nginx(at, end, out);
      break;
    case CaptureType::time_epoch:
      return epoch(at, end, out);
    case CaptureType::time_syslog:
      at = bsd_syslog(at, end, out);
      break;
    default:
      return nullptr;
  }
  return at != nullptr && is_date(out) ? at : nullptr;
}

const char* read_ipv4(const char* at, const char* end) {
  for (int part = 0; part < 4; ++part) {
    if (part > 0) {
      if (at == end || *at != '.') return nullptr;
      ++at;
    }
    unsigned value = 0;
    int count = 0;
    while (at < end && is_digit(*at)) {
      if (++count > 3) return nullptr;
      value = value * 10 + static_cast<unsigned>(*at++ - '0');
    }
    if (count == 0 || value > 255) return nullptr;
  }
  if (at + 1 < end && *at == '.' && is_digit(at[1])) return nullptr;
  return at;
}

const char* read_ip(const char* at, const char* end, std::string_view& value) {
  const char* v4 = read_ipv4(at, end);
  if (v4 != nullptr) {
    value = {at, static_cast<std::size_t>(v4 - at)};
    return v4;
  }
  const bool bracket = at < end && *at == '[';
  const char* first = bracket ? at + 1 : at;
  const char* last = first;
  while (last < end && last - first < 46 && (is_hex_digit(*last) || *last == ':' || *last == '.')) {
    ++last;
  }
  // A colon or a full stop of the sentence may follow the address.
  while (last - first > 2 && (last[-1] == '.' || (last[-1] == ':' && last[-2] != ':'))) --last;
  std::string_view address{first, static_cast<std::size_t>(last - first)};
  if (bracket && read_ipv4(first, last) == last && last < end && *last == ']') {
    value = address;
    return last + 1;
  }
  if (!is_ipv6(address)) return nullptr;
  constexpr std::string_view mapped = "::ffff:";
  if (address.size() > mapped.size() && address[2] != ':' && (address[2] | 0x20) == 'f') {
    bool same = true;
    for (std::size_t i = 0; i < mapped.size(); ++i) {
      const char c = address[i];
      same = same && (c == ':' ? c : static_cast<char>(c | 0x20)) == mapped[i];
    }
    const char* inner = first + mapped.size();
    if (same && read_ipv4(inner, last) == last) address.remove_prefix(mapped.size());
  }
  if (last < end && *last == '%') {
    ++last;
    while (last < end &&
           (is_digit(*last) || static_cast<unsigned char>((*last | 0x20) - 'a') < 26 ||
            *last == '.' || *last == '-' || *last == '_')) {
      ++last;
    }
  }
  if (bracket) {
    if (last == end || *last != ']') return nullptr;
    ++last;
  }
  value = address;
  return last;
}

const char* read_integer(const char* at, const char* end) {
  if (at < end && (*at == '-' || *at == '+')) ++at;
  const char* first = at;
  while (at < end && is_digit(*at)) ++at;
  return at == first ? nullptr : at;
}

const char* read_number(const char* at, const char* end) {
  at = read_integer(at, end);
  if (at == nullptr) return nullptr;
  if (end - at > 1 && *at == '.' && is_digit(at[1])) {
    at += 2;
    while (at < end && is_digit(*at)) ++at;
  }
  return at;
}

const char* read_hex(const char* at, const char* end) {
  if (end - at > 2 && at[0] == '0' && (at[1] | 0x20) == 'x') at += 2;
  const char* first = at;
  while (at < end && is_hex_digit(*at)) ++at;
  return at == first ? nullptr : at;
}

const char* read_port(const char* at, const char* end) {
  unsigned value = 0;
  int count = 0;
  while (at < end && is_digit(*at)) {
    if (++count > 5) return nullptr;
    value = value * 10 + static_cast<unsigned>(*at++ - '0');
  }
  return count == 0 || value > 65535 ? nullptr : at;
}

bool read_whole(CaptureType type, std::string_view text, CapturedValue& value, CalendarTime& time) {
  const char* at = text.data();
  const char* end = at + text.size();
  value = {at, static_cast<std::uint32_t>(text.size()), false, false};
  if (text.empty()) return true;
  std::string_view address;
  switch (type) {
    case CaptureType::word:
      return text.find_first_of(" \t") == std::string_view::npos;
    case CaptureType::dash:
      if (text == "-") value.size = 0;
      return text.find_first_of(" \t") == std::string_view::npos;
    case CaptureType::integer:
      return read_integer(at, end) == end;
    case CaptureType::number:
      return read_number(at, end) == end;
    case CaptureType::hex:
      return read_hex(at, end) == end;
    case CaptureType::port:
      return read_port(at, end) == end;
    case CaptureType::ip:
    case CaptureType::host:
      if (read_ip(at, end, address) == end) {
        value = {address.data(), static_cast<std::uint32_t>(address.size()), true, false};
        return true;
      }
      if (text == "-") value.size = 0;
      return type == CaptureType::host && is_host_name(text);
    case CaptureType::text:
    case CaptureType::last:
    case CaptureType::rest:
    case CaptureType::quoted:
    case CaptureType::bracketed:
    case CaptureType::key_value:
      return true;
    default:
      return read_time(type, at, end, time) == end;
  }
}

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 255) return false;
  for (const char c : text) {
    if (!is_digit(c) && static_cast<unsigned char>((c | 0x20) - 'a') >= 26 && c != '.' &&
        c != '-' && c != '_') {
      return false;
    }
  }
  return true;
}

}  // namespace tocsin::ingest
