#include "cli/status.hpp"

#include <simdjson.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/config.hpp"
#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "cli/setup.hpp"
#include "cli/table.hpp"
#include "console/http/client.hpp"

namespace tocsin::cli {

namespace {

std::uint64_t number(simdjson::dom::element object, const char* key) {
  std::uint64_t value = 0;
  if (object[key].get(value) != simdjson::SUCCESS) return {};
  return value;
}

std::int64_t signed_number(simdjson::dom::element object, const char* key) {
  std::int64_t value = 0;
  if (object[key].get(value) != simdjson::SUCCESS) return {};
  return value;
}

std::string text(simdjson::dom::element object, const char* key) {
  std::string_view value;
  if (object[key].get(value) != simdjson::SUCCESS) return {};
  return base::printable(value);
}

std::string inputs_text(simdjson::dom::element document) {
  Table table({"input", "over", "at", "received", "bytes", "kernel drops", "unaccounted",
               "connections", "peers"});
  simdjson::dom::array inputs;
  if (document["inputs"].get(inputs) != simdjson::SUCCESS) return {};
  for (simdjson::dom::element input : inputs) {
    simdjson::dom::array peers;
    const std::size_t peer_count =
        input["peers"].get(peers) == simdjson::SUCCESS ? peers.size() : 0;
    table.add({text(input, "name"), text(input, "transport"), text(input, "at"),
               std::to_string(number(input, "received")), std::to_string(number(input, "bytes")),
               std::to_string(number(input, "kernel_drops")),
               std::to_string(signed_number(input, "unaccounted")),
               std::to_string(number(input, "connections")), std::to_string(peer_count)});
  }
  return table.text(0);
}

double real_number(simdjson::dom::element object, const char* key) {
  double value = 0;
  if (object[key].get(value) != simdjson::SUCCESS) return {};
  return value;
}

// "3600.4s" as people say it: whole seconds, from one minute on.
std::string duration_text(double seconds) {
  const double rounded = seconds < 60 ? std::round(seconds * 10) / 10 : std::round(seconds);
  if (rounded < 60) return fmt::format("{:g}s", rounded);
  return base::format_duration(std::chrono::seconds(static_cast<std::int64_t>(rounded)));
}

// The sources that somebody should look at.
std::string sources_text(simdjson::dom::element document) {
  simdjson::dom::element sources;
  simdjson::dom::array warnings;
  if (document["sources"].get(sources) != simdjson::SUCCESS ||
      sources["warnings"].get(warnings) != simdjson::SUCCESS)
    return {};
  std::string out = fmt::format(
      "\n{} sources watched, {} with a skewed clock, {} silent; of {} it is not known "
      "yet what is usual\n",
      number(sources, "watched"), number(sources, "skewed"), number(sources, "silent"),
      number(sources, "learning"));
  if (warnings.size() == 0) return out;
  Table table({"input", "peer", "clock", "silent for", "usual gap"});
  for (simdjson::dom::element warning : warnings) {
    const double skew = real_number(warning, "skew_seconds");
    const double silent = real_number(warning, "silent_seconds");
    const double gap = real_number(warning, "usual_gap_seconds");
    table.add({text(warning, "input"), text(warning, "peer"),
               skew == 0 ? ""
                         : fmt::format("{} {}", duration_text(std::abs(skew)),
                                       skew > 0 ? "ahead" : "behind"),
               silent == 0 ? "" : duration_text(silent), gap == 0 ? "" : duration_text(gap)});
  }
  return out + table.text(0);
}

// Calls `use` with each element of the array of that name.
template <typename Use>
void for_each(simdjson::dom::element object, const char* key, Use use) {
  simdjson::dom::array array;
  if (object[key].get(array) != simdjson::SUCCESS) return;
  for (simdjson::dom::element element : array) use(element);
}

std::string joined(simdjson::dom::element object, const char* key) {
  std::string out;
  for_each(object, key, [&out](simdjson::dom::element element) {
    std::string_view value;
    if (element.get(value) == simdjson::SUCCESS)
      out += (out.empty() ? "" : ", ") + base::printable(value);
  });
  return out;
}

// One line for each thing that is not as it should be: what it is, and what somebody can do.
std::string advice_text(simdjson::dom::element document) {
  std::string out;
  const auto say = [&out](std::string_view what, std::string_view todo) {
    out += fmt::format("- {}\n  {}\n", what, todo);
  };
  if (const std::string reasons = joined(document, "not_ready"); !reasons.empty())
    say("not ready: " + reasons, "look at `journalctl -u tocsin`, and at the room on the disk");
  for_each(document, "inputs", [&](simdjson::dom::element input) {
    const std::string name = text(input, "name");
    if (const std::uint64_t drops = number(input, "kernel_drops"); drops > 0) {
      say(fmt::format("the kernel dropped {} of input {}", counted(drops, "datagram"), name),
          "`tocsin doctor` says whether its buffer is large enough; TCP loses nothing");
    }
    if (const std::int64_t lost = signed_number(input, "unaccounted"); lost != 0) {
      say(fmt::format("{} events of input {} do not add up", lost, name),
          "a fault of Tocsin, if it lasts: please report it with `tocsin status --json`");
    }
  });
  simdjson::dom::element reload;
  bool success = true;
  if (document["reload"].get(reload) == simdjson::SUCCESS &&
      reload["success"].get(success) == simdjson::SUCCESS && !success)
    say("the last reload was refused", "`tocsin config check` prints every error");
  for_each(document, "channels", [&](simdjson::dom::element channel) {
    const std::uint64_t dead = number(channel, "dead");
    const std::string error = text(channel, "last_error");
    if (dead == 0 && (error.empty() || number(channel, "owed") == 0)) return;
    say(fmt::format("channel {} owes {}, gave up {}: {}", text(channel, "name"),
                    number(channel, "owed"), dead, error),
        "what is owed is tried again; what was given up is in `tocsin alerts list`");
  });
  simdjson::dom::element sources, store;
  if (document["sources"].get(sources) == simdjson::SUCCESS) {
    if (const std::uint64_t silent = number(sources, "silent"); silent > 0)
      say(fmt::format("{} silent for longer than usual", counted(silent, "source")),
          "see whether the host and its logger are up");
    if (const std::uint64_t skewed = number(sources, "skewed"); skewed > 0)
      say(fmt::format("{} with a wrong clock", counted(skewed, "source")), "set the clock there");
  }
  if (document["store"].get(store) == simdjson::SUCCESS && number(store, "events") == 0) {
    say("nothing has come yet",
        "try `logger --server 127.0.0.1 --port 5514 --tcp hello`; /usr/share/doc/tocsin/examples "
        "has rsyslog, syslog-ng, journald and auditd");
  }
  return out.empty() ? "\nnothing is wrong\n" : "\nwhat is wrong, and what to do:\n" + out;
}

}  // namespace

std::string status_text(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  if (parser.parse(json.data(), json.size()).get(document) != simdjson::SUCCESS) return {};
  bool ready = false;
  if (document["ready"].get(ready) != simdjson::SUCCESS) return {};
  simdjson::dom::element rules, store, reload;
  if (document["rules"].get(rules) != simdjson::SUCCESS ||
      document["store"].get(store) != simdjson::SUCCESS)
    return {};
  std::string out = fmt::format("tocsin {} is {}, since {}\n", text(document, "version"),
                                ready ? "ready" : "not ready", text(document, "started"));
  out += fmt::format("{} rules, {} of them correlations; {} decoder patterns\n",
                     number(rules, "loaded"), number(rules, "correlations"),
                     number(rules, "patterns"));
  simdjson::dom::array warming;
  if (rules["warming"].get(warming) == simdjson::SUCCESS && warming.size() > 0)
    out += fmt::format("{} warming: they look further back than the log goes\n",
                       counted(warming.size(), "rule"));
  if (document["reload"].get(reload) == simdjson::SUCCESS) {
    bool success = false;
    if (reload["success"].get(success) != simdjson::SUCCESS) return {};
    simdjson::dom::array errors;
    const std::size_t count = reload["errors"].get(errors) == simdjson::SUCCESS ? errors.size() : 0;
    out += success
               ? fmt::format("packs read again at {}\n", text(reload, "at"))
               : fmt::format("the reload at {} was refused with {}; the packs of before go on\n",
                             text(reload, "at"), counted(count, "error"));
  }
  out += fmt::format("store {}: {} events, {} alerts, {}B on disk, durable up to event {}\n\n",
                     text(store, "path"), number(store, "events"), number(store, "alerts"),
                     short_number(static_cast<double>(number(store, "bytes"))),
                     number(store, "durable_seq"));
  out += inputs_text(document) + sources_text(document);
  simdjson::dom::array channels;
  if (document["channels"].get(channels) != simdjson::SUCCESS || channels.size() == 0)
    return out + advice_text(document);
  Table table({"channel", "owed", "delivered", "failed", "dead", "last error"});
  for (simdjson::dom::element channel : channels) {
    table.add({text(channel, "name"), std::to_string(number(channel, "owed")),
               std::to_string(number(channel, "delivered")),
               std::to_string(number(channel, "failed")), std::to_string(number(channel, "dead")),
               text(channel, "last_error")});
  }
  return out + "\n" + table.text(0) + advice_text(document);
}

base::Result<std::string> daemon_socket(std::string socket, const std::string& config) {
  if (socket.empty()) {
    const auto read = load_config(config);
    // A file that was named and cannot be read must not lead to another daemon's socket.
    if (!read && !config.empty()) return std::unexpected(read.error());
    socket = (read ? read->config : default_config()).console.socket;
  }
  // What has a slash or no colon is a path, perhaps from this folder on; the rest is an address.
  std::error_code ignored;
  if (!socket.empty() && (socket.find('/') != std::string::npos || !socket.contains(':')))
    socket = std::filesystem::absolute(socket, ignored).string();
  return socket;
}

int run_status(const StatusCommand& command, const Streams& streams) {
  const auto socket = daemon_socket(command.socket, command.config);
  if (!socket) {
    print_errors(streams.err, {socket.error()}, "error");
    return exit_code_of({socket.error()}, exit_code::invalid);
  }
  const auto answer = console::http_get(*socket, "/api/v1/status");
  if (!answer) {
    print_errors(streams.err, {answer.error()}, "error");
    return exit_code_of({answer.error()}, exit_code::no_daemon);
  }
  if (answer->status != 200) {
    put_line(streams.err,
             fmt::format("tocsin: error: the daemon answered with status {}", answer->status));
    return exit_code::findings;
  }
  if (command.json) {
    put_line(streams.out, answer->body);
    return exit_code::ok;
  }
  const std::string text = status_text(answer->body);
  put(streams.out, text);
  if (!text.empty()) return exit_code::ok;
  put_line(streams.err, "tocsin: error: what answers there is no tocsin daemon");
  return exit_code::findings;
}

}  // namespace tocsin::cli
