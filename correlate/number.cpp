#include "correlate/number.hpp"

#include <charconv>
#include <cmath>

namespace tocsin::correlate {

namespace {

constexpr double units = 1e9;

}  // namespace

std::optional<double> number_of(std::string_view text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, status] = std::from_chars(text.data(), end, number);
  if (text.empty() || status != std::errc{} || stopped != end) return std::nullopt;
  if (!std::isfinite(number) || std::fabs(number) > largest_number) return std::nullopt;
  return number + 0.0;  // -0 becomes 0
}

Fixed fixed_of(double number) {
  const double whole = std::trunc(number);
  const double rest = std::round((number - whole) * units);
  return static_cast<Fixed>(whole) * static_cast<Fixed>(units) + static_cast<Fixed>(rest);
}

NumberLimits::NumberLimits(const NumberRange& range) {
  if (range.low) low_ = {fixed_of(*range.low), !range.above_low};
  if (range.high) high_ = {fixed_of(*range.high), !range.below_high};
  if (range.other_than) other_than_ = fixed_of(*range.other_than);
}

bool NumberLimits::hold(const Ratio& ratio) const {
  if (low_) {
    const Fixed limit = low_->at * ratio.under;
    if (ratio.over < limit || (ratio.over == limit && !low_->included)) return false;
  }
  if (high_) {
    const Fixed limit = high_->at * ratio.under;
    if (ratio.over > limit || (ratio.over == limit && !high_->included)) return false;
  }
  return !other_than_ || ratio.over != *other_than_ * ratio.under;
}

}  // namespace tocsin::correlate
