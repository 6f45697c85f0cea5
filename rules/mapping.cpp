#include "rules/mapping.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.hpp"
#include "base/yaml_forest.hpp"
#include "rules/diagnostics.hpp"
#include "rules/value_list.hpp"

namespace tocsin::rules {

namespace {

using base::YamlNode;
using Kind = Transformation::Kind;
using Names = std::vector<std::string_view>;

struct KindRow {
  std::string_view name;
  Kind kind;
  std::array<std::string_view, 4> keys;  // of its own
};

// What pySigma's pipelines are written with, as far as it means something for events.
constexpr std::array<KindRow, 14> kind_rows = {{
    {"field_name_mapping", Kind::field_name_mapping, {"mapping"}},
    {"field_name_prefix_mapping", Kind::field_name_prefix_mapping, {"mapping"}},
    {"field_name_prefix", Kind::field_name_prefix, {"prefix"}},
    {"field_name_suffix", Kind::field_name_suffix, {"suffix"}},
    {"drop_detection_item", Kind::drop_detection_item, {}},
    {"change_logsource", Kind::change_logsource, {"category", "product", "service"}},
    {"add_condition", Kind::add_condition, {"conditions", "negated", "template", "name"}},
    {"replace_string",
     Kind::replace_string,
     {"regex", "replacement", "skip_special", "interpret_special"}},
    {"map_string", Kind::map_string, {"mapping"}},
    {"rule_failure", Kind::rule_failure, {"message"}},
    {"detection_item_failure", Kind::detection_item_failure, {"message"}},
    {"set_state", Kind::nothing, {"key", "val"}},
    {"set_custom_attribute", Kind::nothing, {"attribute", "value"}},
    {"add_field", Kind::nothing, {"field"}},
}};

void append_canonical(const YamlNode& node, std::string& out) {
  out += static_cast<char>('0' + static_cast<int>(node.kind));
  out += fmt::format("{}{}:{}", node.quoted ? "q" : "p", node.text.size(), node.text);
  for (const YamlNode& item : node.items) append_canonical(item, out);
  for (const YamlNode::Member& member : node.members) {
    out += fmt::format("m{}:{}", member.key.size(), member.key);
    append_canonical(member.value, out);
  }
  out += ';';
}

class Reader {
 public:
  explicit Reader(Diagnostics& out) : out_(out) {}

  MappingPack read(const YamlNode& document) {
    MappingPack pack;
    pack.origin = out_.at(document);
    if (!document.is_map()) {
      out_.error("rules-90", out_.at(document), "a mapping pack is a map");
      return pack;
    }
    static const Names known = {"name",   "description", "priority", "transformations",
                                "entity", "tests",       "author",   "allowed_backends"};
    refuse_unknown(document, "a mapping pack", known);
    if (const YamlNode* node = document.find("name"))
      pack.name = out_.text(*node, "name").value_or("");
    if (pack.name.empty()) out_.error("rules-90", out_.at(document), "the pack needs a `name`");
    if (const YamlNode* node = document.find("priority"))
      pack.priority = out_.integer(*node, "priority").value_or(0);
    for (const YamlNode& node : list(document, "transformations"))
      pack.transformations.push_back(read_transformation(node));
    for (const YamlNode& node : list(document, "entity"))
      pack.entities.push_back(read_entity(node));
    for (const YamlNode& node : list(document, "tests")) pack.tests.push_back(read_test(node));
    return pack;
  }

 private:
  void refuse_unknown(const YamlNode& map, std::string_view where, const Names& known) {
    for (const YamlNode::Member& member : map.members) {
      if (std::ranges::find(known, member.key) == known.end())
        out_.unknown_key(member, where, known);
    }
  }

  std::span<const YamlNode> list(const YamlNode& map, std::string_view key) {
    const YamlNode* node = map.find(key);
    if (node == nullptr || node->is_null()) return {};
    if (!node->is_sequence()) {
      out_.error("rules-90", out_.at(*node), fmt::format("`{}` must be a list", key));
      return {};
    }
    for (const YamlNode& item : node->items) {
      if (item.is_map()) continue;
      out_.error("rules-90", out_.at(item), fmt::format("each entry of `{}` is a map", key));
      return {};
    }
    return node->items;
  }

