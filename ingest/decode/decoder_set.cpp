#include "ingest/decode/decoder_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <set>

#include "base/check.hpp"
#include "base/text.hpp"
#include "base/yaml_forest.hpp"
#include "ingest/decode/audit_names.hpp"

namespace tocsin::ingest {

namespace {

// How widely a decoder applies; narrow ones are tried first.
int breadth(const DecoderFile& file) {
  int out = 3;
  for (const std::string& name : file.programs) {
    if (name == "*") return 4;
    out = std::min(out, name.ends_with('*') ? 1 : 0);
  }
  if (!file.facilities.empty()) out = std::min(out, 2);
  return out;
}

bool names_exactly(const DecoderFile& file, std::string_view program) {
  return std::find(file.programs.begin(), file.programs.end(), program) != file.programs.end();
}

bool covers_by_prefix(const DecoderFile& file, std::string_view program) {
  return std::any_of(file.programs.begin(), file.programs.end(), [&](const std::string& name) {
    return name.size() > 1 && name.ends_with('*') &&
           program.starts_with(std::string_view(name).substr(0, name.size() - 1));
  });
}

// How well a literal tells lines apart: long ones do; blanks, digits and punctuation count less.
std::size_t rarity(std::string_view literal) {
  std::size_t letters = 0;
  for (const char c : literal.substr(0, 40)) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) ++letters;
  }
  return letters * 2 + std::min<std::size_t>(literal.size(), 40);
}

constexpr std::size_t head_size = 4;
constexpr std::size_t longest_guard = 40;

}  // namespace

ScopeId DecoderSet::scope_of(std::string_view program, int facility) const {
  if (!program.empty()) {
    if (program.front() == '/') program.remove_prefix(program.rfind('/') + 1);
    if (const auto found = programs_.find(program); found != programs_.end()) return found->second;
    for (const auto& [prefix, scope] : prefixes_) {
      if (program.starts_with(prefix)) return scope;
    }
  }
  return facility >= 0 && facility < static_cast<int>(facilities_.size())
             ? facilities_[static_cast<std::size_t>(facility)]
             : 0;
}

class DecoderSetBuilder {
 public:
  DecoderSetBuilder(DecoderSet& set, event::FieldTable& fields, event::LogsourceTable& logsources,
                    base::Errors& errors, base::ScanCompiler& scans)
      : set_(set), fields_(fields), logsources_(logsources), errors_(errors), scans_(scans) {}

  void build(std::span<const base::SourceText> sources,
             const std::shared_ptr<base::DiskCache>& cache) {
    base::YamlForest forest(sources, {}, cache);
    for (std::size_t i = 0; i < sources.size(); ++i) {
      if (auto file = read_decoder(sources[i], forest.take(i), errors_))
        set_.files_.push_back(std::move(*file));
    }
    forest.keep();
    sort_files();
    set_.shapes_.emplace_back();
    // What the code itself sets.
    fields_.intern("tocsin.anomaly");
    intern_audit_names(fields_);
    for (const DecoderFile& file : set_.files_) {
      if (has_room(file)) add_file(file);
    }
    for (BodySorter& sorter : set_.sorters_) sorter.build();
    if (!errors_.empty()) return;
    find_fixed_fields();
    build_scopes();
    build_heads();
    build_guards();
  }

 private:
  void error(const char* code, std::string sentence, const base::Origin& origin) {
    errors_.push_back({code, std::move(sentence), origin});
  }

  // Names of fields are packed into 15 bits, and rules need some too.
  bool has_room(const DecoderFile& file) {
    std::set<std::string> names;
    add_names(file, names);
    std::erase_if(names, [&](const std::string& name) {
      return fields_.find(name).value < event::first_local_field;
    });
    constexpr std::size_t left_to_rules = 4096;
    if (fields_.size() + names.size() + left_to_rules < event::first_local_field) return true;
    error("ingest-17",
          "with those before it, this decoder names too many different fields; divide the decoders",
          file.origin);
    return false;
  }

