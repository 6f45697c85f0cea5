#include "cli/run.hpp"

#include <unistd.h>
#include <csignal>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "cli/config.hpp"
#include "cli/notify.hpp"
#include "cli/report.hpp"
#include "cli/service.hpp"
#include "cli/setup.hpp"
#include "console/alerts.hpp"
#include "console/events.hpp"
#include "console/health.hpp"
#include "console/http/peer.hpp"
#include "console/http/server.hpp"
#include "console/reload.hpp"
#include "console/snapshot.hpp"
#include "engine/daemon.hpp"
#include "metrics/process.hpp"
#include "metrics/rows.hpp"

namespace tocsin::cli {

namespace {

// Lines for the operator, on stderr, one at a time.
class Log {
 public:
  explicit Log(std::FILE* to) : to_(to) {}
  void say(std::string_view line) {
    const std::string text = base::printable(line);
    const std::lock_guard lock(mutex_);
    put_line(to_, "tocsin: " + text);
    std::fflush(to_);
  }

 private:
  std::mutex mutex_;
  std::FILE* to_;
};

// SIGTERM and SIGINT stop the daemon; SIGHUP has it read its packs again. The signals are blocked
// in all threads, and this one takes them.
class SignalThread {
 public:
  SignalThread(engine::Daemon& daemon, Service& service, Log& log)
      : daemon_(daemon), service_(service), log_(log) {
    thread_ = std::thread([this] { loop(); });
  }
  ~SignalThread() {
    ::pthread_kill(thread_.native_handle(), SIGUSR1);
    thread_.join();
  }
  static sigset_t handled() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) ::sigaddset(&set, number);
    return set;
  }

 private:
  void loop() {
    const sigset_t set = handled();
    bool stopping = false;
    while (true) {
      siginfo_t from{};
      const int number = ::sigwaitinfo(&set, &from);
      if (number < 0) continue;
      if (number == SIGUSR1) return;
      if (number == SIGHUP) {
        daemon_.reload(sender_of(from));
        continue;
      }
      if (std::exchange(stopping, true)) continue;
      log_.say("stopping: inputs first, then what has come is stored");
      service_.stopping();
      daemon_.stop(sender_of(from));
    }
  }
  // Nothing for a signal of the system's own, such as a terminal's.
  static std::optional<event::Actor> sender_of(const siginfo_t& from) {
    if (from.si_code != SI_USER) return std::nullopt;
    return event::Actor{from.si_uid, console::account_name(from.si_uid)};
  }

  engine::Daemon& daemon_;
  Service& service_;
  Log& log_;
  std::thread thread_;
};

// The folder of the control socket, made where it is missing.
base::Result<void> make_socket_folder(const std::string& socket) {
  const std::filesystem::path folder = std::filesystem::path(socket).parent_path();
  if (folder.empty()) return {};
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) return {};
  return base::fail("cli-4",
                    fmt::format("the folder of the control socket cannot be made: {}",
                                base::system_text(error.value())),
                    {folder.string(), 0, 0});
}

// Told in the form that was asked for: as data with --json, else as messages.
void tell(const base::Errors& errors, bool json, const Streams& streams) {
  if (json) return print_errors_json(streams.out, errors, "error");
  print_errors(streams.err, errors, "error");
}

LoadedSetup load_packs(const engine::DaemonOptions& daemon) {
  return load_setup({daemon.rules, daemon.decoders, daemon.lists, daemon.mappings,
                     daemon.default_rules, daemon.cache},
                    daemon.fold);
}

// What a reload begins with. What takes a restart stays as it is, and is named.
engine::Daemon::Reading read_again(const std::string& file, const Config& running) {
  engine::Daemon::Reading reading;
  auto read = load_config(file);
  reading.errors = read ? std::move(read->errors) : base::Errors{read.error()};
  if (!reading.errors.empty()) return reading;
  for (const std::string& key : restart_needed(running, read->config))
    reading.notes.push_back(key + " takes a restart");
  read->config.daemon.cache = running.daemon.cache;
  LoadedSetup loaded = load_packs(read->config.daemon);
  reading.errors = std::move(loaded.errors);
  reading.setup = std::move(loaded.setup);
  return reading;
}

console::AlertSources alerts_of(engine::Daemon& daemon, const base::Clock& clock) {
  return {.page =
              [&daemon](const store::AlertFilter& filter, std::size_t limit, std::size_t looks,
                        std::optional<std::uint64_t> after) {
                return daemon.with_store([&](const store::Store& store) {
                  return store.alerts().page(filter, limit, looks, after);
                });
              },
          .find =
              [&daemon](std::string_view digits) {
                return daemon.with_store(
                    [&](const store::Store& store) -> base::Result<console::AlertAndHistory> {
                      TRY(store::StoredAlert stored, store.alerts().find(digits));
                      TRY(auto history, store.alerts().history(stored.alert.id));
                      return console::AlertAndHistory{std::move(stored), std::move(history)};
                    });
              },
          .change =
              [&daemon, &clock](std::string_view digits, const event::ChangeRequest& request,
                                const event::Actor& actor) {
                auto changed = daemon.with_store([&](store::Store& store) {
                  return store.alerts().change(digits, request, actor, clock.now());
                });
                if (changed)
                  daemon.audit_trail().record(engine::audit_record(*changed, request, actor));
                return changed;
              }};
}

