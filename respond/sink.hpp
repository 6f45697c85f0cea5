// What a channel's thread writes to: a file, a syslog receiver.
// Threads:   one, the channel's
// Errors:    an Outcome: how many rows are delivered for good, and what stopped the next one
// Tested by: tests/respond/sink_test.cpp
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "event/ports.hpp"
#include "respond/options.hpp"

namespace tocsin::respond {

struct Outcome {
  std::size_t delivered = 0;  // rows from the front
  std::string error;          // why the next one was not; empty when all were
  bool hopeless = false;      // trying the next one again cannot help
};

// Told to stop from another thread, to cut short whatever blocks.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  void raise() const;
  // Readable once raised; for poll().
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

class Sink {
 public:
  virtual ~Sink() = default;
  // The body of the row that was delivered last, by whatever process; empty when there is none or
  // nobody can say. Nothing: it could not be looked at now.
  [[nodiscard]] virtual std::optional<std::string> last_delivered() = 0;
  // Writes rows in order. Returns within the channel's timeout, or soon after the signal.
  [[nodiscard]] virtual Outcome deliver(std::span<const event::OutboxRow> rows) = 0;
};

// The list of channel types: the one place that knows them all. `stop` outlives the sink.
[[nodiscard]] std::unique_ptr<Sink> make_sink(const ChannelOptions& options,
                                              const StopSignal& stop);

}  // namespace tocsin::respond