  // A member that must be there.
  const YamlNode* needed(const YamlNode& map, std::string_view key, std::string_view what) {
    const YamlNode* node = map.find(key);
    if (node == nullptr)
      out_.error("rules-90", out_.at(map), fmt::format("{} needs `{}`", what, key));
    return node;
  }

  std::string needed_text(const YamlNode& map, std::string_view key, std::string_view what) {
    const YamlNode* node = needed(map, key, what);
    return node == nullptr ? std::string() : out_.text(*node, key).value_or("");
  }

  bool flag(const YamlNode& map, std::string_view key) {
    const YamlNode* node = map.find(key);
    return node != nullptr && out_.boolean(*node, key).value_or(false);
  }

  event::Logsource read_logsource(const YamlNode& map) {
    event::Logsource logsource;
    for (const auto& [key, part] :
         {std::pair("category", &logsource.category), std::pair("product", &logsource.product),
          std::pair("service", &logsource.service)}) {
      const YamlNode* node = map.find(key);
      if (node != nullptr && !node->is_null()) *part = out_.text(*node, key).value_or("");
    }
    return logsource;
  }

  std::shared_ptr<const re2::RE2> read_expression(const YamlNode& node, const std::string& text) {
    RE2::Options options;
    options.set_log_errors(false);
    auto expression = std::make_shared<const re2::RE2>(text, options);
    if (expression->ok()) return expression;
    out_.error("rules-93", out_.at(node),
               fmt::format("not a regular expression that RE2 takes: {}",
                           base::printable(expression->error())));
    return nullptr;
  }

  Transformation read_transformation(const YamlNode& node) {
    Transformation result;
    append_canonical(node, result.canonical);
    const YamlNode* type = needed(node, "type", "a transformation");
    if (type == nullptr) return result;
    const auto row = std::ranges::find(kind_rows, type->text, &KindRow::name);
    if (row == kind_rows.end()) {
      Names names;
      for (const KindRow& known : kind_rows) names.push_back(known.name);
      const std::string_view near = base::nearest(type->text, names);
      out_.error(
          "rules-91", out_.at(*type),
          fmt::format("`{}` is no transformation that is read here{}", base::printable(type->text),
                      near.empty() ? "" : fmt::format("; did you mean `{}`?", near)));
      return result;
    }
    result.kind = row->kind;
    Names known = {"id",
                   "type",
                   "rule_conditions",
                   "rule_cond_op",
                   "rule_cond_not",
                   "description",
                   "field_name_conditions",
                   "field_name_cond_op",
                   "field_name_cond_not"};
    for (const std::string_view key : row->keys) {
      if (!key.empty()) known.push_back(key);
    }
    refuse_unknown(node, fmt::format("a transformation of type {}", row->name), known);
    if (const YamlNode* id = node.find("id")) result.id = out_.text(*id, "id").value_or("");
    read_conditions(node, result);
    read_own(node, row->name, result);
    return result;
  }

