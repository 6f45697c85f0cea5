// Receives datagrams, many a system call, over UDP or a Unix socket such as /dev/log.
// Path:      a socket -> frames, one a datagram
// Units:     bytes, datagrams
// Threads:   the inputs' thread
// Errors:    none after creation; what the kernel dropped is counted (SO_RXQ_OVFL, SO_MEMINFO), a
//            datagram longer than the limit is cut and marked
// Source:    RFC 5426; recvmmsg(2), socket(7)
// Tested by: tests/ingest/listen/datagram_input_test.cpp
#pragma once

#include <memory>

#include "ingest/listen/input.hpp"
#include "ingest/listen/sockets.hpp"

namespace tocsin::ingest {

[[nodiscard]] std::unique_ptr<Input> make_datagram_input(const InputOptions& options,
                                                         OpenSocket socket,
                                                         const InputPlace& place);

}  // namespace tocsin::ingest
