// Sends rows to a syslog receiver over UDP or TCP.
// Path:      outbox rows -> socket
// Units:     bytes; a UDP message is at most 65,507
// Threads:   one
// Errors:    an Outcome. TCP: rows count as delivered once the peer's kernel has acknowledged them,
// since
//            syslog itself acknowledges nothing; UDP: once sent without the peer's refusal
// Source:    RFC 5424, RFC 5426, RFC 6587
// Tested by: tests/respond/syslog_sink_test.cpp
#pragma once

#include <string>

#include "base/error.hpp"
#include "respond/sink.hpp"
#include "respond/syslog_message.hpp"

namespace tocsin::respond {

class SyslogSink final : public Sink {
 public:
  SyslogSink(const ChannelOptions& options, const StopSignal& stop);
  ~SyslogSink() override;
  SyslogSink(const SyslogSink&) = delete;
  SyslogSink& operator=(const SyslogSink&) = delete;

  // The receiver cannot be asked: it tells rows apart by their id.
  [[nodiscard]] std::optional<std::string> last_delivered() override { return ""; }
  [[nodiscard]] Outcome deliver(std::span<const event::OutboxRow> rows) override;

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  [[nodiscard]] base::Result<void> connect_to(Deadline deadline);
  [[nodiscard]] base::Result<void> send_all(std::string_view bytes, Deadline deadline);
  [[nodiscard]] base::Result<void> await_acknowledgement(Deadline deadline);
  [[nodiscard]] Outcome deliver_tcp(std::span<const event::OutboxRow> rows, Deadline deadline);
  [[nodiscard]] Outcome deliver_udp(std::span<const event::OutboxRow> rows);
  // Waits until `events` are there; an error at the deadline or the stop signal.
  [[nodiscard]] base::Result<void> wait_for(short events, Deadline deadline) const;
  [[nodiscard]] std::unexpected<base::Error> failure(std::string_view what, int error) const;
  [[nodiscard]] bool peer_is_gone() const;
  void disconnect();

  std::string address_;
  bool tcp_;
  std::chrono::nanoseconds timeout_;
  SyslogHeader header_;
  const StopSignal& stop_;
  int descriptor_ = -1;
  Deadline trusted_from_;  // the connection has not been hung up by then
};

}  // namespace tocsin::respond
