#include "ingest/decode/xml.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ingest/decode/json_names.hpp"
#include "ingest/decode/name_cache.hpp"
#include "ingest/decode/written_time.hpp"

namespace tocsin::ingest {

namespace {

using event::Anomaly;
using event::ValueKind;

constexpr std::string_view blanks = " \t\r\n";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// What ends a name. Which characters a name may have is not asked further.
bool ends_name(char c) {
  return is_blank(c) || c == '>' || c == '/' || c == '=' || c == '<' || c == '"' || c == '\'' ||
         c == '&' || c == '!' || c == '?';
}

// Without its namespace's prefix.
std::string_view local_name(std::string_view name) {
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

void append_code_point(std::uint32_t c, std::string& out) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xC0U | c >> 6U);
  } else {
    if (c < 0x10000) {
      put(0xE0U | c >> 12U);
    } else {
      put(0xF0U | c >> 18U);
      put(0x80U | (c >> 12U & 0x3FU));
    }
    put(0x80U | (c >> 6U & 0x3FU));
  }
  put(0x80U | (c & 0x3FU));
}

// "#65" or "#x41": 1 to 7 digits of a code point that is one.
std::optional<std::uint32_t> code_point(std::string_view reference) {
  reference.remove_prefix(1);
  const bool hex = reference.starts_with('x');
  if (hex) reference.remove_prefix(1);
  if (reference.empty() || reference.size() > 7) return std::nullopt;
  std::uint32_t out = 0;
  for (const char c : reference) {
    const char low = static_cast<char>(c | 0x20);
    std::uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if (hex && low >= 'a' && low <= 'f') {
      digit = static_cast<std::uint32_t>(low - 'a' + 10);
    } else {
      return std::nullopt;
    }
    out = out * (hex ? 16 : 10) + digit;
  }
  if (out == 0 || out > 0x10FFFF || (out >= 0xD800 && out < 0xE000)) return std::nullopt;
  return out;
}

// Appends what `text` says once its entities are put in; false for one that is none.
bool append_plain(std::string_view text, std::string& out) {
  constexpr std::array<std::pair<std::string_view, char>, 5> known = {
      {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}}};
  for (;;) {
    const std::size_t at = text.find('&');
    out.append(text.substr(0, at));
    if (at == std::string_view::npos) return true;
    text.remove_prefix(at + 1);
    const std::size_t end = text.substr(0, 10).find(';');
    if (end == std::string_view::npos || end == 0) return false;
    const std::string_view name = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (name.front() == '#') {
      const auto c = code_point(name);
      if (!c) return false;
      append_code_point(*c, out);
      continue;
    }
    bool found = false;
    for (const auto& [entity, character] : known) {
      if (entity != name) continue;
      out.push_back(character);
      found = true;
    }
    if (!found) return false;
  }
}

}  // namespace

bool looks_like_event_xml(std::string_view body) {
  if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
  if (body.starts_with("<?xml")) {
    const std::size_t end = body.substr(0, 200).find("?>");
    if (end == std::string_view::npos) return false;
    body.remove_prefix(end + 2);
    body.remove_prefix(std::min(body.find_first_not_of(blanks), body.size()));
  }
  for (const std::string_view begin : {"<Events", "<Event"}) {
    if (!body.starts_with(begin) || body.size() == begin.size()) continue;
    const char next = body[begin.size()];
    if (is_blank(next) || next == '>') return true;
  }
  return false;
}

struct XmlBody::State {
  State(const XmlLimits& the_limits, const BodyNames* body_names)
      : limits(the_limits), names(&json_role, body_names) {}

  // An element that is open.
  struct Open {
    std::string_view name;      // as it is written, with its prefix
    std::size_t path_size = 0;  // of the path before it
    std::size_t text_at = 0;    // in `text`
    std::string_view view;      // the only piece of its text, where it needed no change
    bool has_view = false;
    bool has_children = false;
    bool has_attributes = false;
    bool is_data = false;  // <Data Name="...">
  };

  XmlLimits limits;
  NameCache names;
  std::vector<Open> open;
  std::string path;  // of the element at hand, in dots
  std::string text;  // of elements with several pieces of it, the inner behind the outer
  std::string value;
};

class XmlBody::Walk {
 public:
  Walk(State& state, std::string_view body, BodyContext& context)
      : s_(state), left_(body), context_(context) {}

  bool run();

 private:
  using Open = State::Open;

  bool skip_to(std::string_view end);
  bool read_markup();
  bool read_start();
  bool read_attributes(Open& element, bool& is_empty);
  bool read_name(std::string_view& name);
  bool read_end();
  bool end_element();
  bool add_text(std::string_view raw, bool has_entities);
  [[nodiscard]] std::string_view kept(std::string_view raw, bool& sound);
  void add_attribute(std::string_view name, std::string_view value);
  void add_field(std::string_view path, std::string_view value, ValueKind kind);
  [[nodiscard]] bool in_event() const { return s_.open.size() > event_depth_; }

