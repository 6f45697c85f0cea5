#include "rules/condition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/text.hpp"
#include "base/wildcard.hpp"
#include "rules/diagnostics.hpp"

namespace tocsin::rules {

namespace {

using base::YamlNode;

constexpr unsigned most_levels = 64;
constexpr std::size_t most_terms = 10'000;

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '*';
}

bool is_aggregation(std::string_view word) {
  return word == "count" || word == "sum" || word == "min" || word == "max" || word == "avg";
}

struct Token {
  std::string_view text;  // empty at the end
  std::size_t offset = 0;
};

class Parser {
 public:
  // `terms` counts those of all texts of a detection.
  Parser(const YamlNode& node, const std::vector<std::string>& names, std::size_t& terms,
         const OldRule& rule, ConditionOver over, Diagnostics& out)
      : node_(node),
        text_(node.text),
        names_(names),
        terms_(terms),
        rule_(rule),
        over_(over),
        out_(out) {
    next();
  }

  std::optional<Condition> parse() {
    auto condition = parse_or(0);
    if (!condition) return std::nullopt;
    if (!token_.text.empty()) {
      fail("rules-31", token_.offset, after_end());
      return std::nullopt;
    }
    return condition;
  }

 private:
  void fail(const char* code, std::size_t offset, std::string sentence) {
    out_.error(code, out_.inside(node_, offset), std::move(sentence));
  }

  void next() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t'))
      ++at_;
    const std::size_t start = at_;
    if (at_ < text_.size() && is_name_char(text_[at_])) {
      while (at_ < text_.size() && is_name_char(text_[at_])) ++at_;
    } else if (at_ < text_.size()) {
      at_ += std::max<std::size_t>(1, base::utf8_length(text_.substr(at_)));
    }
    token_ = {text_.substr(start, at_ - start), start};
  }

  [[nodiscard]] std::string after_end() const {
    if (token_.text == "|" && over_ == ConditionOver::selections) {
      OldRule rule = rule_;
      rule.condition = text_.substr(0, text_.find_last_not_of(" \n\t", token_.offset - 1) + 1);
      return correlation_instead(text_.substr(token_.offset + 1), rule);
    }
    if (token_.text == ")") return "this `)` closes nothing";
    return fmt::format("`and` or `or` was expected before `{}`", base::printable(token_.text));
  }

  std::optional<Condition> parse_or(unsigned level) {
    return parse_list(level, "or", Condition::Kind::any_of);
  }

  std::optional<Condition> parse_list(unsigned level, std::string_view word, Condition::Kind kind) {
    Condition list{kind, {}, 0};
    while (true) {
      auto term = kind == Condition::Kind::any_of
                      ? parse_list(level, "and", Condition::Kind::all_of)
                      : parse_not(level);
      if (!term) return std::nullopt;
      list.children.push_back(std::move(*term));
      if (token_.text != word) break;
      next();
    }
    if (list.children.size() == 1) return std::move(list.children[0]);
    return list;
  }

  std::optional<Condition> parse_not(unsigned level) {
    if (level > most_levels) {
      fail("rules-36", token_.offset, "nested deeper than 64 levels");
      return std::nullopt;
    }
    if (token_.text != "not") return parse_atom(level);
    next();
    auto inner = parse_not(level + 1);
    if (!inner) return std::nullopt;
    Condition condition{Condition::Kind::negation, {}, 0};
    condition.children.push_back(std::move(*inner));
    return condition;
  }

  std::optional<Condition> parse_atom(unsigned level) {
    const Token start = token_;
    if (start.text == "(") {
      next();
      auto inner = parse_or(level + 1);
      if (!inner) return std::nullopt;
      if (token_.text != ")") {
        fail("rules-32", token_.offset,
             token_.text.empty() ? "a `)` is missing at the end" : after_end());
        return std::nullopt;
      }
      next();
      return inner;
    }
    if (start.text.empty()) {
      fail("rules-31", start.offset,
           fmt::format("the condition ends where a {} was expected", noun()));
      return std::nullopt;
    }
    if (!is_name_char(start.text[0]) || start.text == "and" || start.text == "or" ||
        start.text == "of" || start.text == "them") {
      fail("rules-31", start.offset,
           start.text == "|" ? after_end()
                             : fmt::format("a {} was expected instead of `{}`", noun(),
                                           base::printable(start.text)));
      return std::nullopt;
    }
    next();
    if (token_.text == "of") return parse_of(start);
    return named(start);
  }

