// What a condition says of a window, written from its definition: rules met by distinct events,
// numbers by whole units of 10^-9.
// Threads:   pure functions
// Source:    SIGMA R1, R7 to R9
// Tested by: tests/correlate/history_test.cpp (against the fast one)
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "correlate/spec.hpp"

namespace tocsin::reference {

using RulesMet = std::set<std::size_t>;  // by one event: entries of `rules`

// The most rules that get an event of their own; the most in their order.
[[nodiscard]] std::uint64_t met_in_any_order(const std::vector<RulesMet>& events,
                                             std::size_t rules);
[[nodiscard]] std::uint64_t met_in_order(const std::vector<RulesMet>& events, std::size_t rules);

// One of the ways in which a condition over rules can hold; whether an event counts for it, and
// whether its window can begin with the event.
[[nodiscard]] bool holds_in(const correlate::CorrelationSpec& spec,
                            const correlate::Alternative& one, const std::vector<RulesMet>& met);
[[nodiscard]] bool meets(const correlate::Alternative& one, const RulesMet& inputs);
[[nodiscard]] bool can_begin(const correlate::CorrelationSpec& spec,
                             const correlate::Alternative& one, const RulesMet& inputs);

[[nodiscard]] std::optional<double> number_of(const std::string& text);
using Whole = __int128;
// Whether over / under, in 10^-9, lies between the limits.
[[nodiscard]] bool lies_in(const correlate::NumberRange& range, Whole over, Whole under);
// Of value_sum, value_avg, value_median, value_percentile with a percentile.
[[nodiscard]] bool numbers_hold(const correlate::CorrelationSpec& spec,
                                std::vector<double> numbers);

}  // namespace tocsin::reference
