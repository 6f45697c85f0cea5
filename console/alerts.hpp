// The routes by which people list alerts, look at one, and say what they did about it.
// Path:      control socket -> callbacks over the store -> JSON
// Units:     bytes; a page of at most 1,000 alerts
// Threads:   callbacks run on the server's thread
// Errors:    400 what cannot be meant, 404 no such alert, 409 not as the alert is now, 413 too
//            long, 503 the store; each {"code", "sentence"}; console-7 a parameter or body
// Tested by: tests/console/alerts_test.cpp, tests/e2e/alerts_test.py
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "console/http/server.hpp"
#include "event/life_cycle.hpp"
#include "store/alerts.hpp"

namespace tocsin::console {

struct AlertAndHistory {
  store::StoredAlert stored;
  std::vector<event::AlertChange> history;
};

struct AlertSources {
  std::function<base::Result<store::AlertPage>(const store::AlertFilter&, std::size_t limit,
                                               std::size_t looks,
                                               std::optional<std::uint64_t> after)>
      page;
  std::function<base::Result<AlertAndHistory>(std::string_view digits)> find;
  std::function<base::Result<store::StoredAlert>(std::string_view digits,
                                                 const event::ChangeRequest&, const event::Actor&)>
      change;
};

// GET /api/v1/alerts, GET /api/v1/alerts/ID, POST /api/v1/alerts/ID/ACTION; on the control socket.
void add_alert_routes(Server& server, AlertSources sources);

// The filter that these parameters mean: status, assignee, tag, rule, entity, from, to. What is
// empty is left out; others are the caller's.
[[nodiscard]] base::Result<store::AlertFilter> parse_alert_filter(const Parameters& parameters);

// A change as the body of its request, and back; the action stands in the path.
[[nodiscard]] std::string body_of(const event::ChangeRequest& request);
[[nodiscard]] base::Result<event::ChangeRequest> parse_change(event::AlertAction action,
                                                              const std::string& body);

}  // namespace tocsin::console
