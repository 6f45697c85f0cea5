// What the store writes besides blocks: keys and values, as bytes and back.
// Path:      store/store <-> RocksDB
// Units:     sequence numbers; ns since 1970Z
// Threads:   values and pure functions
// Errors:    store-22 bytes that are damaged or of another version
// Tested by: tests/store/records_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/time.hpp"
#include "event/alert.hpp"
#include "event/batch.hpp"
#include "event/life_cycle.hpp"
#include "event/ports.hpp"
#include "event/source.hpp"
#include "store/block.hpp"

namespace tocsin::store {

// ---- keys. Numbers in keys are big-endian, so that their order is the order of the bytes.
namespace key {

inline constexpr std::string_view format = "mformat";
inline constexpr std::string_view totals = "mtotals";
inline constexpr std::string_view checkpoint = "mcheckpoint";
inline constexpr std::string_view anchor = "manchor";

[[nodiscard]] std::string block(event::Seq first);  // of the space of blocks: seq(8)
[[nodiscard]] event::Seq block_seq(std::string_view key);

[[nodiscard]] std::string index(event::Seq first);          // 'i' seq(8)
[[nodiscard]] std::string source(event::SourceId id);       // 's' id(4)
[[nodiscard]] std::string alert(const event::AlertId& id);  // 'A' id(16)
[[nodiscard]] std::string fired(std::uint64_t order);       // 'F' order(8)
[[nodiscard]] std::string life(std::uint64_t order);        // 'H' order(8)
[[nodiscard]] std::string change(const event::AlertId& id,
                                 std::uint32_t number);              // 'a' id(16) number(4)
[[nodiscard]] std::string derived(event::Seq seq, std::uint32_t k);  // 'l' seq(8) k(4)
[[nodiscard]] std::string clock(event::Seq after, std::uint32_t k);  // 'c' seq(8) k(4)
[[nodiscard]] std::string epoch(std::uint32_t number);               // 'e' number(4)
[[nodiscard]] std::string blob(const base::Sha256& hash);            // 'h' hash(32)
[[nodiscard]] std::string offset(std::string_view name);             // 'o' name
[[nodiscard]] std::string state(std::string_view name);              // 'k' name
[[nodiscard]] std::string anchor_state(std::uint8_t generation,
                                       std::string_view name);  // 'K' generation(1) name
[[nodiscard]] std::string outbox(std::string_view channel,
                                 std::uint64_t number);  // 'q' channel 0 number(8)
[[nodiscard]] std::string dead_letter(std::string_view channel,
                                      std::uint64_t number);      // 'd' the same
[[nodiscard]] std::string next_outbox(std::string_view channel);  // 'n' channel

// The alert that a change's key names.
[[nodiscard]] base::Result<event::AlertId> changed_alert(std::string_view key);
// The number at the end of a key.
[[nodiscard]] std::uint64_t last_number(std::string_view key);
// The first key behind all that begin with `prefix`; "" when there is none.
[[nodiscard]] std::string after(std::string_view prefix);

}  // namespace key

// ---- values. Each begins with its version (1 byte); numbers are varints, texts size + bytes.

// Written with every commit: where the log stands, and what is in it.
struct Totals {
  std::uint64_t commit = 0;
  event::Seq first_seq{1};  // of the oldest frame that is kept
  event::Seq next_seq{1};
  std::uint64_t next_alert = 0;
  std::uint32_t next_epoch = 0;
  std::uint32_t sources = 0;
  std::uint64_t blocks = 0;
  std::uint64_t block_bytes = 0;
  std::uint64_t text_bytes = 0;
  base::Sha256 chain{};  // behind the last frame

  bool operator==(const Totals&) const = default;
  [[nodiscard]] std::uint64_t frames() const { return next_seq.value - first_seq.value; }
};
[[nodiscard]] std::string encode(const Totals& totals);
[[nodiscard]] base::Result<Totals> decode_totals(std::string_view bytes);

// A block without its bytes; its first seq is the key.
[[nodiscard]] std::string encode(const BlockInfo& info);
[[nodiscard]] base::Result<BlockInfo> decode_block_info(event::Seq first, std::string_view bytes);

[[nodiscard]] std::string encode(const event::Source& source);
[[nodiscard]] base::Result<event::Source> decode_source(std::string_view bytes);

// What changes all the time while an alert is open: kept by its place in the order of firing, so
// that each change is a short value beside those of its time.
struct AlertCourse {
  event::AlertId id;
  base::EventTime last_seen;
  std::uint64_t total = 0;
};
[[nodiscard]] std::string encode_course(const event::Alert& alert);
[[nodiscard]] base::Result<AlertCourse> decode_course(std::string_view bytes);

// An alert and its place in the order of firing. Its course is told by that of the same order.
[[nodiscard]] std::string encode_alert(std::uint64_t order, const event::Alert& alert);
struct StoredAlert {
  std::uint64_t order = 0;
  event::Alert alert;
  event::LifeCycle life = {};  // from a row of its own; without one nobody has changed it
};
[[nodiscard]] base::Result<StoredAlert> decode_stored_alert(std::string_view bytes);
[[nodiscard]] base::Result<std::uint64_t> decode_alert_order(std::string_view bytes);

[[nodiscard]] std::string encode(const event::OutboxRow& row, std::string_view reason = {});
struct DeadLetter {
  event::OutboxRow row;
  std::string reason;
};
[[nodiscard]] base::Result<DeadLetter> decode_outbox(std::string_view channel, std::uint64_t number,
                                                     std::string_view bytes);

// Time itself acted: an idle source, an absence. Sits behind frame `after`, in the order of k.
struct ClockRecord {
  event::Seq after;
  std::uint32_t k = 0;
  base::EventTime time;
  std::string what;  // the engine's own words, opaque here

  bool operator==(const ClockRecord&) const = default;
};
[[nodiscard]] std::string encode(const ClockRecord& record);
[[nodiscard]] base::Result<ClockRecord> decode_clock(event::Seq after, std::uint32_t k,
                                                     std::string_view bytes);

// What shapes results from a frame on, besides the frames: texts by the hash of their content.
struct EpochItem {
  std::string kind;  // "decoder", "rule", "options"
  std::string name;
  base::Sha256 hash{};

  bool operator==(const EpochItem&) const = default;
};
struct Epoch {
  std::uint32_t number = 0;
  event::Seq from;     // the first frame that it holds for
  std::string engine;  // version
  std::vector<EpochItem> items;
  // Clock records behind frame from - 1 that stand before it: the rest of them comes after.
  std::uint32_t k = UINT32_MAX;
  // Windows of its new rules were filled from this frame on; 0: they began empty.
  event::Seq warmed_from{0};

  bool operator==(const Epoch&) const = default;
};
[[nodiscard]] std::string encode(const Epoch& epoch);
[[nodiscard]] base::Result<Epoch> decode_epoch(std::uint32_t number, std::string_view bytes);

// What retention left behind: the log begins here, and verify with it.
struct Anchor {
  event::Seq first_seq;
  std::uint64_t dropped_frames = 0;
  std::uint64_t dropped_blocks = 0;
  // The generation of the keys with the fold's state just before first_seq; 0: nobody knows it.
  std::uint8_t state = 0;
  base::Sha256 chain{};  // just before first_seq

  bool operator==(const Anchor&) const = default;
};
[[nodiscard]] std::string encode(const Anchor& anchor);
[[nodiscard]] base::Result<Anchor> decode_anchor(std::string_view bytes);

// A derived record: its kind (1 byte), then its own bytes.
inline constexpr char kind_lockout = 1;

}  // namespace tocsin::store
