// The body of an answer that is written while it is made: between the thread that makes it and the
// server's.
// Path:      write() -> bytes that wait -> Server -> peer
// Units:     bytes
// Threads:   safe: write(), wait(), is_closed() by the thread that makes it, the rest by the server
// Errors:    none; a peer that is gone, or too slow, or a server that stops closes it
// Tested by: tests/console/http/streamed_body_test.cpp
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace tocsin::console {

class StreamedBody {
 public:
  // So much may wait for the peer; then write() does.
  static constexpr std::size_t most_waiting = 256 << 10;

  // ---- who makes it
  // Waits for room. False: nobody wants more.
  bool write(std::string_view bytes);
  // Lets time pass; false as soon as nobody wants more.
  bool wait(std::chrono::nanoseconds time);
  [[nodiscard]] bool is_closed() const;
  // What was written is not everything: the peer is to see that the answer was cut.
  void fail();

  // ---- the server
  // Called by who makes it, when there is something to send; must not call back.
  void set_on_bytes(std::function<void()> on_bytes);
  // What waits; empty: nothing does now.
  [[nodiscard]] std::string take();
  // Nothing will be sent any more.
  void close();
  // Its maker has returned.
  void end();
  [[nodiscard]] bool has_ended() const;
  [[nodiscard]] bool has_failed() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> on_bytes_;
  std::string waiting_;
  bool closed_ = false;
  bool ended_ = false;
  bool failed_ = false;
};

}  // namespace tocsin::console
