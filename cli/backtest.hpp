// `tocsin backtest`: rules over a store's log, before they are switched on.
// Path:      rule files or ids, store -> engine::backtest -> text or JSON (cli/backtest_report)
// Threads:   main thread; the engine has its own
// Errors:    exit 1 when --against finds a difference or the store cannot be read; 2 for a rule or
//            time that there is not; 3 for rules with errors; messages on stderr
// Tested by: tests/cli/backtest_test.cpp, tests/cases/cli/backtest.case, tests/e2e/backtest_test.py
#pragma once

#include "cli/commands.hpp"
#include "cli/streams.hpp"

namespace tocsin::cli {

[[nodiscard]] int run_backtest(const BacktestCommand& command, const Streams& streams = {});

}  // namespace tocsin::cli
