#include "console/reload.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/text.hpp"
#include "console/actor.hpp"

namespace tocsin::console {

void add_reload_routes(Server& server, ReloadSources sources) {
  server.route({"POST", "/api/v1/reload", Reach::control_socket,
                "Reads the configuration and the packs again; 202 and a number to ask for.",
                [ask = std::move(sources.ask)](const Request& request) {
                  const std::uint64_t number = ask(actor_of(request));
                  return Response::json(202, fmt::format("{{\"request\":{}}}\n", number));
                }});
  server.route({"GET", "/api/v1/reload", Reach::control_socket,
                "What came of the reading with that number, ?request=N.",
                [answer = std::move(sources.answer)](const Request& request) {
                  const auto number =
                      base::parse_integer(request.parameter("request").value_or(""));
                  if (!number || *number < 0)
                    return Response::text(400, "?request=N names the reading\n");
                  return Response::json(200, answer(static_cast<std::uint64_t>(*number)));
                }});
}

}  // namespace tocsin::console
