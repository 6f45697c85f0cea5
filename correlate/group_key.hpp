// Group keys: the values that detections must share, as one string of bytes.
// Path:      fields of an event, or values of an inner group -> key -> event::GroupValues, alert id
// Threads:   pure functions
// Errors:    none; a value that is missing is said, not guessed
// Tested by: tests/correlate/group_key_test.cpp
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "correlate/place.hpp"
#include "correlate/spec.hpp"
#include "event/alert.hpp"
#include "event/batch.hpp"

namespace tocsin::correlate {

// One mandatory value is its own key. Otherwise each value is written as size + 1 (4 bytes,
// little-endian; 0 = missing) and its bytes. No value: the empty key.

// The value of a field, nothing when the event has none or it is null.
[[nodiscard]] std::optional<std::string_view> value_of(const event::Batch& batch,
                                                       const event::Event& event,
                                                       event::FieldId field);

// A view of the batch or of `scratch`; nothing when a value is missing that must not be.
[[nodiscard]] std::optional<std::string_view> key_of(const event::Batch& batch,
                                                     const event::Event& event,
                                                     std::span<const event::FieldId> fields,
                                                     bool optional, std::string& scratch);

using KeyValues = std::vector<std::optional<std::string_view>>;

// Values of a key of `spec`, views of it, one for each group name.
[[nodiscard]] KeyValues values_of(const CorrelationSpec& spec, std::string_view key);
// Whether a key that came from outside can be one of `spec`.
[[nodiscard]] bool values_fit(const CorrelationSpec& spec, std::string_view key);
// Some of an inner group's values as a key of their own; nothing when one of them is missing that
// must not be.
[[nodiscard]] std::optional<std::string> join_values(const KeyValues& values,
                                                     std::span<const std::uint32_t> places,
                                                     bool optional);

// For an alert: the values that are there, under their names.
[[nodiscard]] event::GroupValues group_values(const CorrelationSpec& spec, std::string_view key);
// First 128 bits of SHA-256(content of the rule, group values, place of the firing event). Layout:
// content (32) | for each group name: size (8) + bytes, or ~0 (8) when missing | seq (8) | k (4);
// where an instant fired, at several of which one event can be the newest: ... | ~0 (8), which is
// no seq | time (8). Numbers little-endian.
[[nodiscard]] event::AlertId alert_id(const CorrelationSpec& spec, std::string_view key,
                                      Place firing);

}  // namespace tocsin::correlate
