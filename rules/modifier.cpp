#include "rules/modifier.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <optional>
#include <string_view>

#include "base/text.hpp"
#include "rules/diagnostics.hpp"
#include "rules/encoding.hpp"
#include "rules/placeholder.hpp"

namespace tocsin::rules {

namespace {

using base::YamlNode;

enum class Modifier : std::uint8_t {
  contains,
  startswith,
  endswith,
  all,
  cased,
  neq,
  exists,
  re,
  ignore_case,
  multiline,
  dot_all,
  cidr,
  lt,
  lte,
  gt,
  gte,
  windash,
  wide,
  utf16be,
  utf16,
  base64,
  base64offset,
  fieldref,
  minute,
  hour,
  day,
  week,
  month,
  year,
  expand,
};

// What one value may become: chains of modifiers (`windash|windash`, `wide|wide`) grow as powers.
constexpr std::size_t most_variants = 1000;
constexpr std::size_t most_variant_bytes = 256 * 1024;

struct ModifierRow {
  std::string_view name;
  Modifier modifier;
};

constexpr auto modifier_rows = std::to_array<ModifierRow>({
    {"contains", Modifier::contains}, {"startswith", Modifier::startswith},
    {"endswith", Modifier::endswith}, {"all", Modifier::all},
    {"cased", Modifier::cased},       {"neq", Modifier::neq},
    {"exists", Modifier::exists},     {"re", Modifier::re},
    {"i", Modifier::ignore_case},     {"ignorecase", Modifier::ignore_case},
    {"m", Modifier::multiline},       {"multiline", Modifier::multiline},
    {"s", Modifier::dot_all},         {"dotall", Modifier::dot_all},
    {"cidr", Modifier::cidr},         {"lt", Modifier::lt},
    {"lte", Modifier::lte},           {"gt", Modifier::gt},
    {"gte", Modifier::gte},           {"windash", Modifier::windash},
    {"wide", Modifier::wide},         {"utf16le", Modifier::wide},
    {"utf16be", Modifier::utf16be},   {"utf16", Modifier::utf16},
    {"base64", Modifier::base64},     {"base64offset", Modifier::base64offset},
    {"fieldref", Modifier::fieldref}, {"expand", Modifier::expand},
    {"minute", Modifier::minute},     {"hour", Modifier::hour},
    {"day", Modifier::day},           {"week", Modifier::week},
    {"month", Modifier::month},       {"year", Modifier::year},
});

struct Step {
  Modifier modifier;
  std::string_view name;
  std::size_t offset;  // in the key
};

// 2026-01-31, also with a time: PyYAML makes a date of it, which pySigma refuses.
bool is_yaml_date(std::string_view text) {
  if (text.size() < 8) return false;
  std::size_t at = 0;
  const auto digits = [&](std::size_t least, std::size_t most) {
    std::size_t n = 0;
    while (at < text.size() && n < most && text[at] >= '0' && text[at] <= '9') ++at, ++n;
    return n >= least;
  };
  const auto dash = [&] { return at < text.size() && text[at++] == '-'; };
  if (!digits(4, 4) || !dash() || !digits(1, 2) || !dash() || !digits(1, 2)) return false;
  return at == text.size() || text[at] == 'T' || text[at] == 't' || text[at] == ' ';
}

class ItemReader {
 public:
  ItemReader(const YamlNode::Member* member, ListUse& lists, Diagnostics& out)
      : member_(member), lists_(lists), out_(out) {}

  Item read(const YamlNode& values) {
    if (member_ != nullptr) {
      item_.place = {member_->line, member_->column};
      if (!read_key()) return std::move(item_);
    } else {
      item_.place = {values.line, values.column};
    }
    if (values.is_sequence()) {
      item_.values.reserve(values.items.size());
      for (const YamlNode& value : values.items) add(value);
      if (values.items.empty()) add_empty(values);
      if (values.items.size() == 1 && item_.all) warn_single();
    } else {
      add(values);
      if (item_.all) warn_single();
    }
    return std::move(item_);
  }

