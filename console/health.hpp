// The routes that every daemon has: /, /metrics, /healthz, /readyz and /api/v1/status.
// Path:      Registry, callbacks -> Server
// Threads:   callbacks run on the server's thread
// Errors:    not ready: 503 and the reasons
// Tested by: tests/console/health_test.cpp
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "console/http/server.hpp"
#include "metrics/registry.hpp"

namespace tocsin::console {

struct HealthSources {
  metrics::Registry& registry;
  // Why the daemon cannot do its work now, one sentence each; empty: ready.
  std::function<std::vector<std::string>()> not_ready;
  // A JSON object for `tocsin status`; served on the control socket only.
  std::function<std::string()> status;
};

// GET / lists the routes that the server has at the time of the request.
void add_health_routes(Server& server, HealthSources sources);

}  // namespace tocsin::console
