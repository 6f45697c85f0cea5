#include "cli/verify.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/config.hpp"
#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "cli/setup.hpp"
#include "engine/verify.hpp"

namespace tocsin::cli {

int run_verify(const VerifyCommand& command, const Streams& streams) {
  const auto store = store::Store::open_read_only(store_folder(command.store));
  if (!store) {
    print_errors(streams.err, {store.error()}, "error");
    return exit_code_of({store.error()}, exit_code::findings);
  }
  const auto start = std::chrono::steady_clock::now();
  auto last = start;
  const bool show = !command.json && ::isatty(::fileno(streams.err)) != 0;
  auto progress = [&](std::uint64_t done, std::uint64_t total) {
    const auto now = std::chrono::steady_clock::now();
    if (!show || now - last < std::chrono::milliseconds(200)) return;
    last = now;
    put(streams.err, "\r\033[K" + progress_line({done, done, total, now - start}));
    std::fflush(streams.err);
  };
  const std::size_t threads =
      command.threads != 0 ? command.threads : std::max(1U, std::thread::hardware_concurrency());
  const auto verified = engine::verify(**store, threads, progress, command.shards);
  if (show) put(streams.err, "\r\033[K");
  if (!verified) {
    print_errors(streams.err, {verified.error()}, "error");
    return exit_code::findings;
  }
  for (const engine::Difference& difference : verified->differences) {
    if (command.json) {
      std::string line;
      base::JsonWriter(line)
          .begin_object()
          .member("difference", std::string_view(difference.what))
          .member("kind", std::string_view(difference.kind))
          .member("id", std::string_view(difference.id))
          .member("sentence", std::string_view(difference.sentence))
          .end_object();
      put_line(streams.out, line);
    } else {
      put_line(streams.out,
               base::printable(fmt::format("{} {} {}: {}", difference.what, difference.kind,
                                           difference.id, difference.sentence)));
    }
  }
  if (command.json) {
    std::string line;
    base::JsonWriter(line)
        .begin_object()
        .key("verified")
        .begin_object()
        .member("events", verified->frames)
        .member("alerts", verified->alerts)
        .member("lockouts", verified->lockouts)
        .member("older_alerts", verified->older)
        .member("epochs", verified->epochs)
        .member("differences", verified->differences.size())
        .end_object()
        .end_object();
    put_line(streams.out, line);
  } else {
    put_line(streams.err,
             fmt::format("{} of {} read again: {} and {} stored, {}",
                         counted(verified->frames, "event"), counted(verified->epochs, "epoch"),
                         counted(verified->alerts, "alert"), counted(verified->lockouts, "lockout"),
                         counted(verified->differences.size(), "difference")));
  }
  return verified->differences.empty() ? exit_code::ok : exit_code::findings;
}

}  // namespace tocsin::cli