  std::optional<Condition> parse_of(const Token& quantifier) {
    if (over_ == ConditionOver::rules) {
      fail("rules-33", quantifier.offset, "`of` is for selections; join rules by `and` and `or`");
      return std::nullopt;
    }
    if (quantifier.text != "1" && quantifier.text != "any" && quantifier.text != "all") {
      fail("rules-33", quantifier.offset,
           fmt::format("`{} of` is not Sigma; only 1 of, any of, all of",
                       base::printable(quantifier.text)));
      return std::nullopt;
    }
    next();
    const Token what = token_;
    if (what.text.empty() || !is_name_char(what.text[0])) {
      fail("rules-31", what.offset, "`them` or a pattern of selection names was expected");
      return std::nullopt;
    }
    next();
    Condition condition{
        quantifier.text == "all" ? Condition::Kind::all_of : Condition::Kind::any_of, {}, 0};
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const std::string& name = names_[i];
      const bool hidden = name.starts_with('_') && !what.text.starts_with('_');
      if (!hidden && (what.text == "them" || base::fits_wildcards(what.text, name)))
        condition.children.push_back({Condition::Kind::selection, {}, i});
    }
    terms_ += condition.children.size();
    if (condition.children.empty()) {
      fail("rules-34", what.offset,
           fmt::format("no selection is called `{}`", base::printable(what.text)));
      return std::nullopt;
    }
    return within_limit(std::move(condition), what);
  }

  std::optional<Condition> named(const Token& name) {
    const auto found = std::ranges::find(names_, name.text);
    ++terms_;
    if (found != names_.end()) {
      return within_limit(
          {Condition::Kind::selection, {}, static_cast<std::size_t>(found - names_.begin())}, name);
    }
    if (over_ == ConditionOver::selections && token_.text == "(" && is_aggregation(name.text)) {
      fail("rules-31", name.offset, correlation_instead(text_.substr(name.offset), rule_));
      return std::nullopt;
    }
    const std::vector<std::string_view> known(names_.begin(), names_.end());
    const std::string_view near = base::nearest(name.text, known);
    std::string sentence =
        over_ == ConditionOver::rules
            ? fmt::format("`rules` does not list `{}`", base::printable(name.text))
            : fmt::format("no selection is called `{}`", base::printable(name.text));
    if (name.text == "AND" || name.text == "OR" || name.text == "NOT") {
      sentence = fmt::format("`{}` must be written in lower case", name.text);
    } else if (name.text.find('*') != std::string_view::npos) {
      sentence += "; patterns go with `1 of` or `all of`";
    } else if (name.text == "write" && over_ == ConditionOver::selections) {
      sentence += "; what one event tells another is a correlation rule, as temporal_ordered";
    } else if (!near.empty()) {
      sentence += fmt::format("; did you mean `{}`?", near);
    }
    fail("rules-34", name.offset, std::move(sentence));
    return std::nullopt;
  }

  std::optional<Condition> within_limit(Condition condition, const Token& token) {
    if (terms_ <= most_terms) return condition;
    fail("rules-36", token.offset, "the condition has more than 10000 terms");
    return std::nullopt;
  }

  [[nodiscard]] std::string_view noun() const {
    return over_ == ConditionOver::rules ? "rule" : "selection";
  }

  const YamlNode& node_;
  std::string_view text_;
  const std::vector<std::string>& names_;
  std::size_t& terms_;
  const OldRule& rule_;
  ConditionOver over_;
  Diagnostics& out_;
  std::size_t at_ = 0;
  Token token_;
};

}  // namespace

Condition read_condition(const YamlNode& node, const std::vector<std::string>& names,
                         Diagnostics& out, const OldRule& rule, ConditionOver over) {
  Condition any{Condition::Kind::any_of, {}, 0};
  std::size_t terms = 0;
  const auto add = [&](const YamlNode& text) {
    if (!text.is_scalar() || text.text.empty()) {
      out.error("rules-30", out.at(text), "the condition must be text, and not empty");
      return;
    }
    if (auto condition = Parser(text, names, terms, rule, over, out).parse())
      any.children.push_back(std::move(*condition));
  };
  if (!node.is_sequence()) {
    add(node);
  } else {
    for (const YamlNode& item : node.items) add(item);
    if (node.items.empty()) out.error("rules-30", out.at(node), "the condition is empty");
  }
  if (any.children.size() == 1) return std::move(any.children[0]);
  return any;
}

}  // namespace tocsin::rules
