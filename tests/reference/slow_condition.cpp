#include "tests/reference/slow_condition.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <regex>

namespace tocsin::reference {

using correlate::CorrelationSpec;
using correlate::CorrelationType;

namespace {

// From `rule` on, each event used once.
std::uint64_t any_order(const std::vector<RulesMet>& events, std::vector<bool>& used,
                        std::size_t rule, std::size_t rules) {
  if (rule == rules) return 0;
  std::uint64_t best = any_order(events, used, rule + 1, rules);
  for (std::size_t i = 0; i < events.size() && best < rules - rule; ++i) {
    if (used[i] || !events[i].contains(rule)) continue;
    used[i] = true;
    best = std::max(best, 1 + any_order(events, used, rule + 1, rules));
    used[i] = false;
  }
  return best;
}

}  // namespace

std::uint64_t met_in_any_order(const std::vector<RulesMet>& events, std::size_t rules) {
  std::vector<bool> used(events.size(), false);
  return any_order(events, used, 0, rules);
}

// As the longest common subsequence of events and rules.
std::uint64_t met_in_order(const std::vector<RulesMet>& events, std::size_t rules) {
  std::vector<std::vector<std::uint64_t>> longest(events.size() + 1,
                                                  std::vector<std::uint64_t>(rules + 1, 0));
  for (std::size_t i = events.size(); i-- > 0;) {
    for (std::size_t rule = rules; rule-- > 0;) {
      longest[i][rule] = std::max(longest[i + 1][rule], longest[i][rule + 1]);
      if (events[i].contains(rule))
        longest[i][rule] = std::max(longest[i][rule], 1 + longest[i + 1][rule + 1]);
    }
  }
  return longest[0][0];
}

bool holds_in(const CorrelationSpec& spec, const correlate::Alternative& one,
              const std::vector<RulesMet>& met) {
  std::vector<std::size_t> wanted;
  for (std::size_t i = 0; i < spec.inputs.size(); ++i) {
    if ((one.positive >> i & 1U) != 0) wanted.push_back(i);
  }
  std::vector<RulesMet> events;
  for (const RulesMet& inputs : met) {
    RulesMet& places = events.emplace_back();
    for (const std::size_t input : inputs) {
      if ((one.negative >> input & 1U) != 0) return false;
      const auto found = std::ranges::find(wanted, input);
      if (found != wanted.end()) places.insert(static_cast<std::size_t>(found - wanted.begin()));
    }
  }
  const std::uint64_t best = spec.type == CorrelationType::temporal
                                 ? met_in_any_order(events, wanted.size())
                                 : met_in_order(events, wanted.size());
  return best == wanted.size();
}

std::optional<double> number_of(const std::string& text) {
  static const std::regex form(R"(-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)");
  if (!std::regex_match(text, form)) return std::nullopt;
  const double number = std::strtod(text.c_str(), nullptr);
  if (number < -1e18 || number > 1e18) return std::nullopt;
  const std::string digits = text.substr(0, text.find_first_of("eE"));
  if (number == 0 && digits.find_first_of("123456789") != std::string::npos) return std::nullopt;
  return number == 0 ? 0 : number;
}

namespace {

constexpr double ten_to_9 = 1e9;

Whole whole_of(double number) {
  double integer = 0;
  const double rest = std::modf(number, &integer);
  return static_cast<Whole>(integer) * 1'000'000'000 + std::llround(rest * ten_to_9);
}

}  // namespace

bool lies_in(const correlate::NumberRange& range, Whole over, Whole under) {
  if (range.low) {
    const Whole limit = whole_of(*range.low) * under;
    if (range.above_low ? over <= limit : over < limit) return false;
  }
  if (range.high) {
    const Whole limit = whole_of(*range.high) * under;
    if (range.below_high ? over >= limit : over > limit) return false;
  }
  return !range.other_than || over != whole_of(*range.other_than) * under;
}

bool numbers_hold(const CorrelationSpec& spec, std::vector<double> numbers) {
  if (numbers.empty())  // a sum of nothing is 0, all else of nothing is none
    return spec.type == CorrelationType::value_sum && lies_in(spec.numbers, 0, 1);
  std::ranges::sort(numbers);
  const auto count = static_cast<Whole>(numbers.size());
  Whole sum = 0;
  for (const double number : numbers) sum += whole_of(number);
  if (spec.type == CorrelationType::value_sum) return lies_in(spec.numbers, sum, 1);
  if (spec.type == CorrelationType::value_avg) return lies_in(spec.numbers, sum, count);
  const std::size_t percentile =
      spec.type == CorrelationType::value_median ? 50'000 : spec.percentile.value();
  const std::size_t place = percentile * (numbers.size() - 1);
  const std::size_t below = place / 100'000, rest = place % 100'000;
  const Whole lower = whole_of(numbers[below]);
  const Whole upper = rest == 0 ? lower : whole_of(numbers[below + 1]);
  return lies_in(spec.numbers, lower * 100'000 + (upper - lower) * static_cast<Whole>(rest),
                 100'000);
}

bool meets(const correlate::Alternative& one, const RulesMet& inputs) {
  return std::ranges::any_of(inputs,
                             [&](std::size_t input) { return (one.positive >> input & 1U) != 0; });
}

// What the first of its events can be: any of them, in order the first.
bool can_begin(const CorrelationSpec& spec, const correlate::Alternative& one,
               const RulesMet& inputs) {
  if (spec.type == CorrelationType::temporal) return meets(one, inputs);
  std::size_t first = 0;
  while ((one.positive >> first & 1U) == 0) ++first;
  return inputs.contains(first);
}

}  // namespace tocsin::reference