 private:
  bool read_key() {
    const std::string_view key = member_->key;
    std::size_t bar = key.find('|');
    const std::string_view field = key.substr(0, bar);
    if (!field.empty()) item_.field = std::string(field);
    while (bar != std::string_view::npos) {
      const std::size_t start = bar + 1;
      bar = key.find('|', start);
      const std::string_view name =
          key.substr(start, bar == std::string_view::npos ? bar : bar - start);
      if (!add_step(name, start)) return false;
    }
    return check_steps();
  }

  bool add_step(std::string_view name, std::size_t offset) {
    for (const ModifierRow& row : modifier_rows) {
      if (row.name != name) continue;
      steps_.push_back({row.modifier, row.name, offset});
      return true;
    }
    std::vector<std::string_view> names(modifier_rows.size());
    std::ranges::transform(modifier_rows, names.begin(), &ModifierRow::name);
    const std::string_view near = base::nearest(name, names);
    out_.error("rules-20", out_.inside(*member_, offset),
               near.empty() ? fmt::format("`{}` is no modifier", base::printable(name))
                            : fmt::format("`{}` is no modifier; did you mean `{}`?",
                                          base::printable(name), near));
    return false;
  }

  bool misplaced(const Step& step, std::string_view why) {
    out_.error("rules-20", out_.inside(*member_, step.offset),
               fmt::format("the modifier `{}` {}", step.name, why));
    return false;
  }

  // What depends on the list of modifiers alone.
  bool check_steps() {
    bool after_re = false;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      const Step& step = steps_[i];
      switch (step.modifier) {
        case Modifier::re:
          if (i != 0) return misplaced(step, "must be the first one");
          after_re = true;
          break;
        case Modifier::cidr:
          if (i > 1 || (i == 1 && steps_[0].modifier != Modifier::expand))
            return misplaced(step, "must be the first one, but for `expand`");
          break;
        case Modifier::ignore_case:
        case Modifier::multiline:
        case Modifier::dot_all:
          if (!after_re) return misplaced(step, "only goes with `re`");
          break;
        case Modifier::minute:
        case Modifier::hour:
        case Modifier::day:
        case Modifier::week:
        case Modifier::month:
        case Modifier::year:
          if (i != 0) return misplaced(step, "must be the first one");
          if (!item_.field) return misplaced(step, "needs a field");
          break;
        case Modifier::fieldref:
          if (i != 0) return misplaced(step, "must be the first one");
          if (!item_.field) return misplaced(step, "needs a field");
          break;
        case Modifier::exists:
          if (steps_.size() != 1) return misplaced(step, "must be the only one");
          if (!item_.field) return misplaced(step, "needs a field");
          break;
        case Modifier::all:
          item_.all = true;
          break;
        case Modifier::neq:
          item_.negated = true;
          break;
        case Modifier::cased:
          if (after_re) return misplaced(step, "has no meaning for `re`, which minds the case");
          item_.cased = true;
          break;
        default:
          break;
      }
    }
    return true;
  }

  void warn_single() {
    if (member_ == nullptr) return;
    out_.warn("rules-70", out_.at(*member_), "`all` has no effect on a single value");
  }

  void add_empty(const YamlNode& values) {
    if (!item_.field) {
      out_.error("rules-25", out_.at(values), "the list of keywords is empty");
      return;
    }
    item_.values.emplace_back();
  }

  void add(const YamlNode& node) {
    auto value = scalar(node);
    if (!value) return;
    for (const Step& step : steps_) {
      if (!apply(step, node, *value)) return;
    }
    if (!item_.field && !finish_keyword(node, *value)) return;
    if (value->kind == Value::Kind::regex && !check_regex(node, *value)) return;
    item_.values.push_back(std::move(*value));
    std::ranges::move(more_, std::back_inserter(item_.values));
    more_.clear();
  }

  bool refuse_type(const YamlNode& node, std::string_view what) {
    out_.error("rules-22", out_.at(node), fmt::format("{} cannot be a value of a selection", what));
    return false;
  }

