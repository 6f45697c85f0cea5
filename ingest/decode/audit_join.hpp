// Joins the records of one Linux audit event, in log order, in the ordered stage.
// Path:      events of kind `part` (ingest/decode/audit) -> whole events (rules/match, correlate)
// Units:     event time in ns since 1970Z; bytes of records that wait
// Threads:   one (the ordered stage)
// Errors:    none on the path: audit_incomplete when records are missing as far as can be told or
//            a bound was reached, audit_duplicate for a record that came twice (left out) or a
//            second SYSCALL (kept), field_limit. Loading: ingest-60, a state that is broken
// Source:    kernel/auditsc.c audit_log_exit (order of records); auparse's completion rules
// Tested by: tests/ingest/decode/audit_join_test.cpp, tests/ingest/decode/audit_data_test.cpp
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "event/ports.hpp"
#include "ingest/decode/audit.hpp"

namespace tocsin::ingest {

struct AuditJoinLimits {
  base::Nanoseconds timeout{2 * base::ns_per_second};
  std::uint32_t grace_records = 16;
  std::size_t events = 8192;          // that wait
  std::size_t bytes = 32U << 20U;     // of all records that wait
  std::size_t event_bytes = 1 << 18;  // of one event's records; more of them are left out
  std::size_t event_records = 512;    // an event with so many is complete
};

// Whole events. batch.events[i] has frame i: its records' text in log order, a line each.
// batch.seq() does not apply: from[i].seq is the place of event i.
struct AuditJoined {
  struct From {
    event::Seq seq;                // of the last record
    std::uint32_t first_part = 0;  // into parts
    std::uint32_t part_count = 0;
  };

  event::Batch batch;
  std::vector<From> from;         // as many as batch.events
  std::vector<event::Seq> parts;  // the sequence numbers of all records (evidence), ascending
  LocalNames locals;

  void clear();
  [[nodiscard]] bool empty() const { return from.empty(); }
};

// Records belong together when source, node (or the header's host name), time and serial agree. An
// event is complete
// - with its EOE record; an EOE for which nothing waits is no event
// - as soon as there are a SYSCALL, a PROCTITLE and as many PATHs as SYSCALL's `items` says: a log
//   file has no EOE, and PROCTITLE is the kernel's last record before it
// - when an audit record of the same source and node is more than `timeout` later by its own time,
//   and `grace_records` more of them where it is known to lack records (they may be out of order)
// - when a clock record of the log says so (advance): where no further audit record comes, the last
//   event would wait for ever. Nothing here looks at a clock
// - when a bound is reached: the event that began first goes first.
// What a record completes comes out before the record's own event, in the order of last records.
// Time and serial are those of the stamp, whatever the event's time was judged to be. A joined
// event has the place (seq), source, reception and time of its last record. Its fields are those of
// SYSCALL, then of special records (AVC, LOGIN ...), EXECVE, the rest, PROCTITLE; words that all
// sources share (user.name, process.name ...) are there once.
class AuditJoin {
 public:
  // `names` must know intern_audit_names() and outlive this; joined events get `logsource`.
  AuditJoin(const event::FieldTable& names, event::LogsourceId logsource,
            const AuditJoinLimits& limits = {});

  // Every event of the ordered stage, in log order. Parts are copied; whole audit records only tell
  // the time; other events cost one comparison.
  void add(const event::Batch& batch, std::size_t index, AuditJoined& out);

  // A clock record: received time has come to `now`. What got its last record more than `timeout`
  // before is complete, whatever its stamp says: senders' clocks may be wrong, ours is one.
  void advance(base::ReceivedTime now, AuditJoined& out);
  // Whether advance(now) would complete anything.
  [[nodiscard]] bool is_due(base::ReceivedTime now) const;

  // The end of a replay: what waits is complete.
  void flush_end(AuditJoined& out);

  [[nodiscard]] std::size_t waiting() const { return count_; }
  [[nodiscard]] std::size_t waiting_bytes() const { return bytes_; }
  // Rows kept for sources and hosts, also for some of which nothing waits.
  [[nodiscard]] std::size_t streams() const { return streams_.size(); }
  // The first record that waits; retention and checkpoints must not pass it. 0: none waits.
  [[nodiscard]] event::Seq oldest() const;

  // Writes what changed since the last save, or all that waits (for an AuditJoin of another table);
  // keys begin with state_prefix.
  static constexpr std::string_view state_prefix = "audit_join/";
  void save(event::StateWriter& writer, bool all = false);
  // One key of a checkpoint, in key order.
  [[nodiscard]] base::Result<void> load(std::string_view key, std::string_view value);
  // The first record of the event that such a key is about; nothing for a foreign key.
  [[nodiscard]] static std::optional<event::Seq> first_record(std::string_view key);

