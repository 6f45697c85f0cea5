// Cuts the bytes of a file that lie in a batch into frames, one a line, without moving them.
// Path:      bytes behind Batch::text (ingest/listen/file_source, follow) -> frames
// Units:     bytes; a line's limit is max_frame, its line end not counted
// Threads:   one a file
// Errors:    none. A longer line keeps its first max_frame bytes and has Anomaly::frame_truncated,
//            what is thrown away is counted; a NUL sets Anomaly::frame_nul. Where the bytes were
//            divided into pieces makes no difference to the frames
// Tested by: tests/ingest/listen/lines_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>

#include "event/batch.hpp"

namespace tocsin::ingest {

class LineCutter {
 public:
  LineCutter(std::size_t max_frame, std::size_t max_frames)
      : max_frame_(max_frame), max_frames_(max_frames) {}

  // Cuts the `size` bytes that stand behind the text of `batch` (at reserve_text(), not committed)
  // and commits what it used; the caller keeps the rest and puts it before the next bytes. An empty
  // line is a frame too, so that frames count as lines do. `last`: nothing follows, so that a line
  // without its line feed is whole; needs one byte of room more. Between frames stand only line
  // feeds. Stops when the batch has max_frames.
  std::size_t cut(event::Batch& batch, std::size_t size, bool last, event::SourceId source,
                  base::ReceivedTime received);

  // The bytes that come next belong to a line whose first part was given as a truncated frame.
  [[nodiscard]] bool inside_cut_line() const { return skipping_; }
  void start_inside_cut_line(bool inside) { skipping_ = inside; }
  // Bytes of lines that were too long, thrown away.
  [[nodiscard]] std::uint64_t thrown_away() const { return thrown_away_; }
  [[nodiscard]] std::size_t max_frame() const { return max_frame_; }

 private:
  void add(event::Batch& batch, const char* text, char* line, std::size_t length,
           std::uint32_t begin, bool any_nul, event::SourceId source, base::ReceivedTime received);

  std::size_t max_frame_;
  std::size_t max_frames_;
  bool skipping_ = false;
  std::uint64_t thrown_away_ = 0;
};

}  // namespace tocsin::ingest
