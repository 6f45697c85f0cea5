// Follows log files as they grow, through rotation and truncation, as `tail -F` does.
// Path:      patterns of paths -> files -> frames, one a line, with the position to commit
// Units:     bytes, ns
// Threads:   the inputs' thread
// Errors:    none after creation; what cannot be read is said and tried again, what a truncation
//            took away before it was read is a gap, counted
// Tested by: tests/ingest/listen/follow_input_test.cpp
#pragma once

#include <memory>

#include "ingest/listen/input.hpp"

namespace tocsin::ingest {

// By looking every poll_interval. A line without its line feed waits for it. A file that was
// renamed is read to its end, and watched for a minute more: its writer may not know yet. At a
// restart it is found again by its number and first bytes, among the files beside it.
[[nodiscard]] std::unique_ptr<Input> make_follow_input(const InputOptions& options,
                                                       const InputPlace& place);

// The key under which the position in the file of this path is committed.
[[nodiscard]] std::string follow_key(const std::string& path);

}  // namespace tocsin::ingest
