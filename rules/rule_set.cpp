#include "rules/rule_set.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "base/check.hpp"
#include "base/portions.hpp"
#include "rules/collection.hpp"
#include "rules/compiled.hpp"
#include "rules/document.hpp"

namespace tocsin::rules {

RuleSet::RuleSet() : compiled_(std::make_unique<Compiled>()) {}
RuleSet::~RuleSet() = default;

std::optional<event::RuleIndex> RuleSet::find(std::string_view id_or_name) const {
  const auto by_id = std::ranges::lower_bound(rules_, id_or_name, {}, &Rule::id);
  if (by_id != rules_.end() && by_id->id == id_or_name)
    return event::RuleIndex(static_cast<std::uint32_t>(by_id - rules_.begin()));
  const auto by_name = std::ranges::find(rules_, id_or_name, &Rule::name);
  if (by_name == rules_.end() || id_or_name.empty()) return std::nullopt;
  return event::RuleIndex(static_cast<std::uint32_t>(by_name - rules_.begin()));
}

std::vector<bool> RuleSet::covering(const event::Logsource& logsource) const {
  return compiled_->covering(logsource, rules_.size());
}

std::shared_ptr<const RuleSet> RuleSet::only(const std::vector<bool>& kept) const {
  auto out = std::shared_ptr<RuleSet>(new RuleSet());
  out->rules_ = rules_;
  out->referrers_.resize(rules_.size());
  for (const event::RuleIndex index : correlations_) {
    if (!kept[index.value]) continue;
    out->correlations_.push_back(index);
    for (const CorrelationInput& input : rules_[index.value].correlation->inputs)
      CHECK(kept[input.rule.value], "a kept correlation whose input is not kept");
  }
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (!kept[i]) out->rules_[i].alerts = false;
    std::ranges::copy_if(referrers_[i], std::back_inserter(out->referrers_[i]),
                         [&kept](event::RuleIndex referrer) { return kept[referrer.value]; });
  }
  out->compiled_->take(*compiled_, kept);
  return out;
}

void RuleSet::prepare(const event::LogsourceTable& logsources) const {
  base::for_portions(logsources.size(), 1, [&](std::size_t first, std::size_t) {
    const event::LogsourceId id(static_cast<std::uint16_t>(first));
    static_cast<void>(compiled_->program_for(logsources[id]));
  });
}

namespace {

// Of rules that one processor takes at a time.
constexpr std::size_t portion = 64;

// From documents whose references hold to the rules that the other stages see. Texts for people are
// moved out of the documents.
class Builder {
 public:
  Builder(Collection& collection, Compiled& compiled, event::FieldTable& fields)
      : collection_(collection), compiled_(compiled), fields_(fields) {}

  std::vector<Rule> build() {
    rules_.reserve(collection_.rules.size());
    for (std::size_t i = 0; i < collection_.rules.size(); ++i) rules_.push_back(rule_of(i));
    add_formulas();
    decide_alerts();
    return std::move(rules_);
  }

 private:
  Rule rule_of(std::size_t index) {
    const CollectedRule& collected = collection_.rules[index];
    RuleDocument& document = *collected.document;
    Metadata& metadata = document.metadata;
    Rule rule;
    rule.id = collected.id;
    rule.name = metadata.name;
    rule.title = std::move(metadata.title);
    rule.level = metadata.level.value_or(Level::medium);
    rule.author = std::move(metadata.author);
    rule.description = std::move(metadata.description);
    rule.status = std::move(metadata.status);
    rule.tags = std::move(metadata.tags);
    rule.references = std::move(metadata.references);
    rule.falsepositives = std::move(metadata.falsepositives);
    rule.logsource = document.logsource;
    rule.origin = metadata.origin;
    rule.content = collected.content;
    add_grouping(document.extension, collected.entity, rule);
    add_extension(document.extension, rule);
    if (document.correlation) {
      add_correlation(collected, rule);
    } else {
      intern_fields_of(collected);
    }
    return rule;
  }

