// Splits a TCP or Unix byte stream into frames: by line feeds, by octet counts, or as it finds
// them.
// Path:      bytes (ingest/listen) -> frames (event::Batch)
// Units:     bytes
// Threads:   one per connection
// Errors:    none; what cannot be framed closes the connection, with a reason and the bytes counted
// Source:    RFC 6587 section 3.4, RFC 5425 section 4.3; BAD-INPUT catalogue, framing
// Tested by: tests/ingest/frame/stream_framer_test.cpp, tests/fuzz/frame_fuzz.cpp
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "event/batch.hpp"
#include "ingest/options.hpp"

namespace tocsin::ingest {

// automatic: the first frame decides. When it begins with DIGITS SP '<', the connection counts
// octets: from then on a frame that begins with a digit must be counted, one that begins otherwise
// ends with its line. When it does not, every frame is a line, whatever it begins with: text that
// somebody else chose can never turn into an octet count.
enum class Framing : std::uint8_t { automatic, newline, octet_counted };

enum class CloseReason : std::uint8_t {
  none,
  bad_octet_count,    // zero, a leading zero, more than ten digits, something else than digits
  frame_too_long,     // a message longer than max_discard
  tls_on_plain_port,  // a TLS handshake
  http_request,
  proxy_header,  // PROXY protocol, version 1 or 2
  count_
};
[[nodiscard]] std::string_view name_of(CloseReason reason);

// Every byte fed is in exactly one place: in a frame, in framing (line ends, counts, empty lines),
// in discarded, or in pending().
struct FramerCounters {
  std::uint64_t frames = 0;
  std::uint64_t frame_bytes = 0;
  std::uint64_t framing_bytes = 0;
  std::uint64_t discarded_bytes = 0;  // of frames that were too long, or after the reason to close
  std::uint64_t truncated_frames = 0;
  std::uint64_t empty_lines = 0;
};

struct FeedResult {
  std::size_t consumed = 0;  // less than was fed: the batch is full, feed the rest again
  CloseReason close = CloseReason::none;  // not none: everything was consumed, close the connection
};

// The splitter of one connection; owned by it.
class StreamFramer {
 public:
  explicit StreamFramer(Framing framing = Framing::automatic, FrameLimits limits = {})
      : framing_(framing), limits_(limits) {}

  // Appends the frames that end in `bytes` to `out`, until it is full. Views into the batch's text
  // taken before are invalid.
  FeedResult feed(std::string_view bytes, event::Batch& out, event::SourceId source,
                  base::ReceivedTime received, const BatchLimits& limits = {});

  // The connection ended: what is left becomes a frame of its own with Anomaly::frame_incomplete.
  // The framer is then as new, its counters go on.
  void end(event::Batch& out, event::SourceId source, base::ReceivedTime received);

  [[nodiscard]] const FramerCounters& counters() const { return counters_; }
  // Bytes fed that wait for the rest of their frame, an octet count before them not included.
  [[nodiscard]] std::size_t pending() const { return partial_.size() + sniffed_size_; }

 private:
  enum class State : std::uint8_t { sniff, start, count, body, line, skip_body, skip_line, closed };
  // Where frames go, and the bytes that are being read.
  struct Feed {
    std::string_view bytes;
    std::size_t at = 0;
    event::Batch& out;
    event::SourceId source;
    base::ReceivedTime received;
    const BatchLimits& limits;

    [[nodiscard]] bool done() const { return at == bytes.size(); }
    [[nodiscard]] std::string_view rest() const { return bytes.substr(at); }
    [[nodiscard]] bool full() const {
      return out.frames.size() >= limits.frames || out.text_size() >= limits.text;
    }
  };

  // A little more than a frame is kept, to see its line end and where its last code point begins.
  [[nodiscard]] std::size_t keep() const { return limits_.max_frame + 4; }

  void run(Feed& feed);
  void sniff(Feed& feed);
  void start(Feed& feed);
  void count(Feed& feed);
  void body(Feed& feed);
  void line(Feed& feed);
  void whole_lines(Feed& feed);
  void skip(Feed& feed);
  void begin_body();
  void not_a_count();
  void close(CloseReason reason);
  void reset();
  void finish(Feed& feed, std::string_view raw, event::Anomalies anomalies = {});
  void finish_long(Feed& feed);
  void emit(Feed& feed, std::string_view text, event::Anomalies anomalies);
  // The longest message whose rest is thrown away.
  [[nodiscard]] std::uint64_t longest() const {
    return std::max<std::uint64_t>(keep(), limits_.max_discard);
  }
  [[nodiscard]] bool must_count() const { return framing_ == Framing::octet_counted || counting_; }
  [[nodiscard]] bool only_lines() const {
    return framing_ == Framing::newline || (decided_ && !counting_);
  }

  Framing framing_;
  FrameLimits limits_;
  State state_ = State::sniff;
  CloseReason reason_ = CloseReason::none;
  bool decided_ = false;   // automatic: the first frame has told
  bool counting_ = false;  // the connection counts octets
  std::uint8_t sniffed_size_ = 0;
  std::uint8_t digits_ = 0;
  std::array<char, 12> sniffed_{};
  std::uint64_t count_ = 0;      // the octet count that is being read
  std::uint64_t remaining_ = 0;  // of a counted frame
  std::uint64_t line_size_ = 0;  // of the line that is too long, so far
  std::string partial_;
  FramerCounters counters_;
};

}  // namespace tocsin::ingest
