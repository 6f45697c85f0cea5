// Where a command reads and writes: the process's own streams, or those that a test gives it.
// Threads:   one
// Errors:    an output that cannot be written is told on `err` and becomes an exit code
// Tested by: tests/cli/streams_test.cpp
#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tocsin::cli {

struct Streams {
  std::FILE* in = stdin;
  std::FILE* out = stdout;  // data
  std::FILE* err = stderr;  // messages
  // The process ends with the command: what is dear to free may be left to the system.
  bool ends_process = false;
};

void put(std::FILE* to, std::string_view text);
void put_line(std::FILE* to, std::string_view text);

// Writes a whole file anew; cli-5 when it cannot be.
[[nodiscard]] std::optional<base::Error> write_file(const std::string& path, std::string_view text);

// Writes what is still buffered. Gives `code`, or exit_code::findings where `out` did not take all
// of the data (a full disk, a closed descriptor): half an answer must not look like a whole one.
[[nodiscard]] int finish_output(const Streams& streams, int code);

}  // namespace tocsin::cli
