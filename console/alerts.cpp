#include "console/alerts.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "console/actor.hpp"

namespace tocsin::console {

using base::fail;
using base::Result;

namespace {

constexpr std::size_t longest_body = 16 << 10;
constexpr std::size_t most_on_a_page = 1000;
constexpr std::size_t usual_page = 100;
// Looked at in one answer, found or not: about a tenth of a second's work where each alert has to
// be read, since others wait meanwhile.
constexpr std::size_t most_looks = 5'000;

Response refusal(unsigned status, const base::Error& error) {
  std::string body;
  base::JsonWriter(body)
      .begin_object()
      .member("code", std::string_view(error.code))
      .member("sentence", std::string_view(error.sentence))
      .end_object();
  return Response::json(status, body + "\n");
}

Response refusal(const base::Error& error) {
  const std::string& code = error.code;
  return refusal(code == "store-26"                                               ? 404
                 : code == "event-3"                                              ? 409
                 : code == "event-2" || code == "store-27" || code == "console-7" ? 400
                                                                                  : 503,
                 error);
}

Result<std::uint64_t> number_of(const Request& request, std::string_view name,
                                std::uint64_t otherwise, std::uint64_t most) {
  const auto text = request.parameter(name);
  if (!text) return otherwise;
  const auto number = base::parse_integer(*text);
  if (!number || *number < 0 || static_cast<std::uint64_t>(*number) > most)
    return fail("console-7", fmt::format("?{} is a number up to {}", name, most));
  return static_cast<std::uint64_t>(*number);
}

Result<std::string> list(const AlertSources& sources, const Request& request) {
  static constexpr auto known = std::to_array<std::string_view>(
      {"status", "assignee", "tag", "rule", "entity", "from", "to", "limit", "after"});
  for (const auto& [name, value] : request.query) {
    if (std::ranges::find(known, name) == known.end())
      return fail("console-7", fmt::format("there is no parameter `{}`", base::printable(name)));
  }
  TRY(const store::AlertFilter filter, parse_alert_filter(request.query));
  TRY(const std::uint64_t limit, number_of(request, "limit", usual_page, most_on_a_page));
  if (limit == 0) return fail("console-7", "?limit is at least 1");
  std::optional<std::uint64_t> after;
  if (request.parameter("after")) {
    TRY(after, number_of(request, "after", 0, INT64_MAX));
  }
  TRY(const store::AlertPage page, sources.page(filter, limit, most_looks, after));
  std::string body;
  base::JsonWriter json(body);
  json.begin_object().key("alerts").begin_array();
  for (const store::StoredAlert& stored : page.alerts)
    json.raw(event::json_of(stored.alert, stored.life));
  json.end_array().key("next");
  if (page.next) {
    json.value(std::string_view(std::to_string(*page.next)));
  } else {
    json.null();
  }
  json.end_object();
  return body + "\n";
}

Result<std::string> show(const AlertSources& sources, const Request& request) {
  TRY(const AlertAndHistory found, sources.find(request.part("id")));
  return event::json_of(found.stored.alert, found.stored.life, found.history) + "\n";
}

Response change(const AlertSources& sources, const Request& request) {
  const auto action = event::parse_alert_action(request.part("action"));
  if (!action) return Response::text(404, "there is nothing here\n");
  if (request.body.size() > longest_body) {
    return refusal(
        413, {"console-7", fmt::format("the body is longer than {} bytes", longest_body), {}});
  }
  // Who it is decides what is recorded: without that nothing is.
  const std::optional<event::Actor> actor = actor_of(request);
  if (!actor) return refusal({"console-5", "the system does not say who asks", {}});
  const auto asked = parse_change(*action, request.body);
  if (!asked) return refusal(asked.error());
  const auto changed = sources.change(request.part("id"), *asked, *actor);
  if (!changed) return refusal(changed.error());
  return Response::json(200, event::json_of(changed->alert, changed->life) + "\n");
}

Handler answering(Result<std::string> (*answer)(const AlertSources&, const Request&),
                  const AlertSources& sources) {
  return [answer, sources](const Request& request) {
    auto body = answer(sources, request);
    return body ? Response::json(200, *std::move(body)) : refusal(body.error());
  };
}

}  // namespace

void add_alert_routes(Server& server, AlertSources sources) {
  server.route({"GET", "/api/v1/alerts", Reach::control_socket,
                "Alerts in order of firing: ?status= &assignee= &tag= &rule= &entity= &from= &to= "
                "&limit= &after=.",
                answering(list, sources)});
  server.route({"GET", "/api/v1/alerts/{id}", Reach::control_socket,
                "An alert with all that people did about it; the begin of its id will do.",
                answering(show, sources)});
  server.route({"POST", "/api/v1/alerts/{id}/{action}", Reach::control_socket,
                "ack, progress, close, reopen, assign, comment, tag or untag.",
                [sources = std::move(sources)](const Request& request) {
                  return change(sources, request);
                }});
}

Result<store::AlertFilter> parse_alert_filter(const Parameters& parameters) {
  store::AlertFilter filter;
  for (const auto& [name, value] : parameters) {
    if (value.empty()) continue;
    if (name == "rule") filter.rule_id = value;
    if (name == "assignee") filter.assignee = value;
    if (name == "tag") filter.tag = value;
    if (name == "entity") filter.entity = value;
    if (name == "status") {
      filter.status = event::parse_alert_status(value);
      if (!filter.status) {
        return fail("console-7", fmt::format("`{}` is no status; there are open, acknowledged, "
                                             "in_progress, closed",
                                             base::printable(value)));
      }
    }
    if (name == "from" || name == "to") {
      const auto time = base::parse_rfc3339(value, true);
      if (!time) {
        return fail("console-7", fmt::format("`{}` is no time; write it as 2026-11-22T03:08:00Z",
                                             base::printable(value)));
      }
      (name == "from" ? filter.fired.from : filter.fired.to) = base::EventTime(*time);
    }
  }
  return filter;
}

std::string body_of(const event::ChangeRequest& request) {
  std::string body;
  base::JsonWriter json(body);
  json.begin_object();
  if (request.reason != event::CloseReason::none)
    json.member("reason", event::name_of(request.reason));
  if (request.action == event::AlertAction::assign)
    json.member("assignee", std::string_view(request.value));
  if (request.action == event::AlertAction::tag || request.action == event::AlertAction::untag)
    json.member("tag", std::string_view(request.value));
  if (!request.text.empty()) json.member("text", std::string_view(request.text));
  json.end_object();
  return body;
}

Result<event::ChangeRequest> parse_change(event::AlertAction action, const std::string& body) {
  event::ChangeRequest request;
  request.action = action;
  if (body.empty()) return request;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(body).get(object) != simdjson::SUCCESS)
    return fail("console-7", "the body is one JSON object");
  const bool assigns = action == event::AlertAction::assign;
  const bool tags = action == event::AlertAction::tag || action == event::AlertAction::untag;
  for (const auto& [name, value] : object) {
    std::string_view text;
    const bool nobody = assigns && name == "assignee" && value.is_null();
    if (!nobody && value.get(text) != simdjson::SUCCESS)
      return fail("console-7", fmt::format("`{}` is a text", base::printable(name)));
    if (name == "text") {
      request.text = text;
    } else if ((assigns && name == "assignee") || (tags && name == "tag")) {
      request.value = text;
    } else if (name == "reason" && action == event::AlertAction::close) {
      const auto reason = event::parse_close_reason(text);
      if (!reason) {
        return fail("console-7",
                    fmt::format("`{}` is no reason; there are true_positive, false_positive, "
                                "benign, duplicate, other",
                                base::printable(text)));
      }
      request.reason = *reason;
    } else {
      return fail("console-7",
                  fmt::format("{} has no `{}`", event::name_of(action), base::printable(name)));
    }
  }
  return request;
}

}  // namespace tocsin::console
