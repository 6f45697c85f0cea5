#include "rules/collection.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "base/portions.hpp"
#include "base/text.hpp"
#include "event/field.hpp"

namespace tocsin::rules {

namespace {

std::string hex(const base::Sha256& hash) { return base::to_hex(hash.data(), hash.size()); }

// For a rule without an id: the shape of a UUID, from the content alone.
std::string made_id(const RuleDocument& document) {
  const std::string digits = hex(base::sha256(document.metadata.title + '\n' + document.canonical));
  return fmt::format("{}-{}-{}-{}-{}", digits.substr(0, 8), digits.substr(8, 4),
                     digits.substr(12, 4), digits.substr(16, 4), digits.substr(20, 12));
}

const std::string* alias_field(const Correlation& correlation, const RuleDocument& input,
                               const std::string& reference, const std::string& name) {
  for (const Alias& alias : correlation.aliases) {
    if (alias.name != name) continue;
    for (const auto& [rule, field] : alias.fields) {
      if (rule == reference || rule == input.metadata.id ||
          (!rule.empty() && rule == input.metadata.name)) {
        return &field;
      }
    }
  }
  return nullptr;
}

bool is_alias(const Correlation& correlation, const std::string& name) {
  return std::ranges::find(correlation.aliases, name, &Alias::name) != correlation.aliases.end();
}

class Collector {
 public:
  Collector(Documents& documents, std::size_t known_fields, const Mappings& mappings)
      : documents_(documents), known_fields_(known_fields), mappings_(mappings) {}

  Collection collect() {
    gather();
    check_room();
    resolve();
    drop_unresolved();
    order_correlations();
    drop_unresolved();
    check_fields();
    drop_unresolved();
    sort_by_id();
    apply_filters();
    apply_mappings();
    hash_all();
    return std::move(result_);
  }

 private:
  // Of rules that one processor takes at a time.
  static constexpr std::size_t portion = 128;
  using Names = std::unordered_set<std::string, base::TextHash, std::equal_to<>>;

  void error(const char* code, const base::Origin& origin, std::string sentence) {
    documents_.errors.push_back({code, std::move(sentence), origin});
  }

  void gather() {
    std::unordered_map<std::string, const RuleDocument*> ids, names;
    for (RuleDocument& document : documents_.rules) {
      const Metadata& metadata = document.metadata;
      const std::string id = metadata.id.empty() ? made_id(document) : metadata.id;
      const auto [same_id, new_id] = ids.try_emplace(id, &document);
      if (!new_id) {
        const base::Origin& other = same_id->second->metadata.origin;
        error("rules-80", metadata.id.empty() ? metadata.origin : metadata.id_origin,
              metadata.id.empty()
                  ? fmt::format("the same rule stands at {}:{}", other.name, other.line)
                  : fmt::format("the id {} is also that of the rule at {}:{}", id, other.name,
                                other.line));
        continue;
      }
      if (!metadata.name.empty()) {
        const auto [same_name, new_name] = names.try_emplace(metadata.name, &document);
        if (!new_name) {
          const base::Origin& other = same_name->second->metadata.origin;
          error("rules-81", metadata.name_origin,
                fmt::format("the name `{}` is also that of the rule at {}:{}",
                            base::printable(metadata.name), other.name, other.line));
          documents_.broken.push_back(id);
          ids.erase(id);
          continue;
        }
      }
      result_.rules.push_back({&document, id, {}, {}, {}, nullptr, {}});
    }
    index();
  }

  void index() {
    places_.clear();
    for (std::size_t i = 0; i < result_.rules.size(); ++i) {
      const CollectedRule& rule = result_.rules[i];
      places_.emplace(rule.id, i);
      if (!rule.document->metadata.name.empty()) places_.emplace(rule.document->metadata.name, i);
    }
  }

