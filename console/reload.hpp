// The routes by which a command has the daemon read its configuration again.
// Path:      tocsin reload -> control socket -> callbacks
// Threads:   callbacks run on the server's thread, and must not wait for the reading
// Errors:    400 for a request that is no number
// Tested by: tests/console/reload_test.cpp, tests/e2e/reload_test.py
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "console/http/server.hpp"
#include "event/life_cycle.hpp"

namespace tocsin::console {

struct ReloadSources {
  // Asks for a reading, by whom the system says; its number.
  std::function<std::uint64_t(std::optional<event::Actor>)> ask;
  // A JSON object with the member `done`, and what came of it once that is true.
  std::function<std::string(std::uint64_t request)> answer;
};

// POST /api/v1/reload asks, GET /api/v1/reload?request=N is the answer; both on the control socket.
void add_reload_routes(Server& server, ReloadSources sources);

}  // namespace tocsin::console
