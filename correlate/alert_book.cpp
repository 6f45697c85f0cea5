#include "correlate/alert_book.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace tocsin::correlate {

std::uint32_t AlertBook::open(std::uint32_t spec, Group& group, bool silent, Place first,
                              Place last, std::int64_t close_at) {
  std::uint32_t handle = 0;
  if (free_.empty()) {
    rows_.emplace_back();
    handle = static_cast<std::uint32_t>(rows_.size());
  } else {
    handle = free_.back();
    free_.pop_back();
  }
  OpenAlert& alert = (*this)[handle];
  event::Alert shown = std::move(alert.alert);
  shown.merged_into.reset();
  alert = OpenAlert{};
  alert.alert = std::move(shown);
  alert.spec = spec;
  alert.group = group.id;
  alert.silent = silent;
  alert.number = next_number++;
  alert.first = first;
  alert.last = last;
  alert.reminded = last.time;
  link(handle, group);
  push_time(close_at, handle);
  alert.timed = true;
  return handle;
}

void AlertBook::link(std::uint32_t handle, Group& group) {
  OpenAlert& alert = (*this)[handle];
  std::uint32_t older = group.alerts;
  while (older != 0 && (*this)[older].first > alert.first) {
    alert.newer = older;
    older = (*this)[older].older;
  }
  alert.older = older;
  if (older != 0) (*this)[older].newer = handle;
  (alert.newer != 0 ? (*this)[alert.newer].older : group.alerts) = handle;
}

void AlertBook::change(std::uint32_t handle) {
  OpenAlert& alert = (*this)[handle];
  if (alert.silent || alert.changed) return;
  alert.changed = true;
  changed_.push_back(handle);
}

void AlertBook::close(std::uint32_t handle, Group& group) {
  OpenAlert& alert = (*this)[handle];
  CHECK(alert.newer != 0 || group.alerts == handle, "a group lost one of its alerts");
  (alert.newer != 0 ? (*this)[alert.newer].older : group.alerts) = alert.older;
  if (alert.older != 0) (*this)[alert.older].newer = alert.newer;
  alert.older = alert.newer = 0;
  alert.closed = true;
  change(handle);
}

void AlertBook::push_time(std::int64_t at, std::uint32_t handle) {
  times_.push_back({at, handle});
  std::push_heap(times_.begin(), times_.end());
}

std::uint32_t AlertBook::pop_time() {
  std::pop_heap(times_.begin(), times_.end());
  const std::uint32_t handle = times_.back().handle;
  times_.pop_back();
  return handle;
}

void AlertBook::sort_changed() {
  std::ranges::sort(changed_, {}, [this](std::uint32_t handle) { return (*this)[handle].number; });
}

void AlertBook::release_if_done(std::uint32_t handle) {
  const OpenAlert& alert = (*this)[handle];
  if (alert.closed && !alert.timed && !alert.changed) free_.push_back(handle);
}

}  // namespace tocsin::correlate
