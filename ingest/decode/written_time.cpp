#include "ingest/decode/written_time.hpp"

#include <array>
#include <charconv>

#include "base/time.hpp"

namespace tocsin::ingest {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "1700000000" with an optional fraction of seconds.
std::optional<std::int64_t> read_epoch(std::string_view text) {
  std::uint64_t whole = 0;
  const char* end = text.data() + text.size();
  const auto [at, status] = std::from_chars(text.data(), end, whole);
  if (status != std::errc{}) return std::nullopt;
  constexpr std::uint64_t least_seconds = 100'000'000;  // 1973
  constexpr std::uint64_t thousand = 1000;
  if (whole < least_seconds) return std::nullopt;
  std::uint64_t scale = base::ns_per_second;
  for (std::uint64_t limit = least_seconds * thousand; whole >= limit; limit *= thousand) {
    scale /= thousand;
    if (scale == 1) break;
  }
  if (whole > static_cast<std::uint64_t>(INT64_MAX) / scale - 1) return std::nullopt;
  std::int64_t ns = static_cast<std::int64_t>(whole * scale);
  if (at == end) return ns;
  if (*at != '.' || at + 1 == end) return std::nullopt;
  std::uint64_t part = scale / 10;
  for (const char* digit = at + 1; digit != end; ++digit, part /= 10) {
    if (!is_digit(*digit)) return std::nullopt;
    ns += static_cast<std::int64_t>(part) * (*digit - '0');
  }
  return ns;
}

// Removes " UTC", " GMT" or " Z" from the end; true when it was there.
bool take_zone_name(std::string_view& text) {
  for (const std::string_view name : {" UTC", " GMT", " Z"}) {
    if (!text.ends_with(name)) continue;
    text.remove_suffix(name.size());
    return true;
  }
  return false;
}

}  // namespace

std::optional<WrittenTime> read_written_time(std::string_view text) {
  if (text.size() < 9 || text.size() > 48 || !is_digit(text[0])) return std::nullopt;
  if (text[4] != '-') {
    const std::optional<std::int64_t> ns = read_epoch(text);
    return ns ? std::optional(WrittenTime{*ns, false}) : std::nullopt;
  }
  if (const auto ns = base::parse_rfc3339(text)) return WrittenTime{*ns, false};
  const bool utc = take_zone_name(text);
  if (const auto ns = base::parse_rfc3339(text, true)) return WrittenTime{*ns, !utc};
  return std::nullopt;
}

std::optional<WrittenTime> read_month_name_time(std::string_view text) {
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() < 20 || text.size() > 40) return std::nullopt;
  const bool utc = take_zone_name(text);
  if (text.size() < 20 || text[3] != ' ' || text[6] != ' ' || text[11] != ' ') return std::nullopt;
  for (std::size_t month = 0; month < months.size(); ++month) {
    if (text.substr(0, 3) != months[month]) continue;
    // As "2026-11-22 03:08:00.123", which the one reader of dates then checks.
    std::array<char, 48> out{};
    std::size_t size = 0;
    auto put = [&](std::string_view part) {
      for (const char c : part) out[size++] = c;
    };
    const std::array<char, 2> number = {static_cast<char>('0' + (month + 1) / 10),
                                        static_cast<char>('0' + (month + 1) % 10)};
    put(text.substr(7, 4));
    put("-");
    put({number.data(), 2});
    put("-");
    put(text[4] == ' ' ? "0" : text.substr(4, 1));
    put(text.substr(5, 1));
    put(" ");
    put(text.substr(12));
    const auto ns = base::parse_rfc3339({out.data(), size}, true);
    return ns ? std::optional(WrittenTime{*ns, !utc}) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace tocsin::ingest
