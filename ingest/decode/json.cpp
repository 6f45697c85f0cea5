#include "ingest/decode/json.hpp"

#include <simdjson.h>

#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "base/text.hpp"
#include "ingest/decode/json_names.hpp"
#include "ingest/decode/json_text.hpp"
#include "ingest/decode/name_cache.hpp"
#include "ingest/decode/written_time.hpp"

namespace tocsin::ingest {

namespace {

static_assert(event::text_padding >= simdjson::SIMDJSON_PADDING,
              "simdjson reads this far behind a body");

using event::Anomaly;
using event::ValueKind;

// ---- tokens ----------------------------------------------------------------------------------

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// RFC 8259 section 6: [ minus ] int [ frac ] [ exp ], and not beyond a double's range.
bool is_number(std::string_view text) {
  const char* at = text.data();
  const char* end = at + text.size();
  auto digits = [&] {
    const char* first = at;
    while (at != end && is_digit(*at)) ++at;
    return at != first;
  };
  if (at != end && *at == '-') ++at;
  if (at != end && *at == '0') {
    ++at;
  } else if (!digits()) {
    return false;
  }
  if (at != end && *at == '.') {
    ++at;
    if (!digits()) return false;
  }
  if (at == end) return true;
  if (*at != 'e' && *at != 'E') return false;
  ++at;
  const bool negative = at != end && *at == '-';
  if (at != end && (*at == '-' || *at == '+')) ++at;
  if (!digits() || at != end) return false;
  return negative || base::parse_number(text).has_value();
}

std::optional<ValueKind> kind_of_scalar(std::string_view text) {
  switch (text.front()) {
    case 't':
      return text == "true" ? std::optional(ValueKind::boolean) : std::nullopt;
    case 'f':
      return text == "false" ? std::optional(ValueKind::boolean) : std::nullopt;
    case 'n':
      return text == "null" ? std::optional(ValueKind::null) : std::nullopt;
    default:
      return is_number(text) ? std::optional(ValueKind::number) : std::nullopt;
  }
}

// Text that a shipper escaped before it made JSON of it: C:\\Windows and \" as C:\Windows and ".
// Text with a backslash that escapes neither was not escaped.
std::string_view without_second_escape(std::string_view text, base::Arena& arena) {
  if (text.find('\\') == std::string_view::npos) return text;
  char* const out = arena.allocate(text.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
      if (i == text.size() || (text[i] != '\\' && text[i] != '"')) {
        arena.shrink(text.size());
        return text;
      }
    }
    out[size++] = text[i];
  }
  arena.shrink(text.size() - size);
  return {out, size};
}

std::string_view with_padding(std::string_view text, base::Arena& arena) {
  char* const copy = arena.allocate(text.size() + event::text_padding);
  if (!text.empty()) std::memcpy(copy, text.data(), text.size());
  std::memset(copy + text.size(), ' ', event::text_padding);
  return {copy, text.size()};
}

struct Level {
  std::uint64_t object = 0;  // number of the object, over all events; 0: an array
  std::uint32_t entry = 0;   // of the container's name; 0: none
  bool after_value = false;
  bool after_comma = false;
};

}  // namespace

// ---- the walk --------------------------------------------------------------------------------

struct JsonBody::State {
  State(const JsonLimits& the_limits, const BodyNames* body_names)
      : limits(the_limits), names(&json_role, body_names) {
    const auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(
        64 * 1024, 1, parser);
    CHECK(!error, "no memory for simdjson's parser");
    capacity = 64 * 1024;
    levels.resize(limits.checked_depth + 1);
  }

  JsonLimits limits;
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
  std::size_t capacity = 0;
  NameCache names;
  std::vector<Level> levels;
  std::string name;  // a dotted name while it is looked up
  std::uint64_t objects = 0;
  bool time_is_local = false;

  // Finds the tokens of `body`, behind which there is padding; false when it is no JSON.
  bool tokenize(std::string_view body);
};

bool JsonBody::State::tokenize(std::string_view body) {
  if (body.size() > capacity) {
    const std::size_t wanted = std::bit_ceil(body.size());
    CHECK(!parser->set_capacity(wanted), "no memory for simdjson's parser");
    capacity = wanted;
  }
  return !parser->stage1(reinterpret_cast<const std::uint8_t*>(body.data()), body.size(),
                         simdjson::stage1_mode::regular);
}

