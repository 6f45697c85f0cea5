// All rules of all packs, compiled: what matcher, correlator and alerts know of them.
// Path:      base::SourceText -> RuleSet -> Matcher, correlate/, engine/
// Units:     durations in nanoseconds
// Threads:   immutable once loaded, safe; the programs that matchers share are made under a lock
// Errors:    rules-N (README.md), base-N from YAML, each with its place; a rule with an error is
//            left out, and so is what refers to it; all others load
// Tested by: tests/rules/rule_set_test.cpp, tests/cases/rules/*.case
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk_cache.hpp"
#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/time.hpp"
#include "base/yaml.hpp"
#include "event/batch.hpp"
#include "event/field.hpp"
#include "event/logsource.hpp"
#include "rules/correlation.hpp"
#include "rules/extension.hpp"
#include "rules/metadata.hpp"

namespace tocsin::rules {

class Compiled;

// What a rule asks for when it alerts. The one action there is: lock_account.
struct LockAccount {
  event::FieldId user = event::field::user_name;     // field whose value is the account
  event::FieldId host = event::FieldTable::unknown;  // unknown: every host
  std::string user_name;
  std::string host_name;
  base::Nanoseconds duration{0};
};

// How the alerts of a detection rule are told apart, when it alerts by itself: one alert a group
// and episode. A value missing in an event is the empty text here.
struct AlertGrouping {
  std::vector<std::string> names;
  std::vector<event::FieldId> fields;
  std::optional<base::Nanoseconds> timespan;  // nothing: correlate::Options::alert_timespan
};

struct Rule {
  std::string id;    // as written, or made from the content
  std::string name;  // may be empty
  std::string title;
  Level level = Level::medium;
  std::string author;
  std::string description;
  std::string status;
  std::vector<std::string> tags;
  std::vector<std::string> references;
  std::vector<std::string> falsepositives;
  event::Logsource logsource;  // of a detection rule
  base::Origin origin;
  // SHA-256 of what decides the rule's alerts: id, logsource, detection or correlation, filters,
  // the effective keys of `tocsin:`, what mapping packs make of it, and the same of every rule it
  // refers to. Title and
  // description are left out, so that mending a sentence does not rename alerts.
  base::Sha256 content{};

  // Raises alerts of its own: correlations, and detection rules of level medium and above, unless
  // another rule refers to it without `generate`, or it says `alert: false`.
  bool alerts = false;
  AlertGrouping grouping;  // of a detection rule's own alerts
  std::optional<Correlation> correlation;
  std::vector<LockAccount> actions;
  std::optional<base::Nanoseconds> realert;  // reminder in a long episode
  std::optional<event::FieldId> weight;      // a detection counts as often as this field says
  std::vector<RuleTest> tests;

  [[nodiscard]] bool is_correlation() const { return correlation.has_value(); }
};

class RuleSet {
 public:
  struct Loaded {
    std::shared_ptr<const RuleSet> rules;  // never null; holds the rules without errors
    base::Errors errors;                   // in the order of files and places
    base::Errors warnings;
  };

  // Field names that rules need are added to `fields`. `fixed`: fields that decoders mostly know
  // from the kind of event alone; a hint for speed. `lists`: files of value lists
  // (rules/value_list.hpp). `cache` saves work. Results depend on neither hint nor cache.
  // `mappings`: packs that let rules meet events under other names (rules/mapping.hpp).
  [[nodiscard]] static Loaded load(std::span<const base::SourceText> sources,
                                   event::FieldTable& fields,
                                   std::span<const event::FieldId> fixed = {},
                                   std::span<const base::SourceText> lists = {},
                                   const std::shared_ptr<base::DiskCache>& cache = nullptr,
                                   std::span<const base::SourceText> mappings = {});
  ~RuleSet();

  // Sorted by id; a RuleIndex is a place in here.
  [[nodiscard]] std::span<const Rule> rules() const { return rules_; }
  [[nodiscard]] std::size_t size() const { return rules_.size(); }
  [[nodiscard]] const Rule& operator[](event::RuleIndex index) const { return rules_[index.value]; }
  // By id, else by name.
  [[nodiscard]] std::optional<event::RuleIndex> find(std::string_view id_or_name) const;
  // The correlations, inner ones before those that refer to them.
  [[nodiscard]] std::span<const event::RuleIndex> correlations() const { return correlations_; }
  // The correlations that refer to this rule, ascending.
  [[nodiscard]] std::span<const event::RuleIndex> referrers(event::RuleIndex index) const {
    return referrers_[index.value];
  }
  // Makes, by all processors, what matchers of these log sources ask; else the first matcher does.
  void prepare(const event::LogsourceTable& logsources) const;
  // By RuleIndex: detection rules that are asked of events of this log source.
  [[nodiscard]] std::vector<bool> covering(const event::Logsource& logsource) const;
  // The same rules under the same indexes, of which only these are asked of events and raise
  // alerts. By RuleIndex; what a kept correlation refers to is kept as well (CHECK).
  [[nodiscard]] std::shared_ptr<const RuleSet> only(const std::vector<bool>& kept) const;
  // For the matcher: the conditions of the detection rules.
  [[nodiscard]] const Compiled& compiled() const { return *compiled_; }

 private:
  RuleSet();

  std::vector<Rule> rules_;
  std::vector<event::RuleIndex> correlations_;
  std::vector<std::vector<event::RuleIndex>> referrers_;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace tocsin::rules
