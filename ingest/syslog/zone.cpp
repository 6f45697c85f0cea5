#include "ingest/syslog/zone.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "base/time.hpp"

namespace tocsin::ingest {

namespace {

constexpr std::int64_t day_seconds = 86400;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// At most `most` digits at the front, removed; -1 when there is none.
int take_number(std::string_view& text, std::size_t most) {
  int value = 0;
  std::size_t used = 0;
  for (; used < most && used < text.size() && is_digit(text[used]); ++used)
    value = value * 10 + (text[used] - '0');
  text.remove_prefix(used);
  return used == 0 ? -1 : value;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

// [+-]hh[:mm[:ss]] of a TZ string, as seconds with the sign as written.
std::optional<int> take_clock(std::string_view& text) {
  int sign = 1;
  if (take(text, '-')) {
    sign = -1;
  } else {
    take(text, '+');
  }
  const int hours = take_number(text, 3);
  if (hours < 0 || hours > 167) return std::nullopt;
  int seconds = hours * 3600;
  for (const int unit : {60, 1}) {
    if (!take(text, ':')) break;
    const int part = take_number(text, 2);
    if (part < 0 || part > 59) return std::nullopt;
    seconds += part * unit;
  }
  return sign * seconds;
}

bool take_name(std::string_view& text) {
  std::size_t size = 0;
  if (!text.empty() && text.front() == '<') {
    size = text.find('>');
    if (size == std::string_view::npos || size < 4) return false;
    text.remove_prefix(size + 1);
    return true;
  }
  while (size < text.size() && is_letter(text[size])) ++size;
  text.remove_prefix(size);
  return size >= 3;
}

std::optional<ZoneRule> take_rule(std::string_view& text) {
  ZoneRule rule;
  if (!take(text, ',')) return std::nullopt;
  if (take(text, 'M')) {
    rule.month = take_number(text, 2);
    if (rule.month < 1 || rule.month > 12 || !take(text, '.')) return std::nullopt;
    rule.week = take_number(text, 1);
    if (rule.week < 1 || rule.week > 5 || !take(text, '.')) return std::nullopt;
    rule.day = take_number(text, 1);
    if (rule.day < 0 || rule.day > 6) return std::nullopt;
  } else {
    rule.kind = take(text, 'J') ? ZoneRule::Kind::julian : ZoneRule::Kind::day_of_year;
    rule.day = take_number(text, 3);
    const int lowest = rule.kind == ZoneRule::Kind::julian ? 1 : 0;
    if (rule.day < lowest || rule.day > 365) return std::nullopt;
  }
  if (take(text, '/')) {
    const std::optional<int> time = take_clock(text);
    if (!time) return std::nullopt;
    rule.time = *time;
  }
  return rule;
}

bool is_leap(std::int64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

// Local seconds at which the rule acts in `year`.
std::int64_t instant(const ZoneRule& rule, std::int64_t year) {
  const std::int64_t january = base::days_from_civil(year, 1, 1);
  std::int64_t day = january + rule.day;
  if (rule.kind == ZoneRule::Kind::julian) {
    // 29 February is never counted.
    day = january + rule.day - 1 + (is_leap(year) && rule.day > 59 ? 1 : 0);
  } else if (rule.kind == ZoneRule::Kind::month_week_day) {
    const auto month = static_cast<unsigned>(rule.month);
    const std::int64_t first = base::days_from_civil(year, month, 1);
    const std::int64_t next = month == 12 ? base::days_from_civil(year + 1, 1, 1)
                                          : base::days_from_civil(year, month + 1, 1);
    const std::int64_t weekday = ((first + 4) % 7 + 7) % 7;  // 1970-01-01 was a Thursday
    day = first + (rule.day - weekday + 7) % 7 + std::int64_t{7} * (rule.week - 1);
    while (day >= next) day -= 7;
  }
  return day * day_seconds + rule.time;
}

// Reads big-endian numbers and never past the end.
class Bytes {
 public:
  explicit Bytes(std::string_view text) : text_(text) {}
  [[nodiscard]] bool has(std::size_t size) const { return text_.size() >= size; }
  std::int64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i)
      value = (value << 8U) | static_cast<unsigned char>(text_[i]);
    text_.remove_prefix(size);
    return size == 4 ? static_cast<std::int32_t>(value) : static_cast<std::int64_t>(value);
  }
  std::string_view take(std::size_t size) {
    const std::string_view out = text_.substr(0, size);
    text_.remove_prefix(size);
    return out;
  }
  [[nodiscard]] std::string_view rest() const { return text_; }

 private:
  std::string_view text_;
};

struct TzifHead {
  char version = 0;
  std::array<std::size_t, 6> counts{};  // isut, isstd, leap, time, type, char

