// A program for the events of one shape: what their constant fields decide is decided once.
// Path:      Program + constant fields -> Plan -> Evaluator
// Threads:   one (each matcher makes its own)
// Errors:    none
// Source:    DESIGN section 6
// Tested by: tests/rules/plan_test.cpp
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "event/batch.hpp"
#include "event/field.hpp"
#include "rules/formula.hpp"
#include "rules/program.hpp"

namespace tocsin::rules {

struct Plan {
  // A rule that every event of the shape must be held against.
  struct Resident {
    std::uint32_t rule = 0;  // in Program::rules()
    Formula formula;         // what the constants left open
  };
  enum class Fate : std::uint8_t { dead, gated, resident };

  // In slot_of: the field is one of the constants, by which predicates were decided; an event that
  // has another value of it has to be asked by the general plan.
  static constexpr std::uint16_t clash = 0xFFFF;

  std::shared_ptr<const Program> program;
  bool general = true;  // knows nothing of constants: they are bound like other fields
  event::LogsourceId logsource;
  std::span<const event::Field> constants;

  std::vector<std::uint16_t> slot_of;  // by field id: its slot, 0 when nobody asks
  std::vector<Known> known;            // by predicate
  std::vector<Fate> fate;              // by rule
  std::vector<Resident> residents;
  std::vector<char> has_live_gates;  // by slot
  // By slot: without one of these, none of the rules that the slot's dear gates open can be met, so
  // that the value need not be scanned. Cheap predicates, no gates themselves.
  std::vector<std::vector<std::uint32_t>> guards;
  bool any_live_gates = false;
  bool any_clash = false;

  // No event of the shape can meet a rule.
  [[nodiscard]] bool is_idle() const { return residents.empty() && !any_live_gates && !any_clash; }
};

// Decides nothing beforehand. `field_count`: size of the FieldTable.
[[nodiscard]] Plan general_plan(std::shared_ptr<const Program> program, std::size_t field_count);
// `constants` must stay where they are as long as the plan.
[[nodiscard]] Plan shape_plan(std::shared_ptr<const Program> program, std::size_t field_count,
                              event::LogsourceId logsource,
                              std::span<const event::Field> constants);

}  // namespace tocsin::rules
