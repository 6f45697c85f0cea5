#include "event/alert.hpp"

#include <cstring>
#include <span>

namespace tocsin::event {

std::string to_string(const AlertId& id) { return base::to_hex(id.bytes.data(), id.bytes.size()); }

std::optional<AlertId> parse_alert_id(std::string_view hex) {
  AlertId id;
  if (hex.size() != id.bytes.size() * 2) return std::nullopt;
  auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    const int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    id.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return id;
}

void write_json(const Alert& alert, base::JsonWriter& out) {
  out.begin_object().member("id", std::string_view(to_string(alert.id)));
  out.key("rule")
      .begin_object()
      .member("id", std::string_view(alert.rule_id))
      .member("title", std::string_view(alert.rule_title));
  out.member("level", std::string_view(alert.rule_level))
      .member("author", std::string_view(alert.rule_author));
  out.key("tags").begin_array();
  for (const std::string& tag : alert.rule_tags) out.value(std::string_view(tag));
  out.end_array().end_object();
  out.key("group").begin_object();
  for (const auto& [name, value] : alert.group) out.member(name, std::string_view(value));
  out.end_object();
  out.member("first_seen", std::string_view(base::format_rfc3339(alert.first_seen.value)));
  out.member("fired_at", std::string_view(base::format_rfc3339(alert.fired_at.value)));
  out.member("last_seen", std::string_view(base::format_rfc3339(alert.last_seen.value)));
  out.member("count", alert.count).member("total", alert.total);
  out.key("evidence").begin_array();
  for (Seq seq : alert.evidence) out.value(seq.value);
  out.end_array().member("late", alert.late).key("merged_into");
  if (alert.merged_into) {
    out.value(std::string_view(to_string(*alert.merged_into)));
  } else {
    out.null();
  }
  out.end_object();
}

void write_json(const Lockout& lockout, base::JsonWriter& out) {
  out.begin_object().key("lockout").begin_object();
  out.member("seq", lockout.seq.value).member("k", lockout.k);
  out.member("time", std::string_view(base::format_rfc3339(lockout.time.value)));
  out.member("user", std::string_view(lockout.user)).member("host", std::string_view(lockout.host));
  out.member("alert", std::string_view(to_string(lockout.alert)))
      .member("rule", std::string_view(lockout.rule_id));
  out.member("until", std::string_view(base::format_rfc3339(lockout.until.value))).key("refused");
  if (lockout.refused.empty()) {
    out.null();
  } else {
    out.value(std::string_view(lockout.refused));
  }
  out.end_object().end_object();
}

namespace {

template <typename Record>
std::string written(const Record& record) {
  std::string out;
  base::JsonWriter writer(out);
  write_json(record, writer);
  return out;
}

}  // namespace

std::string json_of(const Alert& alert) { return written(alert); }
std::string json_of(const Lockout& lockout) { return written(lockout); }

namespace {

// A stored value is: version (1 byte), then members in the order of the struct; numbers as 8 bytes
// little-endian, texts as size (8) + bytes, lists as count (8) + items.
class Encoder {
 public:
  explicit Encoder(std::uint8_t version) { out_ += static_cast<char>(version); }
  void number(std::uint64_t value) {
    char bytes[8];
    std::memcpy(bytes, &value, 8);
    out_.append(bytes, 8);
  }
  void text(std::string_view value) {
    number(value.size());
    out_ += value;
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

class Decoder {
 public:
  explicit Decoder(std::string_view in) : in_(in) {}
  std::uint8_t byte() {
    if (in_.empty()) return fail_once();
    const auto value = static_cast<std::uint8_t>(in_.front());
    in_.remove_prefix(1);
    return value;
  }
  std::uint64_t number() {
    if (in_.size() < 8) return fail_once();
    std::uint64_t value = 0;
    std::memcpy(&value, in_.data(), 8);
    in_.remove_prefix(8);
    return value;
  }
  std::string text() {
    const std::uint64_t size = number();
    if (size > in_.size()) {
      fail_once();
      return {};
    }
    std::string value(in_.substr(0, size));
    in_.remove_prefix(size);
    return value;
  }
  // A count of items that each take at least 8 bytes, so that a lie cannot ask for more memory than
  // was given.
  std::uint64_t count() {
    const std::uint64_t value = number();
    return value > in_.size() / 8 ? fail_once() : value;
  }
  [[nodiscard]] bool done() const { return !failed_ && in_.empty(); }

 private:
  std::uint8_t fail_once() {
    failed_ = true;
    in_ = {};
    return 0;
  }
  std::string_view in_;
  bool failed_ = false;
};

std::string_view view(const AlertId& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

AlertId alert_id(const std::string& bytes) {
  AlertId id;
  if (bytes.size() == id.bytes.size()) std::memcpy(id.bytes.data(), bytes.data(), bytes.size());
  return id;
}

constexpr std::uint8_t format_version = 1;

}  // namespace

std::string encode(const Alert& alert) {
  Encoder out(format_version);
  out.text(view(alert.id));
  for (const std::string* part :
       {&alert.rule_id, &alert.rule_title, &alert.rule_level, &alert.rule_author})
    out.text(*part);
  out.number(alert.rule_tags.size());
  for (const std::string& tag : alert.rule_tags) out.text(tag);
  out.number(alert.group.size());
  for (const auto& [name, value] : alert.group) {
    out.text(name);
    out.text(value);
  }
  for (base::EventTime time : {alert.first_seen, alert.fired_at, alert.last_seen})
    out.number(static_cast<std::uint64_t>(time.value));
  out.number(alert.count);
  out.number(alert.total);
  out.number(alert.evidence.size());
  for (Seq seq : alert.evidence) out.number(seq.value);
  out.number(alert.fired_by.value);
  out.number(alert.late ? 1 : 0);
  out.text(alert.merged_into ? view(*alert.merged_into) : std::string_view());
  return out.take();
}

base::Result<Alert> decode_alert(std::string_view bytes) {
  Decoder in(bytes);
  if (in.byte() != format_version)
    return base::fail("event-1", "an alert written by another version");
  Alert alert;
  alert.id = alert_id(in.text());
  for (std::string* part :
       {&alert.rule_id, &alert.rule_title, &alert.rule_level, &alert.rule_author})
    *part = in.text();
  for (std::uint64_t left = in.count(); left > 0; --left) alert.rule_tags.push_back(in.text());
  for (std::uint64_t left = in.count(); left > 0; --left) {
    std::string name = in.text();
    alert.group.emplace_back(std::move(name), in.text());
  }
  for (base::EventTime* time : {&alert.first_seen, &alert.fired_at, &alert.last_seen})
    time->value = static_cast<std::int64_t>(in.number());
  alert.count = in.number();
  alert.total = in.number();
  for (std::uint64_t left = in.count(); left > 0; --left) alert.evidence.emplace_back(in.number());
  alert.fired_by = Seq(in.number());
  alert.late = in.number() != 0;
  if (const std::string merged = in.text(); !merged.empty()) alert.merged_into = alert_id(merged);
  if (!in.done()) return base::fail("event-1", "an alert's stored bytes are damaged");
  return alert;
}

std::string encode(const Lockout& lockout) {
  Encoder out(format_version);
  out.number(lockout.seq.value);
  out.number(lockout.k);
  out.number(static_cast<std::uint64_t>(lockout.time.value));
  out.text(lockout.user);
  out.text(lockout.host);
  out.text(view(lockout.alert));
  out.text(lockout.rule_id);
  out.number(static_cast<std::uint64_t>(lockout.until.value));
  out.text(lockout.refused);
  return out.take();
}

base::Result<Lockout> decode_lockout(std::string_view bytes) {
  Decoder in(bytes);
  if (in.byte() != format_version)
    return base::fail("event-1", "a lockout written by another version");
  Lockout lockout;
  lockout.seq = Seq(in.number());
  lockout.k = static_cast<std::uint32_t>(in.number());
  lockout.time.value = static_cast<std::int64_t>(in.number());
  lockout.user = in.text();
  lockout.host = in.text();
  lockout.alert = alert_id(in.text());
  lockout.rule_id = in.text();
  lockout.until.value = static_cast<std::int64_t>(in.number());
  lockout.refused = in.text();
  if (!in.done()) return base::fail("event-1", "a lockout's stored bytes are damaged");
  return lockout;
}

}  // namespace tocsin::event