  static void add_names(const DecoderFile& file, std::set<std::string>& out) {
    const auto add_constants = [&](const ConstantFields& constants) {
      for (const ConstantField& field : constants) out.insert(field.name);
    };
    const auto add_target = [&](const CaptureTarget& target) {
      if (target.type == CaptureType::host) {
        out.insert({target.name + ".ip", target.name + ".address"});
      } else {
        out.insert(target.name);
        if (target.name == "url.original")
          out.insert({"url.domain", "url.path", "url.query", "url.extension"});
      }
    };
    add_constants(file.fields);
    for (const auto& [alias, fields] : file.names) out.insert(fields.begin(), fields.end());
    for (const auto& [given, written] : file.rename) out.insert(given);
    for (const DecoderPattern& pattern : file.patterns) {
      add_constants(pattern.fields);
      for (const CaptureTarget& target : pattern.groups) add_target(target);
      for (const KeyMapping& mapping : pattern.keys) {
        out.insert(mapping.key);
        add_target(mapping.target);
      }
      for (const Join& join : pattern.joins) {
        out.insert(join.name);
        for (const Join::Part& part : join.parts) {
          if (part.is_field) out.insert(part.text);
        }
      }
      for (const BodyWhen& condition : pattern.when) out.insert(condition.name);
      for (const ValueMap& map : pattern.values) {
        out.insert(map.of);
        for (const auto& [text, constants] : map.cases) add_constants(constants);
        add_constants(map.otherwise);
      }
      for (const Pattern& match : pattern.matches) {
        for (const Element& element : match.elements) {
          add_target(element.target);
          for (const Element& inner : element.group) add_target(inner.target);
        }
      }
    }
  }

