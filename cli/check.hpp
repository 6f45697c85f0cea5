// `tocsin check`: all that is wrong with rules, decoders and configurations, at once.
// Path:      files -> errors, each file:line:column: code: sentence
// Threads:   main thread
// Errors:    exit 3 when there is one; with --strict, 1 when there is a warning
// Tested by: tests/cli/check_test.cpp, tests/e2e/replay_test.py
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/disk_cache.hpp"
#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/streams.hpp"

namespace tocsin::cli {

struct Checked {
  std::size_t rules = 0;
  std::size_t decoders = 0;
  std::size_t mappings = 0;
  std::size_t configurations = 0;
  base::Errors errors;
  base::Errors warnings;
};

// Files below `paths`, each taken for what its keys say it is. Rules may refer to the default
// packs, and use the value lists among `paths` and below `lists`. `lint`: warn also of what loads
// and is a mistake all the same.
[[nodiscard]] Checked check_paths(const std::vector<std::string>& paths,
                                  const std::vector<std::string>& lists = {},
                                  const std::shared_ptr<base::DiskCache>& cache = nullptr,
                                  bool lint = true);
[[nodiscard]] int run_check(const CheckCommand& command, const Streams& streams = {});

}  // namespace tocsin::cli
