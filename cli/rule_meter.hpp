// How often rules are met by the events of files, and what each costs by itself.
// Path:      files -> decoder, matcher -> hits; a sample of the events -> time of each rule
// Units:     ns an event
// Threads:   one
// Errors:    files that cannot be read (ingest-N)
// Tested by: tests/cli/rule_meter_test.cpp
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "engine/epochs.hpp"
#include "engine/file_feed.hpp"
#include "event/batch.hpp"

namespace tocsin::cli {

struct Measured {
  std::uint64_t events = 0;         // audit events count once, not their records
  std::vector<std::uint64_t> hits;  // by RuleIndex; of correlations 0
  // By RuleIndex: how often the rule's condition was evaluated, all rules being loaded. The others
  // of the events were told apart by look-ups that rules share.
  std::vector<std::uint64_t> evaluations;
  // By rule file: what one event costs when the rules of this file are the only ones, over the
  // first `sample` events. In a set rules share look-ups, so that the sum is far above the truth;
  // it is for comparing one rule with another.
  std::map<std::string, double> ns_per_event;
  std::uint64_t sample = 0;
  base::Errors errors;  // of files
};

// `files`: rule files of which the cost is wanted.
[[nodiscard]] Measured measure_rules(const engine::Setup& setup,
                                     const engine::FileFeedOptions& events,
                                     std::span<const std::string> files);

}  // namespace tocsin::cli
