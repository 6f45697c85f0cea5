#include "ingest/decode/key_value.hpp"

#include <array>
#include <cstring>
#include <optional>

#include "ingest/decode/name_cache.hpp"
#include "ingest/decode/written_time.hpp"

namespace tocsin::ingest {

namespace {

using event::Anomaly;

enum Role : std::uint8_t {
  role_none,
  // Times, best first.
  role_eventtime,
  role_timestamp,
  role_ts,
  role_time,
  role_date,
  role_zone,
  role_message,
  role_msg,
};

std::uint8_t role_of(std::string_view name) {
  if (name == "eventtime") return role_eventtime;
  if (name == "timestamp" || name == "@timestamp") return role_timestamp;
  if (name == "ts") return role_ts;
  if (name == "time") return role_time;
  if (name == "date") return role_date;
  if (name == "tz") return role_zone;
  if (name == "message") return role_message;
  if (name == "msg") return role_msg;
  return role_none;
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool is_key_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.' || c == '@' || c == '/' || c == ':' || c == '[' || c == ']';
}

// Longer words before a '=' are no names.
constexpr std::size_t max_key_size = 128;

}  // namespace

struct KeyValueBody::State {
  NameCache names{&role_of};
  bool time_is_local = false;
};

class KeyValueBody::Walk {
 public:
  Walk(State& state, BodyContext& context) : s_(state), c_(context) {}

  // The number of pairs.
  std::size_t run(std::string_view text);
  void finish();

 private:
  std::string_view read_value(std::string_view& text);
  std::string_view unescaped(std::string_view text);
  void add(std::string_view key, std::string_view value);
  void consider_time(std::string_view value, std::uint8_t rank);
  bool join_date();

  State& s_;
  BodyContext& c_;
  std::uint8_t time_rank_ = 0;
  bool bad_time_ = false;
  bool has_message_ = false;
  std::string_view msg_, date_, time_, zone_;
};

std::size_t KeyValueBody::Walk::run(std::string_view text) {
  std::size_t pairs = 0;
  while (!text.empty()) {
    if (is_blank(text[0]) || text[0] == ',' || text[0] == ';') {
      text.remove_prefix(1);
      continue;
    }
    std::size_t size = 0;
    while (size < text.size() && is_key_char(text[size])) ++size;
    if (size == 0 || size > max_key_size || size == text.size() || text[size] != '=') {
      while (!text.empty() && !is_blank(text[0])) text.remove_prefix(1);
      continue;
    }
    const std::string_view key = text.substr(0, size);
    text.remove_prefix(size + 1);
    add(key, read_value(text));
    ++pairs;
  }
  return pairs;
}

// Removes a value from the front of `text`.
std::string_view KeyValueBody::Walk::read_value(std::string_view& text) {
  if (!text.empty() && (text[0] == '"' || text[0] == '\'')) {
    const char quote = text[0];
    bool escapes = false;
    std::size_t end = 1;
    for (; end < text.size() && text[end] != quote; ++end) {
      if (text[end] != '\\' || end + 1 == text.size()) continue;
      escapes = true;
      ++end;
    }
    const bool closed = end < text.size();
    if (!closed) {
      c_.event.anomalies.set(Anomaly::key_value_invalid);
      end = text.size();
    }
    const std::string_view inside = text.substr(1, end - 1);
    text.remove_prefix(closed ? end + 1 : end);
    return escapes ? unescaped(inside) : inside;
  }
  std::size_t size = 0;
  while (size < text.size() && !is_blank(text[size])) ++size;
  std::string_view value = text.substr(0, size);
  text.remove_prefix(size);
  while (value.ends_with(',') || value.ends_with(';')) value.remove_suffix(1);
  return value;
}

// A backslash protects a quote or another backslash; before other letters it is text (a Windows
// path), but for \n, \r and \t as logfmt writes them.
std::string_view KeyValueBody::Walk::unescaped(std::string_view text) {
  char* out = c_.batch.arena.allocate(text.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      const char next = text[++i];
      if (next == '"' || next == '\'' || next == '\\') {
        c = next;
      } else if (next == 'n' || next == 'r' || next == 't') {
        c = next == 'n' ? '\n' : next == 'r' ? '\r' : '\t';
      } else {
        --i;
      }
    }
    out[size++] = c;
  }
  c_.batch.arena.shrink(text.size() - size);
  return {out, size};
}

void KeyValueBody::Walk::add(std::string_view key, std::string_view value) {
  NameCache::Entry& entry = s_.names.look_up(key);
  c_.add(s_.names.id_of(entry, c_), value);
  switch (entry.role) {
    case role_none:
      return;
    case role_date:
      date_ = value;
      return;
    case role_zone:
      zone_ = value;
      return;
    case role_message:
      has_message_ = true;
      return;
    case role_msg:
      if (msg_.empty()) msg_ = value;
      return;
    case role_time:
      time_ = value;
      [[fallthrough]];
    default:
      consider_time(value, entry.role);
  }
}

void KeyValueBody::Walk::consider_time(std::string_view value, std::uint8_t rank) {
  if (time_rank_ != 0 && time_rank_ <= rank) return;
  const std::optional<WrittenTime> time = read_written_time(value);
  if (!time) {
    bad_time_ = true;
    return;
  }
  time_rank_ = rank;
  c_.event.time = base::EventTime(time->ns);
  c_.event.has_time = true;
  s_.time_is_local = time->local;
}

// date=2026-11-22 time=03:08:00 tz="-0500"
bool KeyValueBody::Walk::join_date() {
  if (date_.size() != 10 || time_.size() < 8 || time_.size() > 18 || zone_.size() > 6) return false;
  std::array<char, 40> text{};
  std::size_t size = 0;
  for (const std::string_view part : {date_, std::string_view(" "), time_, zone_}) {
    if (part.empty()) continue;
    std::memcpy(text.data() + size, part.data(), part.size());
    size += part.size();
  }
  const std::optional<WrittenTime> time = read_written_time({text.data(), size});
  if (!time) return false;
  c_.event.time = base::EventTime(time->ns);
  c_.event.has_time = true;
  s_.time_is_local = time->local;
  return true;
}

void KeyValueBody::Walk::finish() {
  if (time_rank_ == 0 && !join_date() && bad_time_) c_.event.anomalies.set(Anomaly::bad_time);
  if (!has_message_ && !msg_.empty()) c_.add(event::field::message, msg_);
}

KeyValueBody::KeyValueBody() : state_(std::make_unique<State>()) {}
KeyValueBody::~KeyValueBody() = default;
KeyValueBody::KeyValueBody(KeyValueBody&&) noexcept = default;
KeyValueBody& KeyValueBody::operator=(KeyValueBody&&) noexcept = default;

bool KeyValueBody::time_is_local() const { return state_->time_is_local; }

BodyResult KeyValueBody::decode(std::string_view body, BodyContext& context) {
  event::Event& event = context.event;
  state_->time_is_local = false;
  state_->names.begin(context);
  const std::size_t first_field = context.batch.fields.size();
  const event::Event before = event;
  Walk walk(*state_, context);
  if (walk.run(body) < 2) {
    context.batch.fields.resize(first_field);
    const event::Anomalies anomalies = event.anomalies;
    event = before;
    event.anomalies = anomalies;
    event.anomalies.set(Anomaly::key_value_invalid);
    state_->time_is_local = false;
    return BodyResult::invalid;
  }
  walk.finish();
  return BodyResult::decoded;
}

}  // namespace tocsin::ingest