  [[nodiscard]] std::size_t size(std::size_t time_size) const {
    return counts[3] * (time_size + 1) + counts[4] * 6 + counts[5] + counts[2] * (time_size + 4) +
           counts[1] + counts[0];
  }
};

// "TZif", version, 15 reserved bytes, six 4-byte counts
bool read_head(Bytes& bytes, TzifHead& head) {
  constexpr std::size_t head_size = 4 + 1 + 15 + 6 * 4;
  if (!bytes.has(head_size) || bytes.take(4) != "TZif") return false;
  head.version = bytes.take(1)[0];
  bytes.take(15);
  for (std::size_t& count : head.counts) {
    count = static_cast<std::size_t>(bytes.number(4));
    if (count > 100'000) return false;
  }
  return true;
}

}  // namespace

std::optional<Zone> Zone::from_offset(std::string_view text) {
  Zone zone;
  if (text == "UTC" || text == "Z" || text == "GMT") return zone;
  if (text.size() < 3 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const int sign = text[0] == '-' ? -1 : 1;
  text.remove_prefix(1);
  if (!is_digit(text[0]) || !is_digit(text[1])) return std::nullopt;
  const int hours = take_number(text, 2);
  take(text, ':');
  int minutes = 0;
  if (!text.empty()) {
    if (text.size() != 2) return std::nullopt;
    minutes = take_number(text, 2);
  }
  if (hours > 23 || minutes < 0 || minutes > 59 || !text.empty()) return std::nullopt;
  zone.offset_ = sign * (hours * 3600 + minutes * 60);
  return zone;
}

std::optional<Zone> Zone::from_posix(std::string_view text) {
  Zone zone;
  if (!take_name(text)) return std::nullopt;
  std::optional<int> west = take_clock(text);
  if (!west) return std::nullopt;
  zone.offset_ = zone.standard_ = -*west;
  if (text.empty()) return zone;
  if (!take_name(text)) return std::nullopt;
  zone.summer_ = zone.standard_ + 3600;
  if (!text.empty() && text.front() != ',') {
    west = take_clock(text);
    if (!west) return std::nullopt;
    zone.summer_ = -*west;
  }
  std::string_view rules = text.empty() ? std::string_view(",M3.2.0,M11.1.0") : text;
  const std::optional<ZoneRule> to_summer = take_rule(rules);
  if (!to_summer) return std::nullopt;
  const std::optional<ZoneRule> to_standard = take_rule(rules);
  if (!to_standard || !rules.empty()) return std::nullopt;
  zone.to_summer_ = *to_summer;
  zone.to_standard_ = *to_standard;
  zone.has_rule_ = true;
  return zone;
}

std::optional<Zone> Zone::from_tzif(std::string_view text) {
  Bytes bytes(text);
  TzifHead head;
  if (!read_head(bytes, head)) return std::nullopt;
  std::size_t time_size = 4;
  if (head.version >= '2') {
    // The first block is there for readers of version 1 only.
    if (!bytes.has(head.size(4))) return std::nullopt;
    bytes.take(head.size(4));
    if (!read_head(bytes, head)) return std::nullopt;
    time_size = 8;
  }
  if (!bytes.has(head.size(time_size))) return std::nullopt;
  const std::size_t time_count = head.counts[3];
  const std::size_t type_count = head.counts[4];
  if (type_count == 0) return std::nullopt;
  Bytes times(bytes.take(time_count * time_size));
  const std::string_view types_of = bytes.take(time_count);
  std::vector<std::int32_t> offsets(type_count);
  for (std::int32_t& offset : offsets) {
    offset = static_cast<std::int32_t>(bytes.number(4));
    if (offset < -93600 || offset > 93600) return std::nullopt;
    bytes.take(2);
  }
  bytes.take(head.size(time_size) - time_count * (time_size + 1) - type_count * 6);

  Zone zone;
  std::string_view footer = bytes.rest();
  if (time_size == 8) {
    if (!take(footer, '\n')) return std::nullopt;
    const std::size_t end = footer.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    if (end > 0) {
      const std::optional<Zone> later = from_posix(footer.substr(0, end));
      if (!later) return std::nullopt;
      zone = *later;
    }
  }
  std::int32_t before = offsets[0];
  std::int64_t last = 0;
  for (std::size_t i = 0; i < time_count; ++i) {
    const std::int64_t at = times.number(time_size);
    const auto type = static_cast<unsigned char>(types_of[i]);
    if (type >= type_count || (i > 0 && at <= last)) return std::nullopt;
    last = at;
    zone.changes_.push_back({at, before, offsets[type]});
    before = offsets[type];
  }
  if (!zone.has_rule_) zone.offset_ = before;
  return zone;
}

// The first period whose local end lies behind `local`; a local time before its beginning was
// skipped, and counts on from the period before.
std::int64_t Zone::resolve(const Change* first, const Change* last, std::int64_t local) {
  const Change* end = std::partition_point(
      first, last, [local](const Change& change) { return local >= change.at + change.before; });
  if (end != first && local < end[-1].at + end[-1].after) return local - end[-1].before;
  return local - (end != last ? end->before : end[-1].after);
}

std::int64_t Zone::to_utc(std::int64_t local) const {
  const bool in_changes =
      !changes_.empty() &&
      local < changes_.back().at + std::max(changes_.back().before, changes_.back().after);
  if (in_changes) return resolve(changes_.data(), changes_.data() + changes_.size(), local);
  if (!has_rule_) return local - offset_;
  const std::int64_t days = local / day_seconds - (local % day_seconds < 0 ? 1 : 0);
  const std::int64_t year = base::civil_from_days(days).year;
  std::array<Change, 6> near{};
  for (std::size_t i = 0; i < 3; ++i) {
    const std::int64_t of_year = year - 1 + static_cast<std::int64_t>(i);
    near[2 * i] = {instant(to_summer_, of_year) - standard_, standard_, summer_};
    near[2 * i + 1] = {instant(to_standard_, of_year) - summer_, summer_, standard_};
  }
  std::sort(near.begin(), near.end(), [](const Change& a, const Change& b) { return a.at < b.at; });
  return resolve(near.data(), near.data() + near.size(), local);
}

std::optional<std::string> read_system_zone(std::string_view name) {
  // Names come from the operator; still, no path leads out of the folder.
  if (name.empty() || name.size() > 64 || name.front() == '/' || name.front() == '.' ||
      name.find("..") != std::string_view::npos)
    return std::nullopt;
  for (const char c : name) {
    if (!is_letter(c) && !is_digit(c) && c != '/' && c != '_' && c != '-' && c != '+')
      return std::nullopt;
  }
  // As the C library does; the folder is the operator's.
  const char* folder = std::getenv("TZDIR");
  const std::string path =
      std::string(folder != nullptr ? folder : "/usr/share/zoneinfo") + "/" + std::string(name);
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                       &std::fclose);
  if (file == nullptr) return std::nullopt;
  std::string bytes(64 * 1024, '\0');
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file.get()));
  return bytes;
}

base::Result<Zone> find_zone(std::string_view name, const ZoneReader& read) {
  if (const std::optional<Zone> fixed = Zone::from_offset(name)) return *fixed;
  if (const std::optional<std::string> bytes = read(name)) {
    if (const std::optional<Zone> zone = Zone::from_tzif(*bytes)) return *zone;
  }
  if (const std::optional<Zone> zone = Zone::from_posix(name)) return *zone;
  return base::fail("ingest-1", "`" + std::string(name) +
                                    "` is no time zone: use a name such as Europe/Berlin, an "
                                    "offset such as +02:00, or a POSIX TZ string");
}

std::uint32_t ZoneSet::look_up(std::string_view name) {
  for (std::uint32_t i = 0; i < rows_.size(); ++i) {
    if (rows_[i]->name == name) return last_ = i;
  }
  auto row = std::make_unique<Row>();
  row->name = name;
  if (base::Result<Zone> zone = find_zone(name, read_)) row->zone = *std::move(zone);
  rows_.push_back(std::move(row));
  return last_ = static_cast<std::uint32_t>(rows_.size() - 1);
}

}  // namespace tocsin::ingest
