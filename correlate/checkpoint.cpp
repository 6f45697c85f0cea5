#include "correlate/checkpoint.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/hash.hpp"
#include "base/varint.hpp"

namespace tocsin::correlate {

namespace {

constexpr char format_version = 2;
constexpr std::uint64_t checksum_seed = 0x746f6373696e2d31ULL;

std::uint64_t checksum(std::string_view key, std::string_view body) {
  return base::keyed_hash(body, base::keyed_hash(key, checksum_seed));
}

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) { out_ = format_version; }
  void number(std::uint64_t value) { base::put_varint(out_, value); }
  void integer(std::int64_t value) { base::put_signed(out_, value); }
  void text(std::string_view value) { base::put_text(out_, value); }
  void place(Place from, Place to) {
    difference(static_cast<std::uint64_t>(from.time), static_cast<std::uint64_t>(to.time));
    difference(from.order, to.order);
  }
  void seal(std::string_view key) {
    const std::uint64_t sum = checksum(key, out_);
    char bytes[8];
    std::memcpy(bytes, &sum, 8);
    out_.append(bytes, 8);
  }

 private:
  // Wraps around, so that every pair has one.
  void difference(std::uint64_t from, std::uint64_t to) {
    integer(static_cast<std::int64_t>(to - from));
  }
  std::string& out_;
};

Place read_place(base::VarintReader& in, Place from) {
  const auto time =
      static_cast<std::uint64_t>(from.time) + static_cast<std::uint64_t>(in.signed_number());
  const std::uint64_t order = from.order + static_cast<std::uint64_t>(in.signed_number());
  return {static_cast<std::int64_t>(time), order};
}

void write_entries(Writer& out, const std::vector<SavedEntry>& entries) {
  out.number(entries.size());
  Place before;
  for (const SavedEntry& entry : entries) {
    const Place place{entry.place.time, entry.place.order | (entry.is_true ? 1U : 0U)};
    out.place(before, place);
    out.number(entry.worth);
    out.text(entry.text);
    before = place;
  }
}

std::vector<SavedEntry> read_entries(base::VarintReader& in) {
  std::vector<SavedEntry> entries;
  Place before;
  for (std::uint64_t left = in.count(); left > 0 && in.ok(); --left) {
    const Place place = read_place(in, before);
    SavedEntry entry{
        {place.time, place.order & ~std::uint64_t{1}}, (place.order & 1U) != 0, in.number(), {}};
    entry.text = in.text();
    if (!entries.empty() && entry.place < entries.back().place) in.fault();
    entries.push_back(std::move(entry));
    before = place;
  }
  return entries;
}

void write_life(Writer& out, const std::optional<SavedLife>& life) {
  out.number(life ? 1 : 0);
  if (!life) return;
  out.integer(life->start);
  out.integer(life->empty_since);
  out.number(life->newest);
  out.number((life->begun ? 1U : 0U) | (life->holds ? 2U : 0U) | (life->expected ? 4U : 0U));
}

std::optional<SavedLife> read_life(base::VarintReader& in) {
  if (in.number() == 0) return std::nullopt;
  SavedLife life;
  life.start = in.signed_number();
  life.empty_since = in.signed_number();
  life.newest = in.number();
  const std::uint64_t flags = in.number();
  life.begun = (flags & 1U) != 0;
  life.holds = (flags & 2U) != 0;
  life.expected = (flags & 4U) != 0;
  return life;
}

base::Result<base::VarintReader> open(std::string_view key, std::string_view value) {
  const base::Origin origin{"checkpoint"};
  if (value.size() < 9) return base::fail("correlate-3", "a checkpoint value is cut off", origin);
  const std::string_view body = value.substr(0, value.size() - 8);
  std::uint64_t sum = 0;
  std::memcpy(&sum, value.data() + body.size(), 8);
  if (sum != checksum(key, body))
    return base::fail("correlate-3", "a checkpoint value is damaged", origin);
  if (body[0] != format_version)
    return base::fail("correlate-2", "the checkpoint was written by another version", origin);
  return base::VarintReader(body.substr(1));
}

std::unexpected<base::Error> damaged() {
  return base::fail("correlate-3", "a checkpoint value is damaged", {"checkpoint"});
}

}  // namespace

