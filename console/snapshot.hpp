// The route by which a command has the daemon make a snapshot of its store.
// Path:      tocsin store backup -> control socket -> callback
// Threads:   the callback runs on the server's thread
// Errors:    503 with the error as JSON
// Tested by: tests/console/snapshot_test.cpp, tests/e2e/backup_test.py
#pragma once

#include <functional>
#include <string>

#include "base/error.hpp"
#include "console/http/server.hpp"

namespace tocsin::console {

// `make` gives the folder of the store that now holds a snapshot (store/backup.hpp).
// POST /api/v1/snapshot, on the control socket.
void add_snapshot_route(Server& server, std::function<base::Result<std::string>()> make);

}  // namespace tocsin::console
