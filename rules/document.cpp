#include "rules/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/portions.hpp"
#include "base/text.hpp"
#include "base/yaml_forest.hpp"
#include "rules/diagnostics.hpp"

namespace tocsin::rules {

namespace {

using base::YamlNode;

void append_sized(std::string& out, std::string_view text) {
  const fmt::format_int size(text.size());
  out.append(size.data(), size.size());
  out += ':';
  out += text;
}

// One text for equal meanings: keys sorted, scalars with their kind and length.
void append_canonical(std::string& out, const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      out += "~;";
      return;
    case YamlNode::Kind::scalar:
      out += node.quoted ? 'q' : 's';
      append_sized(out, node.text);
      out += ';';
      return;
    case YamlNode::Kind::sequence:
      out += '[';
      for (const YamlNode& item : node.items) append_canonical(out, item);
      out += ']';
      return;
    case YamlNode::Kind::map: {
      std::vector<const YamlNode::Member*> members;
      members.reserve(node.members.size());
      for (const YamlNode::Member& member : node.members) members.push_back(&member);
      std::ranges::sort(members, {}, [](const YamlNode::Member* member) { return member->key; });
      out += '{';
      for (const YamlNode::Member* member : members) {
        append_sized(out, member->key);
        out += '=';
        append_canonical(out, member->value);
      }
      out += '}';
      return;
    }
  }
}

void append_members(std::string& out, const YamlNode& map,
                    std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    const YamlNode* node = map.find(key);
    if (node == nullptr) continue;
    out += key;
    out += '=';
    append_canonical(out, *node);
  }
}

// Title, description and other words for people are no part of it.
std::string canonical_of(const YamlNode& document) {
  std::string out;
  append_members(out, document,
                 {"id", "logsource", "detection", "correlation", "filter", "generate"});
  if (const YamlNode* extension = document.find("tocsin")) {
    append_members(out, *extension, {"group", "timespan", "weight", "realert", "expect"});
  }
  return out;
}

// How many patterns and other questions a selection asks.
std::size_t weight_of(const Selection& selection) {
  std::size_t weight = 0;
  for (const Item& item : selection.items) {
    for (const Value& value : item.values)
      weight += std::max<std::size_t>(1, value.patterns.size());
  }
  for (const Selection& part : selection.parts) weight += weight_of(part);
  return weight;
}

// A condition stands for the selections that it names, each as often as it names it.
std::size_t weight_of(const Condition& condition, const std::vector<std::size_t>& selections) {
  if (condition.kind == Condition::Kind::selection) return selections[condition.selection];
  std::size_t weight = 0;
  for (const Condition& child : condition.children) weight += weight_of(child, selections);
  return weight;
}

void check_size(const Detection& detection, const YamlNode& condition, Diagnostics& out) {
  constexpr std::size_t most_questions = 1'000'000;
  std::vector<std::size_t> selections;
  selections.reserve(detection.selections.size());
  for (const Selection& selection : detection.selections)
    selections.push_back(weight_of(selection));
  if (weight_of(detection.condition, selections) <= most_questions) return;
  out.error("rules-36", out.at(condition),
            "written out, the condition asks more than 1000000 values; divide the rule");
}

// K5. With an aggregation, that says all; without one, it never meant anything.
void refuse_timeframe(const YamlNode::Member& timeframe, const YamlNode* condition,
                      const std::vector<std::string>& names, Diagnostics& out) {
  const std::string span = base::printable(timeframe.value.text);
  const bool aggregates =
      condition != nullptr && (condition->text.find('|') != std::string::npos ||
                               condition->text.find("count(") != std::string::npos);
  std::string rules;
  for (const std::string& name : names)
    rules += (rules.empty() ? "" : ", ") + base::printable(name);
  out.error("rules-35", out.at(timeframe),
            aggregates
                ? fmt::format("`timeframe` is no longer Sigma: it is `timespan: {}` of the "
                              "correlation rule that takes the aggregation's place",
                              span)
                : fmt::format("`timeframe` is no longer Sigma: where events belong together, "
                              "make a rule of each selection, with a name, and write "
                              "`correlation: {{type: temporal, rules: [{}], group-by: "
                              "[FIELD], timespan: {}}}`",
                              rules, span));
}