  // Names that are not yet taken; mostly none.
  class FieldNames {
   public:
    explicit FieldNames(const Collector& of) : taken_(of.names_) {}
    FieldNames& add(std::string_view name) {
      if (!taken_.contains(name)) names_.insert(name);
      return *this;
    }
    FieldNames& add(const std::vector<std::string>& names) {
      for (const std::string& name : names) add(name);
      return *this;
    }
    [[nodiscard]] std::size_t size() const { return names_.size(); }
    [[nodiscard]] auto begin() const { return names_.begin(); }
    [[nodiscard]] auto end() const { return names_.end(); }

   private:
    const Names& taken_;
    std::unordered_set<std::string_view> names_;
  };

  // Names of fields are packed into 15 bits; a pack that needs more is no pack.
  bool has_room(const FieldNames& wanted) {
    if (names_.size() + wanted.size() + known_fields_ >= event::first_local_field - 1024U)
      return false;
    for (const std::string_view name : wanted) names_.emplace(name);
    return true;
  }

  // Each document that would go over is refused, so that whatever is built from the others finds
  // room.
  void check_room() {
    constexpr const char* why =
        "with those before it, this document names too many different fields";
    std::erase_if(result_.rules, [&](const CollectedRule& rule) {
      if (has_room(fields_of(*rule.document))) return false;
      error("rules-82", rule.document->metadata.origin, why);
      documents_.broken.push_back(rule.id);
      documents_.broken.push_back(rule.document->metadata.name);
      return true;
    });
    std::erase_if(documents_.filters, [&](const FilterDocument& filter) {
      FieldNames wanted(*this);
      add_fields(filter.detection, wanted);
      if (has_room(wanted)) return false;
      error("rules-82", filter.metadata.origin, why);
      return true;
    });
    index();
  }

  static void add_fields(const Detection& detection, FieldNames& out) {
    for (const Selection& selection : detection.selections) add_fields(selection, out);
  }

  static void add_fields(const Selection& selection, FieldNames& out) {
    for (const Item& item : selection.items) {
      if (item.field) out.add(*item.field);
      for (const Value& value : item.values) {
        if (value.kind == Value::Kind::reference) out.add(value.other);
      }
    }
    for (const Selection& part : selection.parts) add_fields(part, out);
  }

  FieldNames fields_of(const RuleDocument& document) const {
    FieldNames out(*this);
    if (document.detection) add_fields(*document.detection, out);
    if (document.correlation) {
      const Correlation& correlation = *document.correlation;
      out.add(correlation.group_by).add(correlation.fields);
      for (const Alias& alias : correlation.aliases) {
        for (const auto& [reference, field] : alias.fields) out.add(field);
      }
    }
    const Extension& extension = document.extension;
    if (extension.group) out.add(*extension.group);
    if (extension.weight) out.add(*extension.weight);
    for (const ActionRequest& action : extension.lock_account)
      out.add(action.user).add(action.host);
    return out;
  }

  void resolve() {
    dropped_.assign(result_.rules.size(), false);
    for (std::size_t i = 0; i < result_.rules.size(); ++i) {
      CollectedRule& rule = result_.rules[i];
      if (!rule.document->correlation) continue;
      const Correlation& correlation = *rule.document->correlation;
      for (std::size_t k = 0; k < correlation.rules.size(); ++k) {
        const std::string& reference = correlation.rules[k];
        const auto found = places_.find(reference);
        if (found == places_.end()) {
          refuse_reference(reference, correlation.rule_origins[k]);
          dropped_[i] = true;
          continue;
        }
        const bool twice = std::ranges::find(rule.inputs, found->second) != rule.inputs.end();
        if (twice && correlation.has_until && k + 1 == correlation.rules.size()) {
          error("rules-64", correlation.rule_origins[k],
                fmt::format("`until` names `{}`, which counts", base::printable(reference)));
          dropped_[i] = true;
        } else if (twice && correlation.type != CorrelationType::temporal_ordered) {
          error("rules-43", correlation.rule_origins[k],
                fmt::format("`{}` is in `rules` twice, by its id and by its name",
                            base::printable(reference)));
          dropped_[i] = true;
        }
        rule.inputs.push_back(found->second);
      }
    }
  }

