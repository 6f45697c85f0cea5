#include "cli/rule_choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "base/text.hpp"

namespace tocsin::cli {

bool names_a_file(const std::string& rule) {
  std::error_code error;
  return rule.ends_with(".yml") || rule.ends_with(".yaml") ||
         std::filesystem::is_regular_file(rule, error);
}

std::vector<event::RuleIndex> rules_meant(const rules::RuleSet& rules, const std::string& word) {
  std::vector<event::RuleIndex> out;
  if (!names_a_file(word)) {
    std::string lower = word;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    if (const auto found = rules.find(word)) out.push_back(*found);
    if (const auto found = rules.find(lower); found && out.empty()) out.push_back(*found);
    return out;
  }
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    const event::RuleIndex index(i);
    if (rules[index].origin.name != word) continue;
    const bool is_part = std::ranges::any_of(
        rules.referrers(index),
        [&](event::RuleIndex referrer) { return rules[referrer].origin.name == word; });
    if (!is_part) out.push_back(index);
  }
  return out;
}

std::string no_such_rule(const rules::RuleSet& rules, const std::string& word) {
  std::vector<std::string_view> known;
  for (const rules::Rule& rule : rules.rules()) {
    known.push_back(rule.id);
    if (!rule.name.empty()) known.push_back(rule.name);
  }
  const std::string_view near = base::nearest(word, known);
  return fmt::format("no rule has the id or name `{}`{}", base::printable(word),
                     near.empty() ? "" : fmt::format("; did you mean {}?", near));
}

}  // namespace tocsin::cli
