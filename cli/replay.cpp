#include "cli/replay.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/alert_tables.hpp"
#include "cli/config.hpp"
#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "cli/setup.hpp"
#include "engine/replay.hpp"

namespace tocsin::cli {

namespace {

using Clock = std::chrono::steady_clock;

// Prints what the replay tells, as lines of JSON or as a table at the end.
class Printer final : public engine::ReplayListener {
 public:
  Printer(const ReplayCommand& command, const Streams& streams)
      : command_(command),
        streams_(streams),
        show_progress_(!command.json && ::isatty(::fileno(streams.err)) != 0),
        start_(Clock::now()) {}

  void on_detection(const rules::Rule& rule, event::Seq seq) override {
    if (!command_.detections) return;
    base::JsonWriter(line_)
        .begin_object()
        .key("detection")
        .begin_object()
        .member("rule", std::string_view(rule.id))
        .member("seq", seq.value)
        .end_object()
        .end_object();
    put_made();
  }
  void on_alert(const event::Alert& alert) override {
    // Alerts come after all detections; without those they can go out as soon as they are final.
    if (!command_.json || command_.detections) {
      alerts_.push_back(alert);
    } else {
      print(alert);
    }
  }
  void on_lockout(const event::Lockout& lockout) override {
    if (command_.lockouts && command_.json && !command_.detections) {
      print(lockout);
    } else {
      lockouts_.push_back(lockout);
    }
  }
  void on_progress(const engine::ReplayProgress& progress) override {
    if (!show_progress_ || Clock::now() - last_progress_ < std::chrono::milliseconds(200)) return;
    last_progress_ = Clock::now();
    const ProgressState state{progress.events, progress.bytes_read, progress.bytes_total,
                              last_progress_ - start_};
    put(streams_.err, "\r\033[K" + progress_line(state));
    std::fflush(streams_.err);
  }

  void finish(const engine::ReplayStats& stats) {
    if (show_progress_) put(streams_.err, "\r\033[K");
    if (command_.json) {
      if (command_.detections) {
        for (const event::Alert& alert : alerts_) print(alert);
        if (command_.lockouts) {
          for (const event::Lockout& lockout : lockouts_) print(lockout);
        }
      }
    } else {
      print_tables(stats);
    }
    std::fflush(streams_.out);
  }

 private:
  void put_made() {
    put_line(streams_.out, line_);
    line_.clear();
  }
  template <typename Record>
  void print(const Record& record) {
    base::JsonWriter writer(line_);
    event::write_json(record, writer);
    put_made();
  }

  void print_tables(const engine::ReplayStats& stats) {
    AlertTables tables;
    for (const event::Alert& alert : alerts_) tables.add(alert);
    for (const event::Lockout& lockout : lockouts_) tables.add(lockout);
    put(streams_.out, tables.text(terminal_width(::fileno(streams_.out))));
    const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    // A few are counted exactly, for a person who compares them with the lines of a file.
    put_line(
        streams_.err,
        fmt::format("{}{}, {}, {} in {:.2f} s", tables.empty() ? "" : "\n",
                    stats.events < 10'000
                        ? counted(stats.events, "event")
                        : short_number(static_cast<double>(stats.events)) + " events",
                    counted(stats.alerts, "alert"), counted(stats.lockouts, "lockout"), seconds));
    if (stats.resumed_after > 0) {
      put_line(streams_.err, fmt::format("went on behind the {} that the store had",
                                         counted(stats.resumed_after, "event")));
    }
  }

  const ReplayCommand& command_;
  const Streams& streams_;
  bool show_progress_;
  Clock::time_point start_;
  Clock::time_point last_progress_;
  std::string line_;
  std::vector<event::Alert> alerts_;
  std::vector<event::Lockout> lockouts_;
};

std::uint64_t folder_bytes(const std::string& folder) {
  std::uint64_t sum = 0;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (at->is_regular_file(error)) sum += at->file_size(error);
  }
  return sum;
}

void print_stats(const ReplayCommand& command, const engine::ReplayStats& stats, double seconds,
                 std::FILE* to) {
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  const double cpu = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                     static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  std::string line;
  base::JsonWriter(line)
      .begin_object()
      .member("events", stats.events)
      .member("decoded", stats.decoded)
      .member("detections", stats.detections)
      .member("alerts", stats.alerts)
      .member("seconds", seconds)
      .member("events_per_second", seconds > 0 ? static_cast<double>(stats.events) / seconds : 0.0)
      .member("cpu_seconds", cpu)
      .member("max_rss_bytes", static_cast<std::uint64_t>(usage.ru_maxrss) * 1024)
      .member("stored_bytes",
              command.store.empty() ? std::uint64_t{0} : folder_bytes(command.store))
      .member("lockouts", stats.lockouts)
      .member("late", stats.late)
      .member("window_bytes", stats.window_bytes)
      .member("groups_spilled", stats.groups_spilled)
      .member("groups_read_back", stats.groups_read_back)
      .end_object();
  put_line(to, line);
}

}  // namespace

int run_replay(const ReplayCommand& command, const Streams& streams) {
  engine::FoldOptions fold;
  PackArguments packs = command.packs;
  if (!command.config.empty()) {
    const auto file = base::read_source(command.config);
    const ReadConfig read = file ? read_config(*file) : ReadConfig{{}, {file.error()}};
    if (!read.errors.empty()) {
      print_errors(streams.err, read.errors, "error");
      return exit_code_of(read.errors, exit_code::invalid);
    }
    fold = read.config.daemon.fold;
    if (!packs.cache) packs.cache = read.config.daemon.cache;
  }
  LoadedSetup loaded = load_setup(packs, fold);
  print_errors(streams.err, loaded.errors, "error");
  if (!loaded.errors.empty()) return exit_code_of(loaded.errors, exit_code::invalid);
  if (loaded.cache_fault) print_errors(streams.err, {*loaded.cache_fault}, "warning");

  engine::ReplayOptions options;
  options.files.paths = command.files;
  options.files.format = command.format;
  options.files.zone = command.zone;
  options.files.year = command.year;
  options.files.sequential = command.sequential;
  if (command.batch_bytes != 0) options.files.batch_bytes = command.batch_bytes;
  options.threads =
      command.threads != 0 ? command.threads : std::max(1U, std::thread::hardware_concurrency());
  options.shards = command.shards;
  options.store = command.store;
  const base::SystemClock clock;
  options.files.now = clock.now();

  Printer printer(command, streams);
  const auto start = Clock::now();
  const auto result = engine::replay(loaded.setup, options, printer, clock);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  if (!result) {
    print_errors(streams.err, {result.error()}, "error");
    return exit_code_of({result.error()}, exit_code::findings);
  }
  printer.finish(result->stats);
  print_errors(streams.err, result->file_errors, "error");
  // The last line, whatever else was said: programs read it from there.
  if (command.stats) print_stats(command, result->stats, seconds, streams.err);
  // Thousands of rules are some hundred thousand pieces of memory.
  if (streams.ends_process) {
    static auto* left = new std::shared_ptr<const engine::Pipeline>;
    *left = std::move(loaded.setup.pipeline);
  }
  return result->file_errors.empty() ? exit_code::ok
                                     : exit_code_of(result->file_errors, exit_code::findings);
}

}  // namespace tocsin::cli