class JsonBody::Walk {
 public:
  Walk(State& state, std::string_view body, BodyContext& context)
      : s_(state),
        body_(body),
        context_(context),
        tokens_(state.parser->structural_indexes.get()),
        token_count_(state.parser->n_structural_indexes) {}

  // False when anything is wrong: the event is then as before, but for anomalies.
  bool read_or_forget();
  // Reads objects that stand as text in fields, each as if it stood there itself.
  void read_texts();
  // The body stands in the event's frame, but for escapes as event::Field::in_frame allows them.
  void set_in_frame(bool in_frame) { in_frame_ = in_frame; }

 private:
  bool run();
  void finish();

  // A field's value that may hold an object as text.
  struct Text {
    std::uint32_t entry = 0;
    std::string_view value;
    bool in_frame = false;
  };
  static constexpr std::size_t max_texts = 4;
  [[nodiscard]] char peek() const { return at_ < token_count_ ? body_[tokens_[at_]] : '\0'; }
  // Where the token at hand ends, blanks included: at the next token or the end of the body.
  [[nodiscard]] std::size_t token_end() const {
    return at_ + 1 < token_count_ ? tokens_[at_ + 1] : body_.size();
  }
  [[nodiscard]] NameCache::Entry* entry_of(const Level& level) {
    return level.entry == 0 ? nullptr : &s_.names.at(level.entry);
  }
  bool open(bool is_object);
  void close();
  bool read_string(std::string_view& out);
  bool read_key();
  bool read_other_key(const Level& level);
  bool note_key(const Level& level);
  bool read_value();
  bool read_scalar(std::string_view& out, ValueKind& kind);
  bool read_journal_bytes();
  void add_value(std::string_view value, ValueKind kind, bool in_frame);
  void add_field(NameCache::Entry& entry, std::string_view value, ValueKind kind, bool in_frame);
  void add_with_role(NameCache::Entry& entry, std::string_view value, ValueKind kind,
                     bool in_frame);
  void add_named(NameCache::Entry& entry, std::string_view value);
  void end_named();
  void consider_time(std::string_view value, std::uint8_t rank);

  State& s_;
  std::string_view body_;
  BodyContext& context_;
  const std::uint32_t* tokens_;
  std::size_t token_count_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t keys_ = 0;
  NameCache::Entry* entry_ = nullptr;  // of the value at hand, nullptr beyond the limit of names
  std::size_t raw_depth_ = 0;          // 0, or the depth of the container that is kept as written
  std::size_t raw_begin_ = 0;
  std::uint8_t time_rank_ = 0;  // of the time that was taken; 0: none
  bool bad_time_ = false;
  bool has_message_ = false;
  std::string_view other_message_;
  std::array<Text, max_texts> texts_{};
  std::size_t text_count_ = 0;
  bool in_frame_ = false;
  bool is_plain_ = false;  // the last string had no other escapes than those of a Field in_frame
  // The half of a {name, text} that was read first; entry 0: none.
  std::uint64_t half_object_ = 0;
  std::uint32_t half_entry_ = 0;
  std::string_view half_;
};

bool JsonBody::Walk::open(bool is_object) {
  if (depth_ >= s_.limits.checked_depth) {
    context_.event.anomalies.set(Anomaly::json_depth);
    return false;
  }
  if (depth_ >= s_.limits.depth && raw_depth_ == 0) {
    raw_depth_ = depth_ + 1;
    raw_begin_ = tokens_[at_];
    context_.event.anomalies.set(Anomaly::json_depth);
  }
  Level& level = s_.levels[depth_++];
  level.object = is_object ? ++s_.objects : 0;
  level.entry = entry_ == nullptr ? 0 : s_.names.index_of(*entry_);
  level.after_value = level.after_comma = false;
  ++at_;
  return true;
}