  void read_own(const YamlNode& node, std::string_view what, Transformation& result) {
    switch (result.kind) {
      case Kind::field_name_mapping:
      case Kind::field_name_prefix_mapping:
      case Kind::map_string:
        if (const YamlNode* map = needed(node, "mapping", what)) read_map(*map, result);
        return;
      case Kind::field_name_prefix:
        result.text = needed_text(node, "prefix", what);
        return;
      case Kind::field_name_suffix:
        result.text = needed_text(node, "suffix", what);
        return;
      case Kind::change_logsource:
        result.logsource = read_logsource(node);
        if (result.logsource == event::Logsource())
          out_.error("rules-90", out_.at(node), "needs `category`, `product` or `service`");
        return;
      case Kind::add_condition:
        result.negated = flag(node, "negated");
        if (flag(node, "template"))
          out_.error("rules-93", out_.at(*node.find("template")), "templates are not read");
        if (const YamlNode* map = needed(node, "conditions", what)) {
          if (!map->is_map() || map->members.empty()) {
            out_.error("rules-93", out_.at(*map), "`conditions` is a map of fields and values");
          } else {
            const ValueLists no_lists;
            ListUse lists(no_lists, "a mapping pack");
            result.addition = read_selection(*map, lists, out_);
          }
        }
        return;
      case Kind::replace_string:
        result.text = needed_text(node, "replacement", what);
        result.skip_special = flag(node, "skip_special");
        if (const YamlNode* regex = needed(node, "regex", what))
          result.expression = read_expression(*regex, regex->text);
        return;
      default:
        return;
    }
  }

  void read_map(const YamlNode& node, Transformation& result) {
    if (!node.is_map() || node.members.empty()) {
      out_.error("rules-93", out_.at(node), "`mapping` is a map that is not empty");
      return;
    }
    for (const YamlNode::Member& member : node.members) {
      auto to = out_.texts(member.value, member.key);
      if (!to) continue;
      if (to->empty()) {
        out_.error("rules-93", out_.at(member), "nothing is mapped to");
        continue;
      }
      result.map.emplace_back(member.key, std::move(*to));
    }
  }

  bool is_or(const YamlNode& node, std::string_view key) {
    const YamlNode* op = node.find(key);
    if (op == nullptr) return false;
    if (op->text != "and" && op->text != "or")
      out_.error("rules-93", out_.at(*op), fmt::format("`{}` is `and` or `or`", key));
    return op->text == "or";
  }

  void read_conditions(const YamlNode& node, Transformation& result) {
    result.any_rule_condition = is_or(node, "rule_cond_op");
    result.not_rule_conditions = flag(node, "rule_cond_not");
    for (const YamlNode& item : list(node, "rule_conditions"))
      result.rule_conditions.push_back(read_rule_condition(item));
    result.any_field_condition = is_or(node, "field_name_cond_op");
    result.not_field_conditions = flag(node, "field_name_cond_not");
    for (const YamlNode& item : list(node, "field_name_conditions"))
      result.field_conditions.push_back(read_field_condition(item));
  }

  RuleTestCondition read_rule_condition(const YamlNode& node) {
    using Condition = RuleTestCondition::Kind;
    RuleTestCondition result;
    const YamlNode* type = needed(node, "type", "a condition");
    if (type == nullptr) return result;
    Names known = {"type"};
    if (type->text == "logsource") {
      result.kind = Condition::logsource;
      known.insert(known.end(), {"category", "product", "service"});
      result.logsource = read_logsource(node);
      if (result.logsource == event::Logsource())
        out_.error("rules-90", out_.at(node), "needs `category`, `product` or `service`");
    } else if (type->text == "contains_field") {
      result.kind = Condition::contains_field;
      known.emplace_back("field");
      result.text = needed_text(node, "field", "contains_field");
    } else if (type->text == "processing_item_applied") {
      result.kind = Condition::item_applied;
      known.emplace_back("processing_item_id");
      result.text = needed_text(node, "processing_item_id", "processing_item_applied");
    } else if (type->text == "is_sigma_rule") {
      result.kind = Condition::always;
    } else if (type->text == "is_sigma_correlation_rule") {
      result.kind = Condition::never;
    } else {
      unknown_condition(*type);
    }
    refuse_unknown(node, "this condition", known);
    return result;
  }

