#include "tests/reference/slow_matcher.hpp"

#include <arpa/inet.h>
#include <re2/re2.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <optional>

#include "rules/folding.hpp"

namespace tocsin::reference {

namespace {

using namespace rules;
using Points = std::vector<std::uint32_t>;

// Code points; a byte that is no UTF-8 is a point of its own above all others.
Points decode(const std::string& text) {
  Points out;
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t k) -> std::uint32_t {
      return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0;
    };
    const auto more = [&](std::size_t k) { return (byte(k) & 0xC0U) == 0x80U; };
    const std::uint32_t b = byte(0);
    std::uint32_t point = 0x110000 + b;
    std::size_t length = 1;
    if (b < 0x80) {
      point = b;
    } else if (b >= 0xC2 && b < 0xE0 && more(1)) {
      point = (b & 0x1FU) * 64 + (byte(1) & 0x3FU);
      length = 2;
    } else if (b >= 0xE0 && b < 0xF0 && more(1) && more(2)) {
      const std::uint32_t p = (b & 0x0FU) * 4096 + (byte(1) & 0x3FU) * 64 + (byte(2) & 0x3FU);
      if (p >= 0x800 && (p < 0xD800 || p > 0xDFFF)) point = p, length = 3;
    } else if (b >= 0xF0 && b < 0xF5 && more(1) && more(2) && more(3)) {
      const std::uint32_t p = (b & 0x07U) * 262144 + (byte(1) & 0x3FU) * 4096 +
                              (byte(2) & 0x3FU) * 64 + (byte(3) & 0x3FU);
      if (p >= 0x10000 && p <= 0x10FFFF) point = p, length = 4;
    }
    out.push_back(point);
    i += length;
  }
  return out;
}

Points folded_points(const std::string& text, bool cased) {
  Points out = decode(text);
  if (!cased) {
    for (std::uint32_t& point : out) {
      if (point < 0x110000) point = fold_code_point(point);
    }
  }
  return out;
}

// A byte that is no UTF-8 comes back as itself.
void append_utf8(std::string& out, std::uint32_t p) {
  if (p >= 0x110000) {
    out += static_cast<char>(p - 0x110000);
  } else if (p < 0x80) {
    out += static_cast<char>(p);
  } else if (p < 0x800) {
    out += static_cast<char>(0xC0 + p / 64);
    out += static_cast<char>(0x80 + p % 64);
  } else if (p < 0x10000) {
    out += static_cast<char>(0xE0 + p / 4096);
    out += static_cast<char>(0x80 + p / 64 % 64);
    out += static_cast<char>(0x80 + p % 64);
  } else {
    out += static_cast<char>(0xF0 + p / 262144);
    out += static_cast<char>(0x80 + p / 4096 % 64);
    out += static_cast<char>(0x80 + p / 64 % 64);
    out += static_cast<char>(0x80 + p % 64);
  }
}

constexpr std::uint32_t any_mark = 0xFFFFFFFF;
constexpr std::uint32_t one_mark = 0xFFFFFFFE;

std::optional<long double> number_of(const std::string& text) {
  static const RE2 form(R"(-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?)");
  if (!RE2::FullMatch(text, form)) return std::nullopt;
  static const RE2 whole(R"(-?[0-9]+)");
  errno = 0;
  static_cast<void>(std::strtoll(text.c_str(), nullptr, 10));
  const bool is_whole = RE2::FullMatch(text, whole) && errno == 0;
  const long double value = is_whole ? std::strtold(text.c_str(), nullptr)
                                     : static_cast<long double>(std::strtod(text.c_str(), nullptr));
  if (value > 1.7e308L || value < -1.7e308L) return std::nullopt;
  return value;
}

long double value_of(const Number& number) {
  return number.is_whole ? static_cast<long double>(number.whole)
                         : static_cast<long double>(number.real);
}

// Bits of an address, and how many there are; IPv4 inside IPv6 is IPv4.
std::optional<std::vector<bool>> bits_of(const std::string& text) {
  std::uint8_t bytes[16];
  std::size_t count = 0;
  const std::uint8_t* from = bytes;
  if (text.find('\0') != std::string::npos) return std::nullopt;
  if (inet_pton(AF_INET, text.c_str(), bytes) == 1) {
    count = 4;
  } else if (inet_pton(AF_INET6, text.c_str(), bytes) == 1) {
    count = 16;
    bool is_mapped = true;
    for (int i = 0; i < 10; ++i) is_mapped = is_mapped && bytes[i] == 0;
    if (is_mapped && bytes[10] == 0xFF && bytes[11] == 0xFF) from = bytes + 12, count = 4;
  } else {
    return std::nullopt;
  }
  std::vector<bool> bits;
  for (std::size_t i = 0; i < count * 8; ++i) bits.push_back((from[i / 8] >> (7 - i % 8) & 1) != 0);
  return bits;
}

