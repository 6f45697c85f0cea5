// Blocks that may hold a match, by their filters alone: the rest is not read.
// Path:      Expression, store::BlockFilter -> yes or no
// Threads:   immutable once built, safe
// Errors:    none; without a text that is certain, every block may
// Source:    docs/search.md, "How it is fast"
// Tested by: tests/search/block_choice_test.cpp, tests/search/agreement_test.cpp
#pragma once

#include <optional>
#include <vector>

#include "search/query.hpp"
#include "store/block_filter.hpp"

namespace tocsin::search {

class BlockChoice {
 public:
  // find_literals() (search/prefilter.hpp) has been over it.
  explicit BlockChoice(const Expression& filter);

  [[nodiscard]] bool passes_all() const { return !root_; }
  [[nodiscard]] bool may_match(const store::BlockFilter& filter) const;

  // All of them have to be, or one of them.
  struct Node {
    bool any = false;
    std::vector<store::FilterText> texts;
    std::vector<Node> parts;
  };

 private:
  std::optional<Node> root_;
};

}  // namespace tocsin::search
