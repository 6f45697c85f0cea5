#include "rules/aggregation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.hpp"

namespace tocsin::rules {

namespace {

// search | function(field) by group, group > number
// search | near a and b and not c
struct Aggregation {
  std::string function;
  std::string field;
  std::vector<std::string> groups;
  std::string operation;
  std::string number;
  std::vector<std::string> near;
  bool is_excluding = false;  // near ... and not
  bool is_whole = false;
};

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) { next(); }

  Aggregation read() {
    out_.function = take();
    if (out_.function == "near") {
      read_near();
      return out_;
    }
    if (word_ == "(") {
      next();
      if (word_ != ")") out_.field = take();
      if (word_ == ")") next();
    }
    while (word_ == "by" || word_ == "per" || word_ == ",") {
      next();
      if (!word_.empty()) out_.groups.push_back(take());
    }
    out_.operation = take();
    out_.number = take();
    out_.is_whole = !out_.number.empty();
    return out_;
  }

 private:
  void read_near() {
    bool is_negated = false;
    while (!word_.empty()) {
      const std::string word = take();
      if (word == "not") {
        is_negated = out_.is_excluding = true;
      } else if (word != "and" && word != "or" && word != "(" && word != ")") {
        if (!is_negated) out_.near.push_back(word);
        is_negated = false;
      }
    }
    out_.is_whole = !out_.near.empty();
  }

  std::string take() {
    std::string word(word_);
    next();
    return word;
  }

  void next() {
    const auto is_mark = [](char c) { return c == '(' || c == ')' || c == ','; };
    const auto is_sign = [](char c) { return c == '<' || c == '>' || c == '='; };
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    const std::size_t start = at_;
    if (at_ < text_.size() && is_mark(text_[at_])) {
      ++at_;
    } else if (at_ < text_.size() && is_sign(text_[at_])) {
      while (at_ < text_.size() && is_sign(text_[at_])) ++at_;
    } else {
      while (at_ < text_.size() && text_[at_] != ' ' && text_[at_] != '\n' &&
             !is_mark(text_[at_]) && !is_sign(text_[at_])) {
        ++at_;
      }
    }
    word_ = text_.substr(start, at_ - start);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string_view word_;
  Aggregation out_;
};

std::string_view type_of(const Aggregation& asked) {
  if (asked.function == "count") return asked.field.empty() ? "event_count" : "value_count";
  if (asked.function == "sum") return "value_sum";
  if (asked.function == "avg") return "value_avg";
  return "";
}

std::string_view operator_of(std::string_view sign) {
  constexpr std::array<std::array<std::string_view, 2>, 6> signs = {
      {{">", "gt"}, {">=", "gte"}, {"<", "lt"}, {"<=", "lte"}, {"=", "eq"}, {"==", "eq"}}};
  for (const auto& [written, name] : signs) {
    if (sign == written) return name;
  }
  return "";
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

std::string timespan_of(const OldRule& rule) {
  return rule.timeframe.empty() ? std::string("HOW LONG") : base::printable(rule.timeframe);
}

std::string near_instead(const Aggregation& asked, const OldRule& rule) {
  std::vector<std::string> rules{rule.condition};
  rules.insert(rules.end(), asked.near.begin(), asked.near.end());
  return fmt::format(
      "`near` is no longer Sigma: make a rule of its own, with a name, of each selection, and "
      "write "
      "`correlation: {{type: temporal, rules: [{}], group-by: [FIELD], timespan: {}}}`{}",
      base::printable(joined(rules)), timespan_of(rule),
      asked.is_excluding ? "; what stands behind `not` goes into the rule that it excludes" : "");
}

}  // namespace

std::string correlation_instead(std::string_view text, const OldRule& rule) {
  const Aggregation asked = Reader(text).read();
  if (asked.function == "near" && asked.is_whole) return near_instead(asked, rule);
  const std::string_view type = type_of(asked);
  const std::string_view operation = operator_of(asked.operation);
  if (!asked.is_whole || type.empty() || operation.empty()) {
    return fmt::format("`{}` in a condition is no longer Sigma; write a correlation rule",
                       base::printable(asked.function));
  }
  const std::string groups =
      asked.groups.empty() ? "" : fmt::format("group-by: [{}], ", joined(asked.groups));
  const std::string field = asked.field.empty() ? "" : fmt::format("field: {}, ", asked.field);
  const std::string what = fmt::format(
      "`{}` in a condition is no longer Sigma: {}{}and write `correlation: {{type: {}, "
      "rules: [{}], {}timespan: {}, condition: {{{}{}: {}}}}}`",
      asked.function,
      rule.condition.empty() ? "" : fmt::format("leave `condition: {}`, ", rule.condition),
      rule.reference.empty() ? "give the rule a `name` " : "", type,
      rule.reference.empty() ? "NAME" : rule.reference, groups, timespan_of(rule), field, operation,
      asked.number);
  return base::printable(what);
}

}  // namespace tocsin::rules