Detection read_detection(const YamlNode& node, std::initializer_list<std::string_view> other_keys,
                         std::string_view what, std::string_view reference, ListUse& lists,
                         Diagnostics& out) {
  Detection detection;
  const YamlNode::Member* timeframe = nullptr;
  const YamlNode* condition = nullptr;
  for (const YamlNode::Member& member : node.members) {
    if (member.key == "condition") {
      condition = &member.value;
    } else if (member.key == "timeframe") {
      timeframe = &member;
    } else if (std::ranges::find(other_keys, member.key) == other_keys.end()) {
      detection.names.push_back(member.key);
      detection.name_places.push_back({member.line, member.column});
      detection.selections.push_back(read_selection(member.value, lists, out));
    }
  }
  if (timeframe != nullptr) refuse_timeframe(*timeframe, condition, detection.names, out);
  if (detection.names.empty())
    out.error("rules-26", out.at(node), fmt::format("the {} has no selection", what));
  if (condition == nullptr) {
    out.error("rules-30", out.at(node), fmt::format("the {} has no `condition`", what));
  } else {
    const OldRule rule{"", timeframe == nullptr ? "" : timeframe->value.text,
                       std::string(reference)};
    detection.condition_place = {condition->line, condition->column};
    detection.condition = read_condition(*condition, detection.names, out, rule);
    if (out.errors.empty()) check_size(detection, *condition, out);
  }
  return detection;
}

bool has_negation(const Condition& condition) {
  return condition.kind == Condition::Kind::negation ||
         std::ranges::any_of(condition.children, has_negation);
}

FilterDocument read_filter(const YamlNode& document, const ValueLists& lists, Diagnostics& out) {
  FilterDocument filter;
  filter.metadata = read_metadata(document, out);
  filter.logsource = read_logsource(document, out);
  filter.canonical = canonical_of(document);
  const YamlNode* node = document.find("filter");
  if (!node->is_map()) {
    out.error("rules-5", out.at(*node), "`filter` must be a map");
    return filter;
  }
  const YamlNode* rules = node->find("rules");
  if (rules == nullptr) {
    out.error("rules-5", out.at(*node), "the filter has no `rules`: ids, names, or any");
  } else if (const auto texts = out.texts(*rules, "rules")) {
    filter.rules = *texts;
    filter.every_rule =
        texts->empty() || (rules->is_scalar() && (rules->text == "any" || rules->text == "ANY"));
  }
  ListUse use(lists, filter.metadata.title);
  filter.detection = read_detection(*node, {"rules"}, "filter", filter.metadata.name, use, out);
  filter.lists = use.canonical();
  const YamlNode* condition = node->find("condition");
  if (condition != nullptr && condition->is_sequence())
    out.error("rules-5", out.at(*condition), "the condition of a filter must be one text");
  if (condition != nullptr && out.errors.empty() && !has_negation(filter.detection.condition)) {
    out.warn("rules-76", out.at(*condition),
             "a filter's condition is ANDed to the rule's as it is written; without `not` only "
             "what the filter selects is still detected");
  }
  return filter;
}

// What the correlator cannot judge is refused where it is written.
void check_bounds(const RuleDocument& rule, const YamlNode& correlation, Diagnostics& out) {
  const Correlation& asked = *rule.correlation;
  const YamlNode* written = correlation.find("condition");
  const base::Origin place = out.at(written == nullptr ? correlation : *written);
  const CountRange& range = asked.condition;
  if (asked.type == CorrelationType::event_count) {
    const bool open = range.at_most == CountRange().at_most;
    if (!rule.extension.weight &&
        std::max(range.at_least, open ? 0 : range.at_most) > most_detections) {
      out.error("rules-48", place,
                fmt::format("the condition counts to more than {}; write a smaller number",
                            most_detections));
    }
  } else if (is_temporal(asked.type)) {
    if (asked.rules.size() > most_temporal_rules) {
      out.error("rules-43", asked.rule_origins[most_temporal_rules],
                fmt::format("{} refers to more than {} rules; divide it", name_of(asked.type),
                            most_temporal_rules));
    } else if (range.at_least > asked.rules.size()) {
      out.error("rules-48", place,
                fmt::format("the condition asks for {} rules, and `rules` names {}", range.at_least,
                            asked.rules.size()));
    }
  }
}

// Referred to as those of `rules` are, and told apart by its place behind them.
void add_until(const Extension& extension, Correlation& correlation, Diagnostics& out) {
  if (std::ranges::find(correlation.rules, *extension.until) != correlation.rules.end()) {
    out.error("rules-64", extension.until_origin,
              fmt::format("`until` names `{}`, which counts", base::printable(*extension.until)));
    return;
  }
  if (correlation.condition.by_instants) {
    out.error("rules-64", extension.until_origin,
              "`until` and a condition that silence satisfies do not go together in this version");
    return;
  }
  correlation.rules.push_back(*extension.until);
  correlation.rule_origins.push_back(extension.until_origin);
  correlation.has_until = true;
}

