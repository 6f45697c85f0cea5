#include "cli/alert_changes.hpp"

#include <simdjson.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "cli/alert_tables.hpp"
#include "cli/config.hpp"
#include "cli/report.hpp"
#include "cli/status.hpp"
#include "console/alerts.hpp"
#include "console/http/client.hpp"
#include "store/folder.hpp"
#include "store/store.hpp"

namespace tocsin::cli {

using base::fail;
using base::Result;

namespace {

struct Way {
  // Makes one change, and gives the alert's JSON as it is then.
  std::function<Result<std::string>(const std::string& id, const event::ChangeRequest& request)>
      change;
  std::unique_ptr<store::Store> store;  // to close, where it is ours
};

// The error that an answer tells, where it does.
base::Error told_error(const console::Response& answer) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  std::string_view code, sentence;
  if (parser.parse(answer.body).get(document) == simdjson::SUCCESS &&
      document["code"].get(code) == simdjson::SUCCESS &&
      document["sentence"].get(sentence) == simdjson::SUCCESS)
    return {std::string(code), std::string(sentence), {}};
  return {"console-6", fmt::format("the daemon answered with status {}", answer.status), {}};
}

// Ids go into a path: what is no id must not become another one.
bool is_hex(std::string_view id) {
  return !id.empty() && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<std::string> ask(const std::string& socket, const std::string& id,
                        const event::ChangeRequest& request) {
  if (!is_hex(id)) return fail("store-27", fmt::format("`{}` is no id of an alert", id));
  console::ClientOptions options;
  options.timeout = std::chrono::seconds(30);
  TRY(auto answer,
      console::http_post(socket,
                         fmt::format("/api/v1/alerts/{}/{}", id, event::name_of(request.action)),
                         console::body_of(request), "application/json", options));
  if (answer.status != 200) return std::unexpected(told_error(answer));
  while (answer.body.ends_with('\n')) answer.body.pop_back();
  return std::move(answer.body);
}

// Who asked for a folder by name means that store; else the daemon is asked first, since it may
// have a store that this account cannot even look at.
bool daemon_has_it(const AlertsCommand& command, const std::string& socket) {
  if (!command.store.empty()) return store::is_locked(command.store);
  if (socket.empty()) return false;
  const auto answer = console::http_get(socket, "/healthz");
  return answer || answer.error().code != "console-4";
}

Result<Way> open_way(const AlertsCommand& command) {
  Way way;
  TRY(const std::string socket, daemon_socket(command.socket, command.config));
  if (daemon_has_it(command, socket)) {
    way.change = [socket](const std::string& id, const event::ChangeRequest& request) {
      return ask(socket, id, request);
    };
    return way;
  }
  const std::string path = store_folder(command.store);
  // Not made when it is not there.
  TRY_VOID(store::Folder::inspect(path));
  TRY(way.store, store::Store::open(path));
  way.change = [&alerts = way.store->alerts(),
                self = event::Actor{::getuid(), console::account_name(::getuid())}](
                   const std::string& id,
                   const event::ChangeRequest& request) -> Result<std::string> {
    TRY(const store::StoredAlert stored,
        alerts.change(id, request, self, base::SystemClock().now()));
    return event::json_of(stored.alert, stored.life);
  };
  return way;
}

std::string text(simdjson::dom::element object, const char* key) {
  std::string_view value;
  return object[key].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
}

// "3f9a12...: closed (benign), alice has it", of the alert's JSON.
std::string summary(const std::string& json) {
  simdjson::dom::parser parser;
  simdjson::dom::element alert, members;
  if (parser.parse(json).get(alert) != simdjson::SUCCESS ||
      alert["life_cycle"].get(members) != simdjson::SUCCESS)
    return json;
  event::LifeCycle life;
  life.status =
      event::parse_alert_status(text(members, "status")).value_or(event::AlertStatus::open);
  life.reason =
      event::parse_close_reason(text(members, "reason")).value_or(event::CloseReason::none);
  life.assignee = text(members, "assignee");
  simdjson::dom::array tags;
  if (members["tags"].get(tags) == simdjson::SUCCESS) {
    for (const simdjson::dom::element tag : tags) {
      std::string_view name;
      if (tag.get(name) == simdjson::SUCCESS) life.tags.emplace_back(name);
    }
  }
  return base::printable(text(alert, "id") + ": " + life_text(life));
}

}  // namespace

Result<std::vector<event::ChangeRequest>> requests_of(const AlertsCommand& command) {
  event::ChangeRequest request;
  request.action = command.action;
  request.text = command.text;
  if (command.action == event::AlertAction::close)
    request.reason = event::parse_close_reason(command.reason).value_or(event::CloseReason::none);
  if (command.action == event::AlertAction::assign) {
    if (command.nobody == !command.assignee.empty())
      return fail("event-2", "say --to NAME or --nobody");
    request.value = command.assignee;
  }
  if (command.action != event::AlertAction::tag) return std::vector{request};
  std::vector<event::ChangeRequest> requests;
  requests.reserve(command.add_tags.size() + command.remove_tags.size());
  for (const std::string& tag : command.add_tags)
    requests.push_back({event::AlertAction::tag, {}, tag, command.text});
  for (const std::string& tag : command.remove_tags)
    requests.push_back({event::AlertAction::untag, {}, tag, command.text});
  if (requests.empty()) return fail("event-2", "say --add TAG or --remove TAG");
  return requests;
}

int change_alerts(const AlertsCommand& command, const Streams& streams) {
  const auto requests = requests_of(command);
  if (!requests) {
    put_line(streams.err, "tocsin: " + requests.error().sentence);
    return exit_code::usage;
  }
  const auto way = open_way(command);
  if (!way) {
    print_errors(streams.err, {way.error()}, "error");
    if (way.error().code == "store-2") {
      put_line(streams.err,
               "tocsin: what holds the store does not answer; name its socket with --socket or "
               "--config");
    }
    return exit_code_of({way.error()}, exit_code::findings);
  }
  base::Errors errors;
  for (const std::string& id : command.ids) {
    Result<std::string> last;
    for (const event::ChangeRequest& request : *requests) {
      last = way->change(id, request);
      if (!last) break;
    }
    if (last) {
      put_line(streams.out, command.json ? *last : summary(*last));
    } else {
      last.error().origin.name = id;
      errors.push_back(last.error());
    }
  }
  if (way->store) {
    if (const auto closed = way->store->close(); !closed) errors.push_back(closed.error());
  }
  print_errors(streams.err, errors, "error", errors.size());
  if (errors.empty()) return exit_code::ok;
  const bool no_daemon = errors.front().code == "console-4";
  return exit_code_of(errors, no_daemon ? exit_code::no_daemon : exit_code::findings);
}

}  // namespace tocsin::cli
