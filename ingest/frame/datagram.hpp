// Takes one datagram as one frame.
// Path:      bytes (ingest/listen) -> frame (event::Batch)
// Units:     bytes
// Threads:   pure function
// Errors:    none; what was cut is marked frame_truncated
// Source:    RFC 5426 section 3.1
// Tested by: tests/ingest/frame/datagram_test.cpp, tests/fuzz/frame_fuzz.cpp
#pragma once

#include <string_view>

#include "base/time.hpp"
#include "event/batch.hpp"
#include "ingest/options.hpp"

namespace tocsin::ingest {

// Appends `bytes` without the line feeds, carriage returns and NULs at their end; false when
// nothing is left. `truncated`: the kernel says that the datagram was longer than the buffer.
bool add_datagram(std::string_view bytes, bool truncated, event::Batch& out, event::SourceId source,
                  base::ReceivedTime received, const FrameLimits& limits = {});

// The part of a frame that is text: without the line end, and without NULs as terminators.
[[nodiscard]] std::string_view without_terminator(std::string_view bytes);

}  // namespace tocsin::ingest