void JsonBody::Walk::close() {
  if (depth_ == raw_depth_) {
    raw_depth_ = 0;
    entry_ = entry_of(s_.levels[depth_ - 1]);
    add_value(body_.substr(raw_begin_, tokens_[at_] + 1 - raw_begin_), ValueKind::text, in_frame_);
  }
  ++at_;
  --depth_;
  if (depth_ > 0) s_.levels[depth_ - 1].after_value = true;
}

bool JsonBody::Walk::read_string(std::string_view& out) {
  const char* begin = body_.data() + tokens_[at_] + 1;
  const char* stop = find_quote_or_escape(begin);
  is_plain_ = true;
  if (*stop == '"') {
    out = {begin, static_cast<std::size_t>(stop - begin)};
    ++at_;
    return true;
  }
  const std::size_t room = token_end() - tokens_[at_] + simdjson::SIMDJSON_PADDING;
  char* to = context_.batch.arena.allocate(room);
  std::size_t size = 0;
  if (const auto plain = unescape_plain(begin, to)) [[likely]] {
    size = *plain;
  } else {
    const std::uint8_t* end = s_.parser->parse_string(reinterpret_cast<const std::uint8_t*>(begin),
                                                      reinterpret_cast<std::uint8_t*>(to));
    if (end == nullptr) return false;
    is_plain_ = false;
    size = static_cast<std::size_t>(reinterpret_cast<const char*>(end) - to);
    if (std::memchr(to, '\0', size) != nullptr) context_.event.anomalies.set(Anomaly::json_nul);
  }
  context_.batch.arena.shrink(room - size);
  out = {to, size};
  ++at_;
  return true;
}

bool JsonBody::Walk::read_key() {
  if (peek() != '"') return false;
  const Level& level = s_.levels[depth_ - 1];
  if (raw_depth_ == 0 && level.entry == 0 && keys_ < s_.limits.names) [[likely]] {
    const std::size_t begin = tokens_[at_] + 1;
    entry_ = s_.names.expect_quoted(body_.data() + begin, body_.size() - begin);
    if (entry_ != nullptr && entry_->name.size() <= s_.limits.name) {
      ++at_;
      if (peek() != ':') return false;
      ++at_;
      ++keys_;
      return note_key(level);
    }
  }
  return read_other_key(level);
}

// A name that was not expected, or is one of several parts.
bool JsonBody::Walk::read_other_key(const Level& level) {
  std::string_view key;
  if (!read_string(key) || peek() != ':') return false;
  ++at_;
  if (raw_depth_ != 0) return true;
  std::string_view name = key;
  if (level.entry != 0) {
    s_.name.assign(s_.names.at(level.entry).name);
    s_.name.push_back('.');
    s_.name.append(key);
    name = s_.name;
  }
  if (name.size() > s_.limits.name) [[unlikely]] {
    context_.event.anomalies.set(Anomaly::json_limit);
    name = base::utf8_prefix(name, s_.limits.name);
  }
  if (++keys_ > s_.limits.names) [[unlikely]] {
    context_.event.anomalies.set(Anomaly::json_limit);
    entry_ = nullptr;
    return true;
  }
  entry_ = &s_.names.look_up(name);
  return note_key(level);
}

bool JsonBody::Walk::note_key(const Level& level) {
  if (entry_->stamp == level.object) [[unlikely]] {
    context_.event.anomalies.set(Anomaly::json_duplicate_key);
  }
  entry_->stamp = level.object;
  return true;
}

bool JsonBody::Walk::read_scalar(std::string_view& out, ValueKind& kind) {
  if (peek() == '"') {
    kind = ValueKind::text;
    return read_string(out);
  }
  std::size_t end = token_end();
  const std::size_t begin = tokens_[at_];
  while (end > begin && is_blank(body_[end - 1])) --end;
  out = body_.substr(begin, end - begin);
  const std::optional<ValueKind> found = kind_of_scalar(out);
  if (!found) return false;
  kind = *found;
  ++at_;
  return true;
}

