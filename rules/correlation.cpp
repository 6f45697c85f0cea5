#include "rules/correlation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/text.hpp"
#include "rules/diagnostics.hpp"
#include "rules/number_condition.hpp"
#include "rules/rule_condition.hpp"

namespace tocsin::rules {

std::string_view name_of(CorrelationType type) {
  switch (type) {
    case CorrelationType::event_count:
      return "event_count";
    case CorrelationType::value_count:
      return "value_count";
    case CorrelationType::temporal:
      return "temporal";
    case CorrelationType::temporal_ordered:
      return "temporal_ordered";
    case CorrelationType::value_sum:
      return "value_sum";
    case CorrelationType::value_avg:
      return "value_avg";
    case CorrelationType::value_median:
      return "value_median";
    case CorrelationType::value_percentile:
      return "value_percentile";
  }
  return "";
}

namespace {

using base::YamlNode;

constexpr CorrelationType types[] = {
    CorrelationType::event_count,  CorrelationType::value_count,
    CorrelationType::temporal,     CorrelationType::temporal_ordered,
    CorrelationType::value_sum,    CorrelationType::value_avg,
    CorrelationType::value_median, CorrelationType::value_percentile,
};

// Sigma's units, where m is minutes and M months (30.436875 days), y years (365.2425 days).
std::optional<base::Nanoseconds> parse_timespan(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size() - 1, number);
  if (status != std::errc{} || end != text.data() + text.size() - 1 || number <= 0)
    return std::nullopt;
  std::int64_t seconds = 0;
  switch (text.back()) {
    case 's':
      seconds = 1;
      break;
    case 'm':
      seconds = 60;
      break;
    case 'h':
      seconds = 3600;
      break;
    case 'd':
      seconds = 86400;
      break;
    case 'w':
      seconds = 604800;
      break;
    case 'M':
      seconds = 2629746;
      break;
    case 'y':
      seconds = 31556952;
      break;
    default:
      return std::nullopt;
  }
  std::int64_t ns = 0;
  if (__builtin_mul_overflow(number, seconds, &ns) ||
      __builtin_mul_overflow(ns, base::ns_per_second, &ns)) {
    return std::nullopt;
  }
  return base::Nanoseconds(ns);
}

class Reader {
 public:
  Reader(const YamlNode& node, const YamlNode* document_generate, Diagnostics& out)
      : node_(node), document_generate_(document_generate), out_(out) {}

  Correlation read() {
    check_keys();
    read_type();
    read_rules();
    read_group_by();
    read_timespan();
    read_aliases();
    read_generate();
    if (known_type_) {
      read_fields();
      read_condition();
    }
    return std::move(result_);
  }

 private:
  void check_keys() {
    static const std::vector<std::string_view> known = {
        "type", "rules", "group-by", "timespan", "condition", "field", "aliases", "generate"};
    for (const YamlNode::Member& member : node_.members) {
      if (std::ranges::find(known, member.key) == known.end())
        out_.unknown_key(member, "a correlation", known);
    }
  }

  void read_type() {
    const YamlNode* type = node_.find("type");
    if (type == nullptr) {
      out_.error("rules-41", out_.at(node_), "the correlation has no `type`");
      return;
    }
    const auto text = out_.text(*type, "type");
    if (!text) return;
    std::vector<std::string_view> names;
    for (const CorrelationType known : types) {
      names.push_back(name_of(known));
      if (*text != names.back()) continue;
      result_.type = known;
      known_type_ = true;
      return;
    }
    const std::string_view near = base::nearest(*text, names);
    out_.error("rules-41", out_.at(*type),
               fmt::format("`{}` is no correlation type{}", base::printable(*text),
                           near.empty() ? "" : fmt::format("; did you mean `{}`?", near)));
  }

  void read_rules() {
    const YamlNode* rules = node_.find("rules");
    const YamlNode* condition = node_.find("condition");
    if (rules == nullptr && known_type_ && is_temporal(result_.type) && condition != nullptr &&
        condition->is_scalar()) {
      for (const NamedRule& named : rules_in(*condition)) {
        result_.rules.push_back(named.name);
        result_.rule_origins.push_back(out_.inside(*condition, named.offset));
      }
      return;
    }
    if (rules == nullptr || rules->is_null()) {
      out_.error("rules-43", out_.at(rules == nullptr ? node_ : *rules),
                 "the correlation has no `rules`");
      return;
    }
    if (rules->is_scalar()) {
      add_rule(*rules);
      return;
    }
    const auto texts = out_.texts(*rules, "rules");
    if (!texts) return;
    if (texts->empty()) out_.error("rules-43", out_.at(*rules), "`rules` is empty");
    for (const YamlNode& item : rules->items) add_rule(item);
  }

