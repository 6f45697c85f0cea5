// The route by which a command has the daemon make a snapshot of its store.
// Path:      tocsin store backup -> control socket -> callback
// Threads:   the callback runs on the server's thread
// Errors:    503 with the error as JSON
// Tested by: tests/console/snapshot_test.cpp, tests/e2e/backup_test.py
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "console/http/server.hpp"
#include "event/life_cycle.hpp"

namespace tocsin::console {

// Gives the folder of the store that now holds a snapshot (store/backup.hpp); asked for by whom the
// system says.
using Snapshot = std::function<base::Result<std::string>(std::optional<event::Actor>)>;

// POST /api/v1/snapshot, on the control socket.
void add_snapshot_route(Server& server, Snapshot make);

}  // namespace tocsin::console
