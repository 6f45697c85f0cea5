// Holds one event against one plan: look-ups open rules, and only those are evaluated.
// Path:      fields of an event -> rules met
// Threads:   one (a matcher's own)
// Errors:    none
// Source:    DESIGN section 6
// Tested by: tests/rules/evaluator_test.cpp, tests/rules/agreement_test.cpp
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.hpp"
#include "base/time.hpp"
#include "event/batch.hpp"
#include "rules/literal_scan.hpp"
#include "rules/plan.hpp"
#include "rules/program.hpp"
#include "rules/regex.hpp"
#include "rules/value_cache.hpp"

namespace tocsin::rules {

// What an event has to say. Its own fields that are views into `raw` are found by keywords there.
struct EventView {
  std::span<const event::Field> own;
  std::span<const event::Field> constants;
  std::string_view raw;
  // What rules see as `@timestamp` when no field has that name; nothing when it is not known yet.
  std::optional<base::EventTime> time;
  bool raw_is_frame = false;  // `raw` is the frame that Field::in_frame speaks of
};

class Evaluator {
 public:
  // Makes room for a program; before the first event that is held against it.
  void prepare(const Program& program);

  // Appends the rules that the event meets, ascending, each once. `place` tells programs apart in
  // the cache. False when the event has a value beside a constant one that the plan has decided by:
  // nothing is appended then, and the general plan has to be asked.
  [[nodiscard]] bool evaluate(const Plan& plan, std::uint32_t place, const EventView& event,
                              std::vector<event::RuleIndex>& out);

  // From now on, adds one to the place of each rule whose condition is evaluated. `counts` has a
  // place for each rule and outlives the evaluator.
  void count_in(std::span<std::uint64_t> counts) { counts_ = counts; }

 private:
  static constexpr std::uint32_t none = 0xFFFFFFFF;

  struct Value {
    std::string_view raw;
    std::string_view folded;
    bool is_null = false;
    bool has_folded = false;
    std::uint32_t next = none;  // of the same field
  };
  struct SlotState {
    std::uint32_t bound = 0;    // epoch in which it has values
    std::uint32_t indexed = 0;  // epoch in which all its gates but the dear ones were asked
    std::uint32_t scanned = 0;  // epoch in which its dear gates were asked
    std::uint32_t regexed = 0;  // epoch in which all its regular expressions were asked
    std::uint32_t first = 0;    // into values_
    std::uint32_t last = 0;
  };
  void next_epoch();
  bool bind(std::span<const event::Field> fields);
  void bind_value(std::uint32_t slot, const event::Field& field);
  void bind_keywords();
  void bind_time();
  std::string_view folded_of(Value& value);

  void ask_gates();
  void look_up(const Slot& slot, Value& value);
  [[nodiscard]] bool is_guarded(std::uint32_t slot);
  void ask_dear(std::uint32_t slot);
  void scan(std::uint32_t slot, Value& value);
  void on_literal(std::uint32_t literal);
  void hit(std::uint32_t predicate, bool verify, Value& value);
  void record(std::uint32_t predicate);

  void count_evaluated();
  [[nodiscard]] bool holds(const Node* node);
  [[nodiscard]] bool is_settled(std::uint32_t list) const;
  [[nodiscard]] bool is_true(std::uint32_t predicate);
  [[nodiscard]] bool ask(std::uint32_t predicate);
  [[nodiscard]] bool refers(const Program::Asked& asked);
  void bind_constants(std::uint32_t slot);
  void ask_regexes(std::uint32_t slot);
  bool* regexes_met(const Slot& slot, const Value& value);

  // ---- of the event at hand
  const Plan* plan_ = nullptr;
  const Program* program_ = nullptr;
  const EventView* event_ = nullptr;
  std::uint32_t place_ = 0;
  std::uint32_t epoch_ = 0;  // even; in verdict_ epoch means no, epoch + 1 yes
  std::vector<Value> values_;
  std::vector<std::uint32_t> gate_slots_;  // bound, with live gates
  std::vector<std::uint32_t> candidates_;
  base::Arena folded_;
  const Slot* scanned_slot_ = nullptr;
  Value* scanned_value_ = nullptr;
  std::vector<std::uint32_t> hits_;  // of the value that is scanned

  // ---- by number within the program; stamped with the epoch, so that nothing is cleared
  std::vector<std::uint32_t> verdict_;  // by predicate
  std::vector<std::uint32_t> opened_;   // by rule
  std::vector<std::uint32_t> listed_;   // by list: a member of it was found
  std::vector<SlotState> slots_;
  std::vector<std::uint64_t> hit_stamp_;  // by predicate: the last scan in which it was a hit
  std::uint64_t scans_ = 0;

  std::span<std::uint64_t> counts_;  // empty: nobody asks
  std::unique_ptr<bool[]> met_;      // by regular expression of a slot
  std::size_t most_regexes_ = 0;
  LiteralScratch literal_scratch_;
  RegexScratch regex_scratch_;
  ValueCache cache_;
};

}  // namespace tocsin::rules
