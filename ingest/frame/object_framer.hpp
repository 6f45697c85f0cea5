// What cuts the bytes of a file into frames that it writes itself, rather than into lines.
// Threads:   one a file
// Tested by: tests/ingest/frame/json_objects_test.cpp, tests/ingest/evtx/evtx_framer_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "event/batch.hpp"

namespace tocsin::ingest {

class ObjectFramer {
 public:
  virtual ~ObjectFramer() = default;

  // Appends the frames that end in `bytes` to `out`, until that is full. Gives how many bytes it
  // took; the rest is to be fed again. For each frame, `ends` is given the place in the whole
  // stream behind which to go on after it.
  virtual std::size_t feed(std::string_view bytes, event::Batch& out, event::SourceId source,
                           base::ReceivedTime received, std::vector<std::uint64_t>& ends) = 0;
  // Nothing follows: what is left becomes a frame, or several.
  virtual void end(event::Batch& out, event::SourceId source, base::ReceivedTime received,
                   std::vector<std::uint64_t>& ends) = 0;

  // Of a place that `ends` gave: where the bytes must begin to go on there.
  [[nodiscard]] virtual std::uint64_t first_byte(std::uint64_t offset) const { return offset; }
  // Goes on at such a place, with the bytes that begin there.
  virtual void start_at(std::uint64_t offset) = 0;
  // Not 0: frames may still come, even when no more bytes do.
  [[nodiscard]] virtual std::size_t pending() const = 0;
  // Bytes of frames that were too long, thrown away.
  [[nodiscard]] virtual std::uint64_t thrown_away() const { return 0; }
};

}  // namespace tocsin::ingest