bool in_network(const std::string& text, const Network& network) {
  const auto bits = bits_of(text);
  if (!bits || (bits->size() == 128) != network.address.v6) return false;
  for (std::size_t i = 0; i < network.bits; ++i) {
    if ((*bits)[i] != ((network.address.bytes[i / 8] >> (7 - i % 8) & 1) != 0)) return false;
  }
  return true;
}

bool regex_found(const std::string& text, const Regex& regex) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_case_sensitive(!regex.ignore_case);
  options.set_dot_nl(regex.dot_all);
  std::string mended;
  for (const std::uint32_t point : decode(text))
    append_utf8(mended, point >= 0x110000 ? 0xFFFD : point);
  return RE2::PartialMatch(mended, RE2((regex.multiline ? "(?m)" : "") + regex.text, options));
}

// The part of "YYYY-MM-DD HH:MM" by the C library, which counts weeks by itself.
std::optional<long double> part_of(const std::string& text, DatePart part) {
  static const RE2 form(R"((\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2}))?(?s:.*))", RE2::Latin1);
  static const RE2 bare(R"(\d{4}-\d{2}-\d{2}(?:[Tt ](?s:.*))?)", RE2::Latin1);
  std::string date, time;
  if (!RE2::FullMatch(text, bare) || !RE2::FullMatch(text, form, &date, &time)) return std::nullopt;
  std::tm tm = {};
  // Of "32" the library reads the 3 as a day and stops.
  const auto read = [&](const std::string& whole, const char* format) {
    const char* const end = strptime(whole.c_str(), format, &tm);
    return end != nullptr && *end == '\0';
  };
  if (!read(date, "%Y-%m-%d")) return std::nullopt;
  const bool needs_time = part == DatePart::hour || part == DatePart::minute;
  if (needs_time && !read(time, "%H:%M")) return std::nullopt;
  const char* const formats[] = {"", "%M", "%H", "%d", "%V", "%m", "%Y"};
  char out[16];
  tm.tm_isdst = 0;
  std::tm same = tm;
  timegm(&same);
  same.tm_hour = tm.tm_hour, same.tm_min = tm.tm_min;
  if (part == DatePart::day) same.tm_mday = tm.tm_mday;
  if (part == DatePart::month) same.tm_mon = tm.tm_mon;
  std::strftime(out, sizeof out, formats[static_cast<int>(part)], &same);
  return std::strtold(out, nullptr);
}

bool value_meets(const std::string& text, const Value& value, bool cased) {
  switch (value.kind) {
    case Value::Kind::text:
      return std::ranges::any_of(
          value.patterns, [&](const Pattern& pattern) { return slow_fits(text, pattern, cased); });
    case Value::Kind::number: {
      const auto number =
          value.date_part == DatePart::none ? number_of(text) : part_of(text, value.date_part);
      return number && *number == value_of(value.number);
    }
    case Value::Kind::comparison: {
      const auto number =
          value.date_part == DatePart::none ? number_of(text) : part_of(text, value.date_part);
      if (!number) return false;
      const long double bound = value_of(value.number);
      return value.comparison == Comparison::lt    ? *number < bound
             : value.comparison == Comparison::lte ? *number <= bound
             : value.comparison == Comparison::gt  ? *number > bound
                                                   : *number >= bound;
    }
    case Value::Kind::network:
      return in_network(text, value.network);
    case Value::Kind::regex:
      return regex_found(text, value.regex);
    case Value::Kind::null:
    case Value::Kind::exists:
    case Value::Kind::reference:
      break;
  }
  return false;
}

// The bytes of folded text: what two values share may begin within a broken character.
std::string folded_bytes(const std::string& text, bool cased) {
  std::string out;
  for (const std::uint32_t point : folded_points(text, cased)) append_utf8(out, point);
  return out;
}

bool stands_so(const std::string& text, Relation relation, const std::string& other) {
  if (other.size() > text.size()) return false;
  const std::size_t room = text.size() - other.size();
  for (std::size_t begin = 0; begin <= room; ++begin) {
    const bool may_stand = relation == Relation::contains ||
                           (relation == Relation::begins_with && begin == 0) ||
                           (relation == Relation::ends_with && begin == room) ||
                           (relation == Relation::equals && begin == 0 && room == 0);
    if (may_stand && text.compare(begin, other.size(), other) == 0) return true;
  }
  return false;
}

