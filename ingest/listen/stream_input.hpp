// Accepts connections over TCP or a Unix socket and reads frames from each.
// Path:      a listening socket -> connections -> StreamFramer -> frames
// Units:     bytes, connections, ns
// Threads:   the inputs' thread
// Errors:    none after creation; every end of a connection is counted by its reason
// Source:    RFC 6587; BAD-INPUT section 3, resources
// Tested by: tests/ingest/listen/stream_input_test.cpp
#pragma once

#include <memory>

#include "ingest/listen/input.hpp"
#include "ingest/listen/sockets.hpp"

namespace tocsin::ingest {

[[nodiscard]] std::unique_ptr<Input> make_stream_input(const InputOptions& options,
                                                       OpenSocket socket, const InputPlace& place);

}  // namespace tocsin::ingest
