// The bytes of a checkpoint: what a correlator must know to go on as if it had never stopped.
// Path:      SavedGroup, SavedHead <-> values of a key-value space
// Units:     ns
// Threads:   pure functions
// Errors:    correlate-2 written by another version, correlate-3 damaged; nothing is believed then
// Tested by: tests/correlate/checkpoint_test.cpp, tests/correlate/history_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "correlate/place.hpp"
#include "correlate/spec.hpp"
#include "correlate/watermark.hpp"
#include "event/alert.hpp"

namespace tocsin::correlate {

// An entry of a window (`is_true`), or a detection that waits (then true: it empties the window).
// `text` is the value of a value_count, `worth` anything else.
struct SavedEntry {
  Place place;
  bool is_true = false;
  std::uint64_t worth = 0;
  std::string text;
  bool operator==(const SavedEntry&) const = default;
};

struct SavedAlert {
  std::uint64_t number = 0;
  Place first;
  Place last;
  std::int64_t reminded = 0;
  bool silent = false;
  bool taken = false;
  bool opening_sent = false;
  event::Alert alert;
  bool operator==(const SavedAlert&) const = default;
};

// Of a rule judged by instants (instants.hpp).
struct SavedLife {
  std::int64_t start = 0;
  std::int64_t empty_since = 0;
  std::uint64_t newest = 0;
  bool begun = false;
  bool holds = false;
  bool expected = false;
  bool operator==(const SavedLife&) const = default;
};

struct SavedGroup {
  std::vector<SavedEntry> entries;  // by place
  std::vector<SavedEntry> waiting;  // by place
  std::vector<SavedAlert> alerts;   // by number
  std::optional<SavedLife> life;
  bool operator==(const SavedGroup&) const = default;
};

struct SavedHead {
  std::int64_t watermark = 0;
  std::int64_t now = 0;
  std::uint64_t next_number = 1;
  std::uint64_t groups = 0;  // how many group records belong to it
  std::uint64_t held = 0;    // how many of them are behind held_prefix
  std::uint64_t too_late = 0;
  std::vector<Watermark::Saved> sources;
  std::uint32_t idle = Watermark::none;
  // The first event, for rules whose expected groups are not made yet: content of the rule, time.
  std::vector<std::pair<base::Sha256, std::int64_t>> beginnings;
};

// A value is: version (1 byte) | body | checksum of the key and all before (8). In the body numbers
// are varints (LEB128), signed ones zigzag, times and orders differences to the one before, texts
// and lists size + content. A group's begins with the time of its last entry, or the least time.
[[nodiscard]] std::string encode(const SavedGroup& group, std::string_view key);
// The same into `out`, whose memory is used again.
void encode_into(std::string& out, const SavedGroup& group, std::string_view key);
[[nodiscard]] std::string encode(const SavedHead& head, std::string_view key);
[[nodiscard]] base::Result<SavedGroup> decode_group(std::string_view key, std::string_view value);
// Only the time of the last entry.
[[nodiscard]] base::Result<std::int64_t> decode_last(std::string_view key, std::string_view value);
[[nodiscard]] base::Result<SavedHead> decode_head(std::string_view key, std::string_view value);

// Keys: all begin with the prefix; the head's sorts first. A group's is one of two prefixes, the
// rule's content (32 bytes) and the group key: groups with open alerts or waiting detections, which
// a start loads, stand apart from the others, which it can leave where they are.
inline constexpr std::string_view state_prefix = "correlate/";
inline constexpr std::string_view head_key = "correlate/a";
inline constexpr std::string_view held_prefix = "correlate/b";
inline constexpr std::string_view group_prefix = "correlate/g";
inline constexpr std::string_view behind_groups = "correlate/h";
void saved_key_into(std::string& out, const CorrelationSpec& spec, std::string_view key, bool held);
[[nodiscard]] inline std::string saved_key(const CorrelationSpec& spec, std::string_view key,
                                           bool held) {
  std::string out;
  saved_key_into(out, spec, key, held);
  return out;
}

}  // namespace tocsin::correlate
