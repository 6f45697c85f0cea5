#include "cli/run.hpp"

#include <unistd.h>
#include <csignal>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "cli/config.hpp"
#include "cli/notify.hpp"
#include "cli/setup.hpp"
#include "console/health.hpp"
#include "console/http/server.hpp"
#include "engine/daemon.hpp"
#include "metrics/process.hpp"
#include "metrics/rows.hpp"

namespace tocsin::cli {

namespace {

constexpr const char* default_file = "/etc/tocsin/tocsin.yaml";

// Lines for the operator, on stderr, one at a time.
class Log {
 public:
  void say(std::string_view line) {
    const std::string text = base::printable(line);
    const std::lock_guard lock(mutex_);
    std::fprintf(stderr, "tocsin: %s\n", text.c_str());
  }

 private:
  std::mutex mutex_;
};

// SIGTERM and SIGINT stop the daemon; SIGHUP is told what it can do. The signals are blocked in all
// threads, and this one takes them.
class SignalThread {
 public:
  SignalThread(engine::Daemon& daemon, Log& log) : daemon_(daemon), log_(log) {
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
    for (int number = 0; ::sigwait(&set, &number) == 0;) {
      if (number == SIGUSR1) return;
      if (number == SIGHUP) {
        log_.say("SIGHUP: packs and options are read at a start; restart to change them");
        continue;
      }
      log_.say("stopping: inputs first, then what has come is stored");
      notify_service_manager("STOPPING=1");
      daemon_.stop();
    }
  }
  engine::Daemon& daemon_;
  Log& log_;
  std::thread thread_;
};

base::Result<ReadConfig> load_config(const std::string& chosen) {
  const std::string path = chosen.empty() ? default_file : chosen;
  if (chosen.empty() && !std::filesystem::exists(path)) return ReadConfig{default_config(), {}};
  TRY(const base::SourceText file, base::read_source(path));
  return read_config(file);
}

int code_of(const base::Errors& errors) {
  for (const base::Error& error : errors) {
    if (error.code == "ingest-106" || error.sentence.find("ermission denied") != std::string::npos)
      return exit_code::permission;
  }
  return exit_code::findings;
}

int serve(const Config& config, LoadedSetup loaded) {
  Log log;
  const sigset_t signals = SignalThread::handled();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  const base::SystemClock clock;
  metrics::Registry registry(metrics::all_rows);
  const metrics::ProcessMetrics process(registry, TOCSIN_VERSION);
  registry.gauge(metrics::row::rules_loaded)
      .set(static_cast<double>(loaded.setup.pipeline->rules->size()));
  registry.gauge(metrics::row::rule_errors).set(static_cast<double>(loaded.errors.size()));
  engine::Daemon daemon(config.daemon, std::move(loaded.setup), registry, clock,
                        [&log](const std::string& line) { log.say(line); });
  console::Server server(config.console, &registry);
  console::add_health_routes(server, {.registry = registry,
                                      .not_ready = [&daemon] { return daemon.not_ready(); },
                                      .status = [&daemon] { return daemon.status(); }});
  const SignalThread signal_thread(daemon, log);
  std::error_code ignored;
  if (!config.console.socket.empty())
    std::filesystem::create_directories(std::filesystem::path(config.console.socket).parent_path(),
                                        ignored);
  // The server first: a probe learns that the daemon is not ready yet while the log is read again.
  if (const auto started = server.start(); !started) {
    print_errors({started.error()}, "error");
    return code_of({started.error()});
  }
  if (const base::Errors errors = daemon.start(); !errors.empty()) {
    print_errors(errors, "error");
    return code_of(errors);
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
  notify_service_manager("READY=1");
  const auto ended = daemon.run();
  server.stop();
  if (!ended) {
    print_errors({ended.error()}, "error");
    return exit_code::findings;
  }
  log.say("stopped; everything received is stored");
  return exit_code::ok;
}

}  // namespace

int run_daemon(const RunCommand& command) {
  const auto read = load_config(command.config);
  base::Errors errors = read ? read->errors : base::Errors{read.error()};
  if (!errors.empty()) {
    command.json ? print_errors_json(errors, "error") : print_errors(errors, "error");
    return exit_code::invalid;
  }
  const Config& config = read->config;
  LoadedSetup loaded =
      load_setup({config.daemon.rules, config.daemon.decoders, config.daemon.default_rules},
                 config.daemon.fold);
  command.json ? print_errors_json(loaded.errors, "error") : print_errors(loaded.errors, "error");
  if (command.check) return loaded.errors.empty() ? exit_code::ok : exit_code::invalid;
  // One bad rule must not keep the others from working: it was told, and is counted.
  if (!loaded.setup.pipeline) return exit_code::invalid;
  return serve(config, std::move(loaded));
}

}  // namespace tocsin::cli