  void refuse_reference(const std::string& reference, const base::Origin& origin) {
    if (std::ranges::find(documents_.broken, reference) != documents_.broken.end()) {
      documents_.warnings.push_back(
          {"rules-77",
           fmt::format("left out, because the rule `{}` has an error", base::printable(reference)),
           origin});
      return;
    }
    std::vector<std::string_view> known;
    for (const CollectedRule& rule : result_.rules) {
      known.push_back(rule.id);
      if (!rule.document->metadata.name.empty()) known.push_back(rule.document->metadata.name);
    }
    const std::string_view near = base::nearest(reference, known);
    error("rules-51", origin,
          fmt::format("no rule has the id or name `{}`{}", base::printable(reference),
                      near.empty() ? "" : fmt::format("; did you mean `{}`?", near)));
  }

  // Takes out what is marked, and then what refers to that, until all references hold.
  void drop_unresolved() {
    for (bool again = true; again;) {
      again = false;
      for (std::size_t i = 0; i < result_.rules.size(); ++i) {
        if (dropped_[i]) continue;
        const CollectedRule& rule = result_.rules[i];
        for (std::size_t k = 0; k < rule.inputs.size(); ++k) {
          if (!dropped_[rule.inputs[k]]) continue;
          documents_.warnings.push_back(
              {"rules-77",
               fmt::format("left out, because the rule `{}` has an error",
                           base::printable(rule.document->correlation->rules[k])),
               rule.document->correlation->rule_origins[k]});
          dropped_[i] = true;
          again = true;
          break;
        }
      }
    }
    std::vector<std::size_t> moved(result_.rules.size(), 0);
    std::vector<CollectedRule> kept;
    for (std::size_t i = 0; i < result_.rules.size(); ++i) {
      moved[i] = kept.size();
      if (!dropped_[i]) kept.push_back(std::move(result_.rules[i]));
    }
    for (CollectedRule& rule : kept) {
      for (std::size_t& input : rule.inputs) input = moved[input];
    }
    std::vector<std::size_t> order;
    for (const std::size_t correlation : result_.correlations) {
      if (!dropped_[correlation]) order.push_back(moved[correlation]);
    }
    result_.rules = std::move(kept);
    result_.correlations = std::move(order);
    dropped_.assign(result_.rules.size(), false);
  }

  // Inner ones first: a correlation is taken when all that it refers to was taken.
  void order_correlations() {
    const std::size_t count = result_.rules.size();
    std::vector<std::size_t> missing(count, 0), height(count, 0);
    std::vector<std::vector<std::size_t>> referrers(count);
    std::vector<std::size_t> ready;
    for (std::size_t i = 0; i < count; ++i) {
      for (const std::size_t input : result_.rules[i].inputs) {
        if (result_.rules[input].document->correlation) ++missing[i];
        referrers[input].push_back(i);
      }
      if (result_.rules[i].document->correlation && missing[i] == 0) ready.push_back(i);
    }
    for (std::size_t next = 0; next < ready.size(); ++next) {
      const std::size_t at = ready[next];
      for (const std::size_t input : result_.rules[at].inputs)
        height[at] = std::max(height[at], height[input] + 1);
      if (height[at] > most_correlation_levels) {
        error(
            "rules-53", result_.rules[at].document->correlation->rule_origins[0],
            fmt::format("correlations are nested deeper than {} levels", most_correlation_levels));
        dropped_[at] = true;
      }
      result_.correlations.push_back(at);
      for (const std::size_t referrer : referrers[at]) {
        if (--missing[referrer] == 0) ready.push_back(referrer);
      }
    }
    refuse_circles(missing, referrers);
  }

