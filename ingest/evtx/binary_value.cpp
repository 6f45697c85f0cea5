#include "ingest/evtx/binary_value.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <iterator>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "ingest/evtx/byte_reader.hpp"

namespace tocsin::ingest {

namespace {

enum Type : std::uint8_t {
  ansi_text = 0x02,
  int8 = 0x03,
  uint8 = 0x04,
  int16 = 0x05,
  uint16 = 0x06,
  int32 = 0x07,
  uint32 = 0x08,
  int64 = 0x09,
  uint64 = 0x0a,
  real32 = 0x0b,
  real64 = 0x0c,
  boolean = 0x0d,
  binary = 0x0e,
  guid = 0x0f,
  size_type = 0x10,
  filetime = 0x11,
  systemtime = 0x12,
  sid = 0x13,
  hex32 = 0x14,
  hex64 = 0x15,
};

void append_code_point(char32_t c, std::string& out) {
  const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0U | c >> 6U);
    put(0x80U | (c & 0x3FU));
  } else if (c < 0x10000) {
    put(0xE0U | c >> 12U);
    put(0x80U | (c >> 6U & 0x3FU));
    put(0x80U | (c & 0x3FU));
  } else {
    put(0xF0U | c >> 18U);
    put(0x80U | (c >> 12U & 0x3FU));
    put(0x80U | (c >> 6U & 0x3FU));
    put(0x80U | (c & 0x3FU));
  }
}

void append_text(std::string_view utf16, std::string& out) {
  while (utf16.size() >= 2 && utf16[utf16.size() - 1] == 0 && utf16[utf16.size() - 2] == 0) {
    utf16.remove_suffix(2);
  }
  std::string text;
  text.reserve(utf16.size());
  append_utf8(utf16, text);
  base::append_json_string(out, text);
}

// In an unknown code page: UTF-8 where it is that, else as ISO 8859-1.
void append_ansi(std::string_view bytes, std::string& out) {
  while (bytes.ends_with('\0')) bytes.remove_suffix(1);
  if (base::is_utf8(bytes)) return base::append_json_string(out, bytes);
  std::string text;
  for (const char c : bytes) append_code_point(static_cast<unsigned char>(c), text);
  base::append_json_string(out, text);
}

void append_hex(std::string_view bytes, std::string_view before, std::string& out) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  out.append("\"").append(before);
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    out.push_back(digits[byte >> 4U]);
    out.push_back(digits[byte & 15U]);
  }
  out.push_back('"');
}

void append_guid(std::string_view bytes, std::string& out) {
  ByteReader in(bytes);
  const std::uint32_t first = in.u32();
  const std::uint16_t second = in.u16();
  const std::uint16_t third = in.u16();
  fmt::format_to(std::back_inserter(out), "\"{:08X}-{:04X}-{:04X}-", first, second, third);
  for (int i = 0; i < 8; ++i) {
    fmt::format_to(std::back_inserter(out), "{}{:02X}", i == 2 ? "-" : "", in.u8());
  }
  out.push_back('"');
}

// Fractions as few as are needed of none, three and six digits.
void append_time(std::int64_t days, std::int64_t seconds, std::int64_t micros, std::string& out) {
  const base::CivilDate date = base::civil_from_days(days);
  fmt::format_to(std::back_inserter(out), "\"{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", date.year,
                 date.month, date.day, seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (micros % 1000 != 0) {
    fmt::format_to(std::back_inserter(out), ".{:06}", micros);
  } else if (micros != 0) {
    fmt::format_to(std::back_inserter(out), ".{:03}", micros / 1000);
  }
  out.append("Z\"");
}

// Units of 100 ns since 1601-01-01.
void append_filetime(std::uint64_t time, std::string& out) {
  constexpr std::int64_t days_to_1970 = 134774;
  const auto micros = static_cast<std::int64_t>(time / 10);
  const std::int64_t seconds = micros / 1'000'000;
  append_time(seconds / 86400 - days_to_1970, seconds % 86400, micros % 1'000'000, out);
}

// year, month, day of the week, day, hour, minute, second, milliseconds: 16 bits each.
void append_systemtime(std::string_view bytes, std::string& out) {
  ByteReader in(bytes);
  const unsigned year = in.u16(), month = in.u16();
  in.skip(2);
  const unsigned day = in.u16(), hour = in.u16(), minute = in.u16(), second = in.u16(),
                 milli = in.u16();
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59 ||
      milli > 999) {
    return append_hex(bytes, "0x", out);
  }
  append_time(base::days_from_civil(year, month, day), hour * 3600 + minute * 60 + second,
              milli * 1000, out);
}

// revision (1 byte), count (1), authority (6, big-endian), count sub-authorities (4 each)
void append_sid(std::string_view bytes, std::string& out) {
  ByteReader in(bytes);
  const unsigned revision = in.u8(), count = in.u8();
  std::uint64_t authority = 0;
  for (int i = 0; i < 6; ++i) authority = authority << 8U | in.u8();
  if (!in.ok() || in.left() < std::size_t{4} * count) return append_hex(bytes, "0x", out);
  fmt::format_to(std::back_inserter(out), "\"S-{}-{}", revision, authority);
  for (unsigned i = 0; i < count; ++i) fmt::format_to(std::back_inserter(out), "-{}", in.u32());
  out.push_back('"');
}

