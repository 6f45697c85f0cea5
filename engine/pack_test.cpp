#include "engine/pack_test.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "engine/sequence.hpp"
#include "engine/stages.hpp"
#include "event/source.hpp"

namespace tocsin::engine {

namespace {

struct Counted {
  std::uint64_t matches = 0;
  std::uint64_t alerts = 0;
  std::uint64_t lockouts = 0;
};

// The detection rules behind a rule: itself, or all that a correlation refers to, to the bottom.
void collect(const rules::RuleSet& rules, event::RuleIndex rule,
             std::vector<event::RuleIndex>& out) {
  const auto& correlation = rules[rule].correlation;
  if (!correlation) {
    out.push_back(rule);
    return;
  }
  for (const rules::CorrelationInput& input : correlation->inputs) collect(rules, input.rule, out);
}

Counted run(const Setup& setup, event::RuleIndex rule, const rules::RuleTest& test) {
  const rules::RuleSet& rules = *setup.pipeline->rules;
  event::SourceTable sources;
  event::Source source;
  source.input = "test";
  source.format = test.format == "syslog" ? "auto" : test.format;
  source.year_from =
      base::days_from_civil(test.year.value_or(2026), 1, 1) * 86400 * base::ns_per_second;
  Work work;
  work.batch.first_seq = event::Seq(1);
  const event::SourceId id = sources.intern(source);
  for (const std::string& line : test.lines)
    work.batch.add_frame(line, id, base::ReceivedTime(source.year_from));
  Stages stages(setup.pipeline, sources, setup.fold, false);
  stages.process(work);
  Sequence sequence(setup.pipeline, sources, setup.fold);
  Output out;
  sequence.apply(work, out);
  sequence.finish(out);
  std::vector<event::RuleIndex> behind;
  collect(rules, rule, behind);
  Counted counted;
  for (const Output::Met& met : out.detections) {
    if (std::find(behind.begin(), behind.end(), met.rule) != behind.end()) ++counted.matches;
  }
  for (const ChangedAlert& changed : out.alerts) {
    if (changed.rule == rule && changed.opened) ++counted.alerts;
  }
  for (const event::Lockout& lockout : out.lockouts) {
    if (lockout.rule_id == rules[rule].id) ++counted.lockouts;
  }
  return counted;
}

std::vector<std::string> compare(const rules::RuleTest& test, const Counted& counted) {
  std::vector<std::string> failures;
  const auto expect = [&failures](std::string_view what, std::optional<std::uint64_t> wanted,
                                  std::uint64_t got) {
    if (wanted && *wanted != got)
      failures.push_back(fmt::format("{} {} expected, {} counted", *wanted, what, got));
  };
  if (test.match && *test.match != (counted.matches > 0)) {
    failures.push_back(*test.match ? "no event met the rule"
                                   : fmt::format("{} events met the rule", counted.matches));
  }
  expect("matches", test.matches, counted.matches);
  expect("alerts", test.alerts, counted.alerts);
  expect("lockouts", test.lockouts, counted.lockouts);
  return failures;
}

}  // namespace

std::vector<PackTestResult> run_pack_tests(const Setup& setup,
                                           const std::function<bool(const rules::Rule&)>& wanted) {
  std::vector<PackTestResult> results;
  const rules::RuleSet& rules = *setup.pipeline->rules;
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    const rules::Rule& rule = rules.rules()[i];
    if (!wanted(rule)) continue;
    for (const rules::RuleTest& test : rule.tests) {
      const auto start = std::chrono::steady_clock::now();
      std::vector<std::string> failures = compare(test, run(setup, event::RuleIndex(i), test));
      results.push_back({rule.id, rule.title, test.name, test.origin, std::move(failures),
                         std::chrono::steady_clock::now() - start});
    }
  }
  return results;
}

}  // namespace tocsin::engine
