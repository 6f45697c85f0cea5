// What every kind of input is to the thread that runs them.
// Path:      Listeners -> udp, tcp, unix, journal, files
// Threads:   all calls on the inputs' thread; only creation is before it runs
// Errors:    creation: base::Result; afterwards counters and notices
// Tested by: tests/ingest/listen/input_test.cpp
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "event/ports.hpp"
#include "event/source.hpp"
#include "ingest/listen/intake.hpp"
#include "ingest/listen/notices.hpp"
#include "ingest/listen/options.hpp"
#include "ingest/listen/peers.hpp"

namespace boost::asio {
class io_context;
}

namespace tocsin::ingest {

// What inputs are given; outlives them.
struct InputPlace {
  boost::asio::io_context& io;
  Intake& intake;
  event::SourceTable& sources;
  const event::Offsets& offsets;
  const base::Clock& clock;
  Notices& notices;
};

class Input {
 public:
  virtual ~Input() = default;
  virtual void start() = 0;
  // Takes nothing new, reads what is there already, then calls `done` once; later, when it must
  // wait for room.
  virtual void drain(std::function<void()> done) = 0;
  // Called about once a second, or as often as pace() asks.
  virtual void tick() {}
  [[nodiscard]] virtual std::chrono::nanoseconds pace() const { return std::chrono::seconds(1); }
  // The local port, 0 where there is none.
  [[nodiscard]] virtual std::uint16_t port() const { return 0; }
  [[nodiscard]] virtual std::vector<PeerTable::Seen> peers() const { return {}; }  // safe
};

// The source that all peers of an input have in common.
[[nodiscard]] inline event::Source source_of(const InputOptions& options,
                                             event::Transport transport) {
  event::Source source;
  source.input = options.name;
  source.transport = transport;
  source.zone = options.zone;
  source.format = options.format;
  return source;
}

}  // namespace tocsin::ingest
