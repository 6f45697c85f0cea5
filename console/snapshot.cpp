#include "console/snapshot.hpp"

#include <utility>

#include "base/json.hpp"

namespace tocsin::console {

void add_snapshot_route(Server& server, std::function<base::Result<std::string>()> make) {
  server.route({"POST", "/api/v1/snapshot", Reach::control_socket,
                "Makes a snapshot of the store in its folder.",
                [make = std::move(make)](const Request&) {
                  const auto made = make();
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