  // YAML 1.1 scalars to values, before any modifier.
  std::optional<Value> scalar(const YamlNode& node) {
    Value value;
    if (node.is_map() || node.is_sequence()) {
      refuse_type(node, node.is_map() ? "a map" : "a list inside a list");
      return std::nullopt;
    }
    if (node.is_null()) {
      return value;
    }
    const bool is_regex = !steps_.empty() && steps_.front().modifier == Modifier::re;
    if (const auto flag = node.as_bool()) {
      if (node.text.size() < 4 || node.text == "off" || node.text == "OFF" || node.text == "Off") {
        warn_ambiguous(node, *flag ? "true" : "false");
      }
      value.kind = Value::Kind::text;
      value.flag = true;  // a boolean, for `exists`
      value.patterns.push_back(plain_pattern(*flag ? "true" : "false"));
      return value;
    }
    if (const auto whole = node.as_integer()) {
      if (base::parse_integer(node.text) != *whole) warn_ambiguous(node, std::to_string(*whole));
      value.kind = Value::Kind::number;
      value.number = {true, *whole, 0};
      return value;
    }
    if (const auto real = node.as_float()) return real_value(node, *real, std::move(value));
    if (!node.quoted && is_yaml_date(node.text)) {
      out_.error("rules-22", out_.at(node),
                 fmt::format("`{}` is a date in YAML, which cannot be a value; put it in quotes",
                             base::printable(node.text)));
      return std::nullopt;
    }
    value.kind = Value::Kind::text;
    // A regular expression is raw text; its backslashes are its own.
    value.patterns.push_back(is_regex ? plain_pattern(node.text) : parse_pattern(node.text));
    return value;
  }

  void warn_ambiguous(const YamlNode& node, std::string_view meaning) {
    out_.warn("rules-71", out_.at(node),
              fmt::format("`{}` without quotes means {} in YAML 1.1", base::printable(node.text),
                          meaning));
  }

  std::optional<Value> real_value(const YamlNode& node, double real, Value value) {
    if (!std::isfinite(real)) {
      refuse_type(node, "an infinite number");
      return std::nullopt;
    }
    value.kind = Value::Kind::number;
    const bool is_whole = real == std::floor(real) && std::fabs(real) < 9e15;
    value.number = {is_whole, is_whole ? static_cast<std::int64_t>(real) : 0, is_whole ? 0 : real};
    return value;
  }

  bool mismatch(const Step& step, const YamlNode& node, std::string_view needs) {
    out_.error("rules-21", out_.at(node),
               fmt::format("the modifier `{}` needs {}", step.name, needs));
    return false;
  }

  bool apply(const Step& step, const YamlNode& node, Value& value) {
    const bool is_boolean = value.kind == Value::Kind::text && value.flag;
    const bool is_text = value.kind == Value::Kind::text && !is_boolean;
    switch (step.modifier) {
      case Modifier::all:
      case Modifier::neq:
        return true;
      case Modifier::exists:
        if (!is_boolean) return mismatch(step, node, "true or false");
        value.kind = Value::Kind::exists;
        value.flag = value.patterns[0].plain() == "true";
        return true;
      case Modifier::lt:
      case Modifier::lte:
      case Modifier::gt:
      case Modifier::gte:
        if (value.kind != Value::Kind::number) return mismatch(step, node, "a number");
        value.kind = Value::Kind::comparison;
        value.comparison = step.modifier == Modifier::lt    ? Comparison::lt
                           : step.modifier == Modifier::lte ? Comparison::lte
                           : step.modifier == Modifier::gt  ? Comparison::gt
                                                            : Comparison::gte;
        return true;
      case Modifier::minute:
      case Modifier::hour:
      case Modifier::day:
      case Modifier::week:
      case Modifier::month:
      case Modifier::year:
        if (value.kind != Value::Kind::number) return mismatch(step, node, "a number");
        value.date_part = static_cast<DatePart>(1 + static_cast<int>(step.modifier) -
                                                static_cast<int>(Modifier::minute));
        return true;
      case Modifier::cidr:
        return is_text ? apply_cidr(step, node, value) : mismatch(step, node, "text");
      case Modifier::re:
        if (!is_text) return mismatch(step, node, "text; put the value in quotes");
        value.kind = Value::Kind::regex;
        value.regex.text = node.text;
        return true;
      case Modifier::fieldref:
        if (!is_text || !is_plain(value.patterns[0]))
          return mismatch(step, node, "the name of a field, without wildcards");
        value.kind = Value::Kind::reference;
        value.other = value.patterns[0].plain();
        return true;
      case Modifier::ignore_case:
        value.regex.ignore_case = true;
        return true;
      case Modifier::multiline:
        value.regex.multiline = true;
        return true;
      case Modifier::dot_all:
        value.regex.dot_all = true;
        return true;
      case Modifier::contains:
      case Modifier::startswith:
      case Modifier::endswith:
        if (value.kind == Value::Kind::regex) return anchor(step, value);
        if (value.kind == Value::Kind::reference) return relate(step, value);
        return is_text ? open(step, value) : mismatch(step, node, "text; put the value in quotes");
      case Modifier::expand:
        return expand(step, node, value);
      case Modifier::cased:
        return is_text || value.kind == Value::Kind::reference ||
               mismatch(step, node, "text; put the value in quotes");
      default:
        return is_text ? encode(step, node, value)
                       : mismatch(step, node, "text; put the value in quotes");
    }
  }

