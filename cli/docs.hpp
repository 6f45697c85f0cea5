// `tocsin docs`: the reference pages that are made from the program, so that they cannot be wrong.
// Path:      rows of options, anomalies, metrics, fields -> docs/reference/*.md; the tree of
//            commands -> manual pages, completions
// Threads:   main thread
// Errors:    with --check, exit 1 when a page differs from its file
// Tested by: tests/cli/docs_test.cpp, tests/e2e/replay_test.py
#pragma once

#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/streams.hpp"

namespace tocsin::cli {

struct Page {
  std::string name;  // as the command takes it
  std::string path;  // below the root of the checkout
  std::string text;
};

[[nodiscard]] std::vector<Page> reference_pages();
// Those that a package installs; their paths are below /usr/share.
[[nodiscard]] std::vector<Page> installed_pages();
[[nodiscard]] int run_docs(const DocsCommand& command, const Streams& streams = {});

}  // namespace tocsin::cli
