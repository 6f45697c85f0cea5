#include "ingest/decode/audit_join.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/check.hpp"
#include "base/hash.hpp"
#include "ingest/decode/audit_head.hpp"
#include "ingest/decode/audit_names.hpp"

namespace tocsin::ingest {

namespace {

using event::Anomaly;

// The order in which an event's records give their fields.
enum Rank : std::uint8_t { rank_syscall, rank_special, rank_exec, rank_plain, rank_title };

std::uint8_t rank_of(std::string_view type) {
  if (type == "SYSCALL") return rank_syscall;
  if (type == "EXECVE") return rank_exec;
  if (type == "PROCTITLE") return rank_title;
  for (const std::string_view plain :
       {"PATH", "CWD", "SOCKADDR", "EOE", "SOCKETCALL", "OBJ_PID", "FD_PAIR", "MMAP", "BPRM_FCAPS",
        "CAPSET", "IPC", "IPC_SET_PERM", "MQ_OPEN", "MQ_SENDRECV", "MQ_NOTIFY", "MQ_GETSETATTR",
        "OPENAT2"}) {
    if (type == plain) return rank_plain;
  }
  return rank_special;
}

// The fields of a record as text: what stands behind its stamp, without what auditd added.
std::string_view fields_of(std::string_view text) {
  text = text.substr(0, text.find('\x1D'));
  const std::size_t stamp = text.find(')');
  if (stamp == std::string_view::npos) return {};
  text.remove_prefix(stamp + 1);
  if (text.starts_with(':')) text.remove_prefix(1);
  return text;
}

// Streams without events that wait keep their memory, up to so many.
constexpr std::size_t idle_streams = 1024;

}  // namespace

void AuditJoined::clear() {
  batch.clear();
  from.clear();
  parts.clear();
  locals.forget();
}

AuditJoin::AuditJoin(const event::FieldTable& names, event::LogsourceId logsource,
                     const AuditJoinLimits& limits)
    : names_(names),
      logsource_(logsource),
      limits_(limits),
      type_(names.find("type")),
      serial_(names.find("auditd.sequence")),
      items_(names.find("items")),
      syscall_(names.find("SYSCALL")),
      addr_(names.find("addr")),
      port_(names.find("port")),
      target_ip_(names.find("destination.ip")),
      target_port_(names.find("destination.port")),
      single_(names.size()),
      slots_(1) {
  CHECK(type_ != event::FieldTable::unknown && serial_ != event::FieldTable::unknown,
        "the table of field names has not learned audit's");
  std::uint8_t bit = 0;
  for (; bit < event::field::count; ++bit) single_[bit] = static_cast<std::uint8_t>(bit + 1);
  for (const std::string_view name :
       {"auditd.sequence", "node", "process.parent.pid", "process.executable",
        "process.working_directory", "process.command_line"}) {
    const event::FieldId id = names.find(name);
    if (id != event::FieldTable::unknown) single_[id.value] = ++bit;
  }
}

std::size_t AuditJoin::EventKeyHash::operator()(const EventKey& key) const {
  const std::array<std::uint64_t, 3> parts = {reinterpret_cast<std::uintptr_t>(key.stream),
                                              static_cast<std::uint64_t>(key.stamp), key.serial};
  return base::keyed_hash({reinterpret_cast<const char*>(parts.data()), sizeof parts});
}

// ---- what waits ------------------------------------------------------------------------------

AuditJoin::Facts AuditJoin::facts_of(const event::Batch& batch, std::size_t index) const {
  Facts facts;
  for (const event::Field& field : batch.own_fields(batch.events[index])) {
    const std::string_view value = field.value();
    if (field.name == type_ && facts.type.empty()) {
      facts.type = value;
    } else if (field.name == serial_ && !facts.is_record) {
      facts.is_record = true;
    } else if (field.name == event::field::host_name && facts.host.empty()) {
      facts.host = value;
    } else if (field.name == items_ && facts.items.empty()) {
      facts.items = value;
    }
  }
  if (!facts.is_record) return facts;
  std::string_view text = batch.raw(index);
  text.remove_prefix(record_offset(text));
  AuditHead head;
  facts.is_record = take_audit_head(text, head);
  facts.stamp = head.ns;
  std::from_chars(head.serial.data(), head.serial.data() + head.serial.size(), facts.serial);
  return facts;
}

AuditJoin::Streams::iterator AuditJoin::stream_of(event::SourceId source, std::string_view host) {
  const auto found = streams_.find(StreamView{source, host});
  if (found != streams_.end()) return found;
  return streams_.try_emplace(StreamKey{source, std::string(host)}).first;
}

std::uint32_t AuditJoin::begin(Streams::iterator stream, std::int64_t stamp, std::uint64_t serial) {
  std::uint32_t slot = 0;
  if (free_.empty()) {
    slot = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  Waiting& waiting = slots_[slot];
  waiting.stream = stream;
  waiting.stamp = stamp;
  waiting.serial = serial;
  waiting.anomalies = {};
  waiting.items = -1;
  waiting.paths = waiting.overdue = 0;
  waiting.titled = waiting.saved = false;
  waiting.bytes.clear();
  waiting.fields.clear();
  waiting.parts.clear();
  waiting.previous = slots_[0].previous;
  waiting.next = 0;
  slots_[waiting.previous].next = slot;
  slots_[0].previous = slot;
  Stream& row = stream->second;
  row.oldest = row.slots.empty() ? stamp : std::min(row.oldest, stamp);
  row.slots.push_back(slot);
  slot_of_.insert_or_assign(EventKey{&row, stamp, serial}, slot);
  ++count_;
  return slot;
}

bool AuditJoin::is_repeated(const Waiting& waiting, std::string_view record) {
  return std::any_of(waiting.parts.begin(), waiting.parts.end(), [&](const Part& part) {
    return part.text_size - part.record == record.size() &&
           std::string_view(waiting.bytes).substr(part.text + part.record, record.size()) == record;
  });
}

void AuditJoin::store_field(Waiting& waiting, const event::Field& field, std::string_view own_name,
                            std::string_view text, std::uint32_t text_at) {
  StoredField stored;
  stored.size = field.size;
  stored.name = own_name.data() == nullptr ? field.name : event::FieldTable::unknown;
  stored.kind = field.kind;
  if (field.size > 0 && field.data >= text.data() &&
      field.data + field.size <= text.data() + text.size()) {
    stored.value = text_at + static_cast<std::uint32_t>(field.data - text.data());
  } else {
    stored.value = static_cast<std::uint32_t>(waiting.bytes.size());
    waiting.bytes.append(field.value());
  }
  if (own_name.data() != nullptr) {
    stored.own_name = static_cast<std::uint32_t>(waiting.bytes.size());
    stored.own_name_size = static_cast<std::uint16_t>(std::min<std::size_t>(own_name.size(), 512));
    waiting.bytes.append(own_name.substr(0, stored.own_name_size));
  }
  waiting.fields.push_back(stored);
}

// What a record says about whether its event is complete.
void AuditJoin::note(Waiting& waiting, std::uint8_t rank, std::string_view type,
                     std::string_view items) {
  if (rank == rank_syscall) {
    if (waiting.items >= 0) waiting.anomalies.set(Anomaly::audit_duplicate);
    std::uint32_t count = 0;
    std::from_chars(items.data(), items.data() + items.size(), count);
    waiting.items = std::max(waiting.items, static_cast<std::int64_t>(count));
  } else if (rank == rank_title) {
    waiting.titled = true;
  } else if (type == "PATH") {
    ++waiting.paths;
  }
}

void AuditJoin::store(std::uint32_t slot, const event::Batch& batch, std::size_t index,
                      const Facts& facts) {
  Waiting& waiting = slots_[slot];
  const event::Event& event = batch.events[index];
  const event::Frame& frame = batch.frames[index];
  const std::string_view text = batch.raw(index);
  waiting.changed = true;
  waiting.last = batch.seq(index);
  waiting.time = event.time;
  waiting.received = frame.received;
  const std::size_t before = waiting.bytes.size();
  Part part;
  part.seq = batch.seq(index);
  part.rank = rank_of(facts.type);
  part.first_field = static_cast<std::uint32_t>(waiting.fields.size());
  part.record = record_offset(text);
  if (is_repeated(waiting, text.substr(part.record))) {
    part.record = 0;
    waiting.anomalies.set(Anomaly::audit_duplicate);
  } else if (before + text.size() > limits_.event_bytes) {
    waiting.anomalies.set(Anomaly::audit_incomplete);
    waiting.anomalies.set(Anomaly::field_limit);
    part.record = 0;
    note(waiting, part.rank, facts.type, facts.items);
  } else {
    waiting.anomalies.merge(event.anomalies);
    part.text = static_cast<std::uint32_t>(before);
    part.text_size = static_cast<std::uint32_t>(text.size());
    waiting.bytes.append(text);
    for (const event::Field& field : batch.own_fields(event)) {
      // The whole event's text stands in its frame.
      if (field.name == event::field::message) continue;
      const bool local = field.name.value >= event::first_local_field;
      store_field(waiting, field,
                  local ? batch.local_names[field.name.value - event::first_local_field]
                        : std::string_view(),
                  text, part.text);
    }
    part.field_count = static_cast<std::uint32_t>(waiting.fields.size()) - part.first_field;
    note(waiting, part.rank, facts.type, facts.items);
  }
  waiting.parts.push_back(part);
  bytes_ += waiting.bytes.size() - before;
}

// ---- when it is complete ---------------------------------------------------------------------

// As far as can be told: a system call says how many paths it has, and the rest comes with one.
bool AuditJoin::lacks_records(const Waiting& waiting) {
  if (waiting.items >= 0) return waiting.items > static_cast<std::int64_t>(waiting.paths);
  return std::any_of(waiting.parts.begin(), waiting.parts.end(),
                     [](const Part& part) { return part.rank >= rank_exec && part.text_size > 0; });
}

void AuditJoin::collect_older(Stream& stream, std::int64_t stamp) {
  if (stream.slots.empty() || stream.oldest >= stamp) return;
  std::int64_t oldest = INT64_MAX;
  for (const std::uint32_t slot : stream.slots) {
    Waiting& waiting = slots_[slot];
    bool due = waiting.stamp < stamp;
    if (due && waiting.overdue < limits_.grace_records && lacks_records(waiting)) {
      ++waiting.overdue;
      waiting.changed = true;
      due = false;
    }
    if (due) {
      due_.push_back(slot);
    } else {
      oldest = std::min(oldest, waiting.stamp);
    }
  }
  stream.oldest = oldest;
}

void AuditJoin::complete_due(AuditJoined& out) {
  std::sort(due_.begin(), due_.end(),
            [&](std::uint32_t a, std::uint32_t b) { return slots_[a].last < slots_[b].last; });
  for (const std::uint32_t slot : due_) complete(slot, out);
  due_.clear();
}

std::uint32_t AuditJoin::record_offset(std::string_view text) {
  const std::size_t at = text.find("audit(");
  return at == std::string_view::npos ? 0 : static_cast<std::uint32_t>(at);
}

void AuditJoin::complete(std::uint32_t slot, AuditJoined& out) {
  Waiting& waiting = slots_[slot];
  if (lacks_records(waiting)) waiting.anomalies.set(Anomaly::audit_incomplete);
  emit(waiting, out);
  if (waiting.saved) gone_.push_back(waiting.parts.front().seq.value);
  Stream& stream = waiting.stream->second;
  slot_of_.erase({&stream, waiting.stamp, waiting.serial});
  stream.slots.erase(std::find(stream.slots.begin(), stream.slots.end(), slot));
  if (stream.slots.empty() && streams_.size() > idle_streams) streams_.erase(waiting.stream);
  slots_[waiting.previous].next = waiting.next;
  slots_[waiting.next].previous = waiting.previous;
  bytes_ -= waiting.bytes.size();
  --count_;
  constexpr std::size_t kept_bytes = 64 * 1024;
  if (waiting.bytes.capacity() > kept_bytes) std::string().swap(waiting.bytes);
  constexpr std::size_t kept_fields = 4096;
  if (waiting.fields.capacity() > kept_fields) std::vector<StoredField>().swap(waiting.fields);
  free_.push_back(slot);
}

void AuditJoin::keep_bounds(AuditJoined& out) {
  while (count_ > limits_.events || (bytes_ > limits_.bytes && count_ > 0)) {
    slots_[slots_[0].next].anomalies.set(Anomaly::audit_incomplete);
    complete(slots_[0].next, out);
  }
}

void AuditJoin::add(const event::Batch& batch, std::size_t index, AuditJoined& out) {
  const event::Event& event = batch.events[index];
  const bool part = event.kind == event::EventKind::part;
  if (!part && count_ == 0) return;
  const Facts facts = facts_of(batch, index);
  if (!facts.is_record) return;
  const event::SourceId source = batch.frames[index].source;
  const bool ends = facts.type == "EOE";
  // Only what will wait makes a row: host names are strangers' words, and without end.
  const auto stream =
      part && !ends ? stream_of(source, facts.host) : streams_.find(StreamView{source, facts.host});
  if (stream == streams_.end()) return;
  const auto found = slot_of_.find({&stream->second, facts.stamp, facts.serial});
  std::uint32_t slot = found == slot_of_.end() ? 0 : found->second;
  collect_older(stream->second, facts.stamp - limits_.timeout.count());
  if (!part) return complete_due(out);

  if (slot == 0 && !ends) slot = begin(stream, facts.stamp, facts.serial);
  complete_due(out);
  if (slot == 0) return;
  store(slot, batch, index, facts);
  const Waiting& waiting = slots_[slot];
  if (ends || waiting.parts.size() >= limits_.event_records ||
      (waiting.titled && waiting.items >= 0 &&
       static_cast<std::int64_t>(waiting.paths) >= waiting.items)) {
    complete(slot, out);
  }
  keep_bounds(out);
}

void AuditJoin::advance(base::ReceivedTime now, AuditJoined& out) {
  const std::int64_t before = now.value - limits_.timeout.count();
  for (std::uint32_t slot = slots_[0].next; slot != 0; slot = slots_[slot].next) {
    if (slots_[slot].received.value < before) due_.push_back(slot);
  }
  complete_due(out);
}

bool AuditJoin::is_due(base::ReceivedTime now) const {
  const std::int64_t before = now.value - limits_.timeout.count();
  for (std::uint32_t slot = slots_[0].next; slot != 0; slot = slots_[slot].next) {
    if (slots_[slot].received.value < before) return true;
  }
  return false;
}

void AuditJoin::flush_end(AuditJoined& out) {
  for (std::uint32_t slot = slots_[0].next; slot != 0; slot = slots_[slot].next) {
    due_.push_back(slot);
  }
  complete_due(out);
}

event::Seq AuditJoin::oldest() const {
  const std::uint32_t slot = slots_[0].next;
  return slot == 0 ? event::Seq() : slots_[slot].parts.front().seq;
}

// ---- the whole event -------------------------------------------------------------------------

// Arguments may be spread over several EXECVE records, even within one argument: they are read
// again as one record, and replace the first one's fields.
void AuditJoin::merge_exec_records(Waiting& waiting) {
  std::size_t count = 0;
  for (const Part& part : waiting.parts) count += part.rank == rank_exec && part.text_size > 0;
  if (count < 2) return;
  text_ = "type=EXECVE msg=audit(0.0:" + std::to_string(waiting.serial) + "):";
  Part* first = nullptr;
  for (Part& part : waiting.parts) {
    if (part.rank != rank_exec || part.text_size == 0) continue;
    text_ += fields_of(std::string_view(waiting.bytes)
                           .substr(part.text + part.record, part.text_size - part.record));
    if (first == nullptr) {
      first = &part;
    } else {
      part.field_count = 0;
    }
  }
  exec_batch_.clear();
  exec_locals_.forget();
  exec_batch_.add_frame(text_, event::SourceId(), base::ReceivedTime());
  event::Event event;
  BodyContext context{exec_batch_, event, names_, exec_locals_};
  if (exec_decoder_.decode(exec_batch_.raw(0), context) != BodyResult::decoded) return;
  waiting.anomalies.merge(event.anomalies);
  first->first_field = static_cast<std::uint32_t>(waiting.fields.size());
  first->field_count = event.field_count;
  const std::size_t before = waiting.bytes.size();
  for (const event::Field& field : exec_batch_.own_fields(event)) {
    const bool local = field.name.value >= event::first_local_field;
    store_field(waiting, field,
                local ? exec_batch_.local_names[field.name.value - event::first_local_field]
                      : std::string_view(),
                {}, 0);
  }
  bytes_ += waiting.bytes.size() - before;
}

void AuditJoin::add_fields(const Waiting& waiting, const char* bytes, BodyContext& context) {
  ordered_.assign(waiting.parts.begin(), waiting.parts.end());
  std::sort(ordered_.begin(), ordered_.end(), [](const Part& a, const Part& b) {
    return a.rank != b.rank ? a.rank < b.rank : a.seq < b.seq;
  });
  auto fields = [&](const Part& part) {
    return std::span(waiting.fields).subspan(part.first_field, part.field_count);
  };
  std::uint64_t seen = 0;
  auto add = [&](const StoredField& field) {
    const event::FieldId id = field.name == event::FieldTable::unknown
                                  ? context.id_of({bytes + field.own_name, field.own_name_size})
                                  : field.name;
    if (id.value < single_.size() && single_[id.value] != 0) {
      const std::uint64_t bit = std::uint64_t{1} << single_[id.value];
      if ((seen & bit) != 0) return;
      seen |= bit;
    }
    context.add(id, {bytes + field.value, field.size}, field.kind);
  };
  // What a special record says happened is more than that some system call did.
  for (const Part& part : ordered_) {
    if (part.rank != rank_special) continue;
    for (const StoredField& field : fields(part)) {
      if (field.name == event::field::event_category || field.name == event::field::event_action) {
        add(field);
      }
    }
  }
  for (const Part& part : ordered_) {
    for (const StoredField& field : fields(part)) add(field);
  }
}

// SOCKADDR has an address; whose it is, the system call says.
void AuditJoin::add_peer(BodyContext& context) {
  const event::Field* call = context.batch.find(context.event, syscall_);
  const event::Field* addr = context.batch.find(context.event, addr_);
  const event::Field* port = context.batch.find(context.event, port_);
  if (call == nullptr || addr == nullptr || port == nullptr) return;
  const std::string_view name = call->value();
  const std::string_view ip = addr->value();
  const std::string_view number = port->value();
  if (name == "connect" || name == "sendto" || name == "sendmsg") {
    if (target_ip_ != event::FieldTable::unknown) context.add(target_ip_, ip);
    if (target_port_ != event::FieldTable::unknown) context.add(target_port_, number);
  } else if (name == "accept" || name == "accept4" || name == "recvfrom" || name == "recvmsg") {
    context.add(event::field::source_ip, ip);
    context.add(event::field::source_port, number);
  }
}

void AuditJoin::emit(Waiting& waiting, AuditJoined& out) {
  merge_exec_records(waiting);
  event::Batch& batch = out.batch;
  text_.clear();
  for (const Part& part : waiting.parts) {
    if (part.text_size == 0) continue;
    if (!text_.empty()) text_.push_back('\n');
    text_.append(waiting.bytes, part.text, part.text_size);
  }
  batch.add_frame(text_, waiting.stream->first.source, waiting.received);
  const std::string_view bytes = batch.arena.copy(waiting.bytes);
  event::Event event;
  event.time = waiting.time;
  event.has_time = true;
  event.logsource = logsource_;
  event.first_field = static_cast<std::uint32_t>(batch.fields.size());
  event.anomalies = waiting.anomalies;
  event.decoder = "audit";
  BodyContext context{batch, event, names_, out.locals};
  add_fields(waiting, bytes.data(), context);
  add_peer(context);
  batch.events.push_back(event);
  out.from.push_back({waiting.last, static_cast<std::uint32_t>(out.parts.size()),
                      static_cast<std::uint32_t>(waiting.parts.size())});
  for (const Part& part : waiting.parts) out.parts.push_back(part.seq);
}

}  // namespace tocsin::ingest
