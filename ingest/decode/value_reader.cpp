#include "ingest/decode/value_reader.hpp"

#include "base/time.hpp"

namespace tocsin::ingest {

namespace {

bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }
bool is_hex_digit(char c) {
  return is_digit(c) || static_cast<unsigned char>((c | 0x20) - 'a') < 6;
}

// Seconds since 1970Z with a fraction, or (13, 16, 19 digits) milli-, micro-, nanoseconds.
const char* epoch(const char* at, const char* end, StatedTime& out) {
  const char* first = at;
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
  std::uint64_t nanosecond = value % per_second * (1'000'000'000 / per_second);
  if (per_second == 1 && end - at > 1 && *at == '.' && is_digit(at[1])) {
    std::uint64_t scale = 100'000'000;
    for (++at; at < end && is_digit(*at); ++at, scale /= 10) {
      nanosecond += scale * static_cast<std::uint64_t>(*at - '0');
    }
  }
  const auto seconds = static_cast<std::int64_t>(value / per_second);
  const auto date = base::civil_from_days(seconds / 86400);
  out = StatedTime{};
  out.form = TimeForm::iso;
  out.has_offset = true;
  out.year = static_cast<std::int32_t>(date.year);
  out.month = date.month;
  out.day = date.day;
  out.second_of_day = static_cast<std::int32_t>(seconds % 86400);
  out.nanosecond = static_cast<std::int32_t>(nanosecond);
  out.size = static_cast<std::size_t>(at - first);
  return at;
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

const char* read_time_as(CaptureType type, const char* at, const char* end, StatedTime& out) {
  if (type == CaptureType::time_epoch) return epoch(at, end, out);
  out = read_time({at, static_cast<std::size_t>(end - at)});
  bool right = false;
  switch (type) {
    case CaptureType::time_clf:
      right = out.form == TimeForm::day_first && out.has_offset;
      break;
    case CaptureType::time_ctime:
      right = out.form == TimeForm::ctime;
      break;
    case CaptureType::time_nginx:
      right = out.form == TimeForm::iso_blank;
      break;
    case CaptureType::time_iso:
      right = out.form == TimeForm::iso || out.form == TimeForm::iso_blank;
      break;
    case CaptureType::time_syslog:
      right = out.form == TimeForm::bsd;
      break;
    default:
      break;
  }
  return right && out.valid ? at + out.size : nullptr;
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
  if (!is_ipv6(address)) {
    // An address without brackets and its port, where it can be nothing else.
    const std::size_t colon = bracket ? std::string_view::npos : address.rfind(':');
    if (colon == std::string_view::npos || !is_ipv6(address.substr(0, colon))) return nullptr;
    const bool only_a_port =
        address.size() - colon == 6 || address.substr(0, colon).find('.') != std::string_view::npos;
    if (!only_a_port) return nullptr;
    address = address.substr(0, colon);
    last = first + colon;
  }
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

// `192.0.2.7:443`, `[2001:db8::7]:443`: what is behind the address in structured bodies.
static bool is_port_behind(std::string_view text, const char* after) {
  const char* end = text.data() + text.size();
  if (after == nullptr || *after != ':') return false;
  if (text.front() != '[' && text.find(':') != static_cast<std::size_t>(after - text.data()))
    return false;
  return read_port(after + 1, end) == end;
}

bool read_whole(CaptureType type, std::string_view text, CapturedValue& value, StatedTime& time) {
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
      if (const char* after = read_ip(at, end, address);
          after == end || is_port_behind(text, after)) {
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
      return read_time_as(type, at, end, time) == end;
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
