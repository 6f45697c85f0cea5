// What can be configured about an input.
// Units:     sizes in bytes, durations in ns, 0 switches a limit of time off
// Threads:   values
// Errors:    check_input(): ingest-109, every mistake with the input's name
// Tested by: tests/ingest/listen/options_test.cpp
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/options.hpp"

namespace tocsin::ingest {

struct InputOptions {
  std::string name;  // in metrics, sources and errors; also of a socket that systemd hands over
  std::string type = "udp";  // udp, tcp, unix-datagram, unix-stream, journald, file
  std::string address = "127.0.0.1";
  std::int64_t port = 5514;
  std::vector<std::string> path;  // of a Unix socket; of files, with * and ?; of a journal's folder
  std::string framing = "auto";   // of streams: auto, newline, octet-counted
  std::string format = "auto";    // of messages: auto, syslog, json, audit
  std::string zone = "UTC";       // of times without one
  std::string socket_mode = "0660";
  std::size_t max_frame = 64 * 1024;
  std::size_t max_discard = std::size_t{16} << 20;
  std::size_t receive_buffer = std::size_t{16} << 20;  // udp; the others leave it to the kernel
  std::size_t max_connections = 10'000;
  std::size_t max_connections_per_peer = 1'000;
  std::size_t max_peers = 16'384;
  // Off: a syslog sender is silent for hours and loses a message when it finds itself cut off;
  // keepalive finds the dead ones.
  base::Nanoseconds idle_timeout{0};
  base::Nanoseconds frame_timeout = std::chrono::seconds(30);
  base::Nanoseconds poll_interval = std::chrono::milliseconds(250);
  base::Nanoseconds line_timeout{0};
  bool from_begin = true;  // files and journals seen for the first time
};
[[nodiscard]] std::span<const base::Option<InputOptions>> input_option_rows();

// What the rows cannot say: that it has a name, a path where its type needs one, known words.
[[nodiscard]] base::Errors check_input(const InputOptions& input);
// The same for all of them; names must differ.
[[nodiscard]] base::Errors check_inputs(const std::vector<InputOptions>& inputs);

}  // namespace tocsin::ingest
