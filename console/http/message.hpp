// A request and its answer, free of any library's types, and the reading of request targets.
// Threads:   values
// Errors:    a bad target is nothing (the server answers 400)
// Source:    RFC 9110, RFC 9112 section 3.2, RFC 3986 section 2.1
// Tested by: tests/console/http/message_test.cpp
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "console/http/peer.hpp"
#include "console/http/streamed_body.hpp"

namespace tocsin::console {

using Parameters = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;  // "GET"; a HEAD reaches the handler as GET
  std::string path;    // percent-decoded, begins with '/'
  Parameters query;    // percent-decoded, in the order written
  std::string body;
  bool control = false;           // came through the control socket
  std::optional<Peer> peer = {};  // who sent it, by the control socket
  Parameters parts = {};          // of the path, where the route has {name}

  // The first query parameter of that name.
  [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const;
  // The part of the path that stands for {name}; empty when the route has none.
  [[nodiscard]] std::string_view part(std::string_view name) const;
};

struct Response {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  Parameters headers;  // besides those that every answer has
  // In place of `body`: called on a thread of its own, once the head is on its way.
  std::function<void(StreamedBody&)> stream = {};

  [[nodiscard]] static Response text(unsigned status, std::string body);
  // `body` is already valid JSON.
  [[nodiscard]] static Response json(unsigned status, std::string body);
  [[nodiscard]] static Response streamed(std::string content_type,
                                         std::function<void(StreamedBody&)> stream);
};

struct Target {
  std::string path;
  Parameters query;
};
// origin-form = absolute-path [ "?" query ]; nothing when it is another form, has a bad escape or a
// control byte after decoding.
[[nodiscard]] std::optional<Target> parse_target(std::string_view text);

// As a value in the query of a target.
[[nodiscard]] std::string percent_encoded(std::string_view text);

// The parts of `path` that stand for the {name} of `route`, each one segment that is not empty;
// nothing when it is another path.
[[nodiscard]] std::optional<Parameters> match_path(std::string_view route, std::string_view path);

}  // namespace tocsin::console