void saved_key_into(std::string& out, const CorrelationSpec& spec, std::string_view key,
                    bool held) {
  out = held ? held_prefix : group_prefix;
  out.append(reinterpret_cast<const char*>(spec.content.data()), spec.content.size());
  out += key;
}

std::string encode(const SavedGroup& group, std::string_view key) {
  std::string out;
  encode_into(out, group, key);
  return out;
}

void encode_into(std::string& bytes, const SavedGroup& group, std::string_view key) {
  Writer out(bytes);
  out.integer(group.entries.empty() ? std::numeric_limits<std::int64_t>::min()
                                    : group.entries.back().place.time);
  write_entries(out, group.entries);
  write_entries(out, group.waiting);
  out.number(group.alerts.size());
  for (const SavedAlert& alert : group.alerts) {
    out.number(alert.number);
    out.place({}, alert.first);
    out.place(alert.first, alert.last);
    out.integer(alert.reminded);
    out.number((alert.silent ? 1U : 0U) | (alert.taken ? 2U : 0U) | (alert.opening_sent ? 4U : 0U));
    out.text(event::encode(alert.alert));
  }
  write_life(out, group.life);
  out.seal(key);
}

base::Result<std::int64_t> decode_last(std::string_view key, std::string_view value) {
  TRY(base::VarintReader in, open(key, value));
  const std::int64_t last = in.signed_number();
  if (!in.ok()) return damaged();
  return last;
}

base::Result<SavedGroup> decode_group(std::string_view key, std::string_view value) {
  TRY(base::VarintReader in, open(key, value));
  SavedGroup group;
  in.signed_number();  // of the last entry
  group.entries = read_entries(in);
  group.waiting = read_entries(in);
  for (std::uint64_t left = in.count(); left > 0 && in.ok(); --left) {
    SavedAlert alert;
    alert.number = in.number();
    alert.first = read_place(in, {});
    alert.last = read_place(in, alert.first);
    alert.reminded = in.signed_number();
    const std::uint64_t flags = in.number();
    alert.silent = (flags & 1U) != 0;
    alert.taken = (flags & 2U) != 0;
    alert.opening_sent = (flags & 4U) != 0;
    const std::string_view bytes = in.text();
    if (!in.ok()) break;
    TRY(alert.alert, event::decode_alert(bytes));
    group.alerts.push_back(std::move(alert));
  }
  group.life = read_life(in);
  if (!in.done()) return damaged();
  return group;
}

std::string encode(const SavedHead& head, std::string_view key) {
  std::string bytes;
  Writer out(bytes);
  out.integer(head.watermark);
  out.integer(head.now);
  out.number(head.next_number);
  out.number(head.groups);
  out.number(head.held);
  out.number(head.too_late);
  out.number(head.sources.size());
  for (const Watermark::Saved& source : head.sources) {
    out.number(source.source);
    out.number(source.active ? 1 : 0);
    out.integer(source.highest);
    out.integer(source.last_received);
  }
  out.number(head.idle);
  out.number(head.beginnings.size());
  for (const auto& [content, time] : head.beginnings) {
    out.text({reinterpret_cast<const char*>(content.data()), content.size()});
    out.integer(time);
  }
  out.seal(key);
  return bytes;
}

base::Result<SavedHead> decode_head(std::string_view key, std::string_view value) {
  TRY(base::VarintReader in, open(key, value));
  SavedHead head;
  head.watermark = in.signed_number();
  head.now = in.signed_number();
  head.next_number = in.number();
  head.groups = in.number();
  head.held = in.number();
  head.too_late = in.number();
  for (std::uint64_t left = in.count(); left > 0 && in.ok(); --left) {
    Watermark::Saved source;
    source.source = static_cast<std::uint32_t>(in.number());
    source.active = in.number() != 0;
    source.highest = in.signed_number();
    source.last_received = in.signed_number();
    head.sources.push_back(source);
  }
  head.idle = static_cast<std::uint32_t>(in.number());
  for (std::uint64_t left = in.count(); left > 0 && in.ok(); --left) {
    base::Sha256 content{};
    const std::string_view text = in.text();
    if (text.size() != content.size()) return damaged();
    std::ranges::copy(text, content.begin());
    head.beginnings.emplace_back(content, in.signed_number());
  }
  if (!in.done()) return damaged();
  return head;
}

}  // namespace tocsin::correlate
