// What `tocsin explain --at` prints for people.
// Path:      engine::Explanation -> text
// Threads:   pure functions
// Errors:    none
// Tested by: tests/cli/explanation_test.cpp, tests/cases/cli/explain_at.case
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/explain.hpp"
#include "engine/pipeline.hpp"

namespace tocsin::cli {

// Which rules were asked: those in force then, or today's, and why.
struct RulesAsked {
  bool in_force = true;
  std::uint32_t epoch = 0;
  event::Seq from;  // of the epoch
  std::string why;  // not those in force
};

// What came of one entry of the correlation's rules.
struct InputSaid {
  const rules::Rule* rule = nullptr;
  bool is_inner = false;     // a correlation
  bool is_until = false;     // it empties the window
  std::uint64_t events = 0;  // that met it, in the window
  const correlate::CountedEvent* first = nullptr;
  const correlate::CountedEvent* last = nullptr;
};
// Of all entries in their order; it refers to both.
[[nodiscard]] std::vector<InputSaid> inputs_of(const engine::Explanation& said,
                                               const engine::Pipeline& pipeline);

// `width`: of the terminal, 0 = unlimited. With a line feed at the end.
[[nodiscard]] std::string explanation_text(const engine::Explanation& said,
                                           const engine::Pipeline& pipeline,
                                           const RulesAsked& asked, std::size_t width);

}  // namespace tocsin::cli
