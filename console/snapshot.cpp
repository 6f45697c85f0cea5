#include "console/snapshot.hpp"

#include <utility>

#include "base/json.hpp"
#include "console/actor.hpp"

namespace tocsin::console {

void add_snapshot_route(Server& server, Snapshot make) {
  server.route({"POST", "/api/v1/snapshot", Reach::control_socket,
                "Makes a snapshot of the store in its folder.",
                [make = std::move(make)](const Request& request) {
                  const auto made = make(actor_of(request));
                  std::string body;
                  base::JsonWriter json(body);
                  json.begin_object();
                  if (made) {
                    json.member("store", std::string_view(*made));
                  } else {
                    json.member("code", std::string_view(made.error().code))
                        .member("sentence", std::string_view(made.error().sentence));
                  }
                  json.end_object();
                  return Response::json(made ? 200 : 503, body + "\n");
                }});
}

}  // namespace tocsin::console
