#include "store/records.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>

#include "base/check.hpp"
#include "base/varint.hpp"

namespace tocsin::store {

using base::fail;
using base::put_signed;
using base::put_text;
using base::put_varint;
using base::Result;
using base::VarintReader;
using event::Seq;

namespace key {

namespace {

template <typename Number>
void put_big_endian(std::string& out, Number number) {
  for (int shift = (sizeof(Number) - 1) * 8; shift >= 0; shift -= 8)
    out += static_cast<char>(number >> shift);
}

std::string numbered(char space, std::uint64_t number) {
  std::string out(1, space);
  put_big_endian(out, number);
  return out;
}

std::string twice_numbered(char space, std::uint64_t number, std::uint32_t k) {
  std::string out = numbered(space, number);
  put_big_endian(out, k);
  return out;
}

std::string named(char space, std::string_view name) {
  std::string out(1, space);
  out += name;
  return out;
}

std::string queued(char space, std::string_view channel, std::uint64_t number) {
  std::string out = named(space, channel);
  out += '\0';
  put_big_endian(out, number);
  return out;
}

}  // namespace

std::string block(Seq first) {
  std::string out;
  put_big_endian(out, first.value);
  return out;
}
Seq block_seq(std::string_view key) { return Seq(key.size() == 8 ? last_number(key) : 0); }

std::string index(Seq first) { return numbered('i', first.value); }
std::string source(event::SourceId id) {
  std::string out(1, 's');
  put_big_endian(out, id.value);
  return out;
}
std::string alert(const event::AlertId& id) {
  return named('A', {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
}
std::string fired(std::uint64_t order) { return numbered('F', order); }
std::string life(std::uint64_t order) { return numbered('H', order); }
std::string change(const event::AlertId& id, std::uint32_t number) {
  std::string out = named('a', {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
  put_big_endian(out, number);
  return out;
}
std::string derived(Seq seq, std::uint32_t k) { return twice_numbered('l', seq.value, k); }
std::string clock(Seq after, std::uint32_t k) { return twice_numbered('c', after.value, k); }
std::string epoch(std::uint32_t number) {
  std::string out(1, 'e');
  put_big_endian(out, number);
  return out;
}
std::string blob(const base::Sha256& hash) {
  return named('h', {reinterpret_cast<const char*>(hash.data()), hash.size()});
}
std::string offset(std::string_view name) { return named('o', name); }
std::string state(std::string_view name) { return named('k', name); }
std::string anchor_state(std::uint8_t generation, std::string_view name) {
  return named('K', std::string(1, static_cast<char>(generation)).append(name));
}
std::string outbox(std::string_view channel, std::uint64_t number) {
  return queued('q', channel, number);
}
std::string dead_letter(std::string_view channel, std::uint64_t number) {
  return queued('d', channel, number);
}
std::string next_outbox(std::string_view channel) { return named('n', channel); }

Result<event::AlertId> changed_alert(std::string_view key) {
  event::AlertId id;  // 'a' id(16) number(4)
  if (key.size() != 1 + sizeof id.bytes + 4)
    return fail("store-22", "the key of an alert's change is damaged");
  std::memcpy(id.bytes.data(), key.data() + 1, sizeof id.bytes);
  return id;
}

std::uint64_t last_number(std::string_view key) {
  std::uint64_t number = 0;
  if (key.size() < 8) return 0;
  for (const char c : key.substr(key.size() - 8))
    number = number << 8U | static_cast<unsigned char>(c);
  return number;
}

std::string after(std::string_view prefix) {
  std::string out(prefix);
  while (!out.empty() && out.back() == '\xff') out.pop_back();
  if (!out.empty()) out.back() = static_cast<char>(out.back() + 1);
  return out;
}

}  // namespace key

namespace {

constexpr char value_version = 1;
constexpr char epoch_version = 2;

std::string begin_value() { return std::string(1, value_version); }

base::Error damaged(std::string_view what) {
  return {"store-22", fmt::format("{} in the store is damaged or of another version", what), {}};
}

// The reader of a value whose version is ours; one that fails at once otherwise.
VarintReader value_reader(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != value_version) {
    VarintReader broken{std::string_view()};
    broken.number();
    return broken;
  }
  return VarintReader(bytes.substr(1));
}

void put_hash(std::string& out, const base::Sha256& hash) {
  out.append(reinterpret_cast<const char*>(hash.data()), hash.size());
}
// All zero after a fault.
base::Sha256 read_hash(VarintReader& in) {
  base::Sha256 hash{};
  const std::string_view bytes = in.bytes(hash.size());
  if (in.ok()) std::memcpy(hash.data(), bytes.data(), hash.size());
  return hash;
}

// The difference of two times, which may be of any size.
void put_difference(std::string& out, std::int64_t value, std::int64_t before) {
  put_signed(out, static_cast<std::int64_t>(static_cast<std::uint64_t>(value) -
                                            static_cast<std::uint64_t>(before)));
}
std::int64_t read_difference(VarintReader& in, std::int64_t before) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(in.signed_number()) +
                                   static_cast<std::uint64_t>(before));
}

}  // namespace

std::string encode(const Totals& totals) {
  std::string out = begin_value();
  for (std::uint64_t number :
       {totals.commit, totals.first_seq.value, totals.next_seq.value, totals.next_alert,
        std::uint64_t{totals.next_epoch}, std::uint64_t{totals.sources}, totals.blocks,
        totals.block_bytes, totals.text_bytes}) {
    put_varint(out, number);
  }
  put_hash(out, totals.chain);
  return out;
}

Result<Totals> decode_totals(std::string_view bytes) {
  VarintReader in = value_reader(bytes);
  Totals totals;
  totals.commit = in.number();
  totals.first_seq = Seq(in.number());
  totals.next_seq = Seq(in.number());
  totals.next_alert = in.number();
  totals.next_epoch = static_cast<std::uint32_t>(in.number());
  totals.sources = static_cast<std::uint32_t>(in.number());
  totals.blocks = in.number();
  totals.block_bytes = in.number();
  totals.text_bytes = in.number();
  totals.chain = read_hash(in);
  if (!in.done() || totals.first_seq > totals.next_seq)
    return std::unexpected(damaged("the record of totals"));
  return totals;
}

std::string encode(const BlockInfo& info) {
  std::string out = begin_value();
  put_varint(out, info.frames);
  put_varint(out, info.text_bytes);
  put_varint(out, info.stored_bytes);
  put_varint(out, info.retention_class);
  put_signed(out, info.min_received.value);
  put_difference(out, info.max_received.value, info.min_received.value);
  put_difference(out, info.min_time.value, info.min_received.value);
  put_difference(out, info.max_time.value, info.min_time.value);
  return out;
}

Result<BlockInfo> decode_block_info(Seq first, std::string_view bytes) {
  VarintReader in = value_reader(bytes);
  BlockInfo info;
  info.first_seq = first;
  info.frames = static_cast<std::uint32_t>(in.number());
  info.text_bytes = static_cast<std::uint32_t>(in.number());
  info.stored_bytes = static_cast<std::uint32_t>(in.number());
  info.retention_class = static_cast<std::uint8_t>(in.number());
  info.min_received.value = in.signed_number();
  info.max_received.value = read_difference(in, info.min_received.value);
  info.min_time.value = read_difference(in, info.min_received.value);
  info.max_time.value = read_difference(in, info.min_time.value);
  if (!in.done() || info.frames == 0) return std::unexpected(damaged("the index of a block"));
  return info;
}

std::string encode(const event::Source& source) {
  std::string out = begin_value();
  put_text(out, source.input);
  put_text(out, source.peer);
  put_varint(out, static_cast<std::uint64_t>(source.transport));
  put_text(out, source.zone);
  put_signed(out, source.year_from);
  put_text(out, source.format);
  put_varint(out, source.authenticated ? 1 : 0);
  return out;
}

Result<event::Source> decode_source(std::string_view bytes) {
  VarintReader in = value_reader(bytes);
  event::Source source;
  source.input = in.text();
  source.peer = in.text();
  const std::uint64_t transport = in.number();
  source.transport = static_cast<event::Transport>(transport);
  source.zone = in.text();
  source.year_from = in.signed_number();
  source.format = in.text();
  source.authenticated = in.number() != 0;
  if (!in.done() || transport > static_cast<std::uint64_t>(event::Transport::internal))
    return std::unexpected(damaged("a source"));
  return source;
}

std::string encode_course(const event::Alert& alert) {
  std::string out = begin_value();
  out.append(reinterpret_cast<const char*>(alert.id.bytes.data()), alert.id.bytes.size());
  put_signed(out, alert.last_seen.value);
  put_varint(out, alert.total);
  return out;
}

Result<AlertCourse> decode_course(std::string_view bytes) {
  VarintReader in = value_reader(bytes);
  AlertCourse course;
  const std::string_view id = in.bytes(course.id.bytes.size());
  if (in.ok()) std::memcpy(course.id.bytes.data(), id.data(), id.size());
  course.last_seen = base::EventTime(in.signed_number());
  course.total = in.number();
  if (!in.done()) return std::unexpected(damaged("the course of an alert"));
  return course;
}

std::string encode_alert(std::uint64_t order, const event::Alert& alert) {
  std::string out = begin_value();
  put_varint(out, order);
  return out += encode(alert);
}

Result<std::uint64_t> decode_alert_order(std::string_view bytes) {
  VarintReader in = value_reader(bytes);
  const std::uint64_t order = in.number();
  if (!in.ok()) return std::unexpected(damaged("an alert"));
  return order;
}

Result<StoredAlert> decode_stored_alert(std::string_view bytes) {
  VarintReader in = value_reader(bytes);
  StoredAlert stored;
  stored.order = in.number();
  if (!in.ok()) return std::unexpected(damaged("an alert"));
  TRY(stored.alert, event::decode_alert(in.rest()));
  return stored;
}

std::string encode(const event::OutboxRow& row, std::string_view reason) {
  std::string out = begin_value();
  put_varint(out, row.attempts);
  put_text(out, row.id);
  put_text(out, row.body);
  put_text(out, reason);
  return out;
}

Result<DeadLetter> decode_outbox(std::string_view channel, std::uint64_t number,
                                 std::string_view bytes) {
  VarintReader in = value_reader(bytes);
  DeadLetter letter;
  letter.row.channel = channel;
  letter.row.number = number;
  letter.row.attempts = static_cast<std::uint32_t>(in.number());
  letter.row.id = in.text();
  letter.row.body = in.text();
  letter.reason = in.text();
  if (!in.done()) return std::unexpected(damaged("a row of the outbox"));
  return letter;
}

std::string encode(const ClockRecord& record) {
  std::string out = begin_value();
  put_signed(out, record.time.value);
  put_text(out, record.what);
  return out;
}

Result<ClockRecord> decode_clock(Seq after, std::uint32_t k, std::string_view bytes) {
  VarintReader in = value_reader(bytes);
  ClockRecord record;
  record.after = after;
  record.k = k;
  record.time.value = in.signed_number();
  record.what = in.text();
  if (!in.done()) return std::unexpected(damaged("a clock record"));
  return record;
}

// Version 2 has the last two numbers; epochs of version 1 had all clock records before them.
std::string encode(const Epoch& epoch) {
  std::string out(1, epoch_version);
  put_varint(out, epoch.from.value);
  put_text(out, epoch.engine);
  put_varint(out, epoch.items.size());
  for (const EpochItem& item : epoch.items) {
    put_text(out, item.kind);
    put_text(out, item.name);
    out.append(reinterpret_cast<const char*>(item.hash.data()), item.hash.size());
  }
  put_varint(out, epoch.k);
  put_varint(out, epoch.warmed_from.value);
  return out;
}

Result<Epoch> decode_epoch(std::uint32_t number, std::string_view bytes) {
  const bool has_border = !bytes.empty() && bytes.front() == epoch_version;
  VarintReader in = has_border ? VarintReader(bytes.substr(1)) : value_reader(bytes);
  Epoch epoch;
  epoch.number = number;
  epoch.from = Seq(in.number());
  epoch.engine = in.text();
  const std::uint64_t count = in.number();
  for (std::uint64_t i = 0; in.ok() && i < count; ++i) {
    EpochItem item;
    item.kind = in.text();
    item.name = in.text();
    const std::string_view rest = in.rest();
    if (rest.size() < item.hash.size()) return std::unexpected(damaged("an epoch"));
    std::memcpy(item.hash.data(), rest.data(), item.hash.size());
    in = VarintReader(rest.substr(item.hash.size()));
    epoch.items.push_back(std::move(item));
  }
  if (has_border) {
    const std::uint64_t k = in.number();
    if (k > UINT32_MAX) return std::unexpected(damaged("an epoch"));
    epoch.k = static_cast<std::uint32_t>(k);
    epoch.warmed_from = Seq(in.number());
  }
  if (!in.done()) return std::unexpected(damaged("an epoch"));
  return epoch;
}

std::string encode(const Anchor& anchor) {
  std::string out = begin_value();
  put_varint(out, anchor.first_seq.value);
  put_varint(out, anchor.dropped_frames);
  put_varint(out, anchor.dropped_blocks);
  put_varint(out, anchor.state);
  put_hash(out, anchor.chain);
  return out;
}

Result<Anchor> decode_anchor(std::string_view bytes) {
  VarintReader in = value_reader(bytes);
  Anchor anchor;
  anchor.first_seq = Seq(in.number());
  anchor.dropped_frames = in.number();
  anchor.dropped_blocks = in.number();
  anchor.state = static_cast<std::uint8_t>(in.number());
  anchor.chain = read_hash(in);
  if (!in.done()) return std::unexpected(damaged("the anchor of the log"));
  return anchor;
}

}  // namespace tocsin::store