bool fields_relate(const SlowEvent& event, const Item& item, const Value& value) {
  for (const SlowField& field : event.fields) {
    if (field.name != *item.field || field.is_null) continue;
    for (const SlowField& other : event.fields) {
      if (other.name != value.other || other.is_null) continue;
      if (stands_so(folded_bytes(field.value, item.cased), value.relation,
                    folded_bytes(other.value, item.cased)))
        return true;
    }
  }
  return false;
}

bool event_meets(const SlowEvent& event, const Item& item, const Value& value) {
  if (!item.field) {
    if (value_meets(event.raw, value, item.cased)) return true;
    return std::ranges::any_of(event.fields, [&](const SlowField& field) {
      return !field.is_null && value_meets(field.value, value, item.cased);
    });
  }
  if (value.kind == Value::Kind::reference) return fields_relate(event, item, value);
  bool is_there = false, is_null = false, is_met = false;
  for (const SlowField& field : event.fields) {
    if (field.name != *item.field) continue;
    is_there = true;
    is_null = is_null || field.is_null;
    is_met = is_met || (!field.is_null && value_meets(field.value, value, item.cased));
  }
  if (value.kind == Value::Kind::exists) return is_there == value.flag;
  if (value.kind == Value::Kind::null) return !is_there || is_null;
  return is_met;
}

bool event_meets(const SlowEvent& event, const Item& item) {
  bool met = item.all;
  for (const Value& value : item.values) {
    const bool one = event_meets(event, item, value);
    met = item.all ? met && one : met || one;
  }
  return met != item.negated;
}

bool event_meets(const SlowEvent& event, const Selection& selection) {
  bool all = true, any = false;
  for (const Item& item : selection.items) {
    const bool one = event_meets(event, item);
    all = all && one, any = any || one;
  }
  for (const Selection& part : selection.parts) {
    const bool one = event_meets(event, part);
    all = all && one, any = any || one;
  }
  return selection.any ? any : all;
}

bool event_meets(const SlowEvent& event, const Condition& condition, const Detection& detection) {
  if (condition.kind == Condition::Kind::selection)
    return event_meets(event, detection.selections[condition.selection]);
  bool all = true, any = false;
  for (const Condition& child : condition.children) {
    const bool one = event_meets(event, child, detection);
    all = all && one, any = any || one;
  }
  return condition.kind == Condition::Kind::all_of   ? all
         : condition.kind == Condition::Kind::any_of ? any
                                                     : !all;
}

}  // namespace

bool slow_fits(const std::string& value, const Pattern& pattern, bool cased) {
  const Points text = folded_points(value, cased);
  Points marks;
  for (const PatternPart& part : pattern.parts) {
    if (part.kind == PatternPart::Kind::any) {
      marks.push_back(any_mark);
    } else if (part.kind == PatternPart::Kind::one) {
      marks.push_back(one_mark);
    } else {
      const Points points = folded_points(part.text, cased);
      marks.insert(marks.end(), points.begin(), points.end());
    }
  }
  // fits[i]: the first i points of the text fit the marks so far.
  std::vector<bool> fits(text.size() + 1, false);
  fits[0] = true;
  for (const std::uint32_t mark : marks) {
    std::vector<bool> next(text.size() + 1, false);
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (mark == any_mark) {
        next[i] = fits[i] || (i > 0 && next[i - 1]);
      } else if (i > 0) {
        next[i] = fits[i - 1] && (mark == one_mark || mark == text[i - 1]);
      }
    }
    fits = next;
  }
  return fits[text.size()];
}

std::vector<std::string> SlowMatcher::match(const SlowEvent& event) const {
  std::vector<std::string> out;
  for (const RuleDocument& rule : documents_.rules) {
    const auto is_covered = [&](const event::Logsource& logsource) {
      return rule.logsource.covers(logsource);
    };
    if (!rule.detection || std::ranges::none_of(event.logsources, is_covered)) continue;
    bool met = event_meets(event, rule.detection->condition, *rule.detection);
    for (const FilterDocument& filter : documents_.filters) {
      if (!filter.logsource.covers(rule.logsource)) continue;
      const bool applies =
          filter.every_rule || std::ranges::any_of(filter.rules, [&](const std::string& reference) {
            return reference == rule.metadata.id ||
                   (!rule.metadata.name.empty() && reference == rule.metadata.name);
          });
      if (applies) met = met && event_meets(event, filter.detection.condition, filter.detection);
    }
    if (met) out.push_back(rule.metadata.id);
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace tocsin::reference