  bool missing_list(const YamlNode& node, const std::string& name) {
    const std::size_t offset = node.text.find('%' + name + '%');
    out_.error("rules-24", offset == std::string::npos ? out_.at(node) : out_.inside(node, offset),
               lists_.refusal(name));
    return false;
  }

  bool expand(const Step& step, const YamlNode& node, Value& value) {
    if (value.kind == Value::Kind::regex) {
      ExpandedRegex made = expanded_regex(value.regex.text, lists_);
      value.regex.text = std::move(made.text);
      return made.missing.empty() || missing_list(node, made.missing);
    }
    if (value.kind != Value::Kind::text || value.flag)
      return mismatch(step, node, "text; put the value in quotes");
    std::vector<Pattern> all;
    for (const Pattern& pattern : value.patterns) {
      Expanded made = expanded(pattern, lists_);
      if (!made.missing.empty()) return missing_list(node, made.missing);
      std::ranges::move(made.patterns, std::back_inserter(all));
      if (made.is_too_much || all.size() > most_expanded)
        return mismatch(step, node, "shorter lists, or fewer of them: it makes too much");
    }
    value.patterns = std::move(all);
    is_expanded_ = true;
    return true;
  }

  bool apply_cidr(const Step& step, const YamlNode& node, Value& value) {
    const std::vector<Pattern> written = std::move(value.patterns);
    value.patterns.clear();
    if (item_.all && written.size() > 1)
      return mismatch(step, node, "lists of one value, where all are asked for");
    for (const Pattern& one : written) {
      const auto network = one.has_wildcards() ? std::nullopt : parse_network(one.plain());
      if (!network) {
        return mismatch(step, node,
                        "a network such as 10.0.0.0/8, with no bit set behind its prefix");
      }
      Value& made = &one == &written.front() ? value : more_.emplace_back(value);
      made.kind = Value::Kind::network;
      made.network = *network;
    }
    return true;
  }

  // `re` searches; startswith and endswith tie it to an end.
  static bool anchor(const Step& step, Value& value) {
    if (step.modifier == Modifier::startswith) value.regex.text = "\\A(?:" + value.regex.text + ")";
    if (step.modifier == Modifier::endswith) value.regex.text = "(?:" + value.regex.text + ")\\z";
    return true;
  }

  static bool is_plain(const Pattern& pattern) {
    return pattern.parts.size() == 1 && pattern.parts[0].kind == PatternPart::Kind::text;
  }

  static bool relate(const Step& step, Value& value) {
    const Relation asked = step.modifier == Modifier::startswith ? Relation::begins_with
                           : step.modifier == Modifier::endswith ? Relation::ends_with
                                                                 : Relation::contains;
    // Both ends open, as with a text.
    const bool one = value.relation == Relation::equals || value.relation == asked;
    value.relation = one ? asked : Relation::contains;
    return true;
  }

