// What the operator may set of the HTTP server.
// Units:     bytes, durations
// Threads:   values
// Tested by: tests/console/options_test.cpp
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/options.hpp"

namespace tocsin::console {

struct ConsoleOptions {
  std::string listen = "127.0.0.1:9514";
  std::string socket = {};
  std::size_t max_header = 16 << 10;
  std::size_t max_body = 1 << 20;
  std::int64_t max_connections = 64;
  std::int64_t max_streams = 4;
  base::Nanoseconds request_timeout = std::chrono::seconds(10);
  base::Nanoseconds idle_timeout = std::chrono::seconds(75);
};

inline constexpr std::array<base::Option<ConsoleOptions>, 8> console_option_rows = {{
    {&ConsoleOptions::listen,
     {.key = "listen",
      .unit = "",
      .sentence = "Address and port of health and metrics, as 127.0.0.1:9514 or [::1]:9514; empty: "
                  "none. There is no authentication: keep it on loopback.",
      .max = 255}},
    {&ConsoleOptions::socket,
     {.key = "socket",
      .unit = "",
      .sentence = "Path of the control socket (mode 0660), through which commands reach the "
                  "daemon; empty: none.",
      .max = 107}},
    {&ConsoleOptions::max_header,
     {.key = "max_header",
      .unit = "bytes",
      .sentence = "Longest head of a request.",
      .min = 1024,
      .max = 1 << 20}},
    {&ConsoleOptions::max_body,
     {.key = "max_body",
      .unit = "bytes",
      .sentence = "Longest body of a request.",
      .min = 0,
      .max = 1 << 30}},
    {&ConsoleOptions::max_connections,
     {.key = "max_connections",
      .unit = "connections",
      .sentence = "Open connections; beyond that the one that has waited longest is closed.",
      .min = 1,
      .max = 10'000}},
    {&ConsoleOptions::max_streams,
     {.key = "max_streams",
      .unit = "answers",
      .sentence = "Searches over HTTP at once; more are refused with status 503.",
      .min = 1,
      .max = 64}},
    {&ConsoleOptions::request_timeout,
     {.key = "request_timeout",
      .unit = "duration",
      .sentence = "Time in which a request must have come whole, and its answer be taken.",
      .min = 1'000'000,
      .max = 3'600'000'000'000}},
    {&ConsoleOptions::idle_timeout,
     {.key = "idle_timeout",
      .unit = "duration",
      .sentence = "Time that a connection may wait for its next request.",
      .min = 1'000'000,
      .max = 3'600'000'000'000}},
}};

}  // namespace tocsin::console