  // What is left has a circle below it. Those that nothing left refers to only stand above one, and
  // are left out with it.
  void refuse_circles(const std::vector<std::size_t>& missing,
                      const std::vector<std::vector<std::size_t>>& referrers) {
    std::vector<std::size_t> users(missing.size(), 0), above;
    for (std::size_t i = 0; i < missing.size(); ++i) {
      if (missing[i] == 0) continue;
      for (const std::size_t referrer : referrers[i]) users[i] += missing[referrer] != 0 ? 1 : 0;
      if (users[i] == 0) above.push_back(i);
    }
    std::vector<bool> in_circle(missing.size());
    for (std::size_t i = 0; i < missing.size(); ++i) in_circle[i] = missing[i] != 0;
    for (std::size_t next = 0; next < above.size(); ++next) {
      in_circle[above[next]] = false;
      for (const std::size_t input : result_.rules[above[next]].inputs) {
        if (missing[input] != 0 && --users[input] == 0) above.push_back(input);
      }
    }
    for (std::size_t i = 0; i < missing.size(); ++i) {
      const CollectedRule& rule = result_.rules[i];
      for (std::size_t k = 0; in_circle[i] && k < rule.inputs.size(); ++k) {
        if (!in_circle[rule.inputs[k]]) continue;
        error("rules-52", rule.document->correlation->rule_origins[k],
              "the correlation refers to itself in a circle");
        dropped_[i] = true;
        break;
      }
    }
  }

  // R2, R10: what a correlation asks of its inputs must be there.
  void check_fields() {
    for (std::size_t i = 0; i < result_.rules.size(); ++i) {
      const CollectedRule& rule = result_.rules[i];
      if (dropped_[i] || !rule.document->correlation) continue;
      const Correlation& correlation = *rule.document->correlation;
      for (const auto* names : {&correlation.group_by, &correlation.fields}) {
        for (const std::string& name : *names) {
          if (!check_field(rule, name)) dropped_[i] = true;
        }
      }
    }
  }

  bool check_field(const CollectedRule& rule, const std::string& name) {
    const Correlation& correlation = *rule.document->correlation;
    // What empties a window is asked for its group alone.
    const bool is_group =
        std::ranges::find(correlation.group_by, name) != correlation.group_by.end();
    const std::size_t asked = rule.inputs.size() - (correlation.has_until && !is_group ? 1 : 0);
    for (std::size_t k = 0; k < asked; ++k) {
      const RuleDocument& input = *result_.rules[rule.inputs[k]].document;
      if (is_alias(correlation, name) &&
          alias_field(correlation, input, correlation.rules[k], name) == nullptr) {
        error("rules-54", correlation.rule_origins[k],
              fmt::format("the alias `{}` names no field for the rule `{}`", base::printable(name),
                          base::printable(correlation.rules[k])));
        return false;
      }
      const std::string& field = result_.field_behind(rule, k, name);
      if (input.correlation && std::ranges::find(input.correlation->group_by, field) ==
                                   input.correlation->group_by.end()) {
        error("rules-55", correlation.rule_origins[k],
              fmt::format("`{}` is not among the group-by fields of the correlation `{}`, so its "
                          "detections do not have it",
                          base::printable(field), base::printable(correlation.rules[k])));
        return false;
      }
    }
    return true;
  }

  void sort_by_id() {
    std::vector<std::size_t> order(result_.rules.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, {},
                      [&](std::size_t i) { return std::string_view(result_.rules[i].id); });
    std::vector<std::size_t> moved(order.size());
    std::vector<CollectedRule> sorted;
    for (std::size_t i = 0; i < order.size(); ++i) {
      moved[order[i]] = i;
      sorted.push_back(std::move(result_.rules[order[i]]));
    }
    for (CollectedRule& rule : sorted) {
      for (std::size_t& input : rule.inputs) input = moved[input];
    }
    for (std::size_t& correlation : result_.correlations) correlation = moved[correlation];
    result_.rules = std::move(sorted);
  }

