#include "correlate/ranking.hpp"

#include <algorithm>
#include <iterator>

namespace tocsin::correlate {

namespace {

// The rank asked for among `count` numbers, in thousandths of a percent of a place.
std::uint64_t place_of(std::uint32_t percentile, std::size_t count) {
  return std::uint64_t{percentile} * (count - 1);
}

Ratio between(double lower, double upper, std::uint64_t place) {
  const auto share = static_cast<Fixed>(place % whole_percentile);
  return {fixed_of(lower) * (whole_percentile - share) + fixed_of(upper) * share, whole_percentile};
}

}  // namespace

Ratio percentile_of(std::span<double> numbers, std::uint32_t percentile) {
  std::ranges::sort(numbers);
  const std::uint64_t place = place_of(percentile, numbers.size());
  const std::size_t rank = place / whole_percentile;
  return between(numbers[rank], numbers[std::min(rank + 1, numbers.size() - 1)], place);
}

void Ranking::insert(double number) {
  const auto added = numbers_.insert(number);
  if (numbers_.size() == 1) {
    at_ = added;
    rank_ = 0;
  } else if (number < *at_) {  // of equal ones, the new one stands last
    ++rank_;
  }
  seek();
}

void Ranking::erase(double number) {
  const auto gone = number == *at_ ? at_ : numbers_.find(number);
  if (gone == at_) {
    at_ = std::next(at_);
  } else if (number < *at_) {
    --rank_;
  }
  numbers_.erase(gone);
  if (!numbers_.empty()) seek();
}

void Ranking::seek() {
  const std::size_t rank = place_of(percentile_, numbers_.size()) / whole_percentile;
  for (; rank_ < rank; ++rank_) ++at_;
  for (; rank_ > rank; --rank_) --at_;
}

Ratio Ranking::percentile() const {
  const auto next = std::next(at_);
  return between(*at_, next == numbers_.end() ? *at_ : *next, place_of(percentile_, size()));
}

}  // namespace tocsin::correlate
