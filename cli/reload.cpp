#include "cli/reload.hpp"

#include <simdjson.h>

#include <chrono>
#include <cstdint>
#include <thread>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/report.hpp"
#include "cli/status.hpp"
#include "console/http/client.hpp"

namespace tocsin::cli {

namespace {

constexpr auto between_questions = std::chrono::milliseconds(50);

using Element = simdjson::dom::element;

std::uint64_t number(Element object, const char* key) {
  std::uint64_t value = 0;
  return object[key].get(value) == simdjson::SUCCESS ? value : 0;
}

bool flag(Element object, const char* key) {
  bool value = false;
  return object[key].get(value) == simdjson::SUCCESS && value;
}

std::string text(Element object, const char* key) {
  std::string_view value;
  return object[key].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
}

base::Result<console::Response> checked(base::Result<console::Response> response, unsigned status) {
  if (response && response->status != status) {
    return base::fail("console-6",
                      fmt::format("the daemon answered with status {}", response->status));
  }
  return response;
}

// Asks for the reading, then for its answer until that is there.
base::Result<std::string> ask(const std::string& socket) {
  TRY(const auto asked, checked(console::http_post(socket, "/api/v1/reload", ""), 202));
  simdjson::dom::parser parser;
  Element document;
  if (parser.parse(asked.body).get(document) != simdjson::SUCCESS)
    return base::fail("console-6", "what answers there is no tocsin daemon");
  const std::string target = fmt::format("/api/v1/reload?request={}", number(document, "request"));
  while (true) {
    TRY(auto answer, checked(console::http_get(socket, target), 200));
    const auto parsed = parse_reload(answer.body);
    if (!parsed) return base::fail("console-6", "what answers there is no tocsin daemon");
    if (parsed->done) return std::move(answer.body);
    std::this_thread::sleep_for(between_questions);
  }
}

}  // namespace

std::optional<ReloadAnswer> parse_reload(std::string_view json) {
  simdjson::dom::parser parser;
  Element document;
  if (parser.parse(json.data(), json.size()).get(document) != simdjson::SUCCESS)
    return std::nullopt;
  ReloadAnswer answer;
  if (document["done"].get(answer.done) != simdjson::SUCCESS) return std::nullopt;
  answer.changed = flag(document, "changed");
  answer.rules = number(document, "rules");
  simdjson::dom::array errors, notes;
  if (document["errors"].get(errors) == simdjson::SUCCESS) {
    for (const Element error : errors) {
      answer.errors.push_back(
          {text(error, "code"),
           text(error, "sentence"),
           {text(error, "file"), static_cast<std::uint32_t>(number(error, "line")),
            static_cast<std::uint32_t>(number(error, "column"))}});
    }
  }
  if (document["notes"].get(notes) == simdjson::SUCCESS) {
    for (const Element note : notes) {
      std::string_view sentence;
      if (note.get(sentence) == simdjson::SUCCESS) answer.notes.emplace_back(sentence);
    }
  }
  return answer;
}

int run_reload(const ReloadCommand& command, const Streams& streams) {
  const auto socket = daemon_socket(command.socket, command.config);
  if (!socket) {
    print_errors(streams.err, {socket.error()}, "error");
    return exit_code_of({socket.error()}, exit_code::invalid);
  }
  const auto body = ask(*socket);
  if (!body) {
    print_errors(streams.err, {body.error()}, "error");
    return exit_code_of({body.error()}, exit_code::no_daemon);
  }
  const auto answer = parse_reload(*body);
  if (command.json) {
    put_line(streams.out, *body);
  } else {
    for (const std::string& note : answer->notes)
      put_line(streams.err, "tocsin: " + base::printable(note));
    print_errors(streams.err, answer->errors, "error", answer->errors.size());
  }
  if (!answer->errors.empty()) {
    if (!command.json)
      put_line(streams.err, fmt::format("tocsin: refused; the {} of before go on",
                                        counted(answer->rules, "rule")));
    return exit_code::invalid;
  }
  if (!command.json) {
    put_line(streams.out, answer->changed
                              ? fmt::format("{} live", counted(answer->rules, "rule"))
                              : fmt::format("{} live, as before", counted(answer->rules, "rule")));
  }
  return exit_code::ok;
}

}  // namespace tocsin::cli
