// One explanation for people or as JSON.
// Path:      rules::Explanation -> lines
// Threads:   one
// Errors:    none; every value is made printable
// Tested by: tests/cli/explain_text_test.cpp
#pragma once

#include <string>

#include "base/json.hpp"
#include "rules/explain.hpp"

namespace tocsin::cli {

struct ExplainStyle {
  bool colour = false;
  bool all = false;         // every value of a list, not only those that matter
  std::size_t width = 160;  // of a value of the event, in bytes
};

// "yes" or "no " in front of each line, deeper ones indented.
[[nodiscard]] std::string tree_text(const rules::Explained& tree, const ExplainStyle& style);
// A line as those of the tree: `yes  log source windows`.
[[nodiscard]] std::string tree_line(bool met, std::size_t depth, std::string_view text,
                                    const ExplainStyle& style);
// "met", "not met: one leaf differs: ...".
[[nodiscard]] std::string verdict_text(const rules::Explanation& explanation);
// {"kind", "met", ...}.
void write_tree(const rules::Explained& tree, base::JsonWriter& out);

}  // namespace tocsin::cli
