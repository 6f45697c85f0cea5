#include "rules/number_condition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "rules/diagnostics.hpp"

namespace tocsin::rules {

namespace {

using base::YamlNode;

constexpr double largest_limit = 1e18;  // of correlate::number_of

std::optional<double> number_of(const YamlNode& node) {
  if (const auto integer = node.as_integer()) return static_cast<double>(*integer);
  return node.as_float();
}

class Reader {
 public:
  Reader(const YamlNode& condition, CorrelationType type, Diagnostics& out)
      : condition_(condition), type_(type), out_(out) {}

  NumberCondition read() {
    const std::size_t errors = out_.errors.size();
    for (const YamlNode::Member& member : condition_.members) read_member(member);
    if (out_.errors.size() == errors) check();
    return result_;
  }

 private:
  void read_member(const YamlNode::Member& member) {
    static const std::vector<std::string_view> known = {"gt", "gte", "lt",    "lte",
                                                        "eq", "neq", "field", "percentile"};
    if (member.key == "field") return;
    if (member.key == "percentile") {
      read_percentile(member);
    } else if (std::ranges::find(known, member.key) == known.end()) {
      out_.unknown_key(member, "a correlation's condition", known);
    } else {
      read_limit(member);
    }
  }

  void read_percentile(const YamlNode::Member& member) {
    if (type_ != CorrelationType::value_percentile) {
      out_.error("rules-48", out_.at(member),
                 fmt::format("`percentile` has no meaning for {}", name_of(type_)));
      return;
    }
    const auto percent = number_of(member.value);
    const double thousandths = percent ? std::round(*percent * 1000) : -1;
    if (!percent || !(*percent >= 0 && *percent <= 100) ||
        std::fabs(*percent * 1000 - thousandths) > 1e-6) {
      out_.error("rules-48", out_.at(member.value),
                 "`percentile` needs a number from 0 to 100, with three decimals at most");
      return;
    }
    result_.percentile = static_cast<std::uint32_t>(thousandths);
  }

  void read_limit(const YamlNode::Member& member) {
    const auto number = number_of(member.value);
    if (!number || !(std::fabs(*number) <= largest_limit)) {
      out_.error("rules-48", out_.at(member.value),
                 fmt::format("`{}` needs a number, from -1e18 to 1e18", member.key));
      return;
    }
    if (member.key == "neq") {
      result_.range.other_than = number;
    } else if (member.key == "eq") {
      raise(*number, false);
      lower(*number, false);
    } else if (member.key == "gt" || member.key == "gte") {
      raise(*number, member.key == "gt");
    } else {
      lower(*number, member.key == "lt");
    }
    asks_equal_ = asks_equal_ || member.key == "eq" || member.key == "neq";
  }

  // Of two limits on one side the narrower one.
  void raise(double to, bool above) {
    NumberRange& range = result_.range;
    if (range.low && (*range.low > to || (*range.low == to && range.above_low))) return;
    range.low = to;
    range.above_low = above;
  }
  void lower(double to, bool below) {
    NumberRange& range = result_.range;
    if (range.high && (*range.high < to || (*range.high == to && range.below_high))) return;
    range.high = to;
    range.below_high = below;
  }

  void check() {
    const NumberRange& range = result_.range;
    // A share is asked for where its value is, so nothing can become true in silence.
    const bool is_share = type_ == CorrelationType::value_percentile && !result_.percentile;
    if (!range.low && !range.high && !range.other_than) {
      out_.error("rules-48", out_.at(condition_), "`condition` has no operator; write {gte: 5}");
    } else if (range.low && range.high &&
               (*range.low > *range.high ||
                (*range.low == *range.high && (range.above_low || range.below_high)))) {
      out_.error("rules-48", out_.at(condition_), "no number satisfies this `condition`");
    }
    const bool silent = asks_equal_ || !range.low;
    const bool sum_of_nothing = type_ == CorrelationType::value_sum && holds_nothing();
    result_.by_instants = !is_share && (silent || sum_of_nothing);
  }

  [[nodiscard]] bool holds_nothing() const {
    const NumberRange& range = result_.range;
    const bool low = !range.low || *range.low < 0 || (*range.low == 0 && !range.above_low);
    const bool high = !range.high || *range.high > 0 || (*range.high == 0 && !range.below_high);
    return low && high;
  }

  const YamlNode& condition_;
  CorrelationType type_;
  Diagnostics& out_;
  NumberCondition result_;
  bool asks_equal_ = false;
};

}  // namespace

NumberCondition read_number_condition(const YamlNode& condition, CorrelationType type,
                                      Diagnostics& out) {
  return Reader(condition, type, out).read();
}

}  // namespace tocsin::rules
