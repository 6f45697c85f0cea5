// The few interfaces through which one stage reaches another: the store implements them, the engine
// hands them over.
// Threads:   each says its own
// Errors:    Result: the store's own codes
// Tested by: tests/event/ports_test.cpp
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "event/alert.hpp"

namespace tocsin::event {

// A position that an input has to resume from: a file's identity and offset, a journal's cursor.
struct Offset {
  std::string key;    // names the input, stable over restarts
  std::string value;  // what the input understands; opaque to everyone else

  bool operator==(const Offset&) const = default;
};

// Where inputs find their last committed position. Writing happens with the batch's commit only.
// Threads: safe.
class Offsets {
 public:
  virtual ~Offsets() = default;
  [[nodiscard]] virtual base::Result<std::optional<std::string>> offset(
      std::string_view key) const = 0;
};

// A delivery that is owed to a channel. Made with the commit of its cause, so that no crash loses
// or doubles it.
struct OutboxRow {
  std::string channel;
  std::uint64_t number = 0;  // ascending a channel; given by the store
  std::string id;            // idempotency key: the alert's id and its revision
  std::string body;          // JSON
  std::uint32_t attempts = 0;

  bool operator==(const OutboxRow&) const = default;
};

// The durable queues of the channels. Threads: safe.
class Outbox {
 public:
  virtual ~Outbox() = default;
  // The oldest rows of a channel behind `after`.
  [[nodiscard]] virtual base::Result<std::vector<OutboxRow>> pending(std::string_view channel,
                                                                     std::uint64_t after,
                                                                     std::size_t limit) const = 0;
  // Removes delivered rows.
  virtual base::Result<void> delivered(std::string_view channel,
                                       const std::vector<std::uint64_t>& numbers) = 0;
  // Moves a row to the dead letters, with the reason.
  virtual base::Result<void> bury(const OutboxRow& row, std::string_view reason) = 0;
};

// Changed pieces of a stage's state on their way to a checkpoint; an empty value removes the key.
// Threads: one.
class StateWriter {
 public:
  virtual ~StateWriter() = default;
  virtual void put(std::string_view key, std::string_view value) = 0;
  virtual void remove(std::string_view key) = 0;
  // All keys that begin with it, of those that were put before this call.
  virtual void remove_prefix(std::string_view prefix) = 0;
};

// Called with each (key, value) of a checkpoint, in key order.
using StateReader = std::function<base::Result<void>(std::string_view key, std::string_view value)>;

// The state as it was last saved. A stage leaves there what it seldom needs, and reads it back.
// Threads: any may read while nobody saves. Errors: its keeper's; the caller knows nothing then.
class StateSource {
 public:
  virtual ~StateSource() = default;
  // Nothing: there is no such key.
  [[nodiscard]] virtual base::Result<std::optional<std::string>> get(
      std::string_view key) const = 0;
  // The same for many, which costs less than one by one: values[i] of keys[i].
  [[nodiscard]] virtual base::Result<std::vector<std::optional<std::string>>> get_many(
      const std::vector<std::string>& keys) const = 0;
  // The first `limit` entries with keys in [begin, end), in key order; an empty end is none.
  [[nodiscard]] virtual base::Result<void> scan(std::string_view begin, std::string_view end,
                                                std::size_t limit,
                                                const StateReader& each) const = 0;
};

}  // namespace tocsin::event