  void sort_files() {
    auto& files = set_.files_;
    std::stable_sort(files.begin(), files.end(), [](const DecoderFile& a, const DecoderFile& b) {
      const int left = breadth(a), right = breadth(b);
      return left != right ? left < right : a.name < b.name;
    });
    for (std::size_t i = 1; i < files.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (files[i].name != files[j].name) continue;
        error("ingest-14",
              fmt::format("a second decoder `{}`; the other is in {}", files[i].name,
                          files[j].origin.name),
              files[i].origin);
        break;
      }
    }
  }

  event::ShapeId add_shape(const DecoderFile& file, const std::string& pattern,
                           const std::vector<event::Logsource>& logsource,
                           const ConstantFields& constants) {
    const event::ShapeId id{static_cast<std::uint32_t>(set_.shapes_.size())};
    Shape& shape = set_.shapes_.emplace_back();
    shape.decoder = file.name;
    shape.pattern = pattern;
    if (!logsource.empty()) shape.logsource = logsources_.intern(logsource);
    shape.constants = constant_fields(constants);
    return id;
  }

  std::vector<event::Field> constant_fields(const ConstantFields& constants) {
    std::vector<event::Field> out;
    for (const ConstantField& field : constants) {
      if (field.removed) continue;
      out.emplace_back(fields_.intern(field.name), set_.constants_.emplace_back(field.value),
                       field.kind);
    }
    return out;
  }

  void add_file(const DecoderFile& file) {
    files_rules_.emplace_back();
    other_.push_back(event::ShapeId(0));
    if (!file.logsource.empty()) other_.back() = add_shape(file, "", file.logsource, {});
    for (const Unwrapping& unwrapping : file.unwrap) set_.body_names_.add(unwrapping);
    for (const auto& [given, written] : file.rename) {
      fields_.intern(given);
      for (const std::string& name : written) set_.body_names_.add_name(name, given);
    }
    for (const BodyKind kind : file.bodies) {
      if (!file.patterns.empty()) break;
      event::ShapeId& shape = set_.bodies_[static_cast<std::size_t>(kind)];
      if (shape.value != 0) {
        error("ingest-14", "a second decoder for this kind of body", file.origin);
      }
      shape = add_shape(file, "", file.logsource, file.fields);
    }
    for (const DecoderPattern& pattern : file.patterns) add_pattern(file, pattern);
  }

  void add_pattern(const DecoderFile& file, const DecoderPattern& pattern) {
    const event::ShapeId shape = add_shape(file, pattern.name, pattern.logsource, pattern.fields);
    ++set_.pattern_count_;
    if (!pattern.when.empty()) return add_body_rule(file, pattern, shape);
    if (!pattern.regex.empty()) {
      auto regex = RegexExtractor::compile(pattern.regex, pattern.groups);
      if (!regex) {
        error("ingest-21", regex.error().sentence, pattern.origin);
        return;
      }
      Rule& rule = add_rule(file, shape);
      rule.regex = std::move(*regex);
      guards_.back() = pattern.literal;
      finish_rule(rule, pattern, rule.regex->targets());
      return;
    }
    for (const Pattern& match : pattern.matches) {
      Rule& rule = add_rule(file, shape);
      rule.extractor.emplace(match);
      finish_rule(rule, pattern, rule.extractor->targets());
      guard(file, pattern, *rule.extractor);
    }
  }

  Rule& add_rule(const DecoderFile& file, event::ShapeId shape) {
    files_rules_.back().push_back(static_cast<RuleNumber>(set_.rules_.size()));
    guards_.emplace_back();
    Rule& rule = set_.rules_.emplace_back();
    rule.shape = shape;
    rule.bare_literal = file.literal;
    return rule;
  }

  // Notes by which literal the rule is found: one at its head needs no search.
  void guard(const DecoderFile& file, const DecoderPattern& pattern, const Extractor& extractor) {
    if (extractor.head().size() >= head_size) return;
    std::string best;
    for (const std::string& literal : extractor.literals()) {
      if (literal.size() >= 2 && rarity(literal) > rarity(best)) best = literal;
    }
    guards_.back() = best.substr(0, longest_guard);
    const bool any = file.bare || !file.facilities.empty() || names_exactly(file, "*");
    if (best.empty() && any) {
      error("ingest-16",
            fmt::format("`{}` has no literal text of two bytes outside its groups; such a pattern "
                        "needs a decoder that applies to named programs only",
                        pattern.name),
            pattern.origin);
    }
  }

  // A field has one meaning in an event: not a constant and something else too.
  void check_once(const Shape& shape, event::FieldId name, const base::Origin& origin) {
    for (const event::Field& constant : shape.constants) {
      if (constant.name != name) continue;
      error("ingest-15",
            fmt::format("`{0}` is set by `fields:` too; there, `{0}: ~` takes it away",
                        fields_.name(name)),
            origin);
    }
  }

  ValueCases value_cases(const ValueMap& map, const Shape& shape) {
    ValueCases out;
    for (const auto& [text, constants] : map.cases) {
      out.cases.emplace_back(Glob(text), constant_fields(constants));
      for (const event::Field& field : out.cases.back().second) {
        check_once(shape, field.name, map.origin);
      }
    }
    out.otherwise = constant_fields(map.otherwise);
    for (const event::Field& field : out.otherwise) check_once(shape, field.name, map.origin);
    return out;
  }

  void finish_rule(Rule& rule, const DecoderPattern& pattern,
                   const std::vector<CaptureTarget>& targets) {
    const Shape& shape = set_.shapes_[rule.shape.value];
    for (const CaptureTarget& target : targets) {
      rule.slots.push_back(emit_slot(target, fields_));
      const EmitSlot& slot = rule.slots.back();
      if (slot.use == EmitSlot::Use::field || slot.use == EmitSlot::Use::host ||
          slot.use == EmitSlot::Use::url) {
        check_once(shape, slot.name, pattern.origin);
      }
    }
    for (const KeyMapping& mapping : pattern.keys) {
      rule.keys.push_back({mapping.key, emit_slot(mapping.target, fields_)});
    }
    for (const ValueMap& map : pattern.values) {
      CompiledValueMap compiled;
      for (std::size_t i = 0; i < targets.size(); ++i) {
        if (targets[i].name == map.of) compiled.slots.push_back(static_cast<std::uint8_t>(i));
      }
      if (compiled.slots.empty()) continue;
      compiled.cases = value_cases(map, shape);
      rule.values.push_back(std::move(compiled));
    }
  }

  void find_fixed_fields() {
    std::map<event::FieldId, std::int64_t> fixed;  // how many patterns more fix it than read it
    for (const Shape& shape : set_.shapes_) {
      for (const event::Field& field : shape.constants) ++fixed[field.name];
    }
    for (const Rule& rule : set_.rules_) {
      for (const EmitSlot& slot : rule.slots) {
        if (slot.use == EmitSlot::Use::field || slot.use == EmitSlot::Use::host ||
            slot.use == EmitSlot::Use::url) {
          --fixed[slot.name];
        }
      }
    }
    for (const auto& [name, surplus] : fixed) {
      if (surplus > 0) set_.fixed_fields_.push_back(name);
    }
  }

  // ---- structured bodies

  NameGroup names_of(const DecoderFile& file, const std::string& name, BodySorter& sorter) {
    for (const auto& [alias, names] : file.names) {
      if (alias == name) return sorter.add_names(names, fields_);
    }
    return sorter.add_names({name}, fields_);
  }

  void add_body_rule(const DecoderFile& file, const DecoderPattern& pattern, event::ShapeId id) {
    const Shape& shape = set_.shapes_[id.value];
    std::vector<RuleNumber> texts;
    for (const Pattern& match : pattern.matches) {
      // In no scope, since the file names no program.
      texts.push_back(static_cast<RuleNumber>(set_.rules_.size()));
      Rule& text = add_rule(file, id);
      text.extractor.emplace(match);
      finish_rule(text, pattern, text.extractor->targets());
    }
    for (const BodyKind kind : file.bodies) {
      BodySorter& sorter = set_.sorters_[static_cast<std::size_t>(kind)];
      BodyRule rule;
      rule.shape = id;
      rule.texts = texts;
      for (const BodyWhen& when : pattern.when) {
        BodyCondition condition;
        condition.names = names_of(file, when.name, sorter);
        for (const std::string& value : when.values) {
          condition.values.emplace_back(value, Glob::Case::ascii_folded);
        }
        rule.conditions.push_back(std::move(condition));
      }
      for (const KeyMapping& mapping : pattern.keys) {
        const EmitSlot slot = emit_slot(mapping.target, fields_);
        check_once(shape, slot.name, pattern.origin);
        rule.keys.emplace_back(names_of(file, mapping.key, sorter), slot);
      }
      for (const ValueMap& map : pattern.values) {
        rule.values.push_back({names_of(file, map.of, sorter), value_cases(map, shape)});
      }
      for (const Join& join : pattern.joins) {
        const JoinedField& made = rule.joins.emplace_back(join, fields_);
        check_once(shape, made.name(), pattern.origin);
      }
      sorter.add_rule(std::move(rule));
    }
  }

  // ---- scopes

  template <typename Applies>
  ScopeId add_scope(Applies applies) {
    Scope scope;
    scope.members.resize(set_.rules_.size() / 64 + 1);
    bool has_other = false;
    for (std::size_t i = 0; i < set_.files_.size(); ++i) {
      const DecoderFile& file = set_.files_[i];
      if (!applies(file)) continue;
      if (!has_other && other_[i].value != 0) {
        scope.other = other_[i];
        has_other = true;
      }
      scope.complete = scope.complete || (file.complete && breadth(file) < 3);
      for (const RuleNumber rule : files_rules_[i]) {
        scope.members[rule / 64] |= std::uint64_t{1} << (rule % 64);
        if (has_head(rule)) continue;
        if (guards_[rule].empty()) {
          scope.unguarded.push_back(rule);
        } else {
          scope.scans = true;
        }
      }
    }
    set_.scopes_.push_back(std::move(scope));
    return static_cast<ScopeId>(set_.scopes_.size() - 1);
  }

  [[nodiscard]] bool has_head(RuleNumber rule) const {
    const auto& extractor = set_.rules_[rule].extractor;
    return extractor && extractor->head().size() >= head_size;
  }

  void build_scopes() {
    const auto everywhere = [](const DecoderFile& file) { return names_exactly(file, "*"); };
    add_scope(everywhere);
    for (const DecoderFile& file : set_.files_) {
      for (const std::string& name : file.programs) {
        if (name == "*") continue;
        const bool prefix = name.ends_with('*');
        const std::string_view stem = std::string_view(name).substr(0, name.size() - prefix);
        if (prefix) {
          if (std::any_of(set_.prefixes_.begin(), set_.prefixes_.end(),
                          [&](const auto& row) { return row.first == stem; })) {
            continue;
          }
        } else if (set_.programs_.contains(name)) {
          continue;
        }
        const ScopeId scope = add_scope([&](const DecoderFile& other) {
          return everywhere(other) || (!prefix && names_exactly(other, stem)) ||
                 covers_by_prefix(other, stem);
        });
        if (prefix) {
          set_.prefixes_.emplace_back(stem, scope);
        } else {
          set_.programs_.emplace(name, scope);
        }
      }
    }
    std::stable_sort(set_.prefixes_.begin(), set_.prefixes_.end(),
                     [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
    for (std::size_t facility = 0; facility < set_.facilities_.size(); ++facility) {
      const auto named = [&](const DecoderFile& file) {
        return std::find(file.facilities.begin(), file.facilities.end(),
                         static_cast<int>(facility)) != file.facilities.end();
      };
      if (std::none_of(set_.files_.begin(), set_.files_.end(), named)) continue;
      set_.facilities_[facility] =
          add_scope([&](const DecoderFile& file) { return everywhere(file) || named(file); });
    }
    set_.bare_ = add_scope([](const DecoderFile& file) { return file.bare; });
  }

  // ---- look-up tables

  void build_heads() {
    std::map<std::uint64_t, std::vector<RuleNumber>> table;
    for (ScopeId scope = 0; scope < set_.scopes_.size(); ++scope) {
      for (RuleNumber rule = 0; rule < set_.rules_.size(); ++rule) {
        if (!set_.scopes_[scope].has(rule) || !has_head(rule)) continue;
        std::uint32_t head;
        std::memcpy(&head, set_.rules_[rule].extractor->head().data(), sizeof head);
        table[std::uint64_t{scope} << 32U | head].push_back(rule);
      }
    }
    const std::size_t slots = std::bit_ceil(table.size() * 3 + 2);
    set_.heads_.resize(slots);
    set_.head_shift_ = 64U - static_cast<unsigned>(std::countr_zero(slots));
    for (const auto& [key, rules] : table) {
      std::size_t at = set_.head_place(key);
      while (set_.heads_[at].count != 0) at = (at + 1) & (slots - 1);
      set_.heads_[at] = {key, static_cast<std::uint32_t>(set_.head_rules_.size()),
                         static_cast<std::uint32_t>(rules.size())};
      const Extractor* before = nullptr;
      for (const RuleNumber rule : rules) {
        const Extractor& own = *set_.rules_[rule].extractor;
        const std::size_t shared = before == nullptr ? 0 : own.shared_steps(*before);
        set_.head_rules_.push_back({rule, static_cast<std::uint32_t>(shared)});
        before = &own;
      }
    }
  }

  void build_guards() {
    std::map<std::string, std::vector<RuleNumber>> table;
    for (RuleNumber rule = 0; rule < set_.rules_.size(); ++rule) {
      if (!guards_[rule].empty()) table[guards_[rule]].push_back(rule);
    }
    std::vector<std::string> literals;
    for (const auto& [literal, rules] : table) {
      literals.push_back(literal);
      set_.guard_first_.push_back(static_cast<std::uint32_t>(set_.guarded_.size()));
      set_.guarded_.insert(set_.guarded_.end(), rules.begin(), rules.end());
    }
    set_.guard_first_.push_back(static_cast<std::uint32_t>(set_.guarded_.size()));
    auto database = LiteralDatabase::compile(literals, scans_);
    if (!database) {
      errors_.push_back(std::move(database).error());
      return;
    }
    set_.literals_ = std::move(*database);
  }

  DecoderSet& set_;
  event::FieldTable& fields_;
  event::LogsourceTable& logsources_;
  base::Errors& errors_;
  base::ScanCompiler& scans_;
  std::vector<std::vector<RuleNumber>> files_rules_;  // by file
  std::vector<event::ShapeId> other_;                 // by file
  std::vector<std::string> guards_;                   // by rule; empty: its head, or none
};

std::shared_ptr<const DecoderSet> DecoderSet::compile(
    std::span<const base::SourceText> sources, event::FieldTable& fields,
    event::LogsourceTable& logsources, base::Errors& errors, base::ScanCompiler* scans,
    const std::shared_ptr<base::DiskCache>& cache) {
  base::ScanCompiler own;
  auto set = std::make_shared<DecoderSet>();
  const std::size_t before = errors.size();
  base::Errors found;
  DecoderSetBuilder(*set, fields, logsources, found, scans != nullptr ? *scans : own)
      .build(sources, cache);
  errors.insert(errors.end(), std::make_move_iterator(found.begin()),
                std::make_move_iterator(found.end()));
  if (errors.size() != before) return nullptr;
  set->own_logsource_ = logsources.intern({{"", "tocsin", "audit"}});
  return set;
}

}  // namespace tocsin::ingest
