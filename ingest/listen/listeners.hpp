// Runs all live inputs on one thread: start them together, stop them without losing what has come.
// Path:      InputOptions -> sockets, files, journal -> Intake -> engine
// Units:     ns
// Threads:   safe: start() and stop() from one thread at a time, the rest from any
// Errors:    start(): every input's errors at once, and then nothing runs; codes in the folder's
//            README
// Tested by: tests/ingest/listen/listeners_test.cpp
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "event/ports.hpp"
#include "event/source.hpp"
#include "ingest/listen/intake.hpp"
#include "ingest/listen/notices.hpp"
#include "ingest/listen/options.hpp"
#include "ingest/listen/own_input.hpp"
#include "ingest/listen/peers.hpp"
#include "ingest/listen/sockets.hpp"

namespace tocsin::ingest {

class Listeners {
 public:
  Listeners();
  ~Listeners();  // stops
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  // The references must outlive stop(). No errors: the inputs run. `say` gets a line for the
  // operator now and then, on the inputs' thread. `own`: an input besides those configured.
  [[nodiscard]] base::Errors start(const std::vector<InputOptions>& inputs, Intake& intake,
                                   event::SourceTable& sources, const event::Offsets& offsets,
                                   const base::Clock& clock, Notices::Sink say = {},
                                   OwnEvents* own = nullptr);

  // Takes no more connections, reads what has come, hands on the last batch, closes the queue and
  // joins the thread. Somebody must go on taking batches meanwhile; when nobody does for
  // `patience`, the rest is left unread.
  void stop(std::chrono::nanoseconds patience = std::chrono::seconds(5));
  [[nodiscard]] bool running() const;

  // The local port of a udp or tcp input, 0 when there is none of that name.
  [[nodiscard]] std::uint16_t port(std::string_view input) const;

  struct PeersOfInput {
    std::string input;
    std::vector<PeerTable::Seen> peers;
  };
  [[nodiscard]] std::vector<PeersOfInput> peers() const;

 private:
  struct Running;
  base::Errors open_and_run(const std::vector<InputOptions>& inputs, Intake& intake,
                            event::SourceTable& sources, const event::Offsets& offsets,
                            const base::Clock& clock, Notices::Sink say, OwnEvents* own);

  std::vector<InheritedSocket> inherited_;  // by systemd, kept from start to start
  mutable std::mutex mutex_;                // of running_
  std::unique_ptr<Running> running_;
};

}  // namespace tocsin::ingest
