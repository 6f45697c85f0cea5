// SlowCorrelator: rules that come, go, change and stay at a border in the log.
#include <algorithm>

#include "correlate/warming.hpp"
#include "tests/reference/slow_correlator.hpp"

namespace tocsin::reference {

using correlate::CorrelationSpec;

void SlowCorrelator::reload(std::vector<CorrelationSpec> now, SlowCorrelator& past) {
  const auto before = std::exchange(specs_, std::move(now));
  const auto place_before = [&](const CorrelationSpec& spec) {
    return std::ranges::find(before, spec.content, &CorrelationSpec::content) - before.begin();
  };
  std::vector<bool> is_new;
  for (const CorrelationSpec& spec : specs_)
    is_new.push_back(place_before(spec) == std::ssize(before));
  past.advance_to(watermark_);
  past.send_openings(is_new);
  const bool is_ahead = past.watermark_ > watermark_;

  auto groups = std::exchange(groups_, std::vector<std::map<Key, Group>>(specs_.size()));
  const auto beginnings = std::exchange(beginnings_, std::vector<Beginning>(specs_.size()));
  std::vector<std::uint32_t> moved(before.size(), no_spec);
  for (std::uint32_t s = 0; s < specs_.size(); ++s) {
    if (!is_new[s]) {
      const auto at = static_cast<std::size_t>(place_before(specs_[s]));
      moved[at] = s;
      groups_[s] = std::move(groups[at]);
      beginnings_[s] = beginnings[at];
    } else if (correlate::uses_past(specs_[s]) && !is_ahead) {
      groups_[s] = past.untold_groups(s, watermark_);
      beginnings_[s] = past.beginnings_[s];
    }
  }
  for (Alert& alert : store_) {
    if (alert.spec != no_spec) alert.spec = moved[alert.spec];
    if (alert.spec == no_spec) continue;
    // Who counts its opening from now on has it from the past.
    if (counts_openings(alert.spec) && std::get<0>(alert.first) < watermark_)
      alert.opening_sent = true;
  }
}

// What opened in these rules and is not final yet: it was told to nobody, so it cannot change.
void SlowCorrelator::send_openings(const std::vector<bool>& of) {
  std::vector<Alert*> openings;
  for (Alert& alert : store_) {
    if (of[alert.spec] && counts_openings(alert.spec) && !alert.opening_sent &&
        !alert.alert.merged_into)
      openings.push_back(&alert);
  }
  for (Alert* alert : openings) {
    alert->opening_sent = true;
    emit(alert->spec, alert->key, alert->first, true);
  }
}

// The windows at the border. A group that must exist and is silent there has nothing else that
// would let it be judged.
std::map<SlowCorrelator::Key, SlowCorrelator::Group> SlowCorrelator::untold_groups(
    std::uint32_t s, std::int64_t border) const {
  std::map<Key, Group> groups = groups_[s];
  for (auto& [key, group] : groups) {
    group.alerts.clear();
    group.instants.clear();
    for (auto& [place, detection] : group.all) detection.untold = detection.is_true;
    for (Instant& instant : group.changes) instant.untold = true;
    const Place last_judged{border, 0, 0};
    if (group.expected_from && window_at(specs_[s], group, last_judged).empty())
      group.judged_again = std::max(border, *group.expected_from + specs_[s].timespan);
  }
  return groups;
}

}  // namespace tocsin::reference
