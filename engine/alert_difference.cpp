#include "engine/alert_difference.hpp"

#include <algorithm>
#include <tuple>

namespace tocsin::engine {

namespace {

auto key_of(const event::Alert& alert) { return std::tie(alert.rule_id, alert.group); }

// Asked which episodes it has.
class Episodes {
 public:
  explicit Episodes(std::span<const event::Alert> alerts) {
    for (const event::Alert& alert : alerts) sorted_.push_back(&alert);
    std::ranges::sort(sorted_, [](const event::Alert* a, const event::Alert* b) {
      return std::tuple(key_of(*a), a->first_seen) < std::tuple(key_of(*b), b->first_seen);
    });
    for (std::size_t i = 0; i < sorted_.size(); ++i) {
      const bool goes_on = i > 0 && key_of(*sorted_[i - 1]) == key_of(*sorted_[i]);
      ends_.push_back(goes_on ? std::max(ends_.back(), sorted_[i]->last_seen)
                              : sorted_[i]->last_seen);
    }
  }

  // Of those of its group that begin before its end the latest end is decisive.
  [[nodiscard]] bool have(const event::Alert& alert) const {
    const auto behind =
        std::partition_point(sorted_.begin(), sorted_.end(), [&alert](const event::Alert* other) {
          return std::tuple(key_of(*other), other->first_seen) <=
                 std::tuple(key_of(alert), alert.last_seen);
        });
    if (behind == sorted_.begin()) return false;
    const auto at = static_cast<std::size_t>(behind - sorted_.begin()) - 1;
    return key_of(*sorted_[at]) == key_of(alert) && ends_[at] >= alert.first_seen;
  }

 private:
  std::vector<const event::Alert*> sorted_;
  std::vector<base::EventTime> ends_;  // the latest of its group up to each of them
};

}  // namespace

bool same_episode(const event::Alert& a, const event::Alert& b) {
  return key_of(a) == key_of(b) && a.first_seen <= b.last_seen && b.first_seen <= a.last_seen;
}

AlertDifference compare_alerts(std::span<const event::Alert> now,
                               std::span<const event::Alert> old) {
  AlertDifference out;
  const Episodes of_old(old), of_now(now);
  for (const event::Alert& alert : now) {
    if (of_old.have(alert)) {
      ++out.both;
    } else {
      out.only_new.push_back(&alert);
    }
  }
  for (const event::Alert& alert : old) {
    if (!of_now.have(alert)) out.only_old.push_back(&alert);
  }
  return out;
}

}  // namespace tocsin::engine
