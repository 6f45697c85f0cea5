// Correlator: the half that silence concerns: instants, groups that must exist, clock records.
#include <algorithm>

#include "base/check.hpp"
#include "correlate/correlator.hpp"

namespace tocsin::correlate {

// All that changes in a group at one instant: detections that waited for it come in, others leave.
void Correlator::judge_instant(const Due& due, Group* group) {
  RuleWindows& windows = *windows_[due.spec];
  const std::size_t fired = workshop_.outcome.fired.size();
  const std::size_t moved = workshop_.outcome.moved.size();
  group = windows.judge_instant(group, batch_, due.place.time);
  mark(due.spec, *group);
  wait_for_leave(due.spec, group);
  if (!specs_[due.spec].feeds.empty()) pass_on(due.spec, group, fired, moved);
}

void Correlator::wait_for_leave(std::uint32_t spec, Group* group) {
  if (const auto time = windows_[spec]->next_leave(group))
    push_due({end_of(*time), spec, group->id, false});
}

// An event that was not too late: groups that must exist begin with the first of all, which is
// known for certain once the watermark is above it.
void Correlator::begin_with(std::int64_t time) {
  for (Beginning& beginning : beginnings_) {
    beginning.first = std::min(beginning.first.value_or(time), time);
  }
}

void Correlator::make_expected(std::int64_t before) {
  std::erase_if(beginnings_, [&](const Beginning& beginning) {
    if (!beginning.first || *beginning.first >= before) return false;
    RuleWindows& windows = *windows_[beginning.spec];
    for (const std::string& value : specs_[beginning.spec].expected) {
      Group* group = group_for(beginning.spec, value);
      Instants& life = windows.instants(group);
      life.expect(*beginning.first, specs_[beginning.spec].timespan);
      mark(beginning.spec, *group);
      push_due({end_of(life.start), beginning.spec, group->id, false});
    }
    return true;
  });
}

// At the end of warming: an expected group that is silent has nothing else that would let it be
// judged.
void Correlator::judge_silent_again() {
  for (std::uint32_t spec = 0; spec < windows_.size(); ++spec) {
    if (specs_[spec].expected.empty()) continue;
    RuleWindows& windows = *windows_[spec];
    for (std::uint32_t id = 0; id < windows.table().end_id(); ++id) {
      Group* group = windows.table().at(id);
      if (group == nullptr || group->size != 0) continue;
      Instants& life = windows.instants(group);
      if (!life.has(Instants::expected)) continue;
      life.start = std::max(life.start, watermark_.value());
      mark(spec, *group);
    }
  }
}

// When an alert ends unless something comes; of a condition that goes on nobody knows.
std::int64_t Correlator::close_at(const OpenAlert& alert) {
  const RuleWindows& windows = *windows_[alert.spec];
  if (specs_[alert.spec].by_instants && alert.newer == 0) {
    Group* group = windows_[alert.spec]->table().at(alert.group);
    CHECK(group != nullptr, "an open alert lost its group");
    if (windows.goes_on(group)) return AlertBook::not_yet;
  }
  return plus(alert.last.time, specs_[alert.spec].timespan);
}

bool Correlator::clock_matters(base::ReceivedTime received) {
  const std::int64_t watermark = watermark_.value_at(received);
  if (watermark <= watermark_.value()) return false;
  if (!due_.empty() && due_.front().place.time < watermark) return true;
  for (const Beginning& beginning : beginnings_) {
    const std::int64_t timespan = specs_[beginning.spec].timespan;
    if (beginning.first && plus(*beginning.first, timespan) < watermark) return true;
  }
  return workshop_.book.closes_until(watermark,
                                     [this](const OpenAlert& alert) { return close_at(alert); });
}

void Correlator::on_clock(base::ReceivedTime received) {
  clear_fired();
  if (watermark_.go_on(received)) advance();
  finish_step();
}

}  // namespace tocsin::correlate