  // As the rule says, else as a mapping pack does for its log source, else as ever.
  void add_grouping(const Extension& extension, const EntityRule* entity, Rule& rule) {
    rule.grouping.names = {"host.name", "user.name", "source.ip"};
    if (entity != nullptr) {
      rule.grouping.names = entity->fields;
      rule.grouping.timespan = entity->timespan;
    }
    if (extension.group) rule.grouping.names = *extension.group;
    if (extension.timespan) rule.grouping.timespan = *extension.timespan;
    for (const std::string& name : rule.grouping.names)
      rule.grouping.fields.push_back(fields_.intern(name));
  }

  void add_extension(Extension& extension, Rule& rule) {
    rule.realert = extension.realert;
    if (extension.weight) rule.weight = fields_.intern(*extension.weight);
    for (const ActionRequest& request : extension.lock_account) {
      LockAccount action;
      action.user = fields_.intern(request.user);
      action.user_name = request.user;
      if (!request.host.empty()) action.host = fields_.intern(request.host);
      action.host_name = request.host;
      action.duration = request.duration;
      rule.actions.push_back(std::move(action));
    }
    rule.tests = std::move(extension.tests);
  }

  // Calls use(logsource, detection, filters) for the rule as written and for each variant.
  template <typename Use>
  static void for_each_way(const CollectedRule& collected, Use&& use) {
    std::vector<const Detection*> filters;
    for (const FilterDocument* filter : collected.filters) filters.push_back(&filter->detection);
    use(collected.document->logsource, *collected.document->detection, filters);
    for (const Variant& variant : collected.variants) {
      filters.clear();
      for (const Detection& filter : variant.filters) filters.push_back(&filter);
      use(variant.logsource, variant.detection, filters);
    }
  }

  void intern_fields_of(const CollectedRule& collected) {
    for_each_way(collected, [&](const event::Logsource&, const Detection& detection,
                                std::span<const Detection* const> filters) {
      intern_fields(detection, fields_);
      for (const Detection* filter : filters) intern_fields(*filter, fields_);
    });
  }

  struct Way {
    event::RuleIndex rule;
    const event::Logsource* logsource = nullptr;
    Formula formula;
  };
  struct Portion {
    PredicatePool pool;
    std::vector<Way> ways;
  };

  // By all processors, each portion with a pool of its own; their predicates are then numbered in
  // the order of rules.
  void add_formulas() {
    std::vector<Portion> portions((collection_.rules.size() + portion - 1) / portion);
    base::for_portions(collection_.rules.size(), portion, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) add_ways(i, portions[first / portion]);
    });
    for (Portion& made : portions) {
      const std::vector<std::uint32_t> numbers = compiled_.pool.take(std::move(made.pool));
      for (Way& way : made.ways) {
        for (Node& node : way.formula) {
          if (node.kind == Node::Kind::predicate) node.value = numbers[node.value];
        }
        compiled_.add(way.rule, *way.logsource, std::move(way.formula));
      }
    }
  }

  void add_ways(std::size_t index, Portion& to) const {
    const CollectedRule& collected = collection_.rules[index];
    if (collected.document->correlation) return;
    for_each_way(collected, [&](const event::Logsource& logsource, const Detection& detection,
                                std::span<const Detection* const> filters) {
      Formula formula = formula_of(detection, to.pool, std::as_const(fields_));
      for (const Detection* filter : filters)
        formula = both(formula, formula_of(*filter, to.pool, std::as_const(fields_)));
      to.ways.push_back(
          {event::RuleIndex(static_cast<std::uint32_t>(index)), &logsource, std::move(formula)});
    });
  }

  void add_correlation(const CollectedRule& collected, Rule& rule) {
    Correlation correlation = *collected.document->correlation;
    for (const std::string& name : correlation.group_by)
      correlation.group_ids.push_back(fields_.intern(name));
    for (std::size_t i = 0; i < collected.inputs.size(); ++i) {
      CorrelationInput input;
      input.rule = event::RuleIndex(static_cast<std::uint32_t>(collected.inputs[i]));
      const auto intern = [&](const std::string& name) {
        return fields_.intern(collection_.field_behind(collected, i, name));
      };
      for (const std::string& name : correlation.group_by) input.group.push_back(intern(name));
      const bool is_until = correlation.has_until && i + 1 == collected.inputs.size();
      for (const std::string& name : is_until ? std::vector<std::string>() : correlation.fields)
        input.values.push_back(intern(name));
      correlation.inputs.push_back(std::move(input));
    }
    if (correlation.has_until) {
      correlation.until = std::move(correlation.inputs.back());
      correlation.inputs.pop_back();
      correlation.rules.pop_back();
      correlation.rule_origins.pop_back();
      correlation.has_until = false;
    }
    rule.correlation = std::move(correlation);
  }

  void decide_alerts() {
    // Referred to: by a correlation that lets it alert all the same (true), or not (false).
    std::map<std::size_t, bool> referred;
    for (const Rule& rule : rules_) {
      if (!rule.correlation) continue;
      for (const CorrelationInput& input : rule.correlation->inputs)
        referred[input.rule.value] |= rule.correlation->generate;
    }
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      Rule& rule = rules_[i];
      const auto found = referred.find(i);
      const bool silenced = found != referred.end() && !found->second;
      rule.alerts = !silenced && (rule.is_correlation() || rule.level >= Level::medium);
      const auto wish = collection_.rules[i].document->extension.alert;
      if (wish) rule.alerts = *wish;
    }
  }

  Collection& collection_;
  Compiled& compiled_;
  event::FieldTable& fields_;
  std::vector<Rule> rules_;
};

}  // namespace

