#include "search/block_choice.hpp"

#include <algorithm>
#include <utility>

#include "search/prefilter.hpp"

namespace tocsin::search {

namespace {

using Node = BlockChoice::Node;
using store::FilterText;

// Nothing: it says nothing.
std::optional<Node> unless_empty(Node node) {
  if (node.texts.empty() && node.parts.empty()) return std::nullopt;
  return node;
}

void add(FilterText text, Node& all) {
  if (!text.is_open()) all.texts.push_back(std::move(text));
}

// A form stands in the line, its first and last word not inside a longer one (has_words()).
std::optional<Node> words_node(const Pattern& form) {
  Node all;
  for (std::size_t i = 0; i < form.pieces.size(); ++i)
    add(FilterText(form.pieces[i], i == 0, i + 1 == form.pieces.size()), all);
  return unless_empty(std::move(all));
}

// Runs of letters and digits, as the line has them, but perhaps inside longer ones; or a mark of
// hiding_marks().
std::optional<Node> field_node(const Expression& expression) {
  const Pattern& pattern = expression.test.kind == ValueTest::Kind::words
                               ? expression.test.words.forms.front()
                               : expression.test.text;
  Node runs;
  for (const std::string& run : runs_of(pattern)) add(FilterText(run), runs);
  if (runs.texts.empty()) return std::nullopt;
  Node node{true, {}, {}};
  for (const std::string& mark : hiding_marks()) {
    FilterText text(mark);
    if (text.is_open()) return std::nullopt;
    node.texts.push_back(std::move(text));
  }
  node.parts.push_back(std::move(runs));
  return node;
}

std::optional<Node> node_of(const Expression& expression) {
  switch (expression.kind) {
    case Expression::Kind::raw: {
      if (expression.test.kind != ValueTest::Kind::words) return std::nullopt;
      Node node{true, {}, {}};
      for (const Pattern& form : expression.test.words.forms) {
        auto part = words_node(form);
        if (!part) return std::nullopt;
        node.parts.push_back(*std::move(part));
      }
      return node;
    }
    case Expression::Kind::field:
      if (expression.literal.empty()) return std::nullopt;
      return field_node(expression);
    case Expression::Kind::conjunction: {
      Node node;
      for (const Expression& of : expression.parts) {
        if (auto part = node_of(of)) node.parts.push_back(*std::move(part));
      }
      return unless_empty(std::move(node));
    }
    case Expression::Kind::disjunction: {
      Node node{true, {}, {}};
      for (const Expression& of : expression.parts) {
        auto part = node_of(of);
        if (!part) return std::nullopt;
        node.parts.push_back(*std::move(part));
      }
      return node;
    }
    case Expression::Kind::all:
    case Expression::Kind::time:
    case Expression::Kind::negation:
      return std::nullopt;
  }
  return std::nullopt;
}

bool holds(const Node& node, const store::BlockFilter& filter) {
  const auto text = [&filter](const FilterText& one) { return filter.may_hold(one); };
  const auto part = [&filter](const Node& one) { return holds(one, filter); };
  if (node.any)
    return std::ranges::any_of(node.texts, text) || std::ranges::any_of(node.parts, part);
  return std::ranges::all_of(node.texts, text) && std::ranges::all_of(node.parts, part);
}

}  // namespace

BlockChoice::BlockChoice(const Expression& filter) : root_(node_of(filter)) {}

bool BlockChoice::may_match(const store::BlockFilter& filter) const {
  return !root_ || holds(*root_, filter);
}

}  // namespace tocsin::search