template <typename Real>
void append_real(std::string_view bytes, std::string& out) {
  Real value;
  std::memcpy(&value, bytes.data(), sizeof value);
  if (!std::isfinite(value)) {
    out.append("null");
  } else {
    fmt::format_to(std::back_inserter(out), "{}", value);
  }
}

// A number or what else has a fixed size, which the bytes have.
void append_fixed(std::uint8_t type, std::string_view bytes, std::string& out) {
  ByteReader in(bytes);
  const auto put = [&](auto value) { fmt::format_to(std::back_inserter(out), "{}", value); };
  switch (type) {
    case int8:
      return put(int{static_cast<std::int8_t>(in.u8())});
    case uint8:
      return put(unsigned{in.u8()});
    case int16:
      return put(static_cast<std::int16_t>(in.u16()));
    case uint16:
      return put(in.u16());
    case int32:
      return put(static_cast<std::int32_t>(in.u32()));
    case uint32:
      return put(in.u32());
    case int64:
      return put(static_cast<std::int64_t>(in.u64()));
    case uint64:
      return put(in.u64());
    case real32:
      return append_real<float>(bytes, out);
    case real64:
      return append_real<double>(bytes, out);
    case boolean:
      return put(in.u32() != 0);
    case guid:
      return append_guid(bytes, out);
    case filetime:
      return append_filetime(in.u64(), out);
    case systemtime:
      return append_systemtime(bytes, out);
    case hex32:
      fmt::format_to(std::back_inserter(out), "\"0x{:x}\"", in.u32());
      return;
    default:
      fmt::format_to(std::back_inserter(out), "\"0x{:x}\"", in.u64());
      return;
  }
}

void append_array(std::uint8_t type, std::string_view bytes, std::string& out) {
  out.push_back('[');
  bool first = true;
  const auto next = [&] {
    if (!first) out.push_back(',');
    first = false;
  };
  const std::size_t size = size_of_type(type);
  if (type == BinaryType::text) {
    while (bytes.size() >= 2) {
      std::size_t end = 0;
      while (end + 2 <= bytes.size() && (bytes[end] != 0 || bytes[end + 1] != 0)) end += 2;
      next();
      append_text(bytes.substr(0, end), out);
      bytes.remove_prefix(std::min(end + 2, bytes.size()));
    }
  } else if (size > 0) {
    for (; bytes.size() >= size; bytes.remove_prefix(size)) {
      next();
      append_fixed(type, bytes.substr(0, size), out);
    }
  } else {
    next();
    append_hex(bytes, "0x", out);
  }
  out.push_back(']');
}

}  // namespace

std::size_t size_of_type(std::uint8_t type) {
  switch (type) {
    case int8:
    case uint8:
      return 1;
    case int16:
    case uint16:
      return 2;
    case int32:
    case uint32:
    case real32:
    case boolean:
    case hex32:
      return 4;
    case int64:
    case uint64:
    case real64:
    case filetime:
    case hex64:
      return 8;
    case guid:
    case systemtime:
      return 16;
    default:
      return 0;
  }
}

void append_utf8(std::string_view utf16, std::string& out) {
  ByteReader in(utf16);
  while (in.left() >= 2) {
    char32_t c = in.u16();
    if (c >= 0xD800 && c < 0xE000) {
      ByteReader ahead = in;
      const char32_t low = ahead.left() >= 2 ? ahead.u16() : 0;
      if (c < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
        c = 0x10000 + ((c - 0xD800) << 10U) + (low - 0xDC00);
        in = ahead;
      } else {
        c = 0xFFFD;
      }
    }
    append_code_point(c, out);
  }
}

void append_json_value(std::uint8_t type, std::string_view bytes, std::string& out) {
  if ((type & BinaryType::array) != 0) {
    return append_array(static_cast<std::uint8_t>(type & 0x7FU), bytes, out);
  }
  switch (type) {
    case BinaryType::null:
      out.append("null");
      return;
    case BinaryType::text:
      return append_text(bytes, out);
    case ansi_text:
      return append_ansi(bytes, out);
    case binary:
      return append_hex(bytes, "", out);
    case sid:
      return append_sid(bytes, out);
    case size_type:
      if (bytes.size() == 4) return append_fixed(hex32, bytes, out);
      if (bytes.size() == 8) return append_fixed(hex64, bytes, out);
      break;
    default:
      if (const std::size_t size = size_of_type(type); size > 0 && bytes.size() >= size) {
        return append_fixed(type, bytes.substr(0, size), out);
      }
      break;
  }
  if (bytes.empty()) {
    out.append("null");
  } else {
    append_hex(bytes, "0x", out);
  }
}

}  // namespace tocsin::ingest