  State& s_;
  std::string_view left_;
  BodyContext& context_;
  std::size_t event_depth_ = 0;  // elements around <Event>: 0, or 1 for <Events>
  bool event_done_ = false;
  std::size_t fields_ = 0;
  std::uint8_t time_rank_ = 0;
  bool bad_time_ = false;
};

bool XmlBody::Walk::skip_to(std::string_view end) {
  const std::size_t at = left_.find(end);
  if (at == std::string_view::npos) return false;
  left_.remove_prefix(at + end.size());
  return true;
}

bool XmlBody::Walk::run() {
  s_.open.clear();
  s_.path.clear();
  s_.text.clear();
  bool begun = false;
  while (!left_.empty()) {
    const std::size_t at = std::min(left_.find('<'), left_.size());
    const std::string_view text = left_.substr(0, at);
    left_.remove_prefix(at);
    if (s_.open.empty()) {
      if (text.find_first_not_of(blanks) != std::string_view::npos) return false;
      if (begun && !left_.empty() && !left_.starts_with("<!--") && !left_.starts_with("<?")) {
        return false;
      }
    } else if (!text.empty() && !add_text(text, true)) {
      return false;
    }
    if (left_.empty()) break;
    if (!read_markup()) return false;
    begun = begun || !s_.open.empty() || event_done_;
  }
  if (bad_time_ && time_rank_ == 0) context_.event.anomalies.set(Anomaly::bad_time);
  return s_.open.empty() && event_done_;
}

bool XmlBody::Walk::read_markup() {
  if (left_.starts_with("<!--")) {
    left_.remove_prefix(4);
    return skip_to("-->");
  }
  if (left_.starts_with("<![CDATA[")) {
    left_.remove_prefix(9);
    const std::size_t end = left_.find("]]>");
    if (end == std::string_view::npos || s_.open.empty()) return false;
    const std::string_view text = left_.substr(0, end);
    left_.remove_prefix(end + 3);
    return add_text(text, false);
  }
  if (left_.starts_with("<?")) return skip_to("?>");
  if (left_.starts_with("</")) return read_end();
  return read_start();
}

bool XmlBody::Walk::read_name(std::string_view& name) {
  std::size_t size = 0;
  while (size < left_.size() && !ends_name(left_[size])) ++size;
  name = left_.substr(0, size);
  left_.remove_prefix(size);
  return size > 0;
}

bool XmlBody::Walk::read_start() {
  left_.remove_prefix(1);
  Open element;
  if (!read_name(element.name)) return false;
  if (s_.open.size() >= s_.limits.depth) {
    context_.event.anomalies.set(Anomaly::xml_limit);
    return false;
  }
  const std::string_view name = local_name(element.name);
  if (s_.open.empty()) {
    if (name == "Events") {
      event_depth_ = 1;
    } else if (name != "Event") {
      return false;
    }
  } else {
    s_.open.back().has_children = true;
    if (s_.open.size() == event_depth_) {
      if (name != "Event") return false;
      if (event_done_) context_.event.anomalies.set(Anomaly::xml_limit);
    }
  }
  element.path_size = s_.path.size();
  element.text_at = s_.text.size();
  s_.open.push_back(element);
  if (in_event()) {
    if (!s_.path.empty()) s_.path.push_back('.');
    s_.path.append(name);
  }
  bool is_empty = false;
  if (!read_attributes(s_.open.back(), is_empty)) return false;
  return !is_empty || end_element();
}

bool XmlBody::Walk::read_attributes(Open& element, bool& is_empty) {
  const bool is_data = local_name(element.name) == "Data";
  for (;;) {
    const std::size_t blank = std::min(left_.find_first_not_of(blanks), left_.size());
    left_.remove_prefix(blank);
    if (left_.starts_with('>')) {
      left_.remove_prefix(1);
      return true;
    }
    if (left_.starts_with("/>")) {
      left_.remove_prefix(2);
      is_empty = true;
      return true;
    }
    std::string_view name;
    if (blank == 0 || !read_name(name)) return false;
    left_.remove_prefix(std::min(left_.find_first_not_of(blanks), left_.size()));
    if (!left_.starts_with('=')) return false;
    left_.remove_prefix(1);
    left_.remove_prefix(std::min(left_.find_first_not_of(blanks), left_.size()));
    if (left_.empty() || (left_.front() != '"' && left_.front() != '\'')) return false;
    const std::size_t end = left_.find(left_.front(), 1);
    if (end == std::string_view::npos) return false;
    bool sound = true;
    const std::string_view raw = left_.substr(1, end - 1);
    const std::string_view value = kept(raw, sound);
    left_.remove_prefix(end + 1);
    if (!sound || raw.find('<') != std::string_view::npos) return false;
    if (!in_event()) continue;
    if (is_data && name == "Name" && !element.is_data && !value.empty()) {
      element.is_data = true;
      s_.path.resize(element.path_size);
      s_.path.append(".").append(value);
      continue;
    }
    element.has_attributes = true;
    add_attribute(local_name(name), value);
  }
}

