#include "rules/predicate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/text.hpp"
#include "rules/folding.hpp"

namespace tocsin::rules {

namespace {

char fold_ascii(char c) {
  return static_cast<char>(c | (static_cast<unsigned char>(c - 'A') < 26 ? 0x20 : 0));
}

bool is_plain(char c) { return static_cast<unsigned char>(c) < 0x80; }

using Kind = PatternPart::Kind;

// The parts from `first` to `last`, none of them `any`, at the front of text: how many bytes they
// take, npos when they do not stand there.
std::size_t run_length(std::string_view text, const PatternPart* first, const PatternPart* last) {
  std::size_t at = 0;
  for (const PatternPart* part = first; part != last; ++part) {
    if (part->kind == Kind::text) {
      if (!text.substr(at).starts_with(part->text)) return std::string_view::npos;
      at += part->text.size();
    } else {
      if (at >= text.size()) return std::string_view::npos;
      at += std::max<std::size_t>(1, base::utf8_length(text.substr(at)));
    }
  }
  return at;
}

// The next place at or behind `at` where a run that begins with `part` may stand.
std::size_t next_start(std::string_view text, std::size_t at, const PatternPart& part) {
  return part.kind == Kind::text ? text.find(part.text, at) : at <= text.size() ? at : text.npos;
}

}  // namespace

std::string key_of(const Predicate& p) {
  std::string key = fmt::format("{} {} {} ", p.field.value, static_cast<int>(p.test), p.cased);
  switch (p.test) {
    case Test::wildcard:
      return key + to_string(p.pattern);
    case Test::regex:
      return key + fmt::format("{}{}{} ", p.regex.ignore_case, p.regex.multiline, p.regex.dot_all) +
             p.regex.text;
    case Test::number:
    case Test::comparison:
      return key + fmt::format("{} {} {} {} {:a}", static_cast<int>(p.date_part),
                               static_cast<int>(p.comparison), p.number.is_whole, p.number.whole,
                               p.number.real);
    case Test::network:
      return key + fmt::format("{} {} {}", p.network.address.v6, p.network.bits,
                               std::string_view(
                                   reinterpret_cast<const char*>(p.network.address.bytes.data()),
                                   p.network.address.bytes.size()));
    case Test::reference:
      return key + fmt::format("{} {}", p.other.value, static_cast<int>(p.relation));
    default:
      return key + p.text;
  }
}

Predicate pattern_predicate(event::FieldId field, const Pattern& pattern, bool cased) {
  Predicate out;
  out.field = field;
  out.cased = cased;
  const auto text_of = [&](std::string_view text) {
    return cased ? std::string(text) : folded(text);
  };
  const auto& parts = pattern.parts;
  const auto is = [&](std::initializer_list<Kind> kinds) {
    return std::ranges::equal(parts, kinds, {}, &PatternPart::kind);
  };
  if (parts.empty() || is({Kind::text})) {
    out.test = Test::equal;
    out.text = text_of(pattern.plain());
  } else if (is({Kind::any})) {
    out.test = Test::present;
    out.cased = false;
  } else if (is({Kind::text, Kind::any})) {
    out.test = Test::prefix;
    out.text = text_of(parts[0].text);
  } else if (is({Kind::any, Kind::text})) {
    out.test = Test::suffix;
    out.text = text_of(parts[1].text);
  } else if (is({Kind::any, Kind::text, Kind::any})) {
    out.test = Test::contains;
    out.text = text_of(parts[1].text);
  } else {
    out.test = Test::wildcard;
    out.pattern = pattern;
    for (PatternPart& part : out.pattern.parts) part.text = text_of(part.text);
  }
  return out;
}

Verdict folds_to(std::string_view raw, std::string_view text) {
  const std::size_t both = std::min(raw.size(), text.size());
  for (std::size_t i = 0; i < both; ++i) {
    if (!is_plain(raw[i])) return Verdict::unclear;
    if (fold_ascii(raw[i]) != text[i]) return Verdict::no;
  }
  return raw.size() == text.size() ? Verdict::yes : Verdict::no;
}

Verdict folds_to_prefix(std::string_view raw, std::string_view text) {
  const std::size_t both = std::min(raw.size(), text.size());
  for (std::size_t i = 0; i < both; ++i) {
    if (!is_plain(raw[i])) return Verdict::unclear;
    if (fold_ascii(raw[i]) != text[i]) return Verdict::no;
  }
  return raw.size() >= text.size() ? Verdict::yes : Verdict::no;
}

Verdict folds_to_suffix(std::string_view raw, std::string_view text) {
  const std::size_t both = std::min(raw.size(), text.size());
  for (std::size_t i = 1; i <= both; ++i) {
    const char c = raw[raw.size() - i];
    if (!is_plain(c)) return Verdict::unclear;
    if (fold_ascii(c) != text[text.size() - i]) return Verdict::no;
  }
  return raw.size() >= text.size() ? Verdict::yes : Verdict::no;
}

bool relates(std::string_view text, Relation relation, std::string_view other) {
  switch (relation) {
    case Relation::equals:
      return text == other;
    case Relation::begins_with:
      return text.starts_with(other);
    case Relation::ends_with:
      return text.ends_with(other);
    case Relation::contains:
      break;
  }
  return contains(text, other);
}

bool contains(std::string_view text, std::string_view part) {
  return memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
}

// Runs between `any` parts are placed leftmost first; only the last one is tied to the end.
bool fits(std::string_view text, const Pattern& pattern) {
  const PatternPart* at = pattern.parts.data();
  const PatternPart* const end = at + pattern.parts.size();
  const auto run_end = [&](const PatternPart* from) {
    return std::find_if(from, end, [](const PatternPart& part) { return part.kind == Kind::any; });
  };
  const PatternPart* run = run_end(at);
  const std::size_t front = run_length(text, at, run);
  if (front == std::string_view::npos) return false;
  if (run == end) return front == text.size();
  std::size_t position = front;
  for (at = run + 1; at != end; at = run + 1) {
    run = run_end(at);
    const bool is_last = run == end;
    std::size_t length = std::string_view::npos;
    std::size_t start = position;
    while (true) {
      start = next_start(text, start, *at);
      if (start == std::string_view::npos || start > text.size()) return false;
      length = run_length(text.substr(start), at, run);
      if (length != std::string_view::npos && (!is_last || start + length == text.size())) break;
      if (start >= text.size()) return false;
      start += std::max<std::size_t>(1, base::utf8_length(text.substr(start)));
    }
    if (is_last) return true;
    position = start + length;
  }
  return true;
}

bool number_satisfies(std::string_view raw, const Predicate& predicate) {
  std::optional<Number> number;
  if (predicate.date_part == DatePart::none) {
    number = parse_event_number(raw);
  } else if (const auto part = date_part(raw, predicate.date_part)) {
    number = Number{true, *part, 0};
  }
  if (!number) return false;
  const int order = compare(*number, predicate.number);
  if (predicate.test == Test::number) return order == 0;
  switch (predicate.comparison) {
    case Comparison::lt:
      return order < 0;
    case Comparison::lte:
      return order <= 0;
    case Comparison::gt:
      return order > 0;
    case Comparison::gte:
      return order >= 0;
  }
  return false;
}

bool address_satisfies(std::string_view raw, const Predicate& predicate) {
  const auto address = parse_address(raw);
  return address && predicate.network.contains(*address);
}

}  // namespace tocsin::rules
