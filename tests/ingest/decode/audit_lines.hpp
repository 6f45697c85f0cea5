// Log lines through the audit decoder and the join, in batches of any size, for tests.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/decode/audit_join.hpp"
#include "ingest/decode/audit_names.hpp"

namespace tocsin::ingest {

// A joined (or whole) event as text, so that two runs can be compared.
struct ShownEvent {
  std::uint64_t seq = 0;
  std::int64_t time = 0;
  std::vector<std::uint64_t> parts;
  std::string raw;
  std::vector<std::pair<std::string, std::string>> fields;
  std::uint64_t anomalies = 0;

  bool operator==(const ShownEvent&) const = default;
  [[nodiscard]] bool has(event::Anomaly anomaly) const {
    return event::Anomalies(anomalies).has(anomaly);
  }
  [[nodiscard]] std::string value(std::string_view name) const {
    std::string out;
    for (const auto& [field, text] : fields) {
      if (field == name) out += (out.empty() ? "" : "|") + text;
    }
    return out;
  }
};

class AuditLines {
 public:
  explicit AuditLines(const AuditJoinLimits& limits = {})
      : names_(table()), join_(names_, event::LogsourceId(7), limits) {}

  // Lines as frames of one source, numbered on from the last call; `batch_size` to a batch.
  void feed(const std::vector<std::string>& lines, std::size_t batch_size = 1000,
            event::SourceId source = event::SourceId(1)) {
    for (std::size_t first = 0; first < lines.size(); first += batch_size) {
      event::Batch batch;
      batch.first_seq = event::Seq(next_seq_);
      LocalNames locals;
      const std::size_t end = std::min(lines.size(), first + batch_size);
      for (std::size_t i = first; i < end; ++i) {
        batch.add_frame(lines[i], source, base::ReceivedTime(static_cast<std::int64_t>(next_seq_)));
        ++next_seq_;
      }
      for (std::size_t i = 0; i < batch.frames.size(); ++i) {
        event::Event event;
        event.first_field = static_cast<std::uint32_t>(batch.fields.size());
        BodyContext context{batch, event, names_, locals};
        if (decoder_.decode(batch.raw(i), context) == BodyResult::invalid) ++invalid;
        if (retimed_by != 0) event.time = base::EventTime(event.time.value + ++retimed_by);
        batch.events.push_back(event);
      }
      for (std::size_t i = 0; i < batch.events.size(); ++i) {
        if (batch.events[i].kind == event::EventKind::whole && batch.events[i].has_time) {
          whole.push_back(show(batch, batch.events[i], batch.raw(i)));
          whole.back().seq = batch.seq(i).value;
        }
        join_.add(batch, i, joined_);
        take();
      }
    }
  }
  void flush() {
    join_.flush_end(joined_);
    take();
  }
  void advance(std::int64_t ns) {
    join_.advance(base::ReceivedTime(ns), joined_);
    take();
  }

  AuditJoin& join() { return join_; }
  [[nodiscard]] const event::FieldTable& names() const { return names_; }

  std::vector<ShownEvent> events;  // in the order in which they came out
  std::vector<ShownEvent> whole;
  std::size_t invalid = 0;
  std::int64_t retimed_by = 0;  // not 0: each event is given another time, as a skewed one is

 private:
  static event::FieldTable table() {
    event::FieldTable names;
    intern_audit_names(names);
    return names;
  }
  ShownEvent show(const event::Batch& batch, const event::Event& event, std::string_view raw) {
    ShownEvent out;
    out.time = event.time.value;
    out.raw = raw;
    out.anomalies = event.anomalies.bits();
    for (const event::Field& field : batch.own_fields(event)) {
      out.fields.emplace_back(batch.name_of(field, names_), field.value());
    }
    return out;
  }
  void take() {
    for (std::size_t i = 0; i < joined_.from.size(); ++i) {
      ShownEvent shown = show(joined_.batch, joined_.batch.events[i], joined_.batch.raw(i));
      shown.seq = joined_.from[i].seq.value;
      for (std::uint32_t k = 0; k < joined_.from[i].part_count; ++k) {
        shown.parts.push_back(joined_.parts[joined_.from[i].first_part + k].value);
      }
      events.push_back(shown);
    }
    joined_.clear();
  }

  event::FieldTable names_;
  AuditBody decoder_;
  AuditJoin join_;
  AuditJoined joined_;
  std::uint64_t next_seq_ = 1;
};

}  // namespace tocsin::ingest
