#include "correlate/temporal.hpp"

#include <algorithm>
#include <bit>

namespace tocsin::correlate {

bool Matching::add(std::uint64_t rules) {
  met_[size_] = rules;
  std::uint64_t seen = 0;
  if (!place(size_, seen)) return false;
  ++size_;
  return true;
}

bool Matching::place(std::uint32_t event, std::uint64_t& seen) {
  for (std::uint64_t left = met_[event]; (left & ~seen) != 0; left &= left - 1) {
    const std::uint64_t bit = left & (~left + 1);
    if ((seen & bit) != 0) continue;
    seen |= bit;
    const auto rule = static_cast<std::size_t>(std::countr_zero(bit));
    if ((taken_ & bit) != 0 && !place(by_[rule], seen)) continue;
    taken_ |= bit;
    by_[rule] = event;
    return true;
  }
  return false;
}

std::uint64_t Matching::open() const {
  const std::uint64_t all = (std::uint64_t{1} << inputs_) - 1;
  std::uint64_t open = all & ~taken_;
  for (bool grows = open != 0; grows;) {
    grows = false;
    for (std::uint64_t left = taken_ & ~open; left != 0; left &= left - 1) {
      if ((met_[by_[static_cast<std::size_t>(std::countr_zero(left))]] & open) == 0) continue;
      open |= left & (~left + 1);
      grows = true;
    }
  }
  return open;
}

namespace {

struct Met {
  std::int64_t time;
  std::uint64_t rules;
};

// Which of the events, newest first, has to go so that all others and `rules` can be matched;
// `count` when none has.
std::uint32_t one_too_many(const Met* events, std::uint32_t count, std::uint32_t inputs,
                           std::uint64_t rules) {
  Matching matching(inputs);
  matching.add(rules);
  for (std::uint32_t i = count; i-- > 0;) {
    if (!matching.add(events[i].rules)) return i;
  }
  return count;
}

}  // namespace

void push_temporal(std::int64_t* area, std::uint32_t inputs, std::int64_t time,
                   std::uint64_t rules) {
  auto* events = reinterpret_cast<Met*>(area);
  std::uint32_t count = 0, same = inputs;
  std::uint64_t others = 0;
  for (; count < inputs && events[count].rules != 0; ++count) {
    if (events[count].rules == rules) same = count;
    others |= events[count].rules;
  }
  std::uint32_t gone = same;
  if (same == inputs || !std::has_single_bit(rules)) {
    gone = (rules & ~others) != 0 ? count : one_too_many(events, count, inputs, rules);
  }
  if (gone == count) ++count;
  std::copy(events + gone + 1, events + count, events + gone);
  events[count - 1] = {time, rules};
}

std::uint64_t met_in_any_order(const std::int64_t* area, std::uint32_t inputs, std::int64_t start) {
  const auto* events = reinterpret_cast<const Met*>(area);
  std::uint64_t met = 0;
  for (std::uint32_t i = 0; i < inputs && events[i].rules != 0; ++i)
    met += events[i].time > start ? 1 : 0;
  return met;
}

}  // namespace tocsin::correlate
