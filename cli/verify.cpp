#include "cli/verify.hpp"

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
#include "cli/setup.hpp"
#include "engine/verify.hpp"

namespace tocsin::cli {

int run_verify(const VerifyCommand& command) {
  const std::string folder =
      command.store.empty() ? default_config().daemon.store_path : command.store;
  const auto store = store::Store::open_read_only(folder);
  if (!store) {
    print_errors({store.error()}, "error");
    return exit_code::findings;
  }
  const auto start = std::chrono::steady_clock::now();
  auto last = start;
  const bool show = !command.json && ::isatty(STDERR_FILENO) != 0;
  auto progress = [&](std::uint64_t done, std::uint64_t total) {
    const auto now = std::chrono::steady_clock::now();
    if (!show || now - last < std::chrono::milliseconds(200)) return;
    last = now;
    std::fprintf(stderr, "\r\033[K%s", progress_line({done, done, total, now - start}).c_str());
  };
  const std::size_t threads =
      command.threads != 0 ? command.threads : std::max(1U, std::thread::hardware_concurrency());
  const auto verified = engine::verify(**store, threads, progress);
  if (show) std::fprintf(stderr, "\r\033[K");
  if (!verified) {
    print_errors({verified.error()}, "error");
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
      std::puts(line.c_str());
    } else {
      std::printf("%s %s %s: %s\n", difference.what.c_str(), difference.kind.c_str(),
                  difference.id.c_str(), base::printable(difference.sentence).c_str());
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
        .member("epochs", verified->epochs)
        .member("differences", verified->differences.size())
        .end_object()
        .end_object();
    std::puts(line.c_str());
  } else {
    std::fprintf(stderr,
                 "%llu events of %llu epochs read again: %llu alerts and %llu lockouts stored, %zu "
                 "differences\n",
                 static_cast<unsigned long long>(verified->frames),
                 static_cast<unsigned long long>(verified->epochs),
                 static_cast<unsigned long long>(verified->alerts),
                 static_cast<unsigned long long>(verified->lockouts), verified->differences.size());
  }
  return verified->differences.empty() ? exit_code::ok : exit_code::findings;
}

}  // namespace tocsin::cli