console::EventSources events_of(const engine::Daemon& daemon, const Config& config) {
  return {.open = [path = config.daemon.store_path] { return store::Store::open_read_only(path); },
          .with_live =
              [&daemon](const console::EventSources::Use& use) {
                return daemon.with_store(
                    [&](const store::Store& store) -> base::Result<void> { return use(store); });
              },
          .cache = open_cache(config.daemon.cache),
          .threads = std::max(1U, std::thread::hardware_concurrency())};
}

int serve(const std::string& file, const Config& config, LoadedSetup loaded,
          const Streams& streams) {
  Log log(streams.err);
  const sigset_t signals = SignalThread::handled();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  const base::SystemClock clock;
  metrics::Registry registry(metrics::all_rows);
  const metrics::ProcessMetrics process(registry, TOCSIN_VERSION);
  registry.gauge(metrics::row::rules_loaded)
      .set(static_cast<double>(loaded.setup.pipeline->rules->size()));
  registry.gauge(metrics::row::rule_errors).set(static_cast<double>(loaded.errors.size()));
  registry.gauge(metrics::row::decoders_loaded)
      .set(static_cast<double>(loaded.setup.pipeline->decoders->files().size()));
  // The start is the one reading of the configuration: whoever failed at it did not come so far.
  registry.counter(metrics::row::config_reloads, {"success"}).add();
  static_cast<void>(registry.counter(metrics::row::config_reloads, {"refused"}));
  registry.gauge(metrics::row::config_last_reload_success).set(1);
  registry.gauge(metrics::row::config_last_reload_time)
      .set(std::chrono::duration<double>(std::chrono::nanoseconds(clock.now().value)).count());
  engine::Daemon daemon(config.daemon, std::move(loaded.setup), registry, clock,
                        [&log](const std::string& line) { log.say(line); });
  Service service(
      [&daemon] {
        const engine::Daemon::Pulse pulse = daemon.pulse();
        return Vitals{pulse.beats, pulse.store_fails, pulse.events, pulse.alerts};
      },
      notify_service_manager, watchdog_time());
  daemon.read_by(
      [&file, &config, &service] {
        service.reloading();
        return read_again(file, config);
      },
      [&service] { service.reloaded(); });
  console::Server server(config.console, &registry);
  console::add_health_routes(server, {.registry = registry,
                                      .not_ready = [&daemon] { return daemon.not_ready(); },
                                      .status = [&daemon] { return daemon.status(); }});
  console::add_reload_routes(
      server,
      {.ask = [&daemon](std::optional<event::Actor> by) { return daemon.reload(std::move(by)); },
       .answer = [&daemon](std::uint64_t request) { return daemon.reloaded(request); }});
  console::add_alert_routes(server, alerts_of(daemon, clock));
  console::add_event_route(server, events_of(daemon, config));
  console::add_snapshot_route(
      server, [&daemon](std::optional<event::Actor> by) { return daemon.snapshot(std::move(by)); });
  const SignalThread signal_thread(daemon, service, log);
  if (const auto made = make_socket_folder(config.console.socket); !made) {
    print_errors(streams.err, {made.error()}, "error");
    return exit_code_of({made.error()}, exit_code::findings);
  }
  // The server first: a probe learns that the daemon is not ready yet while the log is read again.
  if (const auto started = server.start(); !started) {
    print_errors(streams.err, {started.error()}, "error");
    return exit_code_of({started.error()}, exit_code::findings);
  }
  if (const base::Errors errors = daemon.start(); !errors.empty()) {
    print_errors(streams.err, errors, "error");
    return exit_code_of(errors, exit_code::findings);
  }
  for (const ingest::InputOptions& input : config.daemon.inputs) {
    const std::uint16_t port = daemon.port(input.name);
    log.say(port != 0
                ? fmt::format("input {}: {} on {}:{}", input.name, input.type, input.address, port)
                : fmt::format("input {}: {}", input.name, input.type));
  }
  if (server.port() != 0)
    log.say(fmt::format("metrics on http://{}/metrics",
                        config.console.listen.substr(0, config.console.listen.rfind(':')) + ":" +
                            std::to_string(server.port())));
  log.say(fmt::format("store in {}; ready", config.daemon.store_path));
  service.ready();
  const auto ended = daemon.run();
  server.stop();
  if (!ended) {
    print_errors(streams.err, {ended.error()}, "error");
    return exit_code::findings;
  }
  log.say("stopped; everything received is stored");
  return exit_code::ok;
}

}  // namespace

int run_daemon(const RunCommand& command, const Streams& streams) {
  const auto read = load_config(command.config);
  base::Errors errors = read ? read->errors : base::Errors{read.error()};
  if (!errors.empty()) {
    tell(errors, command.json, streams);
    return exit_code_of(errors, exit_code::invalid);
  }
  const Config& config = read->config;
  LoadedSetup loaded = load_packs(config.daemon);
  tell(loaded.errors, command.json, streams);
  if (loaded.cache_fault) print_errors(streams.err, {*loaded.cache_fault}, "warning");
  if (command.check) {
    if (!loaded.errors.empty()) return exit_code_of(loaded.errors, exit_code::invalid);
    put_line(streams.err, fmt::format("the configuration and {} are right",
                                      counted(loaded.setup.pipeline->rules->size(), "rule")));
    return exit_code::ok;
  }
  // One bad rule must not keep the others from working: it was told, and is counted.
  if (!loaded.setup.pipeline) return exit_code::invalid;
  return serve(command.config, config, std::move(loaded), streams);
}

}  // namespace tocsin::cli
