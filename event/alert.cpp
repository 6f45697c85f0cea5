#include "event/alert.hpp"

#include <cstring>
#include <span>

#include "base/varint.hpp"

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

// A stored value is: version (1 byte), then members in the order of the struct, as varints, signed
// ones zigzag; lists as count and items.
void put_time(std::string& out, base::EventTime time) { base::put_signed(out, time.value); }

std::string_view view(const AlertId& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

AlertId alert_id(std::string_view bytes) {
  AlertId id;
  if (bytes.size() == id.bytes.size()) std::memcpy(id.bytes.data(), bytes.data(), bytes.size());
  return id;
}

constexpr char format_version = 2;

// Behind the version; a fault when it is another.
std::optional<base::VarintReader> values_of(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != format_version) return std::nullopt;
  return base::VarintReader(bytes.substr(1));
}

base::EventTime read_time(base::VarintReader& in) { return base::EventTime(in.signed_number()); }

}  // namespace

std::string encode(const Alert& alert) {
  std::string out(1, format_version);
  base::put_text(out, view(alert.id));
  for (const std::string* part :
       {&alert.rule_id, &alert.rule_title, &alert.rule_level, &alert.rule_author})
    base::put_text(out, *part);
  base::put_varint(out, alert.rule_tags.size());
  for (const std::string& tag : alert.rule_tags) base::put_text(out, tag);
  base::put_varint(out, alert.group.size());
  for (const auto& [name, value] : alert.group) {
    base::put_text(out, name);
    base::put_text(out, value);
  }
  for (base::EventTime time : {alert.first_seen, alert.fired_at, alert.last_seen})
    put_time(out, time);
  base::put_varint(out, alert.count);
  base::put_varint(out, alert.total);
  base::put_varint(out, alert.evidence.size());
  std::uint64_t before = 0;
  for (Seq seq : alert.evidence) {
    base::put_varint(out, seq.value - before);  // they ascend
    before = seq.value;
  }
  base::put_varint(out, alert.fired_by.value);
  base::put_varint(out, alert.late ? 1 : 0);
  base::put_text(out, alert.merged_into ? view(*alert.merged_into) : std::string_view());
  return out;
}

base::Result<Alert> decode_alert(std::string_view bytes) {
  auto in = values_of(bytes);
  if (!in) return base::fail("event-1", "an alert written by another version");
  Alert alert;
  alert.id = alert_id(in->text());
  for (std::string* part :
       {&alert.rule_id, &alert.rule_title, &alert.rule_level, &alert.rule_author})
    *part = in->text();
  for (std::uint64_t left = in->count(); left > 0; --left) alert.rule_tags.emplace_back(in->text());
  for (std::uint64_t left = in->count(); left > 0; --left) {
    std::string name(in->text());
    alert.group.emplace_back(std::move(name), in->text());
  }
  for (base::EventTime* time : {&alert.first_seen, &alert.fired_at, &alert.last_seen})
    *time = read_time(*in);
  alert.count = in->number();
  alert.total = in->number();
  std::uint64_t before = 0;
  for (std::uint64_t left = in->count(); left > 0; --left)
    alert.evidence.emplace_back(before += in->number());
  alert.fired_by = Seq(in->number());
  alert.late = in->number() != 0;
  if (const auto merged = in->text(); !merged.empty()) alert.merged_into = alert_id(merged);
  if (!in->done()) return base::fail("event-1", "an alert's stored bytes are damaged");
  return alert;
}

std::string encode(const Lockout& lockout) {
  std::string out(1, format_version);
  base::put_varint(out, lockout.seq.value);
  base::put_varint(out, lockout.k);
  put_time(out, lockout.time);
  base::put_text(out, lockout.user);
  base::put_text(out, lockout.host);
  base::put_text(out, view(lockout.alert));
  base::put_text(out, lockout.rule_id);
  put_time(out, lockout.until);
  base::put_text(out, lockout.refused);
  return out;
}

base::Result<Lockout> decode_lockout(std::string_view bytes) {
  auto in = values_of(bytes);
  if (!in) return base::fail("event-1", "a lockout written by another version");
  Lockout lockout;
  lockout.seq = Seq(in->number());
  lockout.k = static_cast<std::uint32_t>(in->number());
  lockout.time = read_time(*in);
  lockout.user = in->text();
  lockout.host = in->text();
  lockout.alert = alert_id(in->text());
  lockout.rule_id = in->text();
  lockout.until = read_time(*in);
  lockout.refused = in->text();
  if (!in->done()) return base::fail("event-1", "a lockout's stored bytes are damaged");
  return lockout;
}

}  // namespace tocsin::event
