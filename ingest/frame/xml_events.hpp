// Cuts the XML of Windows events that stand one behind the other, in <Events> or not, into frames.
// Path:      bytes of a file (ingest/listen) -> frames (event::Batch)
// Units:     bytes
// Threads:   one a file
// Errors:    none. An event that does not end is a frame with Anomaly::frame_incomplete, and so is
//            text between events, a line each. Of a longer event the first max_frame bytes are a
//            frame with Anomaly::frame_truncated, the rest is counted; 16 times as much ends it.
//            How the bytes were divided into pieces makes no difference to the frames
// Source:    what Event Viewer and wevtutil export; the XML itself is read by ingest/decode/xml
// Tested by: tests/ingest/frame/xml_events_test.cpp
//
//     <?xml ...?> <Events> <Event ...> ... </Event> <Event ...> ... </Event> </Events>
#pragma once

#include <string>

#include "ingest/frame/object_framer.hpp"

namespace tocsin::ingest {

class XmlEventFramer final : public ObjectFramer {
 public:
  explicit XmlEventFramer(std::size_t max_frame = 256 * 1024, std::size_t max_frames = 4096)
      : max_frame_(max_frame), max_frames_(max_frames) {}

  std::size_t feed(std::string_view bytes, event::Batch& out, event::SourceId source,
                   base::ReceivedTime received, std::vector<std::uint64_t>& ends) override;
  void end(event::Batch& out, event::SourceId source, base::ReceivedTime received,
           std::vector<std::uint64_t>& ends) override;
  void start_at(std::uint64_t offset) override { begin_ = offset; }
  [[nodiscard]] std::size_t pending() const override { return held_.size(); }
  [[nodiscard]] std::uint64_t thrown_away() const override { return thrown_away_; }

 private:
  struct Piece {
    enum class Kind : std::uint8_t { open, layout, text, event };
    Kind kind = Kind::open;  // it does not end in what there is
    std::size_t size = 0;
  };
  struct To {
    event::Batch& out;
    event::SourceId source;
    base::ReceivedTime received;
    std::vector<std::uint64_t>& ends;
  };
  [[nodiscard]] std::string_view left() const { return std::string_view(held_).substr(at_); }
  [[nodiscard]] Piece front();
  [[nodiscard]] Piece front_event();
  bool give_front(bool is_end, const To& to);
  // False: the batch is full.
  bool give(bool is_end, const To& to);
  void drop(std::size_t size);

  std::size_t max_frame_;
  std::size_t max_frames_;
  std::uint64_t begin_ = 0;  // of held_, in the stream
  std::uint64_t thrown_away_ = 0;
  std::string held_;  // what was fed and is in no frame yet, from at_ on
  std::size_t at_ = 0;
  std::size_t seen_ = 0;  // of the event at the front: no end begins before this place
};

}  // namespace tocsin::ingest