  static bool open(const Step& step, Value& value) {
    for (Pattern& pattern : value.patterns) {
      if (step.modifier != Modifier::startswith) pattern.open_front();
      if (step.modifier != Modifier::endswith) pattern.open_back();
    }
    return true;
  }

  // Modifiers that change the text itself, or make several of it.
  bool encode(const Step& step, const YamlNode& node, Value& value) {
    std::vector<Pattern> made;
    std::size_t bytes = 0;
    for (const Pattern& pattern : value.patterns) {
      std::optional<std::vector<Pattern>> some;
      switch (step.modifier) {
        case Modifier::windash:
          some = windash_variants(pattern);
          break;
        case Modifier::wide:
          some = utf16_encoded(pattern, Utf16::little_endian);
          break;
        case Modifier::utf16be:
          some = utf16_encoded(pattern, Utf16::big_endian);
          break;
        case Modifier::utf16:
          some = utf16_encoded(pattern, Utf16::marked);
          break;
        case Modifier::base64:
          some = base64_encoded(pattern);
          break;
        case Modifier::base64offset:
          some = base64_offsets(pattern);
          break;
        default:
          some = std::vector<Pattern>{pattern};
          break;
      }
      if (!some) return mismatch(step, node, refusal(step.modifier));
      for (const Pattern& one : *some) {
        for (const PatternPart& part : one.parts) bytes += part.text.size();
      }
      made.insert(made.end(), some->begin(), some->end());
      if (made.size() > (is_expanded_ ? most_expanded : most_variants) ||
          bytes > (is_expanded_ ? most_expanded_bytes : most_variant_bytes))
        return mismatch(step, node, "a shorter text, or fewer such modifiers: it makes too much");
    }
    value.patterns = std::move(made);
    return true;
  }

  static std::string_view refusal(Modifier modifier) {
    if (modifier == Modifier::windash) return "fewer dashes: too many variants";
    return modifier == Modifier::base64 || modifier == Modifier::base64offset
               ? "text without wildcards, and not empty"
               : "UTF-8 text";
  }

  // A keyword is searched for: anywhere in any value.
  bool finish_keyword(const YamlNode& node, Value& value) {
    if (value.kind == Value::Kind::number) {
      value.kind = Value::Kind::text;
      value.patterns = {
          plain_pattern(value.number.is_whole ? std::to_string(value.number.whole) : node.text)};
    }
    if (value.kind == Value::Kind::text) {
      for (Pattern& pattern : value.patterns) {
        pattern.open_front();
        pattern.open_back();
      }
      return true;
    }
    if (value.kind == Value::Kind::regex) return true;
    out_.error("rules-22", out_.at(node), "a keyword must be text or a number");
    return false;
  }

  bool check_regex(const YamlNode& node, const Value& value) {
    const auto fault = fault_of(value.regex);
    if (!fault) return true;
    out_.error("rules-23", out_.at(node),
               fmt::format("the regular expression cannot be used: {}", base::printable(*fault)));
    return false;
  }

  const YamlNode::Member* member_;
  ListUse& lists_;
  Diagnostics& out_;
  std::vector<Step> steps_;
  std::vector<Value> more_;   // besides the one being made: networks of a value list
  bool is_expanded_ = false;  // by value lists, which may be long
  Item item_;
};

}  // namespace

Item read_item(const YamlNode::Member& member, ListUse& lists, Diagnostics& out) {
  ItemReader reader(&member, lists, out);
  Item item = reader.read(member.value);
  if (item.values.size() > 1 && !item.all) {
    for (const YamlNode& value : member.value.items) {
      if (value.is_null())
        out.warn("rules-72", out.at(value), "null in a list of values; write it as its own item");
    }
  }
  return item;
}

Item read_keywords(const YamlNode& node, ListUse& lists, Diagnostics& out) {
  return ItemReader(nullptr, lists, out).read(node);
}

}  // namespace tocsin::rules
