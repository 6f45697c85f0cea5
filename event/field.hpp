// Fields of an event: a name as a small number, a value as a view.
// Path:      decode (ingest) -> match (rules), correlate
// Threads:   FieldTable: filled by one thread, then immutable and safe; Field: a value
// Tested by: tests/event/field_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.hpp"
#include "base/ids.hpp"

namespace tocsin::event {

// A field's name: a row of the FieldTable, or (from first_local_field on) of the batch's own list
// of names that no decoder and no rule knows.
using FieldId = base::Id<struct FieldTag, std::uint16_t>;
inline constexpr std::uint16_t first_local_field = 0x8000;

// The names that the code itself sets; each FieldTable holds them under these ids.
namespace field {
inline constexpr FieldId message{0};
inline constexpr FieldId host_name{1};
inline constexpr FieldId process_name{2};
inline constexpr FieldId process_pid{3};
inline constexpr FieldId facility_code{4};
inline constexpr FieldId severity_code{5};
inline constexpr FieldId msgid{6};
inline constexpr FieldId log_repeat{7};
inline constexpr FieldId source_ip{8};
inline constexpr FieldId source_address{9};
inline constexpr FieldId source_port{10};
inline constexpr FieldId user_name{11};
inline constexpr FieldId event_category{12};
inline constexpr FieldId event_action{13};
inline constexpr FieldId event_outcome{14};
inline constexpr std::uint16_t count = 15;
}  // namespace field

enum class ValueKind : std::uint8_t { text, number, boolean, null };

struct Field {
  const char* data = nullptr;
  std::uint32_t size = 0;
  FieldId name;
  ValueKind kind = ValueKind::text;
  // The value stands in the event's frame, where some of its characters may be escaped: by a
  // backslash before the character, control characters by a backslash and a letter.
  bool in_frame = false;

  Field() = default;
  Field(FieldId id, std::string_view value, ValueKind value_kind = ValueKind::text)
      : data(value.data()),
        size(static_cast<std::uint32_t>(value.size())),
        name(id),
        kind(value_kind) {}
  [[nodiscard]] std::string_view value() const { return {data, size}; }
};
static_assert(sizeof(Field) == 16);

// Every name that a decoder sets or a rule asks for. Owned by the pipeline of one epoch.
class FieldTable {
 public:
  FieldTable();

  // The id of `name`, added when it is new. At most 0x8000 names (CHECK): packs are ours to bound,
  // not strangers'.
  FieldId intern(std::string_view name);
  // The id of a known name, or an id >= first_local_field when it is not known.
  [[nodiscard]] FieldId find(std::string_view name) const;
  [[nodiscard]] std::string_view name(FieldId id) const;
  [[nodiscard]] std::size_t size() const { return names_.size(); }

  static constexpr FieldId unknown{0xFFFF};

 private:
  std::vector<std::string> names_;
  std::unordered_map<std::string, FieldId, base::TextHash, std::equal_to<>> ids_;
};

}  // namespace tocsin::event
