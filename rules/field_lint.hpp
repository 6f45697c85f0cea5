// Fields that no event of a rule's log source is known to have.
// Path:      Documents -> warnings rules-104 (rules/lint)
// Threads:   one
// Errors:    none
// Tested by: tests/rules/field_lint_test.cpp
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rules/lint.hpp"

namespace tocsin::rules {

class FieldLint {
 public:
  // Borrows both.
  FieldLint(const Documents& documents, const std::vector<KnownFields>& known);

  // Appends what is to be said of one of the documents.
  void look(const RuleDocument& rule, base::Errors& out) const;

 private:
  struct Used {
    std::map<std::string_view, std::size_t> rules_by_field;
  };
  void look_at(const RuleDocument& rule, const Item& item, base::Errors& out) const;
  [[nodiscard]] std::string near_common(const RuleDocument& rule, std::string_view field) const;

  const std::vector<KnownFields>& known_;
  std::map<std::string, Used> used_;  // by log source
};

}  // namespace tocsin::rules
