// All that one batch changes in the store. Filled by the ordered stage, written in one piece.
// Threads:   one
// Tested by: tests/store/commit_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event/alert.hpp"
#include "event/ports.hpp"
#include "event/source.hpp"
#include "store/records.hpp"

namespace tocsin::store {

// Changed pieces of state, in the order in which they were given; the last one of a key counts.
class StateChanges final : public event::StateWriter {
 public:
  void put(std::string_view key, std::string_view value) override {
    // An empty value removes the key (event/ports.hpp).
    sizes_.push_back({key.size(), value.size(), value.empty() ? Kind::remove : Kind::put});
    (bytes_ += key) += value;
  }
  void remove(std::string_view key) override {
    sizes_.push_back({key.size(), 0, Kind::remove});
    bytes_ += key;
  }
  void remove_prefix(std::string_view prefix) override {
    sizes_.push_back({prefix.size(), 0, Kind::remove_prefix});
    bytes_ += prefix;
  }
  void clear() {
    sizes_.clear();
    bytes_.clear();
  }
  [[nodiscard]] bool empty() const { return sizes_.empty(); }

  // Calls `put(key, value)`, `remove(key)` or `remove_prefix(prefix)` for each change.
  template <typename Put, typename Remove, typename RemovePrefix>
  void for_each(Put put, Remove remove, RemovePrefix remove_all) const {
    std::string_view left = bytes_;
    for (const Sizes& sizes : sizes_) {
      const std::string_view key = left.substr(0, sizes.key);
      const std::string_view value = left.substr(sizes.key, sizes.value);
      left.remove_prefix(sizes.key + sizes.value);
      switch (sizes.kind) {
        case Kind::put:
          put(key, value);
          break;
        case Kind::remove:
          remove(key);
          break;
        case Kind::remove_prefix:
          remove_all(key);
          break;
      }
    }
  }

 private:
  enum class Kind : std::uint8_t { put, remove, remove_prefix };
  struct Sizes {
    std::size_t key;
    std::size_t value;
    Kind kind;
  };
  std::vector<Sizes> sizes_;
  std::string bytes_;
};

// A text that shapes results; the store keeps each content once.
struct EpochText {
  std::string kind;  // "decoder", "rule", "options"
  std::string name;
  std::string text;
};

struct NewEpoch {
  event::Seq from;
  std::string engine;
  std::vector<EpochText> texts;
  std::uint32_t k = 0;  // see Epoch
  event::Seq warmed_from{0};
};

// An alert that is new or amended. It must stay where it is until the commit is done.
struct AlertWrite {
  const event::Alert* alert = nullptr;
  // False: it is stored, and since then only last_seen and total changed.
  bool whole = true;
};

struct Commit {
  std::vector<std::string> blocks;   // sealed, in order, each beginning where the one before ends
  std::vector<std::string> filters;  // of the block at that place; empty or not there: it has none
  // Rows that the store does not have yet are written; must be the table that the frames refer to.
  const event::SourceTable* sources = nullptr;
  std::vector<AlertWrite> alerts;  // new ones in order of firing
  std::vector<event::Lockout> lockouts;
  std::vector<ClockRecord> clocks;
  std::vector<event::OutboxRow> outbox;  // without numbers; in order
  std::vector<event::Offset> offsets;    // an empty value forgets the key
  StateChanges state;
  // The last frame that the state has seen; set whenever `state` is to be resumed from.
  std::optional<event::Seq> checkpoint;
  std::optional<NewEpoch> epoch;

  // Keeps the memory.
  void clear() {
    blocks.clear();
    filters.clear();
    sources = nullptr;
    alerts.clear();
    lockouts.clear();
    clocks.clear();
    outbox.clear();
    offsets.clear();
    state.clear();
    checkpoint.reset();
    epoch.reset();
  }
};

}  // namespace tocsin::store
