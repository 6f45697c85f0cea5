#include "rules/predicate.hpp"

#include <algorithm>
#include <cstring>

#include "base/hash.hpp"
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

bool are_same(const Predicate& a, const Predicate& b) {
  if (a.field != b.field || a.test != b.test || a.cased != b.cased) return false;
  switch (a.test) {
    case Test::wildcard:
      return a.pattern == b.pattern;
    case Test::regex:
      return a.regex == b.regex;
    case Test::number:
    case Test::comparison:
      return a.date_part == b.date_part && a.comparison == b.comparison &&
             a.number.is_whole == b.number.is_whole && a.number.whole == b.number.whole &&
             a.number.real == b.number.real;
    case Test::network:
      return a.network == b.network;
    case Test::reference:
      return a.other == b.other && a.relation == b.relation;
    default:
      return a.text == b.text;
  }
}

std::uint64_t hash_of(const Predicate& predicate) {
  // What is left out only makes predicates meet under one hash.
  std::uint64_t hash = base::table_seed + predicate.field.value * std::uint64_t{64} +
                       static_cast<std::uint64_t>(predicate.test) * 2 + (predicate.cased ? 1 : 0);
  hash =
      base::keyed_hash(predicate.test == Test::regex ? predicate.regex.text : predicate.text, hash);
  for (const PatternPart& part : predicate.pattern.parts) hash = base::keyed_hash(part.text, hash);
  return hash + static_cast<std::uint64_t>(predicate.number.whole);
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
