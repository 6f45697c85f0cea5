#include "correlate/alert_book.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace tocsin::correlate {

std::uint32_t AlertBook::open(std::uint32_t spec, Group& group, bool silent,
                              std::int64_t close_at) {
  std::uint32_t handle = 0;
  if (free_.empty()) {
    rows_.emplace_back();
    handle = static_cast<std::uint32_t>(rows_.size());
  } else {
    handle = free_.back();
    free_.pop_back();
    (*this)[handle] = OpenAlert{};
  }
  OpenAlert& alert = (*this)[handle];
  alert.spec = spec;
  alert.group = group.id;
  alert.silent = silent;
  alert.number = next_number++;
  alert.next = group.alerts;
  group.alerts = handle;
  push_time(close_at, handle);
  alert.timed = true;
  return handle;
}

void AlertBook::change(std::uint32_t handle) {
  OpenAlert& alert = (*this)[handle];
  if (alert.silent || alert.changed) return;
  alert.changed = true;
  changed_.push_back(handle);
}

void AlertBook::close(std::uint32_t handle, Group& group) {
  std::uint32_t* link = &group.alerts;
  while (*link != handle) {
    CHECK(*link != 0, "a group lost one of its alerts");
    link = &(*this)[*link].next;
  }
  OpenAlert& alert = (*this)[handle];
  *link = alert.next;
  alert.next = 0;
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
