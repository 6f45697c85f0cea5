#include "correlate/alternatives.hpp"

#include <algorithm>
#include <bit>

#include "correlate/temporal.hpp"
#include "correlate/temporal_ordered.hpp"

namespace tocsin::correlate {

namespace {

// Times as unsigned numbers in the same order, so that a zeroed area means "never".
constexpr std::uint64_t sign = std::uint64_t{1} << 63U;
std::uint64_t raised(std::int64_t time) { return static_cast<std::uint64_t>(time) ^ sign; }

}  // namespace

std::uint64_t bits_among(std::uint64_t rules, std::uint32_t mask) {
  std::uint64_t out = 0;
  for (std::uint32_t at = 0; mask != 0; mask &= mask - 1, ++at)
    out |= (rules >> static_cast<std::uint32_t>(std::countr_zero(mask)) & 1U) << at;
  return out;
}

Alternatives::Alternatives(const CorrelationSpec& spec)
    : ordered_(spec.type == CorrelationType::temporal_ordered) {
  for (const Alternative& from : spec.alternatives) {
    const auto inputs = static_cast<std::uint32_t>(std::popcount(from.positive));
    const std::uint32_t first = from.positive & (~from.positive + 1);
    parts_.push_back({from.positive, from.negative, ordered_ ? first : from.positive, inputs,
                      static_cast<std::uint32_t>(bytes_ / sizeof(std::int64_t))});
    begins_ |= parts_.back().begins;
    positive_ |= from.positive;
    bytes_ += static_cast<std::uint32_t>(sizeof(std::int64_t)) +
              (ordered_ ? ordered_area(inputs) : temporal_area(inputs));
  }
}

void Alternatives::push(std::int64_t* area, std::int64_t time, std::uint64_t rules) const {
  for (const Part& part : parts_) {
    std::int64_t* own = area + part.at;
    if ((rules & part.negative) != 0) *reinterpret_cast<std::uint64_t*>(own) = raised(time);
    const std::uint64_t met = bits_among(rules, part.positive);
    if (met == 0) continue;
    if (ordered_) {
      push_ordered(own + 1, part.inputs, time, met);
    } else {
      push_temporal(own + 1, part.inputs, time, met);
    }
  }
}

bool Alternatives::hold(const std::int64_t* area, std::int64_t start, std::uint64_t begin) const {
  return std::ranges::any_of(parts_, [&](const Part& part) {
    const std::int64_t* own = area + part.at;
    if ((begin & part.begins) == 0) return false;
    if (*reinterpret_cast<const std::uint64_t*>(own) > raised(start)) return false;
    const std::uint64_t met = ordered_ ? met_in_order(own + 1, part.inputs, start)
                                       : met_in_any_order(own + 1, part.inputs, start);
    return met == part.inputs;
  });
}

}  // namespace tocsin::correlate