  void add_rule(const YamlNode& item) {
    const bool twice = std::ranges::find(result_.rules, item.text) != result_.rules.end();
    if (twice && result_.type != CorrelationType::temporal_ordered) {
      out_.error("rules-43", out_.at(item),
                 fmt::format("`{}` is in `rules` twice", base::printable(item.text)));
      return;
    }
    result_.rules.push_back(item.text);
    result_.rule_origins.push_back(out_.at(item));
  }

  void read_group_by() {
    const YamlNode* group_by = node_.find("group-by");
    if (group_by == nullptr) return;
    const auto names = out_.texts(*group_by, "group-by");
    if (!names) return;
    for (const std::string& name : *names) {
      if (std::ranges::find(result_.group_by, name) != result_.group_by.end()) {
        out_.error("rules-44", out_.at(*group_by),
                   fmt::format("`{}` is in `group-by` twice", base::printable(name)));
      } else {
        result_.group_by.push_back(name);
      }
    }
  }

  void read_timespan() {
    const YamlNode* timespan = node_.find("timespan");
    if (timespan == nullptr) {
      out_.error("rules-45", out_.at(node_), "the correlation has no `timespan`");
      return;
    }
    const auto text = out_.text(*timespan, "timespan");
    if (!text) return;
    const auto value = parse_timespan(*text);
    if (!value) {
      out_.error("rules-45", out_.at(*timespan),
                 fmt::format("`{}` is no time span; write a number and one of s m h d w M y, as "
                             "in 10m",
                             base::printable(*text)));
      return;
    }
    result_.timespan = *value;
  }

  void read_aliases() {
    const YamlNode* aliases = node_.find("aliases");
    if (aliases == nullptr) return;
    if (!aliases->is_map()) {
      out_.error("rules-46", out_.at(*aliases), "`aliases` must be a map of alias: {rule: field}");
      return;
    }
    for (const YamlNode::Member& member : aliases->members) {
      if (!member.value.is_map() || member.value.members.empty()) {
        out_.error("rules-46", out_.at(member),
                   fmt::format("the alias `{}` must be a map of rule: field",
                               base::printable(member.key)));
        continue;
      }
      Alias alias{member.key, {}};
      for (const YamlNode::Member& entry : member.value.members) {
        if (const auto field = out_.text(entry.value, entry.key))
          alias.fields.emplace_back(entry.key, *field);
      }
      result_.aliases.push_back(std::move(alias));
    }
  }

  void read_generate() {
    for (const YamlNode* generate : {document_generate_, node_.find("generate")}) {
      if (generate == nullptr) continue;
      if (const auto value = out_.boolean(*generate, "generate"))
        result_.generate = result_.generate || *value;
    }
  }

  // `field` stands in the condition (specification) or beside it (pySigma reads only the former).
  void read_fields() {
    const YamlNode* condition = node_.find("condition");
    const YamlNode* inner = condition == nullptr ? nullptr : condition->find("field");
    const YamlNode* field = inner != nullptr ? inner : node_.find("field");
    if (result_.type != CorrelationType::value_count && !is_numeric(result_.type)) {
      if (field != nullptr) {
        out_.error("rules-47", out_.at(*field),
                   fmt::format("`field` has no meaning for {}", name_of(result_.type)));
      }
      return;
    }
    if (field == nullptr) {
      out_.error(
          "rules-47", out_.at(condition == nullptr ? node_ : *condition),
          result_.type == CorrelationType::value_count
              ? "value_count needs `field`: the values to count"
              : fmt::format("{} needs `field`: where the values are", name_of(result_.type)));
      return;
    }
    if (const auto names = out_.texts(*field, "field")) {
      result_.fields = *names;
      if (names->empty()) out_.error("rules-47", out_.at(*field), "`field` is empty");
      if (names->size() > 1 && is_numeric(result_.type)) {
        out_.error("rules-47", out_.at(*field),
                   fmt::format("{} looks at one field", name_of(result_.type)));
      }
    }
  }

  void read_condition() {
    const YamlNode* condition = node_.find("condition");
    if (condition == nullptr || condition->is_null()) {
      if (!is_temporal(result_.type)) {
        out_.error("rules-48", out_.at(condition == nullptr ? node_ : *condition),
                   fmt::format("{} needs a `condition`, as in {{gte: 5}}", name_of(result_.type)));
      }
      result_.condition.at_least = std::max<std::size_t>(1, result_.rules.size());
      return;
    }
    if (condition->is_scalar() && is_temporal(result_.type)) {
      read_names(*condition);
      return;
    }
    if (condition->is_scalar()) {
      out_.error("rules-49", out_.at(*condition),
                 fmt::format("the condition of {} must be a map, as in {{gte: 5}}",
                             name_of(result_.type)));
      return;
    }
    if (!condition->is_map()) {
      out_.error("rules-48", out_.at(*condition), "`condition` must be a map, as in {gte: 5}");
      return;
    }
    if (is_numeric(result_.type)) {
      const NumberCondition read = read_number_condition(*condition, result_.type, out_);
      result_.numbers = read.range;
      result_.percentile = read.percentile;
      result_.condition.by_instants = read.by_instants;
    } else {
      read_operators(*condition);
    }
  }

