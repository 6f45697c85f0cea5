// Meets events with all detection rules at once.
// Path:      event::Batch with events -> the same batch with detections
// Threads:   one Matcher per worker thread; the RuleSet and its programs are shared
// Errors:    none; what cannot be matched was refused when the rules were loaded
// Source:    DESIGN section 6
// Tested by: tests/rules/matcher_test.cpp, tests/rules/cases_test.cpp, tests/reference
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "event/batch.hpp"
#include "event/field.hpp"
#include "event/logsource.hpp"
#include "rules/rule_set.hpp"

namespace tocsin::rules {

class Matcher {
 public:
  // Both tables are complete by now and outlive the matcher.
  Matcher(std::shared_ptr<const RuleSet> rules, const event::LogsourceTable& logsources,
          const event::FieldTable& fields);
  ~Matcher();
  Matcher(Matcher&&) noexcept;
  Matcher& operator=(Matcher&&) noexcept;

  // Appends to batch.detections what the rules say of batch.events, sorted by event, then rule.
  // Parts of multi-record events are passed over. No allocation once each kind of event was seen.
  void match(event::Batch& batch);

  // The rules, ascending, that meet one event (a joined or derived one). Its fields stand in
  // `batch`; `raw` is the text that keywords search beside them.
  void match_event(const event::Batch& batch, const event::Event& event, std::string_view raw,
                   std::vector<event::RuleIndex>& out);

  // From now on, how often the condition of each rule is evaluated is counted there, by RuleIndex:
  // for each event whose look-ups open the rule, and for each of its log source where nothing can.
  // What a rule costs follows from that. `counts` has a place for each rule; it outlives this.
  void count_evaluations(std::span<std::uint64_t> counts);

  class Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin::rules
