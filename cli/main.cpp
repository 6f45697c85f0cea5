// The program `tocsin`.
#include <cstdio>
#include <string>
#include <variant>
#include <vector>

#include "cli/alerts.hpp"
#include "cli/arguments.hpp"
#include "cli/check.hpp"
#include "cli/decode.hpp"
#include "cli/docs.hpp"
#include "cli/replay.hpp"
#include "cli/run.hpp"
#include "cli/status.hpp"
#include "cli/test.hpp"
#include "cli/verify.hpp"

namespace {

using namespace tocsin::cli;

struct Runner {
  int operator()(const ReplayCommand& command) const { return run_replay(command); }
  int operator()(const RunCommand& command) const { return run_daemon(command); }
  int operator()(const CheckCommand& command) const { return run_check(command); }
  int operator()(const DecodeCommand& command) const { return run_decode(command); }
  int operator()(const AlertsCommand& command) const { return run_alerts(command); }
  int operator()(const VerifyCommand& command) const { return run_verify(command); }
  int operator()(const StatusCommand& command) const { return run_status(command); }
  int operator()(const TestCommand& command) const { return run_test(command); }
  int operator()(const DocsCommand& command) const { return run_docs(command); }
};

}  // namespace

int main(int argc, char** argv) {
  const auto parsed = parse_arguments(std::vector<std::string>(argv + 1, argv + argc));
  if (const auto* answer = std::get_if<Answer>(&parsed)) {
    std::fputs(answer->text.c_str(), answer->code == exit_code::ok ? stdout : stderr);
    return answer->code;
  }
  return std::visit(Runner{}, std::get<Command>(parsed));
}
