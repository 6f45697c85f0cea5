// The program as a function: words in, data and messages out, an exit code.
// Path:      argv -> cli/arguments -> the command's own file
// Threads:   main thread
// Errors:    exit codes of commands.hpp
// Tested by: tests/cli/program_test.cpp, tests/cli/cases_test.cpp
#pragma once

#include <string>
#include <vector>

#include "cli/streams.hpp"

namespace tocsin::cli {

[[nodiscard]] int run_program(const std::vector<std::string>& arguments, const Streams& streams);

}  // namespace tocsin::cli
