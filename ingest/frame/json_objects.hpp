// Cuts JSON objects that stand one behind the other, over lines or without separators, into frames.
// Path:      bytes of a file (ingest/listen) -> frames (event::Batch)
// Units:     bytes
// Threads:   one a file
// Errors:    none. An object that breaks off (a line end inside a string, a '{' where none can be,
//            a bracket of the other kind) is a frame with Anomaly::frame_incomplete, and the next
//            begins behind it; text between objects is a frame of its own, a line each, with the
//            same anomaly. A longer object keeps its first max_frame bytes and has
//            Anomaly::frame_truncated, the rest is counted. Where the bytes were divided into
//            pieces makes no difference to the frames
// Source:    RFC 8259; the grammar itself is checked by ingest/decode/json
// Tested by: tests/ingest/frame/json_objects_test.cpp
//
//     {...}{...}   {...} <blank> {...}   [{...},{...}]
//
// Blanks, commas and brackets between objects belong to no frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/frame/object_framer.hpp"

namespace tocsin::ingest {

class JsonObjectFramer final : public ObjectFramer {
 public:
  explicit JsonObjectFramer(std::size_t max_frame = 256 * 1024, std::size_t max_frames = 4096)
      : max_frame_(max_frame), max_frames_(max_frames) {}

  std::size_t feed(std::string_view bytes, event::Batch& out, event::SourceId source,
                   base::ReceivedTime received, std::vector<std::uint64_t>& ends) override;

  // An object that is not closed becomes a frame with Anomaly::frame_incomplete.
  // The framer is then as new, at the same place of the stream.
  void end(event::Batch& out, event::SourceId source, base::ReceivedTime received,
           std::vector<std::uint64_t>& ends) override;

  void start_at(std::uint64_t offset) override { offset_ = offset; }
  // Bytes that wait for the rest of their frame.
  [[nodiscard]] std::size_t pending() const override { return partial_.size(); }
  [[nodiscard]] std::uint64_t thrown_away() const override { return thrown_away_; }

 private:
  enum class State : std::uint8_t { between, text, object };
  enum class Step : std::uint8_t { go_on, end_here, end_before };

  [[nodiscard]] Step step(char c);
  [[nodiscard]] Step open(char c);
  void begin(State state);

  std::size_t max_frame_;
  std::size_t max_frames_;
  std::uint64_t offset_ = 0;  // of the next byte, in the stream
  std::uint64_t thrown_away_ = 0;
  std::string partial_;  // of the frame at hand, from feeds before
  bool truncated_ = false;

  State state_ = State::between;
  bool broken_ = false;
  bool in_string_ = false;
  bool escaped_ = false;
  char previous_ = 0;  // byte of the object that is no blank
  std::string open_;   // brackets that are open, to a depth of max_depth
  std::size_t deeper_ = 0;
};

}  // namespace tocsin::ingest