// `expect`: a value list that names groups, so every value in it is one text.
void read_expected(RuleDocument& rule, ListUse& lists, Diagnostics& out) {
  const base::Origin& place = rule.extension.expect_origin;
  const std::string& name = *rule.extension.expect;
  Correlation& correlation = *rule.correlation;
  if (!correlation.condition.by_instants) {
    out.error("rules-50", place,
              "`expect` needs a condition that silence satisfies, as {lt: 1}, which this one is "
              "not");
    return;
  }
  if (correlation.group_by.size() != 1) {
    out.error("rules-65", place,
              "`expect` needs exactly one `group-by` field, whose values it names");
    return;
  }
  const ValueList* list = lists.take(name);
  if (list == nullptr || list->is_broken) {
    out.error("rules-24", place, lists.refusal(name));
    return;
  }
  for (const Pattern& value : list->values) {
    if (value.has_wildcards()) {
      out.error("rules-65", place,
                fmt::format("`{}` of the value list `{}` has a wildcard, so that it names no group",
                            base::printable(to_string(value)), base::printable(name)));
      return;
    }
    correlation.expected.emplace_back(value.plain());
  }
  std::ranges::sort(correlation.expected);
  const auto twice = std::ranges::unique(correlation.expected);
  correlation.expected.erase(twice.begin(), twice.end());
}

const std::string& reference_of(const Metadata& metadata) {
  return metadata.name.empty() ? metadata.id : metadata.name;
}

RuleDocument read_rule(const YamlNode& document, const ValueLists& lists, Diagnostics& out) {
  RuleDocument rule;
  rule.metadata = read_metadata(document, out);
  rule.has_date = document.find("date") != nullptr || document.find("modified") != nullptr;
  rule.extension = read_extension(document, out);
  rule.canonical = canonical_of(document);
  if (document.find("correlation") != nullptr) {
    rule.correlation = read_correlation(document, out);
    if (out.errors.empty()) check_bounds(rule, *document.find("correlation"), out);
    if (rule.extension.until) add_until(rule.extension, *rule.correlation, out);
    if (out.errors.empty() && rule.extension.expect) {
      ListUse use(lists, rule.metadata.title);
      read_expected(rule, use, out);
      rule.lists = use.canonical();
    }
    return rule;
  }
  if (rule.extension.until) {
    out.error("rules-64", rule.extension.until_origin,
              "`until` belongs to a correlation: it empties the windows of one");
  }
  if (rule.extension.expect)
    out.error("rules-65", rule.extension.expect_origin, "`expect` belongs to a correlation");
  rule.logsource = read_logsource(document, out);
  const YamlNode* detection = document.find("detection");
  if (!detection->is_map()) {
    out.error("rules-26", out.at(*detection), "`detection` must be a map");
    return rule;
  }
  ListUse use(lists, rule.metadata.title);
  rule.detection =
      read_detection(*detection, {}, "detection", reference_of(rule.metadata), use, out);
  rule.lists = use.canonical();
  return rule;
}

// `overlay` over `base`: maps are merged, anything else is replaced.
YamlNode merged(const YamlNode& under, const YamlNode& overlay) {
  if (!under.is_map() || !overlay.is_map()) return overlay;
  YamlNode out = under;
  out.line = overlay.line;
  out.column = overlay.column;
  for (const YamlNode::Member& member : overlay.members) {
    const auto found = std::ranges::find(out.members, member.key, &YamlNode::Member::key);
    if (found == out.members.end()) {
      out.members.push_back(member);
    } else {
      YamlNode::Member both = member;
      both.value = merged(found->value, member.value);
      *found = std::move(both);
    }
  }
  return out;
}

class FileReader {
 public:
  FileReader(const base::SourceText& source, const ValueLists& lists, Documents& result)
      : source_(source), lists_(lists), result_(result) {}

  // `documents`: what the parser says of the file.
  void read(base::Result<std::vector<YamlNode>> documents) {
    if (!documents) {
      read_one_by_one(std::move(documents).error());
      return;
    }
    if (documents->empty() || (documents->size() == 1 && documents->front().is_null())) {
      result_.errors.push_back({"rules-1", "the file is empty", {source_.name, 1, 1}});
      return;
    }
    for (YamlNode& document : *documents) read_one(std::move(document));
  }

 private:
  // One document that is no YAML must not stop the others: the text is cut at its `---` lines.
  void read_one_by_one(base::Error whole) {
    std::vector<std::size_t> starts{0};
    const std::string& text = source_.text;
    for (std::size_t at = text.find("\n---"); at != std::string::npos;
         at = text.find("\n---", at + 1)) {
      const char after = at + 4 < text.size() ? text[at + 4] : '\n';
      if (after == '\n' || after == ' ' || after == '\r') starts.push_back(at + 1);
    }
    if (starts.size() == 1 || text.size() > document_limits.bytes) {
      result_.errors.push_back(std::move(whole));
      return;
    }
    starts.push_back(text.size());
    std::uint32_t line = 0;
    for (std::size_t i = 0; i + 1 < starts.size(); ++i) {
      const base::SourceText piece{source_.name, text.substr(starts[i], starts[i + 1] - starts[i])};
      auto documents = base::parse_yaml(piece, document_limits);
      if (!documents) {
        base::Error error = std::move(documents).error();
        error.origin.line += line;
        result_.errors.push_back(std::move(error));
      } else {
        for (YamlNode& document : *documents) {
          move_down(document, line);
          read_one(std::move(document));
        }
      }
      line += static_cast<std::uint32_t>(std::ranges::count(piece.text, '\n'));
    }
  }

