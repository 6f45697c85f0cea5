#include "rules/selection.hpp"

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "rules/diagnostics.hpp"
#include "rules/modifier.hpp"

namespace tocsin::rules {

std::optional<Number> parse_event_number(std::string_view text) {
  // Most values are no number at all; the first character tells.
  if (text.empty() || text[0] == '+' ||
      !((text[0] >= '0' && text[0] <= '9') || text[0] == '-' || text[0] == '.')) {
    return std::nullopt;
  }
  if (const auto whole = base::parse_integer(text)) return Number{true, *whole, 0};
  const auto real = base::parse_number(text);
  if (!real || !std::isfinite(*real)) return std::nullopt;
  return Number{false, 0, *real};
}

int compare(const Number& a, const Number& b) {
  const auto exact = [](const Number& n) -> long double {
    return n.is_whole ? static_cast<long double>(n.whole) : static_cast<long double>(n.real);
  };
  const long double x = exact(a), y = exact(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

namespace {

using base::YamlNode;

bool is_keyword(const YamlNode& node) { return node.is_scalar() || node.is_null(); }

}  // namespace

Selection read_selection(const YamlNode& node, ListUse& lists, Diagnostics& out) {
  Selection selection;
  if (node.is_map()) {
    if (node.members.empty()) out.error("rules-25", out.at(node), "the selection is empty");
    for (const YamlNode::Member& member : node.members)
      selection.items.push_back(read_item(member, lists, out));
    return selection;
  }
  selection.any = true;
  if (!node.is_sequence() || (!node.items.empty() && std::ranges::all_of(node.items, is_keyword))) {
    selection.items.push_back(read_keywords(node, lists, out));
    return selection;
  }
  if (node.items.empty()) out.error("rules-25", out.at(node), "the list of keywords is empty");
  for (const YamlNode& item : node.items)
    selection.parts.push_back(read_selection(item, lists, out));
  return selection;
}

}  // namespace tocsin::rules
