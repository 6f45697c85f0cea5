// What is counted for each input, at the place where it happens, so that the sums can be compared.
// Units:     frames, bytes, connections
// Threads:   safe: written by the thread of the inputs, read by any
// Errors:    none
// Tested by: tests/ingest/listen/counters_test.cpp
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "event/source.hpp"
#include "ingest/frame/stream_framer.hpp"

namespace tocsin::ingest {

// Only ever grows; each value is exact, values of different counters are not of one instant.
class Count {
 public:
  void add(std::uint64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  void subtract(std::uint64_t n) { value_.fetch_sub(n, std::memory_order_relaxed); }
  void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

// Why a frame that was read is not stored.
enum class Rejected : std::uint8_t {
  empty_datagram,
  stopped,  // the daemon stopped and nobody took the batches any more
  count_
};
[[nodiscard]] std::string_view name_of(Rejected reason);

// Why a connection ended. The second group are the framer's reasons (CloseReason), in its order.
enum class Ended : std::uint8_t {
  by_peer,
  by_error,
  idle,
  frame_deadline,      // a frame was begun and not finished in time
  too_many,            // of this input
  too_many_of_a_peer,  // of one address
  no_descriptor,       // the process may open no more files
  stopping,
  bad_octet_count,
  frame_too_long,
  tls_on_plain_port,
  http_request,
  proxy_header,
  count_
};
[[nodiscard]] std::string_view name_of(Ended reason);
[[nodiscard]] Ended ended_by(CloseReason reason);

inline constexpr std::size_t rejected_count = static_cast<std::size_t>(Rejected::count_);
inline constexpr std::size_t ended_count = static_cast<std::size_t>(Ended::count_);

// Of one input. received = handed + rejected once nothing waits in the current batch; for streams
// and followed files received_bytes = frame_bytes + framing_bytes + discarded_bytes + what waits
// for the rest of its frame.
struct InputCounters {
  const std::string name;  // from the configuration
  const event::Transport transport;

  Count received;  // datagrams that recvmmsg gave; frames that the framer found; journal entries
  Count received_bytes;  // that read() or recvmmsg() gave
  Count frame_bytes;
  Count framing_bytes;
  Count discarded_bytes;  // of frames that were too long, or behind the reason to close
  Count truncated;        // frames that were cut
  std::array<Count, rejected_count> rejected;
  Count handed;        // frames in the batches handed on, counted from the batches
  Count kernel_drops;  // datagrams that the kernel threw away because the socket's buffer was full
  Count waits;         // times that reading stopped because no batch was free

  Count connections_open;
  Count connections_accepted;
  std::array<Count, ended_count> connections_ended;
  Count receive_buffer;  // bytes that the kernel granted the socket
  Count read_errors;     // of a socket, a file or the journal
  Count gaps;            // times that a position was gone and reading went on elsewhere

  InputCounters(std::string input, event::Transport over)
      : name(std::move(input)), transport(over) {}

  [[nodiscard]] Count& of(Rejected reason) { return rejected[static_cast<std::size_t>(reason)]; }
  [[nodiscard]] Count& of(Ended reason) {
    return connections_ended[static_cast<std::size_t>(reason)];
  }
};

}  // namespace tocsin::ingest
