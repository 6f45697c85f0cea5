#include "cli/test.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <set>
#include <string>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/junit.hpp"
#include "cli/report.hpp"
#include "cli/setup.hpp"
#include "engine/pack_test.hpp"

namespace tocsin::cli {

namespace {

void print(const engine::PackTestResult& result, bool json, std::FILE* to) {
  if (json) {
    std::string line;
    base::JsonWriter out(line);
    out.begin_object()
        .member("rule", std::string_view(result.rule))
        .member("test", std::string_view(result.name));
    out.member("file", std::string_view(result.origin.name))
        .member("line", result.origin.line)
        .member("passed", result.failures.empty());
    out.key("failures").begin_array();
    for (const std::string& failure : result.failures) out.value(std::string_view(failure));
    out.end_array().end_object();
    put_line(to, line);
    return;
  }
  for (const std::string& failure : result.failures) {
    put_line(
        to, base::printable(fmt::format("{}:{}: {}: {}: {}", result.origin.name, result.origin.line,
                                        result.title, result.name, failure)));
  }
}

}  // namespace

int run_test(const TestCommand& command, const Streams& streams) {
  PackArguments packs = command.packs;
  packs.rules.insert(packs.rules.end(), command.paths.begin(), command.paths.end());
  const LoadedSetup loaded = load_setup(packs, {});
  print_errors(streams.err, loaded.errors, "error");
  if (!loaded.errors.empty()) return exit_code_of(loaded.errors, exit_code::invalid);
  std::set<std::string> files;
  for (const std::string& path : command.paths) {
    if (const auto found = engine::find_files(path)) files.insert(found->begin(), found->end());
  }
  const auto is_meant = [&files](const rules::Rule& rule) {
    return files.empty() || files.contains(rule.origin.name);
  };
  const auto results = engine::run_pack_tests(loaded.setup, is_meant);
  std::size_t failed = 0;
  for (const engine::PackTestResult& result : results) {
    failed += result.failures.empty() ? 0 : 1;
    print(result, command.json, streams.out);
  }
  std::size_t untested = 0;
  for (const rules::Rule& rule : loaded.setup.pipeline->rules->rules())
    untested += is_meant(rule) && rule.tests.empty() ? 1 : 0;
  const std::string without =
      untested == 0 ? "" : fmt::format("; {} without a test", counted(untested, "rule"));
  put_line(streams.err,
           fmt::format("{}, {} failed{}", counted(results.size(), "test"), failed, without));
  if (!command.junit.empty()) {
    if (const auto error = write_file(command.junit, junit_xml(results))) {
      print_errors(streams.err, {*error}, "error");
      return exit_code_of({*error}, exit_code::findings);
    }
  }
  return failed == 0 ? exit_code::ok : exit_code::findings;
}

}  // namespace tocsin::cli