  FieldNameCondition read_field_condition(const YamlNode& node) {
    FieldNameCondition result;
    const YamlNode* type = needed(node, "type", "a condition");
    if (type == nullptr) return result;
    result.excludes = type->text == "exclude_fields";
    if (!result.excludes && type->text != "include_fields") unknown_condition(*type);
    static const Names known = {"type", "fields", "mode"};
    refuse_unknown(node, "this condition", known);
    const YamlNode* fields = needed(node, "fields", "a condition of field names");
    if (fields == nullptr) return result;
    result.names = out_.texts(*fields, "fields").value_or(std::vector<std::string>());
    const YamlNode* mode = node.find("mode");
    if (mode == nullptr || mode->text == "plain") return result;
    if (mode->text != "re") {
      out_.error("rules-93", out_.at(*mode), "`mode` is plain or re");
      return result;
    }
    std::string joined;
    for (const std::string& name : result.names)
      joined += fmt::format("{}(?:{})", joined.empty() ? "" : "|", name);
    result.expression = read_expression(*fields, "^(?:" + joined + ")");
    return result;
  }

  void unknown_condition(const YamlNode& type) {
    out_.error("rules-92", out_.at(type),
               fmt::format("`{}` is no condition that is read here", base::printable(type.text)));
  }

  EntityRule read_entity(const YamlNode& node) {
    EntityRule result;
    static const Names known = {"logsource", "fields", "timespan"};
    refuse_unknown(node, "an entity", known);
    if (const YamlNode* logsource = node.find("logsource")) {
      static const Names parts = {"category", "product", "service"};
      refuse_unknown(*logsource, "a log source", parts);
      result.logsource = read_logsource(*logsource);
    }
    if (const YamlNode* fields = needed(node, "fields", "an entity"))
      result.fields = out_.texts(*fields, "fields").value_or(std::vector<std::string>());
    if (const YamlNode* timespan = node.find("timespan")) {
      result.timespan = out_.duration(*timespan, "timespan");
      if (result.timespan && result.timespan->count() <= 0)
        out_.error("rules-93", out_.at(*timespan), "`timespan` must be above 0");
    }
    return result;
  }

  MappingTest read_test(const YamlNode& node) {
    MappingTest result;
    result.origin = out_.at(node);
    static const Names known = {"name", "rule", "lines", "match"};
    refuse_unknown(node, "a test", known);
    if (const YamlNode* name = node.find("name"))
      result.name = out_.text(*name, "name").value_or("");
    result.rule = {fmt::format("{}:{}", out_.file(), node.line),
                   needed_text(node, "rule", "a test")};
    if (const YamlNode* lines = needed(node, "lines", "a test"))
      result.lines = out_.texts(*lines, "lines").value_or(std::vector<std::string>());
    if (const YamlNode* match = node.find("match"))
      result.match = out_.boolean(*match, "match").value_or(true);
    return result;
  }

  Diagnostics& out_;
};

std::size_t parts_of(const event::Logsource& logsource) {
  return static_cast<std::size_t>(!logsource.category.empty()) +
         static_cast<std::size_t>(!logsource.product.empty()) +
         static_cast<std::size_t>(!logsource.service.empty());
}

}  // namespace

const EntityRule* Mappings::entity_of(const event::Logsource& logsource) const {
  const EntityRule* best = nullptr;
  for (const MappingPack& pack : packs) {
    for (const EntityRule& entity : pack.entities) {
      if (!entity.logsource.covers(logsource)) continue;
      if (best == nullptr || parts_of(entity.logsource) > parts_of(best->logsource)) best = &entity;
    }
  }
  return best;
}

Mappings read_mappings(std::span<const base::SourceText> sources, base::Errors& errors,
                       const std::shared_ptr<base::DiskCache>& cache) {
  Mappings result;
  base::YamlForest forest(sources, {}, cache);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const base::SourceText& source = sources[i];
    auto documents = forest.take(i);
    if (!documents) {
      errors.push_back(std::move(documents).error());
      continue;
    }
    for (const YamlNode& document : *documents) {
      Diagnostics out(source);
      MappingPack pack = Reader(out).read(document);
      if (out.errors.empty()) result.packs.push_back(std::move(pack));
      std::ranges::move(out.errors, std::back_inserter(errors));
    }
  }
  forest.keep();
  std::ranges::stable_sort(result.packs, {}, &MappingPack::priority);
  return result;
}

}  // namespace tocsin::rules