  // All of the rules and any of them are what a temporal type counts anyway.
  void read_names(const YamlNode& condition) {
    const std::size_t count = result_.rules.size();
    if (count == 0 || count > most_temporal_rules) return;  // is said elsewhere
    for (std::size_t i = 1; i < count; ++i) {
      const auto before = result_.rules.begin() + static_cast<std::ptrdiff_t>(i);
      if (std::find(result_.rules.begin(), before, *before) == before) continue;
      out_.error("rules-43", result_.rule_origins[i],
                 fmt::format("`{}` is in `rules` twice, so that its name in the condition does not "
                             "tell which",
                             base::printable(*before)));
      return;
    }
    std::vector<Alternative> found = read_rule_condition(condition, result_.rules, out_);
    const auto all = static_cast<std::uint32_t>((std::uint64_t{1} << count) - 1);
    const bool any = found.size() == count && std::ranges::all_of(found, [](Alternative one) {
                       return std::has_single_bit(one.positive) && one.negative == 0;
                     });
    if (found == std::vector{Alternative{all, 0}}) {
      result_.condition.at_least = count;
    } else if (!any) {
      result_.condition.at_least = count;
      result_.alternatives = std::move(found);
    }
  }

  void read_operators(const YamlNode& condition) {
    static const std::vector<std::string_view> known = {"gt", "gte", "lt",    "lte",
                                                        "eq", "neq", "field", "percentile"};
    Bounds bounds;
    bool failed = false;
    for (const YamlNode::Member& member : condition.members) {
      if (member.key == "field") continue;
      if (std::ranges::find(known, member.key) == known.end()) {
        out_.unknown_key(member, "a correlation's condition", known);
        failed = true;
      } else if (member.key == "percentile") {
        out_.error("rules-48", out_.at(member),
                   fmt::format("`percentile` has no meaning for {}", name_of(result_.type)));
        failed = true;
      } else if (const auto value = count_of(member)) {
        apply(member.key, *value, bounds);
      } else {
        failed = true;
      }
    }
    if (failed) return;
    CountRange& range = result_.condition;
    if (!bounds.any) {
      out_.error("rules-48", out_.at(condition), "`condition` has no operator; write {gte: 5}");
      return;
    }
    range.at_least = bounds.lower.value_or(0);
    range.by_instants = bounds.equality || range.at_least == 0;
    const bool one = range.at_least == range.at_most;
    if (bounds.nothing || range.at_least > range.at_most || (one && range.except == range.at_most))
      out_.error("rules-48", out_.at(condition), "no count satisfies this `condition`");
  }

  struct Bounds {
    std::optional<std::uint64_t> lower;
    bool any = false;
    bool equality = false;  // eq or neq
    bool nothing = false;   // is below 0
  };

  void apply(std::string_view key, std::uint64_t value, Bounds& bounds) {
    CountRange& range = result_.condition;
    bounds.any = true;
    if (key == "gt" || key == "gte" || key == "eq") {
      const std::uint64_t bound = key == "gt" ? value + 1 : value;
      bounds.lower = std::max(bounds.lower.value_or(0), bound);
    }
    if (key == "lte" || key == "eq") range.at_most = std::min(range.at_most, value);
    if (key == "lt") {
      bounds.nothing = bounds.nothing || value == 0;
      range.at_most = std::min(range.at_most, value == 0 ? 0 : value - 1);
    }
    if (key == "neq") range.except = value;
    bounds.equality = bounds.equality || key == "eq" || key == "neq";
  }

  // A whole number from 0 up; 5.0 is 5.
  std::optional<std::uint64_t> count_of(const YamlNode::Member& member) {
    const YamlNode& node = member.value;
    if (const auto integer = node.as_integer(); integer && *integer >= 0 && *integer < (1LL << 62))
      return static_cast<std::uint64_t>(*integer);
    if (const auto number = node.as_float(); number && std::isfinite(*number) && *number >= 0 &&
                                             *number < 1e15 && *number == std::floor(*number)) {
      return static_cast<std::uint64_t>(*number);
    }
    out_.error("rules-48", out_.at(node),
               fmt::format("`{}` needs a whole number, from 0 up", member.key));
    return std::nullopt;
  }

  const YamlNode& node_;
  const YamlNode* document_generate_;
  Diagnostics& out_;
  Correlation result_;
  bool known_type_ = false;
};

}  // namespace

Correlation read_correlation(const YamlNode& document, Diagnostics& out) {
  const YamlNode* node = document.find("correlation");
  if (node == nullptr || !node->is_map()) {
    out.error("rules-40", out.at(node == nullptr ? document : *node),
              "`correlation` must be a map");
    return {};
  }
  return Reader(*node, document.find("generate"), out).read();
}

}  // namespace tocsin::rules
