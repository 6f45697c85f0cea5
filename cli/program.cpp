#include "cli/program.hpp"

#include <variant>

#include "base/fault_point.hpp"
#include "cli/alerts.hpp"
#include "cli/arguments.hpp"
#include "cli/backtest.hpp"
#include "cli/check.hpp"
#include "cli/config_command.hpp"
#include "cli/coverage.hpp"
#include "cli/decode.hpp"
#include "cli/docs.hpp"
#include "cli/doctor.hpp"
#include "cli/explain.hpp"
#include "cli/reload.hpp"
#include "cli/replay.hpp"
#include "cli/rules.hpp"
#include "cli/run.hpp"
#include "cli/search.hpp"
#include "cli/status.hpp"
#include "cli/store.hpp"
#include "cli/test.hpp"
#include "cli/verify.hpp"

namespace tocsin::cli {

namespace {

struct Runner {
  const Streams& streams;

  int operator()(const ReplayCommand& command) const { return run_replay(command, streams); }
  int operator()(const RunCommand& command) const { return run_daemon(command, streams); }
  int operator()(const CheckCommand& command) const { return run_check(command, streams); }
  int operator()(const DecodeCommand& command) const { return run_decode(command, streams); }
  int operator()(const AlertsCommand& command) const { return run_alerts(command, streams); }
  int operator()(const SearchCommand& command) const { return run_search(command, streams); }
  int operator()(const VerifyCommand& command) const { return run_verify(command, streams); }
  int operator()(const StoreCommand& command) const { return run_store(command, streams); }
  int operator()(const StatusCommand& command) const { return run_status(command, streams); }
  int operator()(const ReloadCommand& command) const { return run_reload(command, streams); }
  int operator()(const TestCommand& command) const { return run_test(command, streams); }
  int operator()(const ExplainCommand& command) const { return run_explain(command, streams); }
  int operator()(const BacktestCommand& command) const { return run_backtest(command, streams); }
  int operator()(const RulesCommand& command) const { return run_rules(command, streams); }
  int operator()(const CoverageCommand& command) const { return run_coverage(command, streams); }
  int operator()(const ConfigCommand& command) const { return run_config(command, streams); }
  int operator()(const DoctorCommand& command) const { return run_doctor(command, streams); }
  int operator()(const DocsCommand& command) const { return run_docs(command, streams); }
};

}  // namespace

int run_program(const std::vector<std::string>& arguments, const Streams& streams) {
  const auto parsed = parse_arguments(arguments);
  if (const auto* answer = std::get_if<Answer>(&parsed)) {
    put(answer->code == exit_code::ok ? streams.out : streams.err, answer->text);
    return finish_output(streams, answer->code);
  }
  if (const auto armed = base::arm_fault_point_by_environment(); !armed) {
    put(streams.err, base::to_string(armed.error()) + "\n");
    return exit_code::usage;
  }
  return finish_output(streams, std::visit(Runner{streams}, std::get<Command>(parsed)));
}

}  // namespace tocsin::cli
