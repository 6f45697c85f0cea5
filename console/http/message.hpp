// A request and its answer, free of any library's types, and the reading of request targets.
// Threads:   values
// Errors:    a bad target is nothing (the server answers 400)
// Source:    RFC 9110, RFC 9112 section 3.2, RFC 3986 section 2.1
// Tested by: tests/console/http/message_test.cpp
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tocsin::console {

using Parameters = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;  // "GET"; a HEAD reaches the handler as GET
  std::string path;    // percent-decoded, begins with '/'
  Parameters query;    // percent-decoded, in the order written
  std::string body;
  bool control = false;  // came through the control socket

  // The first query parameter of that name.
  [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const;
};

struct Response {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  Parameters headers;  // besides those that every answer has

  [[nodiscard]] static Response text(unsigned status, std::string body);
  // `body` is already valid JSON.
  [[nodiscard]] static Response json(unsigned status, std::string body);
};

struct Target {
  std::string path;
  Parameters query;
};
// origin-form = absolute-path [ "?" query ]; nothing when it is another form, has a bad escape or a
// control byte after decoding.
[[nodiscard]] std::optional<Target> parse_target(std::string_view text);

}  // namespace tocsin::console