  static void move_down(YamlNode& node, std::uint32_t lines) {
    node.line += lines;
    for (YamlNode& item : node.items) move_down(item, lines);
    for (YamlNode::Member& member : node.members) {
      member.line += lines;
      move_down(member.value, lines);
    }
  }

  // `action: global` lends its keys to the documents behind it, `repeat` takes those of the one
  // before, `reset` forgets.
  void read_one(YamlNode document) {
    Diagnostics out(source_);
    if (!document.is_map()) {
      out.error("rules-1", out.at(document),
                document.is_null() ? "the document is empty" : "the document must be a map");
      keep(out);
      return;
    }
    const YamlNode* action = document.find("action");
    if (action == nullptr) {
      interpret(global_.is_map() ? merged(global_, document) : std::move(document), out);
      forget_names(global_);
    } else if (action->text == "global") {
      global_ = merged(global_, without_action(std::move(document)));
    } else if (action->text == "reset") {
      global_ = {};
    } else if (action->text == "repeat") {
      forget_names(previous_);
      interpret(merged(previous_, without_action(std::move(document))), out);
    } else {
      out.error("rules-6", out.at(*action),
                fmt::format("`{}` is no action; use global, reset or repeat",
                            base::printable(action->text)));
    }
    keep(out);
  }

  // What names one rule is lent once; each further document is a rule of its own.
  static void forget_names(YamlNode& document) {
    std::erase_if(document.members, [](const YamlNode::Member& member) {
      return member.key == "id" || member.key == "name";
    });
  }

  static YamlNode without_action(YamlNode document) {
    std::erase_if(document.members,
                  [](const YamlNode::Member& member) { return member.key == "action"; });
    return document;
  }

  void interpret(YamlNode document, Diagnostics& out) {
    const int kinds = (document.find("detection") != nullptr ? 1 : 0) +
                      (document.find("correlation") != nullptr ? 1 : 0) +
                      (document.find("filter") != nullptr ? 1 : 0);
    if (kinds != 1) {
      out.error("rules-2", out.at(document),
                document.find("lists") != nullptr
                    ? "this is a file of value lists, which is given with --lists or packs.lists"
                : kinds == 0 ? "the document has no `detection`, `correlation` or `filter`"
                             : "a document has one of `detection`, `correlation` and `filter`");
    } else if (document.find("filter") != nullptr) {
      FilterDocument filter = read_filter(document, lists_, out);
      if (out.errors.empty()) result_.filters.push_back(std::move(filter));
    } else {
      RuleDocument rule = read_rule(document, lists_, out);
      if (out.errors.empty()) {
        result_.rules.push_back(std::move(rule));
      } else {
        result_.broken.push_back(rule.metadata.id);
        result_.broken.push_back(rule.metadata.name);
      }
    }
    previous_ = std::move(document);
  }

  void keep(Diagnostics& out) {
    std::ranges::stable_sort(out.errors, {}, [](const base::Error& error) {
      return std::pair(error.origin.line, error.origin.column);
    });
    std::ranges::move(out.errors, std::back_inserter(result_.errors));
    std::ranges::move(out.warnings, std::back_inserter(result_.warnings));
  }

  const base::SourceText& source_;
  const ValueLists& lists_;
  Documents& result_;
  YamlNode global_;
  YamlNode previous_;
};

void append(Documents& to, Documents&& from) {
  std::ranges::move(from.rules, std::back_inserter(to.rules));
  std::ranges::move(from.filters, std::back_inserter(to.filters));
  std::ranges::move(from.broken, std::back_inserter(to.broken));
  std::ranges::move(from.errors, std::back_inserter(to.errors));
  std::ranges::move(from.warnings, std::back_inserter(to.warnings));
}

}  // namespace

Documents read_documents(std::span<const base::SourceText> sources, const ValueLists& lists,
                         const std::shared_ptr<base::DiskCache>& cache) {
  constexpr std::size_t portion = 64;
  base::YamlForest forest(sources, document_limits, cache);
  std::vector<Documents> portions((sources.size() + portion - 1) / portion);
  base::for_portions(sources.size(), portion, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i)
      FileReader(sources[i], lists, portions[first / portion]).read(forest.take(i));
  });
  forest.keep();
  Documents result;
  result.rules.reserve(sources.size());
  for (Documents& found : portions) append(result, std::move(found));
  return result;
}

}  // namespace tocsin::rules