  // F1: an unknown reference is passed over; correlations are never filtered.
  void apply_filters() {
    for (const FilterDocument& filter : documents_.filters) {
      for (CollectedRule& rule : result_.rules) {
        if (rule.document->correlation || !filter.logsource.covers(rule.document->logsource))
          continue;
        const bool named = std::ranges::any_of(filter.rules, [&](const std::string& reference) {
          return reference == rule.id || (!rule.document->metadata.name.empty() &&
                                          reference == rule.document->metadata.name);
        });
        if (filter.every_rule || named) rule.filters.push_back(&filter);
      }
    }
  }

  struct Made {
    const MappingPack* pack;
    Variant variant;
  };

  // What packs make of a rule depends on nothing but the two; room is given in the order of rules.
  void apply_mappings() {
    std::vector<std::vector<Made>> made(result_.rules.size());
    base::for_portions(result_.rules.size(), portion, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) {
        const CollectedRule& rule = result_.rules[i];
        if (rule.document->correlation) continue;
        for (const MappingPack& pack : mappings_.packs) {
          if (auto variant = variant_of(pack, *rule.document, rule.filters))
            made[i].push_back({&pack, *std::move(variant)});
        }
      }
    });
    for (std::size_t i = 0; i < result_.rules.size(); ++i) {
      CollectedRule& rule = result_.rules[i];
      if (rule.document->correlation) continue;
      for (auto& [pack, variant] : made[i]) {
        FieldNames wanted(*this);
        add_fields(variant.detection, wanted);
        for (const Detection& filter : variant.filters) add_fields(filter, wanted);
        if (has_room(wanted)) {
          rule.variants.push_back(std::move(variant));
        } else {
          error("rules-82", pack->origin,
                fmt::format("mapped so, the rule {} names too many different fields", rule.id));
        }
      }
      const EntityRule* entity = mappings_.entity_of(rule.document->logsource);
      if (entity != nullptr && has_room(FieldNames(*this).add(entity->fields)))
        rule.entity = entity;
    }
  }

  void hash_all() {
    base::for_portions(result_.rules.size(), portion, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) {
        CollectedRule& rule = result_.rules[i];
        if (!rule.document->correlation) rule.content = base::sha256(own_text(rule));
      }
    });
    for (const std::size_t index : result_.correlations) {
      CollectedRule& rule = result_.rules[index];
      std::string text = own_text(rule);
      for (const std::size_t input : rule.inputs)
        text += "\nrule " + hex(result_.rules[input].content);
      rule.content = base::sha256(text);
    }
  }

  static std::string own_text(const CollectedRule& rule) {
    std::string text = rule.id + '\n' + rule.document->canonical + rule.document->lists;
    for (const FilterDocument* filter : rule.filters)
      text += "\nfilter " + hex(base::sha256(filter->canonical + filter->lists));
    for (const Variant& variant : rule.variants)
      text += "\nmapping " + hex(base::sha256(variant.canonical));
    if (rule.entity != nullptr) {
      const Extension& extension = rule.document->extension;
      if (!extension.group) text += fmt::format("\nentity {}", fmt::join(rule.entity->fields, " "));
      if (!extension.timespan && rule.entity->timespan)
        text += fmt::format("\nentity timespan {}", rule.entity->timespan->count());
    }
    return text;
  }

  Documents& documents_;
  std::size_t known_fields_;
  const Mappings& mappings_;
  Names names_;  // of fields, taken by documents so far
  Collection result_;
  std::unordered_map<std::string, std::size_t> places_;  // by id and by name
  std::vector<bool> dropped_;
};

}  // namespace

const std::string& Collection::field_behind(const CollectedRule& correlation, std::size_t input,
                                            const std::string& name) const {
  const Correlation& asked = *correlation.document->correlation;
  const std::string* field =
      alias_field(asked, *rules[correlation.inputs[input]].document, asked.rules[input], name);
  return field == nullptr ? name : *field;
}

Collection collect(Documents& documents, std::size_t known_fields, const Mappings& mappings) {
  return Collector(documents, known_fields, mappings).collect();
}

}  // namespace tocsin::rules
