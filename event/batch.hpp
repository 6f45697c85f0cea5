// A batch: about a thousand frames, and what each stage adds to them. The only thing that moves
// between threads.
// Path:      listen/files fill text and frames -> decode adds events and fields -> match adds
//            detections -> engine
// Units:     offsets and sizes in bytes; times in ns since 1970Z
// Threads:   one at a time (whoever holds it); recycled, so that a steady state allocates nothing
// Tested by: tests/event/batch_test.cpp
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "event/anomaly.hpp"
#include "event/field.hpp"
#include "event/logsource.hpp"
#include "event/source.hpp"

namespace tocsin::event {

// Number of a received frame, from 1, without gaps.
using Seq = base::Id<struct SeqTag, std::uint64_t>;
// A compiled rule's place in its RuleSet; rules are sorted by id, so this order is the order of
// rule ids.
using RuleIndex = base::Id<struct RuleTag, std::uint32_t>;
// A pattern of a decoder: events of one shape have the same log source and the same constant
// fields. 0 = none.
using ShapeId = base::Id<struct ShapeTag, std::uint32_t>;

// One message as it came, without its framing.
struct Frame {
  std::uint32_t offset = 0;  // into Batch::text
  std::uint32_t size = 0;
  SourceId source;
  base::ReceivedTime received;
  Anomalies anomalies;  // of framing
};

// How an event stands to the others of its frame's source.
enum class EventKind : std::uint8_t {
  whole,  // complete by itself
  part,   // one record of several (audit): not matched alone, joined in the ordered stage
  own,    // Tocsin's own record: complete, but its time says nothing of how far any log has come
};

struct Event {
  base::EventTime time;
  bool has_time =
      false;  // false: a file's line without a time; the ordered stage gives it the time before it
  EventKind kind = EventKind::whole;
  LogsourceId logsource;
  ShapeId shape;
  std::uint32_t first_field = 0;  // into Batch::fields
  std::uint16_t field_count = 0;
  std::uint16_t constant_count = 0;
  const Field* constants =
      nullptr;  // fields that every event of the shape has; owned by the decoder set
  Anomalies anomalies;
  const char* decoder = "";  // the decoder's name, owned by the decoder set
};

// One rule met one event. Sorted by event, then rule.
struct Detection {
  std::uint32_t event = 0;  // index into Batch::events
  RuleIndex rule;
};

// Bytes behind Batch::text that may be read, not written: simdjson and vector loads need them.
inline constexpr std::size_t text_padding = 64;

class Batch {
 public:
  Seq first_seq;  // of frames[0]; frames[i] has first_seq + i
  std::vector<Frame> frames;
  std::vector<Event> events;  // events[i] is what frames[i] holds
  std::vector<Field> fields;
  std::vector<std::string_view> local_names;  // of fields that no pack knows; in the arena
  std::vector<Detection> detections;
  base::Arena arena;

  // ---- text: all frames' bytes. Growing moves it, so views are taken only once it is complete.
  [[nodiscard]] char* text() { return text_.data(); }
  [[nodiscard]] const char* text() const { return text_.data(); }
  [[nodiscard]] std::size_t text_size() const { return text_size_; }
  // Room for `size` more bytes at the end; returns where they go. commit_text says how many were
  // used.
  char* reserve_text(std::size_t size) {
    if (text_.size() < text_size_ + size + text_padding)
      text_.resize((text_size_ + size) * 2 + text_padding);
    return text_.data() + text_size_;
  }
  void commit_text(std::size_t size) { text_size_ += size; }

  // Copies `bytes` to the end of text, followed by a line feed, as a new frame.
  void add_frame(std::string_view bytes, SourceId source, base::ReceivedTime received,
                 Anomalies anomalies = {}) {
    char* at = reserve_text(bytes.size() + 1);
    if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
    at[bytes.size()] = '\n';
    frames.push_back({static_cast<std::uint32_t>(text_size_),
                      static_cast<std::uint32_t>(bytes.size()), source, received, anomalies});
    commit_text(bytes.size() + 1);
  }

  [[nodiscard]] std::string_view raw(std::size_t index) const {
    return {text_.data() + frames[index].offset, frames[index].size};
  }
  [[nodiscard]] Seq seq(std::size_t index) const { return Seq(first_seq.value + index); }

  // ---- fields of an event: those of this event alone, then its shape's constants.
  [[nodiscard]] std::span<const Field> own_fields(const Event& event) const {
    return {fields.data() + event.first_field, event.field_count};
  }
  [[nodiscard]] static std::span<const Field> constant_fields(const Event& event) {
    return {event.constants, event.constant_count};
  }
  // The first field of that name, nullptr when the event has none.
  [[nodiscard]] const Field* find(const Event& event, FieldId name) const {
    for (const Field& candidate : own_fields(event)) {
      if (candidate.name == name) return &candidate;
    }
    for (const Field& candidate : constant_fields(event)) {
      if (candidate.name == name) return &candidate;
    }
    return nullptr;
  }
  [[nodiscard]] std::string_view name_of(const Field& a_field, const FieldTable& table) const {
    return a_field.name.value < first_local_field
               ? table.name(a_field.name)
               : local_names[a_field.name.value - first_local_field];
  }

  void clear() {
    first_seq = Seq();
    frames.clear();
    events.clear();
    fields.clear();
    local_names.clear();
    detections.clear();
    arena.clear();
    text_size_ = 0;
  }

 private:
  std::vector<char> text_;
  std::size_t text_size_ = 0;
};

}  // namespace tocsin::event
