// A small HTTP/1.1 server for health, metrics and the control socket, on a thread of its own.
// Path:      TCP (loopback), Unix socket -> Request -> handler -> Response
// Units:     bytes; limits by ConsoleOptions
// Threads:   route() before start(); handlers run one at a time on the server's thread and must be
//            quick; start(), stop(), port() by the owner
// Errors:    console-1 bad address, console-2 cannot listen, console-3 the socket's path; a bad
//            request is answered (400, 404, 405, 408 by closing, 413, 431, 505); a handler that
//            throws: 500
// Source:    RFC 9110, RFC 9112
// Tested by: tests/console/http/server_test.cpp
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "console/http/message.hpp"
#include "console/options.hpp"
#include "metrics/registry.hpp"

namespace tocsin::console {

// Without authentication, TCP serves health and metrics only; what tells or does more is reached
// through the control socket.
enum class Reach : std::uint8_t { everywhere, control_socket };

using Handler = std::function<Response(const Request&)>;

struct Route {
  std::string method;  // "GET" (HEAD follows from it), "POST", ...
  std::string path;    // exact, but for segments {name}, which stand for any one
  Reach reach = Reach::everywhere;
  std::string sentence;  // for the index page
  Handler handler;
};

class Server {
 public:
  struct State;  // of the implementation

  // `registry`, when given, must outlive the server.
  explicit Server(ConsoleOptions options, metrics::Registry* registry = nullptr);
  ~Server();  // stops
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void route(Route route);
  [[nodiscard]] const std::vector<Route>& routes() const;

  // Listens and starts the thread; all or nothing.
  [[nodiscard]] base::Result<void> start();
  // Takes no more connections, lets answers under way be taken for at most `grace`, closes the
  // rest, removes the socket file. May be called twice.
  void stop(std::chrono::milliseconds grace = std::chrono::seconds(2));

  // The TCP port, once started; useful when 0 was asked for. 0 without TCP.
  [[nodiscard]] std::uint16_t port() const;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace tocsin::console
