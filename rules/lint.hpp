// What is wrong with rules that load: mistakes of which only their author can know better.
// Path:      Documents -> warnings (cli/check)
// Threads:   pure function
// Errors:    none; warnings rules-100 to rules-106, each with its place
// Source:    docs/rules.md
// Tested by: tests/rules/lint_test.cpp, tests/cases/cli/lint.case
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "event/logsource.hpp"
#include "rules/document.hpp"

namespace tocsin::rules {

// Fields that events of a log source may have, as one source of knowledge says.
struct KnownFields {
  event::Logsource logsource;
  std::set<std::string, std::less<>> fields;
  bool complete = false;  // there are no others, but for those that every event may have
};

// In the order of the documents. `known`: of decoders; where a log source has complete ones, every
// other field is one too many. Elsewhere a field that one rule alone asks for, and that is nearly
// one that several rules of the log source ask for, is taken for a slip of the pen.
[[nodiscard]] base::Errors lint(const Documents& documents,
                                const std::vector<KnownFields>& known = {});

}  // namespace tocsin::rules
