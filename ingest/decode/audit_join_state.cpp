// The checkpoint of AuditJoin: one key an event that waits, with names as text, so that another
// table of names can load it.
#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cstring>

#include "ingest/decode/audit_join.hpp"

namespace tocsin::ingest {

namespace {

constexpr std::uint8_t version = 1;

// Little endian, fixed widths; texts behind a length of 4 bytes.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  template <typename Number>
  void number(Number value) {
    for (std::size_t i = 0; i < sizeof(Number); ++i) {
      out_.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i)));
    }
  }
  void text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    out_.append(value);
  }

 private:
  std::string& out_;
};

class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}

  template <typename Number>
  Number number() {
    if (in_.size() < sizeof(Number)) {
      ok_ = false;
      in_ = {};
      return {};
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i) {
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(in_[i])) << (8 * i);
    }
    in_.remove_prefix(sizeof(Number));
    return static_cast<Number>(value);
  }
  std::string_view text() {
    const auto size = number<std::uint32_t>();
    if (size > in_.size()) {
      ok_ = false;
      in_ = {};
      return {};
    }
    const std::string_view value = in_.substr(0, size);
    in_.remove_prefix(size);
    return value;
  }
  // Nothing was missing so far.
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return ok_ && in_.empty(); }

 private:
  std::string_view in_;
  bool ok_ = true;
};

std::string key_of(std::uint64_t first) {
  return fmt::format("{}{:016x}", AuditJoin::state_prefix, first);
}

}  // namespace

void AuditJoin::save(event::StateWriter& writer, bool all) {
  std::sort(gone_.begin(), gone_.end());
  for (const std::uint64_t first : gone_) writer.remove(key_of(first));
  gone_.clear();
  for (std::uint32_t slot = slots_[0].next; slot != 0; slot = slots_[slot].next) {
    Waiting& waiting = slots_[slot];
    if (!waiting.changed && !all) continue;
    writer.put(key_of(waiting.parts.front().seq.value), encode(waiting));
    waiting.changed = false;
    waiting.saved = true;
  }
}

base::Result<void> AuditJoin::load(std::string_view key, std::string_view value) {
  if (!key.starts_with(state_prefix) || !decode(value) ||
      key != key_of(slots_[slots_[0].previous].parts.front().seq.value)) {
    return base::fail("ingest-60",
                      fmt::format("the state of a pending audit event is broken: {}", key));
  }
  return {};
}

std::optional<event::Seq> AuditJoin::first_record(std::string_view key) {
  if (!key.starts_with(state_prefix)) return std::nullopt;
  key.remove_prefix(state_prefix.size());
  std::uint64_t first = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), first, 16);
  if (error != std::errc() || end != key.data() + key.size()) return std::nullopt;
  return event::Seq(first);
}

std::string AuditJoin::encode(const Waiting& waiting) const {
  std::string out;
  Writer write(out);
  write.number(version);
  write.number(waiting.stream->first.source.value);
  write.text(waiting.stream->first.host);
  write.number(waiting.stamp);
  write.number(waiting.serial);
  write.number(waiting.time.value);
  write.number(waiting.last.value);
  write.number(waiting.received.value);
  write.number(waiting.anomalies.bits());
  write.number(waiting.items);
  write.number(waiting.paths);
  write.number(waiting.overdue);
  write.number(static_cast<std::uint8_t>(waiting.titled));
  write.number(static_cast<std::uint32_t>(waiting.parts.size()));
  const std::string_view bytes = waiting.bytes;
  for (const Part& part : waiting.parts) {
    write.number(part.seq.value);
    write.number(part.rank);
    write.text(bytes.substr(part.text, part.text_size));
    write.number(part.field_count);
    for (std::uint32_t i = 0; i < part.field_count; ++i) {
      const StoredField& field = waiting.fields[part.first_field + i];
      write.text(field.name == event::FieldTable::unknown
                     ? bytes.substr(field.own_name, field.own_name_size)
                     : names_.name(field.name));
      write.number(static_cast<std::uint8_t>(field.kind));
      write.text(bytes.substr(field.value, field.size));
    }
  }
  return out;
}

bool AuditJoin::decode(std::string_view value) {
  Reader read(value);
  if (read.number<std::uint8_t>() != version) return false;
  const event::SourceId source(read.number<std::uint32_t>());
  const std::string_view host = read.text();
  const auto stamp = read.number<std::int64_t>();
  const auto serial = read.number<std::uint64_t>();
  Waiting loaded;
  loaded.time = base::EventTime(read.number<std::int64_t>());
  loaded.last = event::Seq(read.number<std::uint64_t>());
  loaded.received = base::ReceivedTime(read.number<std::int64_t>());
  loaded.anomalies = event::Anomalies(read.number<std::uint64_t>());
  loaded.items = read.number<std::int64_t>();
  loaded.paths = read.number<std::uint32_t>();
  loaded.overdue = read.number<std::uint32_t>();
  loaded.titled = read.number<std::uint8_t>() != 0;
  const auto part_count = read.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < part_count && read.ok(); ++i) {
    Part part;
    part.seq = event::Seq(read.number<std::uint64_t>());
    part.rank = read.number<std::uint8_t>();
    const std::string_view text = read.text();
    part.text = static_cast<std::uint32_t>(loaded.bytes.size());
    part.text_size = static_cast<std::uint32_t>(text.size());
    part.record = record_offset(text);
    loaded.bytes.append(text);
    part.first_field = static_cast<std::uint32_t>(loaded.fields.size());
    part.field_count = read.number<std::uint32_t>();
    for (std::uint32_t k = 0; k < part.field_count && read.ok(); ++k) {
      const std::string_view name = read.text();
      const auto kind = read.number<std::uint8_t>();
      const std::string_view field_value = read.text();
      if (kind > static_cast<std::uint8_t>(event::ValueKind::null)) return false;
      const event::FieldId id = names_.find(name);
      store_field(loaded, event::Field(id, field_value, static_cast<event::ValueKind>(kind)),
                  id == event::FieldTable::unknown ? name : std::string_view(), {}, 0);
    }
    loaded.parts.push_back(part);
  }
  if (!read.at_end() || loaded.parts.empty() || loaded.parts.size() != part_count) return false;

  // The list is in the order of first records; keys come in that order too.
  if (slots_[0].previous != 0 &&
      slots_[slots_[0].previous].parts.front().seq >= loaded.parts.front().seq) {
    return false;
  }
  Waiting& waiting = slots_[begin(stream_of(source, host), stamp, serial)];
  waiting.time = loaded.time;
  waiting.last = loaded.last;
  waiting.received = loaded.received;
  waiting.anomalies = loaded.anomalies;
  waiting.items = loaded.items;
  waiting.paths = loaded.paths;
  waiting.overdue = loaded.overdue;
  waiting.titled = loaded.titled;
  waiting.saved = true;
  waiting.changed = false;
  waiting.bytes = std::move(loaded.bytes);
  waiting.fields = std::move(loaded.fields);
  waiting.parts = std::move(loaded.parts);
  bytes_ += waiting.bytes.size();
  return true;
}

}  // namespace tocsin::ingest
