#include "ingest/listen/options.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "event/source.hpp"

namespace tocsin::ingest {

namespace {

using Row = base::Option<InputOptions>;
constexpr std::int64_t second = base::ns_per_second;
constexpr std::int64_t day = 86'400 * second;
constexpr std::string_view types = "udp|tcp|unix-datagram|unix-stream|journald|file";
constexpr std::string_view framings = "auto|newline|octet-counted";
constexpr std::string_view formats = "auto|syslog|json|audit";

bool is_one_of(std::string_view word, std::string_view choices) {
  while (!choices.empty()) {
    const std::size_t bar = choices.find('|');
    if (choices.substr(0, bar) == word) return true;
    choices.remove_prefix(bar == std::string_view::npos ? choices.size() : bar + 1);
  }
  return false;
}

}  // namespace

std::span<const Row> input_option_rows() {
  using O = InputOptions;
  static const std::vector<Row> rows = {
      {&O::name,
       {.key = "name",
        .unit = "",
        .sentence = "The input's name in metrics, sources and messages; a socket that systemd "
                    "hands over under this name is used.",
        .min = 1,
        .max = 64}},
      {&O::type,
       {.key = "type", .unit = "", .sentence = "Where the messages come from.", .choices = types}},
      {&O::address,
       {.key = "address",
        .unit = "",
        .sentence = "Local address of udp and tcp, IPv4 or IPv6; 0.0.0.0 or :: for all.",
        .max = 64}},
      {&O::port,
       {.key = "port",
        .unit = "",
        .sentence = "Local port of udp and tcp; 0 lets the system choose one.",
        .max = 65'535}},
      {&O::path,
       {.key = "path",
        .unit = "",
        .sentence = "The Unix socket; the files to follow, * and ? allowed; a folder of journal "
                    "files in place of the system's."}},
      {&O::framing,
       {.key = "framing",
        .unit = "",
        .sentence = "How messages are divided on tcp and unix-stream.",
        .choices = framings}},
      {&O::format,
       {.key = "format", .unit = "", .sentence = "What the messages are.", .choices = formats}},
      {&O::zone,
       {.key = "zone",
        .unit = "",
        .sentence = "Zone of times that state none: an IANA name or +HH:MM.",
        .min = 1,
        .max = 64}},
      {&O::socket_mode,
       {.key = "socket_mode",
        .unit = "",
        .sentence = "Permissions of a Unix socket, octal.",
        .min = 3,
        .max = 4}},
      {&O::max_frame,
       {.key = "max_frame",
        .unit = "bytes",
        .sentence = "A longer message is cut.",
        .min = 480,
        .max = 1 << 20}},
      {&O::max_discard,
       {.key = "max_discard",
        .unit = "bytes",
        .sentence =
            "A message so long that more than this would be thrown away closes its connection.",
        .max = std::int64_t{1} << 30}},
      {&O::receive_buffer,
       {.key = "receive_buffer",
        .unit = "bytes",
        .sentence = "Kernel buffer asked for a udp socket; what was granted is reported.",
        .min = 4096,
        .max = std::int64_t{1} << 30}},
      {&O::max_connections,
       {.key = "max_connections",
        .unit = "connections",
        .sentence = "Open at once.",
        .min = 1,
        .max = 1'000'000}},
      {&O::max_connections_per_peer,
       {.key = "max_connections_per_peer",
        .unit = "connections",
        .sentence = "Open at once from one address or one user.",
        .min = 1,
        .max = 1'000'000}},
      {&O::max_peers,
       {.key = "max_peers",
        .unit = "peers",
        .sentence = "Senders that are told apart; more share one source without an address.",
        .min = 1,
        .max = 1'000'000}},
      {&O::idle_timeout,
       {.key = "idle_timeout",
        .unit = "duration",
        .sentence = "A connection that is silent for so long is closed; 0: never.",
        .max = day}},
      {&O::frame_timeout,
       {.key = "frame_timeout",
        .unit = "duration",
        .sentence = "A message that is not complete so long after its first byte closes its "
                    "connection; 0: never.",
        .max = day}},
      {&O::poll_interval,
       {.key = "poll_interval",
        .unit = "duration",
        .sentence = "How often followed files are looked at.",
        .min = 1'000'000,
        .max = 60 * second}},
      {&O::line_timeout,
       {.key = "line_timeout",
        .unit = "duration",
        .sentence = "A last line without its line feed is taken after so long; 0: never.",
        .max = day}},
      {&O::from_begin,
       {.key = "from_begin",
        .unit = "",
        .sentence = "Files and journals seen for the first time are read from their begin, not "
                    "from their end."}},
  };
  return rows;
}

base::Errors check_input(const InputOptions& input) {
  base::Errors errors;
  auto wrong = [&](std::string sentence) {
    errors.push_back({"ingest-109", std::move(sentence), {"input " + input.name}});
  };
  if (input.name.empty()) wrong("an input needs a name");
  if (input.name == event::own_source().input)
    wrong("the name is taken by Tocsin's own records; choose another");
  if (!is_one_of(input.type, types)) {
    wrong(fmt::format("unknown type \"{}\": one of {}", input.type, types));
    return errors;
  }
  if (!is_one_of(input.framing, framings))
    wrong(fmt::format("unknown framing \"{}\": one of {}", input.framing, framings));
  if (!is_one_of(input.format, formats))
    wrong(fmt::format("unknown format \"{}\": one of {}", input.format, formats));
  if (input.port < 0 || input.port > 65'535) wrong(fmt::format("{} is no port", input.port));
  const bool is_unix = input.type.starts_with("unix-");
  if (is_unix && input.path.size() != 1) wrong("a Unix socket needs one path");
  if (input.type == "journald" && input.path.size() > 1) wrong("a journal has one folder at most");
  if (input.type == "file" && input.path.empty()) wrong("no path says which files to follow");
  if (!std::all_of(input.socket_mode.begin(), input.socket_mode.end(),
                   [](char c) { return c >= '0' && c <= '7'; }) ||
      input.socket_mode.size() < 3 || input.socket_mode.size() > 4)
    wrong(fmt::format("\"{}\" is no octal permission such as 0660", input.socket_mode));
  if (input.max_frame == 0) wrong("max_frame must be more than 0");
  return errors;
}

base::Errors check_inputs(const std::vector<InputOptions>& inputs) {
  base::Errors errors;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    for (base::Error& error : check_input(inputs[i])) errors.push_back(std::move(error));
    for (std::size_t k = 0; k < i; ++k) {
      if (inputs[k].name != inputs[i].name || inputs[i].name.empty()) continue;
      errors.push_back(
          {"ingest-109", "another input has the same name", {"input " + inputs[i].name}});
      break;
    }
  }
  return errors;
}

}  // namespace tocsin::ingest
