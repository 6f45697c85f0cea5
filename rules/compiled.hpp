// The detection rules as formulas, and the programs made of them for each kind of event.
// Path:      RuleSet::load -> Compiled -> Matcher
// Threads:   immutable but for the programs, which are made once and shared
// Errors:    none
// Tested by: tests/rules/compiled_test.cpp
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "event/batch.hpp"
#include "event/logsource.hpp"
#include "rules/formula.hpp"
#include "rules/program.hpp"

namespace tocsin::rules {

class Compiled {
 public:
  PredicatePool pool;
  FieldHints hints;
  std::shared_ptr<base::ScanCompiler> scans = std::make_shared<base::ScanCompiler>();

  // Rules are added in the order of their index; one may come several times, for several log
  // sources: it is met where one of its formulas holds.
  void add(event::RuleIndex rule, const event::Logsource& logsource, Formula formula);
  // All of `from` but the formulas of rules that are not kept. Before the first program.
  void take(const Compiled& from, const std::vector<bool>& kept);

  // What is to be asked of events that have these log sources: the rules that cover one of them.
  // Those for different rules may be made at once.
  [[nodiscard]] std::shared_ptr<const Program> program_for(
      std::span<const event::Logsource> logsources) const;
  // Whether a rule's formulas are asked of events of this log source, for the first `rules` rules.
  [[nodiscard]] std::vector<bool> covering(const event::Logsource& logsource,
                                           std::size_t rules) const;

 private:
  struct Detector {
    event::RuleIndex rule;
    std::uint32_t logsource;
    Formula formula;
  };

  struct Made {
    std::once_flag once;
    std::shared_ptr<const Program> program;
  };

  std::vector<Detector> detectors_;
  std::vector<event::Logsource> logsources_;  // each once
  mutable std::mutex mutex_;
  // By the log sources of rules that are covered; ordered, so that nothing follows a hash.
  mutable std::map<std::vector<std::uint32_t>, Made> programs_;
};

}  // namespace tocsin::rules