 private:
  struct StoredField {
    std::uint32_t value = 0;  // into bytes
    std::uint32_t size = 0;
    std::uint32_t own_name = 0;  // into bytes, where the table does not know the name
    std::uint16_t own_name_size = 0;
    event::FieldId name;
    event::ValueKind kind = event::ValueKind::text;
  };
  struct Part {
    event::Seq seq;
    std::uint8_t rank = 0;
    std::uint32_t text = 0;  // into bytes: the frame as it came
    std::uint32_t text_size = 0;
    std::uint32_t record = 0;  // into the text: where "audit(" stands, behind a relay's header
    std::uint32_t first_field = 0;
    std::uint32_t field_count = 0;
  };
  // A source and a host name: what has one clock and one row of serials.
  struct StreamKey {
    event::SourceId source;
    std::string host;
  };
  struct StreamOrder {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return a.source != b.source ? a.source < b.source
                                  : std::string_view(a.host) < std::string_view(b.host);
    }
  };
  struct StreamView {
    event::SourceId source;
    std::string_view host;
  };
  struct Stream {
    std::vector<std::uint32_t> slots;  // of events that wait, in the order of first records
    std::int64_t oldest = 0;           // none of them has an older stamp
  };
  using Streams = std::map<StreamKey, Stream, StreamOrder>;
  // One event among all that wait. A stream with events stays where it is.
  struct EventKey {
    const Stream* stream;
    std::int64_t stamp;
    std::uint64_t serial;

    bool operator==(const EventKey&) const = default;
  };
  struct EventKeyHash {
    std::size_t operator()(const EventKey& key) const;
  };
  // One event that waits. Slots are used again, with their memory.
  struct Waiting {
    Streams::iterator stream;
    std::int64_t stamp = 0;
    std::uint64_t serial = 0;
    base::EventTime time;  // of the last record
    event::Seq last;
    base::ReceivedTime received;
    event::Anomalies anomalies;
    std::int64_t items = -1;  // as SYSCALL says; -1: no SYSCALL yet
    std::uint32_t paths = 0;
    std::uint32_t overdue = 0;  // records of its stream since its time was past
    bool titled = false;
    bool changed = false;
    bool saved = false;
    std::uint32_t previous = 0;  // in the order of first records
    std::uint32_t next = 0;
    std::string bytes;
    std::vector<StoredField> fields;
    std::vector<Part> parts;
  };
  // What add() needs of a record besides its fields.
  struct Facts {
    std::string_view type;
    std::string_view host;
    std::string_view items;
    std::int64_t stamp = 0;
    std::uint64_t serial = 0;
    bool is_record = false;
  };

  [[nodiscard]] Facts facts_of(const event::Batch& batch, std::size_t index) const;
  Streams::iterator stream_of(event::SourceId source, std::string_view host);
  std::uint32_t begin(Streams::iterator stream, std::int64_t stamp, std::uint64_t serial);
  void store(std::uint32_t slot, const event::Batch& batch, std::size_t index, const Facts& facts);
  static void store_field(Waiting& waiting, const event::Field& field, std::string_view own_name,
                          std::string_view text, std::uint32_t text_at);
  static std::uint32_t record_offset(std::string_view text);
  static bool is_repeated(const Waiting& waiting, std::string_view record);
  void note(Waiting& waiting, std::uint8_t rank, std::string_view type, std::string_view items);
  // Puts the events of a stream whose stamp is older than `stamp` on the list of those that are
  // due.
  void collect_older(Stream& stream, std::int64_t stamp);
  [[nodiscard]] static bool lacks_records(const Waiting& waiting);
  void complete_due(AuditJoined& out);
  void complete(std::uint32_t slot, AuditJoined& out);
  void keep_bounds(AuditJoined& out);
  void emit(Waiting& waiting, AuditJoined& out);
  void merge_exec_records(Waiting& waiting);
  void add_fields(const Waiting& waiting, const char* bytes, BodyContext& context);
  void add_peer(BodyContext& context);
  [[nodiscard]] std::string encode(const Waiting& waiting) const;
  [[nodiscard]] bool decode(std::string_view value);

  const event::FieldTable& names_;
  event::LogsourceId logsource_;
  AuditJoinLimits limits_;
  AuditBody exec_decoder_;
  event::Batch exec_batch_;
  LocalNames exec_locals_;
  event::FieldId type_, serial_, items_, syscall_, addr_, port_, target_ip_, target_port_;
  std::vector<std::uint8_t> single_;  // by FieldId: 0, or 1 + the bit of a name that is there once

  std::vector<Waiting> slots_;  // slots_[0] is the end of the list in both directions
  std::vector<std::uint32_t> free_;
  Streams streams_;
  boost::unordered_flat_map<EventKey, std::uint32_t, EventKeyHash> slot_of_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  std::vector<std::uint64_t> gone_;  // first records of events that were saved and are complete
  std::vector<std::uint32_t> due_;   // scratch
  std::vector<Part> ordered_;        // scratch
  std::string text_;                 // scratch
};

}  // namespace tocsin::ingest