// MESSAGE of journald is an array of byte values when it is not UTF-8. Any other array takes
// nothing of the arena, however often it is there.
bool JsonBody::Walk::read_journal_bytes() {
  const std::size_t count = (token_count_ - at_) / 2 + 1;
  char* to = context_.batch.arena.allocate(count);
  const auto refuse = [&] {
    context_.batch.arena.shrink(count);
    return false;
  };
  std::size_t size = 0;
  ++at_;
  while (peek() != ']') {
    std::string_view token;
    ValueKind kind{};
    if (size > 0) {
      if (peek() != ',') return refuse();
      ++at_;
    }
    if (at_ >= token_count_ || peek() == '"' || !read_scalar(token, kind) ||
        kind != ValueKind::number)
      return refuse();
    const auto byte = base::parse_integer(token);
    if (!byte || *byte < 0 || *byte > 255 || size >= count) return refuse();
    to[size++] = static_cast<char>(*byte);
  }
  context_.batch.arena.shrink(count - size);
  add_value({to, size}, ValueKind::text, false);
  ++at_;
  s_.levels[depth_ - 1].after_value = true;
  return true;
}

bool JsonBody::Walk::read_value() {
  const char c = peek();
  if (c == '{' || c == '[') {
    if (c == '[' && entry_ != nullptr && entry_->role == JsonRole::journal_message && depth_ == 1) {
      const std::size_t before = at_;
      if (read_journal_bytes()) return true;
      at_ = before;
    }
    return open(c == '{');
  }
  std::string_view value;
  ValueKind kind{};
  if (at_ >= token_count_ || !read_scalar(value, kind)) return false;
  if (raw_depth_ == 0) add_value(value, kind, in_frame_ && (kind != ValueKind::text || is_plain_));
  s_.levels[depth_ - 1].after_value = true;
  return true;
}

void JsonBody::Walk::add_value(std::string_view value, ValueKind kind, bool in_frame) {
  if (entry_ == nullptr) return;
  if (entry_->role == JsonRole::none && !entry_->escaped) [[likely]] {
    add_field(*entry_, value, kind, in_frame);
    return;
  }
  add_with_role(*entry_, value, kind, in_frame);
}

void JsonBody::Walk::add_field(NameCache::Entry& entry, std::string_view value, ValueKind kind,
                               bool in_frame) {
  if (context_.add(s_.names.id_of(entry, context_), value, kind))
    context_.batch.fields.back().in_frame = in_frame;
}

void JsonBody::Walk::add_with_role(NameCache::Entry& entry, std::string_view value, ValueKind kind,
                                   bool in_frame) {
  if (entry.role >= JsonRole::journal_message) {
    const event::FieldId id = journal_field(entry.role);
    if (id == event::field::message) has_message_ = true;
    context_.add(id, value, kind);
    return;
  }
  if (entry.role >= JsonRole::data_name && kind == ValueKind::text) {
    return add_named(entry, value);
  }
  if (entry.escaped) value = without_second_escape(value, context_.batch.arena);
  add_field(entry, value, kind, in_frame);
  if (entry.role <= JsonRole::last_time) {
    if (kind == ValueKind::text || kind == ValueKind::number) consider_time(value, entry.role);
  } else if (kind == ValueKind::text) {
    if (entry.role == JsonRole::message) has_message_ = true;
    if (entry.role == JsonRole::msg && other_message_.empty()) other_message_ = value;
    if (entry.role == JsonRole::json_text && value.starts_with('{') && text_count_ < max_texts) {
      texts_[text_count_++] = {s_.names.index_of(entry), value, in_frame};
    }
  }
}

// {"@Name": "Image", "#text": "a.exe"} is the field Image, whichever comes first.
void JsonBody::Walk::add_named(NameCache::Entry& entry, std::string_view value) {
  const std::uint64_t object = s_.levels[depth_ - 1].object;
  if (object == 0) {  // an array of texts has no names
    context_.add(s_.names.id_of(entry, context_), value);
    return;
  }
  const std::uint32_t index = s_.names.index_of(entry);
  if (half_entry_ == 0 || half_object_ != object || half_entry_ == index) {
    end_named();
    half_object_ = object;
    half_entry_ = index;
    half_ = value;
    return;
  }
  const bool is_name = entry.role == JsonRole::data_name;
  context_.add(is_name ? value : half_, is_name ? half_ : value);
  half_entry_ = 0;
}

// A half that the other did not follow is a field of its own.
void JsonBody::Walk::end_named() {
  if (half_entry_ == 0) return;
  context_.add(s_.names.id_of(s_.names.at(half_entry_), context_), half_);
  half_entry_ = 0;
}

