// The route by which events are searched, and followed as they come.
// Path:      control socket -> query -> search/searcher or search/follower -> rows
// Units:     bytes
// Threads:   the handler on the server's thread; each search on one of its own (StreamedBody)
// Errors:    400 {"code", "sentence", "column"} for what cannot be meant; 503 with as many searches
//            as may be; an error behind the first rows cuts the answer, in JSON after an object
//            {"error": {"code", "sentence"}}; console-7 a parameter
// Tested by: tests/console/events_test.cpp, tests/e2e/http_search_test.py
#pragma once

#include <functional>
#include <memory>

#include "base/disk_cache.hpp"
#include "base/error.hpp"
#include "console/http/server.hpp"
#include "store/store.hpp"

namespace tocsin::console {

struct EventSources {
  // The store as it is now, for one search.
  std::function<base::Result<std::unique_ptr<store::Store>>()> open;
  // Calls `use` with the store that is written to; engine-8 while there is none.
  using Use = std::function<base::Result<void>(const store::Store&)>;
  std::function<base::Result<void>(const Use& use)> with_live;
  std::shared_ptr<base::DiskCache> cache;
  std::size_t threads = 1;  // of one search
};

// GET /api/v1/events on the control socket.
void add_event_route(Server& server, EventSources sources);

}  // namespace tocsin::console