// The text without entities: a view, or in the arena.
std::string_view XmlBody::Walk::kept(std::string_view raw, bool& sound) {
  if (raw.find('&') == std::string_view::npos) return raw;
  s_.value.clear();
  sound = append_plain(raw, s_.value);
  return context_.batch.arena.copy(s_.value);
}

bool XmlBody::Walk::add_text(std::string_view raw, bool has_entities) {
  Open& element = s_.open.back();
  const bool is_plain = !has_entities || raw.find('&') == std::string_view::npos;
  const bool is_first = !element.has_view && s_.text.size() == element.text_at;
  if (is_plain && is_first) {
    element.view = raw;
    element.has_view = true;
    return true;
  }
  // Only while no element inside is open, so what is in `text` behind text_at is its own.
  if (std::exchange(element.has_view, false)) s_.text.append(element.view);
  if (is_plain) {
    s_.text.append(raw);
    return true;
  }
  return append_plain(raw, s_.text);
}

bool XmlBody::Walk::read_end() {
  left_.remove_prefix(2);
  std::string_view name;
  if (!read_name(name) || s_.open.empty() || name != s_.open.back().name) return false;
  left_.remove_prefix(std::min(left_.find_first_not_of(blanks), left_.size()));
  if (!left_.starts_with('>')) return false;
  left_.remove_prefix(1);
  return end_element();
}

bool XmlBody::Walk::end_element() {
  const Open element = s_.open.back();
  std::string_view text = element.view;
  if (!element.has_view) text = std::string_view(s_.text).substr(element.text_at);
  if (in_event() && !event_done_) {
    const bool is_mere_layout =
        element.has_children && text.find_first_not_of(blanks) == std::string_view::npos;
    if (!text.empty() && !is_mere_layout) {
      if (!element.has_view) text = context_.batch.arena.copy(text);
      add_field(s_.path, text, ValueKind::text);
    } else if (!element.has_children && !element.has_attributes) {
      const bool is_text = element.is_data || element.has_view;
      add_field(s_.path, {}, is_text ? ValueKind::text : ValueKind::null);
    }
  }
  s_.text.resize(element.text_at);
  s_.path.resize(element.path_size);
  s_.open.pop_back();
  if (s_.open.size() == event_depth_) event_done_ = true;
  return true;
}

void XmlBody::Walk::add_attribute(std::string_view name, std::string_view value) {
  const std::size_t size = s_.path.size();
  s_.path.append(".#attributes.").append(name);
  add_field(s_.path, value, ValueKind::text);
  s_.path.resize(size);
}

void XmlBody::Walk::add_field(std::string_view path, std::string_view value, ValueKind kind) {
  if (event_done_) return;
  if (++fields_ > max_fields) {
    context_.event.anomalies.set(Anomaly::field_limit);
    return;
  }
  if (path.size() > s_.limits.name) {
    context_.event.anomalies.set(Anomaly::xml_limit);
    path = base::utf8_prefix(path, s_.limits.name);
  }
  NameCache::Entry& entry = s_.names.look_up(path);
  context_.add(s_.names.id_of(entry, context_), kind == ValueKind::null ? "null" : value, kind);
  const std::uint8_t rank = entry.role;
  if (rank == JsonRole::none || rank > JsonRole::last_time) return;
  if (time_rank_ != 0 && time_rank_ <= rank) return;
  const std::optional<WrittenTime> time = read_written_time(value);
  if (!time) {
    bad_time_ = true;
    return;
  }
  time_rank_ = rank;
  context_.event.time = base::EventTime(time->ns);
  context_.event.has_time = true;
}

// ---- the decoder

XmlBody::XmlBody(const XmlLimits& limits, const BodyNames* body_names)
    : state_(std::make_unique<State>(limits, body_names)) {}
XmlBody::~XmlBody() = default;
XmlBody::XmlBody(XmlBody&&) noexcept = default;
XmlBody& XmlBody::operator=(XmlBody&&) noexcept = default;

BodyResult XmlBody::decode(std::string_view body, BodyContext& context) {
  event::Event& event = context.event;
  const event::Event before = event;
  const std::size_t first_field = context.batch.fields.size();
  if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
  const bool is_too_long = body.size() > state_->limits.size;
  if (is_too_long) event.anomalies.set(Anomaly::xml_limit);
  state_->names.begin(context);
  Walk walk(*state_, body, context);
  if (!is_too_long && walk.run()) return BodyResult::decoded;
  context.batch.fields.resize(first_field);
  const event::Anomalies anomalies = event.anomalies;
  event = before;
  event.anomalies = anomalies;
  event.anomalies.set(Anomaly::xml_invalid);
  return BodyResult::invalid;
}

}  // namespace tocsin::ingest
