#include "cli/follow.hpp"

#include <fmt/format.h>
#include <simdjson.h>
#include <unistd.h>

#include <string_view>

#include "base/text.hpp"
#include "cli/report.hpp"
#include "cli/status.hpp"
#include "console/http/client.hpp"
#include "console/http/message.hpp"

namespace tocsin::cli {

namespace {

// {"code", "sentence"} as an error; the body itself where it is something else.
base::Error error_of(const console::Response& response) {
  simdjson::dom::parser parser;
  simdjson::dom::element answer;
  std::string_view code, sentence;
  if (parser.parse(response.body).get(answer) == simdjson::SUCCESS &&
      answer["code"].get(code) == simdjson::SUCCESS &&
      answer["sentence"].get(sentence) == simdjson::SUCCESS)
    return {std::string(code), std::string(sentence), {}};
  return {"console-6",
          fmt::format("the daemon answered with status {}: {}", response.status,
                      base::printable(response.body)),
          {}};
}

// A terminal gets no line as it came.
base::Result<console::Response> follow(const SearchCommand& command, const Streams& streams) {
  TRY(const std::string socket, daemon_socket(command.socket, command.config));
  const bool escapes = command.format == "raw" && ::isatty(::fileno(streams.out)) != 0;
  std::string line;
  const auto show = [&](std::string_view bytes) {
    if (!escapes) put(streams.out, std::string(bytes));
    for (const char c : escapes ? bytes : std::string_view()) {
      if (c != '\n') {
        line += c;
        continue;
      }
      put_line(streams.out, base::printable(line));
      line.clear();
    }
    std::fflush(streams.out);
    return std::ferror(streams.out) == 0;
  };
  return console::http_stream(socket, follow_target(command), show);
}

}  // namespace

std::string follow_target(const SearchCommand& command) {
  // A table's columns are as wide as what is known of it; here the rest is not.
  const std::string format = command.format == "table" ? "lines" : command.format;
  std::string target = fmt::format("/api/v1/events?follow=true&format={}&query={}", format,
                                   console::percent_encoded(command.query));
  if (!command.fields.empty()) target += "&fields=" + console::percent_encoded(command.fields);
  if (command.limit != 0) target += fmt::format("&limit={}", command.limit);
  return target;
}

int follow_events(const SearchCommand& command, const Streams& streams) {
  const auto ended = follow(command, streams);
  if (!ended) {
    print_errors(streams.err, {ended.error()}, "error");
    const bool no_daemon = ended.error().code == "console-4";
    return exit_code_of({ended.error()}, no_daemon ? exit_code::no_daemon : exit_code::findings);
  }
  if (ended->status == 200) return exit_code::ok;
  const base::Error error = error_of(*ended);
  print_errors(streams.err, {error}, "error");
  return ended->status == 400 ? exit_code::usage : exit_code::findings;
}

}  // namespace tocsin::cli
