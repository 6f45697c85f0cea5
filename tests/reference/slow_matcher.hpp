// The obviously right matcher: evaluates parsed documents directly, a rule and an event at a time.
// Shares with the fast one only the documents and the table of case folding.
// Threads:   one
// Source:    SIGMA sections 2 to 5 and 7
#pragma once

#include <string>
#include <vector>

#include "event/field.hpp"
#include "event/logsource.hpp"
#include "rules/document.hpp"

namespace tocsin::reference {

struct SlowField {
  std::string name;
  std::string value;
  bool is_null = false;
};

struct SlowEvent {
  std::vector<event::Logsource> logsources;
  std::vector<SlowField> fields;
  std::string raw;
};

class SlowMatcher {
 public:
  // Borrows the documents.
  explicit SlowMatcher(const rules::Documents& documents) : documents_(documents) {}

  // Ids of the detection rules that the event meets, ascending.
  [[nodiscard]] std::vector<std::string> match(const SlowEvent& event) const;

 private:
  const rules::Documents& documents_;
};

// Whether a whole value fits a pattern.
[[nodiscard]] bool slow_fits(const std::string& value, const rules::Pattern& pattern, bool cased);

}  // namespace tocsin::reference
