#include "search/value_test.hpp"

#include <cmath>

#include "base/text.hpp"
#include "base/time.hpp"

namespace tocsin::search {

namespace {

constexpr std::int64_t ns_per_minute = 60 * base::ns_per_second;
constexpr std::int64_t ns_per_day = 24 * 60 * ns_per_minute;

template <typename T>
bool between(const std::optional<Range::Border>& from, const std::optional<Range::Border>& to,
             T Range::Border::* member, const T& value) {
  if (from) {
    const T& least = (*from).*member;
    if (value < least || (value == least && !from->included)) return false;
  }
  if (to) {
    const T& greatest = (*to).*member;
    if (greatest < value || (value == greatest && !to->included)) return false;
  }
  return true;
}

bool is_ascii_of_same_case(std::string_view value, std::string_view piece) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (static_cast<char>(c + ((c >= 'A' && c <= 'Z') ? 'a' - 'A' : 0)) != piece[i]) return false;
  }
  return true;
}

bool is_text(const Pattern& pattern, std::string_view value, Scratch& scratch) {
  // Most values are told from the one wanted by their first letter, and what is equal byte by byte
  // but for the case of ASCII letters needs no folding either.
  if (pattern.pieces.size() == 1 && value.size() == pattern.pieces.front().size() &&
      is_ascii_of_same_case(value, pattern.pieces.front())) {
    return true;
  }
  fold_into(value, scratch.folded);
  return fits_whole(pattern, scratch.folded);
}

bool are_digits(std::string_view text, std::size_t from, std::size_t count) {
  for (std::size_t i = from; i < from + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
  }
  return true;
}

}  // namespace

bool in_time_range(const Range& range, std::int64_t time) {
  return between(range.from, range.to, &Range::Border::time, time);
}

bool in_range(const Range& range, std::string_view value) {
  switch (range.kind) {
    case Range::Kind::number: {
      const auto number = base::parse_number(value);
      return number && std::isfinite(*number) &&
             between(range.from, range.to, &Range::Border::number, *number);
    }
    case Range::Kind::time: {
      const auto time = base::parse_rfc3339(value, true);
      return time && in_time_range(range, *time);
    }
    case Range::Kind::address: {
      const auto address = rules::parse_address(value);
      if (!address) return false;
      // An IPv4 address is neither before nor behind one of IPv6.
      if ((range.from && range.from->address.v6 != address->v6) ||
          (range.to && range.to->address.v6 != address->v6)) {
        return false;
      }
      return between(range.from, range.to, &Range::Border::address, *address);
    }
  }
  return false;
}

bool holds(const ValueTest& test, std::string_view value, Scratch& scratch) {
  switch (test.kind) {
    case ValueTest::Kind::any:
      return true;
    case ValueTest::Kind::text:
      return is_text(test.text, value, scratch);
    case ValueTest::Kind::words:
      fold_into(value, scratch.folded);
      return has_words(test.words, scratch.folded);
    case ValueTest::Kind::network: {
      const auto address = rules::parse_address(value);
      return (address && test.network.contains(*address)) || is_text(test.text, value, scratch);
    }
    case ValueTest::Kind::range:
      return in_range(test.range, value);
    case ValueTest::Kind::regex:
      return re2::RE2::PartialMatch(re2::StringPiece(value.data(), value.size()), *test.regex);
  }
  return false;
}

std::optional<TimeText> read_time(std::string_view text) {
  const bool is_date = text.size() >= 10 && are_digits(text, 0, 4) && text[4] == '-' &&
                       are_digits(text, 5, 2) && text[7] == '-' && are_digits(text, 8, 2);
  if (!is_date) return std::nullopt;
  if (text.size() == 10) {
    const auto day = base::parse_rfc3339(std::string(text) + "T00:00:00Z");
    if (!day) return std::nullopt;
    return TimeText{*day, *day + ns_per_day - 1};
  }
  if (text.size() == 16) {
    const auto minute = base::parse_rfc3339(std::string(text) + ":00Z");
    if (!minute) return std::nullopt;
    return TimeText{*minute, *minute + ns_per_minute - 1};
  }
  const auto time = base::parse_rfc3339(text, true);
  if (!time) return std::nullopt;
  const bool has_fraction = text.find('.') != std::string_view::npos;
  return TimeText{*time, has_fraction ? *time : *time + base::ns_per_second - 1};
}

}  // namespace tocsin::search
