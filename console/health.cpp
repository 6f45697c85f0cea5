#include "console/health.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/json.hpp"

namespace tocsin::console {

namespace {

Response readiness(const std::vector<std::string>& reasons) {
  std::string body;
  base::JsonWriter out(body);
  out.begin_object().member("ready", reasons.empty()).key("reasons").begin_array();
  for (const std::string& reason : reasons) out.value(std::string_view(reason));
  out.end_array().end_object();
  body += '\n';
  return Response::json(reasons.empty() ? 200 : 503, std::move(body));
}

Response index(const Server& server, const Request& request) {
  std::string body = "Tocsin\n\n";
  for (const Route& route : server.routes())
    if (route.reach == Reach::everywhere || request.control)
      body += fmt::format("{:<5}{:<20} {}\n", route.method, route.path, route.sentence);
  return Response::text(200, std::move(body));
}

}  // namespace

void add_health_routes(Server& server, HealthSources sources) {
  server.route({"GET", "/", Reach::everywhere, "This page.",
                [&server](const Request& request) { return index(server, request); }});
  server.route({"GET", "/metrics", Reach::everywhere, "Metrics in the Prometheus text format.",
                [&registry = sources.registry](const Request&) {
                  return Response{
                      200, std::string(metrics::Registry::content_type), registry.text(), {}};
                }});
  server.route({"GET", "/healthz", Reach::everywhere, "200 while the process answers.",
                [](const Request&) { return Response::text(200, "ok\n"); }});
  server.route({"GET", "/readyz", Reach::everywhere,
                "200 while events are taken, judged and stored; else 503 and why not.",
                [ready = std::move(sources.not_ready)](const Request&) {
                  return readiness(ready ? ready() : std::vector<std::string>());
                }});
  if (sources.status)
    server.route({"GET", "/api/v1/status", Reach::control_socket, "The daemon's state as JSON.",
                  [status = std::move(sources.status)](const Request&) {
                    return Response::json(200, status());
                  }});
}

}  // namespace tocsin::console
