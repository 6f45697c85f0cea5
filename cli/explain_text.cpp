#include "cli/explain_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace tocsin::cli {

namespace {

using Kind = rules::Explained::Kind;

// Values of a list that are shown where others matter more.
constexpr std::size_t few = 3;

std::string coloured(std::string_view text, bool good, bool colour) {
  if (!colour) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", good ? 32 : 31, text);
}

std::string shown(std::string_view value, std::size_t width) {
  const std::string_view front = base::utf8_prefix(value, width);
  return fmt::format("'{}'{}", base::printable(front), front.size() < value.size() ? "…" : "");
}

// "Image ends with '\a.exe'", "Image ends with one of 3".
std::string text_of(const rules::Explained& node) {
  switch (node.kind) {
    case Kind::all_of:
      return "all of";
    case Kind::any_of:
      return "one of";
    case Kind::negation:
      return "not";
    case Kind::selection: {
      const std::string_view how = node.children.size() < 2 ? "" : node.any ? "one of" : "all of";
      return fmt::format("{}{}{}", node.text, node.text.empty() || how.empty() ? "" : ": ", how);
    }
    case Kind::item:
      if (node.children.size() == 1)
        return node.text + (node.children[0].text.empty() ? "" : " ") + node.children[0].text;
      return fmt::format("{} {} of {}", node.text, node.any ? "one" : "all", node.children.size());
    case Kind::value:
      break;
  }
  return node.text;
}

class TreePrinter {
 public:
  TreePrinter(const ExplainStyle& style, std::string& out) : style_(style), out_(out) {}

  void print(const rules::Explained& node, std::size_t depth) {
    // A map of a list that has one key says nothing by itself.
    const bool is_bare = node.kind == Kind::selection && node.text.empty();
    if (is_bare && node.children.size() == 1) return print(node.children.front(), depth);
    line(node, depth);
    if (node.kind == Kind::item) {
      print_had(node, depth + 1);
      if (node.children.size() > 1) print_values(node, depth + 1);
      return;
    }
    for (const rules::Explained& child : node.children) print(child, depth + 1);
  }

 private:
  void line(const rules::Explained& node, std::size_t depth) {
    std::string text = base::printable(text_of(node));
    if (node.differs) text += coloured("   <- differs", false, style_.colour);
    out_ += tree_line(node.met, depth, text, style_) + '\n';
  }

  void print_had(const rules::Explained& item, std::size_t depth) {
    if (item.field.empty()) return;
    const std::string indent(5 + 2 * depth, ' ');
    if (!item.is_there) {
      out_ += indent + "the event has no " + base::printable(item.field) + '\n';
      return;
    }
    const std::size_t most = style_.all ? item.had.size() : few;
    for (std::size_t i = 0; i < std::min(most, item.had.size()); ++i)
      out_ += fmt::format("{}it is {}\n", indent, shown(item.had[i], style_.width));
    if (item.had.size() > most)
      out_ += fmt::format("{}and {} more values\n", indent, item.had.size() - most);
  }

  // Where one value is enough, those that are met; of the others a few.
  void print_values(const rules::Explained& item, std::size_t depth) {
    std::size_t left_out = 0, unmet = 0;
    for (const rules::Explained& value : item.children) {
      const bool matters = value.met == item.any || style_.all || !(item.any || value.met);
      if (!matters && unmet++ >= few) {
        ++left_out;
      } else {
        line(value, depth);
      }
    }
    if (left_out > 0) {
      out_ += fmt::format("{}and {} more that are {}met\n", std::string(5 + 2 * depth, ' '),
                          left_out, item.any ? "not " : "");
    }
  }

  const ExplainStyle& style_;
  std::string& out_;
};

}  // namespace

std::string tree_line(bool met, std::size_t depth, std::string_view text,
                      const ExplainStyle& style) {
  return fmt::format("{}  {:{}}{}", coloured(met ? "yes" : "no ", met, style.colour), "", 2 * depth,
                     text);
}

std::string tree_text(const rules::Explained& tree, const ExplainStyle& style) {
  std::string out;
  TreePrinter(style, out).print(tree, 0);
  return out;
}

std::string verdict_text(const rules::Explanation& explanation) {
  if (explanation.met && explanation.fits) return "met";
  std::vector<std::string> why;
  if (!explanation.fits) why.emplace_back("the log source differs");
  if (!explanation.met) {
    std::vector<std::string> leaves = rules::differing_leaves(explanation);
    for (std::string& leaf : leaves) leaf = base::printable(leaf);
    why.push_back(
        fmt::format("{} differ{}: {}{}",
                    leaves.size() == 1 ? "one leaf" : fmt::format("{} leaves", leaves.size()),
                    leaves.size() == 1 ? "s" : "", fmt::join(leaves, "; "),
                    explanation.others ? ", or as few others" : ""));
  }
  return fmt::format("not met: {}", fmt::join(why, "; "));
}

void write_tree(const rules::Explained& tree, base::JsonWriter& out) {
  constexpr std::array<std::string_view, 6> kinds = {"all_of",    "any_of", "not",
                                                     "selection", "item",   "value"};
  out.begin_object().member("kind", kinds[static_cast<std::size_t>(tree.kind)]);
  out.member("met", tree.met);
  if (!tree.text.empty()) out.member("text", std::string_view(tree.text));
  if (tree.differs) out.member("differs", true);
  if (tree.kind == Kind::item || tree.kind == Kind::selection)
    out.member("needs", tree.any ? "one" : "all");
  if (tree.kind == Kind::item && !tree.field.empty()) {
    out.member("field", std::string_view(tree.field)).key("event").begin_array();
    for (const std::string& value : tree.had) out.value(std::string_view(value));
    out.end_array();
  }
  if (!tree.children.empty()) {
    out.key("parts").begin_array();
    for (const rules::Explained& child : tree.children) write_tree(child, out);
    out.end_array();
  }
  out.end_object();
}

}  // namespace tocsin::cli