void JsonBody::Walk::consider_time(std::string_view value, std::uint8_t rank) {
  if (time_rank_ != 0 && time_rank_ <= rank) return;
  const std::optional<WrittenTime> time = read_written_time(value);
  if (!time) {
    bad_time_ = true;
    return;
  }
  time_rank_ = rank;
  context_.event.time = base::EventTime(time->ns);
  context_.event.has_time = true;
  s_.time_is_local = time->local && !is_always_utc(rank);
}

bool JsonBody::Walk::run() {
  if (peek() != '{') return false;
  if (!open(true)) return false;
  while (depth_ > 0) {
    Level& level = s_.levels[depth_ - 1];
    const char c = peek();
    const char end = level.object != 0 ? '}' : ']';
    if (level.after_value) {
      if (c == ',') {
        ++at_;
        level.after_value = false;
        level.after_comma = true;
      } else if (c == end) {
        close();
        continue;
      } else {
        return false;
      }
    } else if (c == end && !level.after_comma) {
      close();
      continue;
    }
    if (level.object != 0) {
      if (!read_key()) return false;
    } else if (raw_depth_ == 0) {
      entry_ = entry_of(level);  // an element has the array's name
    }
    if (!read_value()) return false;
  }
  return at_ == token_count_;
}

void JsonBody::Walk::finish() {
  end_named();
  if (!has_message_ && !other_message_.empty()) context_.add(event::field::message, other_message_);
  if (bad_time_ && time_rank_ == 0) context_.event.anomalies.set(Anomaly::bad_time);
}

bool JsonBody::Walk::read_or_forget() {
  event::Event& event = context_.event;
  const event::Event before = event;
  const std::size_t first_field = context_.batch.fields.size();
  if (run()) {
    finish();
    return true;
  }
  context_.batch.fields.resize(first_field);
  const event::Anomalies anomalies = event.anomalies;
  event = before;
  event.anomalies = anomalies;
  s_.time_is_local = false;
  return false;
}

void JsonBody::Walk::read_texts() {
  for (std::size_t i = 0; i < text_count_; ++i) {
    const Text& text = texts_[i];
    const std::string_view body = with_padding(text.value, context_.batch.arena);
    if (!s_.tokenize(body)) continue;
    const event::Anomalies anomalies = context_.event.anomalies;
    Walk walk(s_, body, context_);
    walk.set_in_frame(text.in_frame);
    walk.entry_ = &s_.names.at(text.entry);
    // It need not be an object; then it stays the text that it is.
    if (!walk.read_or_forget()) context_.event.anomalies = anomalies;
  }
}

// ---- the decoder -----------------------------------------------------------------------------

JsonBody::JsonBody(const JsonLimits& limits, const BodyNames* body_names)
    : state_(std::make_unique<State>(limits, body_names)) {}
JsonBody::~JsonBody() = default;
JsonBody::JsonBody(JsonBody&&) noexcept = default;
JsonBody& JsonBody::operator=(JsonBody&&) noexcept = default;

bool JsonBody::time_is_local() const { return state_->time_is_local; }

BodyResult JsonBody::decode(std::string_view body, BodyContext& context) {
  State& s = *state_;
  s.time_is_local = false;
  event::Batch& batch = context.batch;
  event::Event& event = context.event;
  auto refuse = [&](Anomaly anomaly) {
    event.anomalies.set(Anomaly::json_invalid);
    event.anomalies.set(anomaly);
    return BodyResult::invalid;
  };
  if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
  if (body.size() > s.limits.size) return refuse(Anomaly::json_limit);
  const char* text = batch.text();
  const bool in_frame =
      body.data() >= text && body.data() + body.size() <= text + batch.text_size();
  if (!in_frame) body = with_padding(body, batch.arena);
  s.names.begin(context);
  if (!s.tokenize(body)) return refuse(Anomaly::json_invalid);
  Walk walk(s, body, context);
  walk.set_in_frame(in_frame);
  if (!walk.read_or_forget()) return refuse(Anomaly::json_invalid);
  walk.read_texts();
  return BodyResult::decoded;
}

}  // namespace tocsin::ingest
