// Reads which events are meant: the part of a query before its first bar, and what stands behind
// `where`.
// Path:      Reading -> Expression
// Threads:   one
// Errors:    search-1 to search-5, at their character
// Source:    docs/search.md
// Tested by: tests/search/expression_parser_test.cpp, tests/cases/search/syntax.case
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "search/query.hpp"
#include "search/reading.hpp"

namespace tocsin::search {

class ExpressionParser {
 public:
  // Names become fields of `query`; both must outlive this.
  ExpressionParser(Reading& reading, Query& query) : in_(reading), query_(query) {}

  // Up to what cannot belong to it.
  [[nodiscard]] base::Result<Expression> parse();
  // The same over what stages give: `count(x)` is the name of a column.
  [[nodiscard]] base::Result<Expression> parse_of_rows();
  // A field by its name, within the bound on how much a query names.
  [[nodiscard]] base::Result<FieldNumber> field(const Word& name);

 private:
  // The field whose values stand in the bracket around, if any.
  using Of = std::optional<FieldNumber>;

  base::Result<Expression> parse_or(const Of& of);
  base::Result<Expression> parse_and(const Of& of);
  base::Result<Expression> parse_not(const Of& of);
  base::Result<Expression> parse_term(const Of& of);
  base::Result<Expression> parse_named(const Word& name);
  base::Result<Expression> parse_value(FieldNumber of, const Word& name);
  base::Result<Expression> parse_comparison(FieldNumber of);
  base::Result<Expression> parse_range(FieldNumber of);
  base::Result<Expression> parse_regex(const Of& of);
  base::Result<Expression> bracket(std::size_t open, const Of& of);
  base::Result<Expression> test_of(const Of& of, const Word& word);
  base::Result<Range> range_of(FieldNumber of, const Word* from, const Word* to, bool with_from,
                               bool with_to);
  Expression range_test(FieldNumber of, Range range) const;
  base::Result<void> count_term(std::size_t at);
  [[nodiscard]] bool ends_here();

  Reading& in_;
  Query& query_;
  std::size_t terms_ = 0;
  unsigned depth_ = 0;
  bool of_rows_ = false;
  bool bare_value_ = false;  // the last term was a field and a value without quotes
};

}  // namespace tocsin::search
