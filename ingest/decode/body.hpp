// What every decoder of a structured body (JSON, key=value, CEF, audit) is given, and what it says.
// Path:      message body -> fields of one event
// Units:     bytes; event time in ns since 1970Z
// Threads:   one (the worker that holds the batch)
// Errors:    none; bad input sets an Anomaly, and limits are said by Anomaly::field_limit and
//            Anomaly::value_truncated
// Tested by: tests/ingest/decode/body_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "event/batch.hpp"

namespace tocsin::ingest {

// An event has at most this many fields of its own; what is beyond is only in the raw text.
inline constexpr std::size_t max_fields = 512;
// A longer value is cut, never inside a code point.
inline constexpr std::size_t max_value_size = 64 * 1024;

// Names of one batch that no decoder and no rule knows: each distinct name once in
// Batch::local_names. Owned by the Decoder; forget() at each new batch.
class LocalNames {
 public:
  LocalNames() : slots_(1024) {}
  void forget();
  // The id of `name` in this batch (copied to its arena when new); FieldTable::unknown when the
  // batch has used up all ids.
  event::FieldId intern(event::Batch& batch, std::string_view name);

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t generation = 0;
    event::FieldId id;
  };
  void grow();

  std::vector<Slot> slots_;  // a power of two; a slot of an older generation is free
  std::uint32_t generation_ = 1;
  std::size_t used_ = 0;
};

// Values must live as long as the batch: views into its text, its arena, or static text.
struct BodyContext {
  event::Batch& batch;
  event::Event& event;  // first_field is where this event's fields begin
  const event::FieldTable& names;
  LocalNames& locals;

  [[nodiscard]] event::FieldId id_of(std::string_view name) {
    const event::FieldId id = names.find(name);
    return id != event::FieldTable::unknown ? id : locals.intern(batch, name);
  }

  // Appends a field; false when the event is full (the anomaly is set).
  bool add(event::FieldId name, std::string_view value,
           event::ValueKind kind = event::ValueKind::text) {
    if (event.field_count >= max_fields || name == event::FieldTable::unknown) [[unlikely]] {
      event.anomalies.set(event::Anomaly::field_limit);
      return false;
    }
    if (value.size() > max_value_size) [[unlikely]] {
      value = base::utf8_prefix(value, max_value_size);
      event.anomalies.set(event::Anomaly::value_truncated);
    }
    batch.fields.emplace_back(name, value, kind);
    ++event.field_count;
    return true;
  }
  bool add(std::string_view name, std::string_view value,
           event::ValueKind kind = event::ValueKind::text) {
    return add(id_of(name), value, kind);
  }
};

enum class BodyResult : std::uint8_t {
  decoded,  // fields were added; defects, if any, are in event.anomalies
  invalid,  // not of this form, or broken: no field was added; the anomaly says what is wrong
};

}  // namespace tocsin::ingest
