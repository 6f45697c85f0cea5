// Asks a running daemon through its control socket or its port.
// Path:      cli -> Server
// Threads:   pure functions, blocking for at most `timeout`
// Errors:    console-1 bad endpoint, console-4 nobody answers there, console-5 permission,
//            console-6 no whole answer in time or not HTTP; any status is an answer
// Source:    RFC 9112
// Tested by: tests/console/http/client_test.cpp
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "console/http/message.hpp"

namespace tocsin::console {

struct ClientOptions {
  std::chrono::milliseconds timeout = std::chrono::seconds(5);
  std::size_t max_body = 64 << 20;
};

// `endpoint`: "/run/tocsin/control.sock" (a path), "127.0.0.1:9514" or "[::1]:9514".
[[nodiscard]] base::Result<Response> http_get(std::string_view endpoint, std::string_view target,
                                              ClientOptions options = {});
[[nodiscard]] base::Result<Response> http_post(std::string_view endpoint, std::string_view target,
                                               std::string body,
                                               std::string_view content_type = "application/json",
                                               ClientOptions options = {});

// The same as http_get, but the body of a 200 goes to `on_bytes` as it comes, until the daemon ends
// it or `on_bytes` wants no more. The timeout is that of the head.
[[nodiscard]] base::Result<Response> http_stream(
    std::string_view endpoint, std::string_view target,
    const std::function<bool(std::string_view)>& on_bytes, ClientOptions options = {});

}  // namespace tocsin::console
