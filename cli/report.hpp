// What a command says of errors, and the exit code that they mean.
// Path:      base::Errors -> lines for people, or JSON
// Threads:   one
// Tested by: tests/cli/report_test.cpp
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tocsin::cli {

// One line each: "tocsin: error: " or "tocsin: warning: ", then the place, code and sentence. At
// most `limit` of them; the rest is counted.
void print_errors(std::FILE* to, const base::Errors& errors, std::string_view kind,
                  std::size_t limit = 50);
// {"severity", "file", "line", "column", "code", "sentence"}, one a line.
void print_errors_json(std::FILE* to, const base::Errors& errors, std::string_view severity);

// exit_code::permission when one of them is a refused permission, else `otherwise`.
[[nodiscard]] int exit_code_of(const base::Errors& errors, int otherwise);

// "1 event", "3 events".
[[nodiscard]] std::string counted(std::uint64_t number, std::string_view noun);

}  // namespace tocsin::cli