namespace {

// What rules were made of is hundreds of thousands of pieces of memory: freed by all processors.
template <typename Values>
void free_all(Values& values) {
  base::for_portions(values.size(), portion, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) values[i] = {};
  });
}

}  // namespace

RuleSet::Loaded RuleSet::load(std::span<const base::SourceText> sources, event::FieldTable& fields,
                              std::span<const event::FieldId> fixed,
                              std::span<const base::SourceText> lists,
                              const std::shared_ptr<base::DiskCache>& cache,
                              std::span<const base::SourceText> mappings) {
  base::Errors list_errors;
  const ValueLists value_lists = ValueLists::read(lists, list_errors);
  Documents documents = read_documents(sources, value_lists, cache);
  std::ranges::move(list_errors, std::back_inserter(documents.errors));
  const Mappings packs = read_mappings(mappings, documents.errors, cache);
  Collection collection = collect(documents, fields.size(), packs);
  auto result = std::shared_ptr<RuleSet>(new RuleSet());
  result->compiled_->scans = std::make_shared<base::ScanCompiler>(cache);
  result->compiled_->hints.time = fields.intern("@timestamp");
  result->compiled_->hints.fixed.assign(fixed.begin(), fixed.end());
  result->rules_ = Builder(collection, *result->compiled_, fields).build();
  result->referrers_.resize(result->rules_.size());
  for (const std::size_t index : collection.correlations) {
    const event::RuleIndex rule(static_cast<std::uint32_t>(index));
    result->correlations_.push_back(rule);
    for (const CorrelationInput& input : result->rules_[index].correlation->inputs) {
      auto& referrers = result->referrers_[input.rule.value];
      if (std::ranges::find(referrers, rule) == referrers.end()) referrers.push_back(rule);
    }
  }
  for (auto& referrers : result->referrers_) std::ranges::sort(referrers);
  free_all(collection.rules);
  free_all(documents.rules);
  // Errors as a person reads files: in the order given, then by place.
  std::map<std::string_view, std::size_t> order;
  for (const auto& texts : {lists, sources, mappings}) {
    for (const base::SourceText& source : texts) order.try_emplace(source.name, order.size());
  }
  const auto by_place = [&](const base::Error& error) {
    return std::tuple(order[error.origin.name], error.origin.line, error.origin.column);
  };
  std::ranges::stable_sort(documents.errors, {}, by_place);
  std::ranges::stable_sort(documents.warnings, {}, by_place);
  return {std::move(result), std::move(documents.errors), std::move(documents.warnings)};
}

}  // namespace tocsin::rules
