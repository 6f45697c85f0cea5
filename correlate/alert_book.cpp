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

std::uint32_t AlertBook::newest_up_to(std::uint32_t spec, Group& group, Place place) {
  if ((group.flags & Group::has_index) == 0) {
    std::uint32_t handle = group.alerts;
    for (std::uint32_t walked = 0; walked < long_walk; ++walked) {
      if (handle == 0 || (*this)[handle].first <= place) return handle;
      handle = (*this)[handle].older;
      ++steps_;
    }
    build_index(spec, group);
  }
  const Index& index = indexes_[key_of(spec, group)];
  const auto above = index.upper_bound(place);
  ++steps_;
  return above == index.begin() ? 0 : std::prev(above)->second;
}

std::uint32_t AlertBook::oldest(std::uint32_t spec, const Group& group) {
  if ((group.flags & Group::has_index) != 0) return indexes_[key_of(spec, group)].begin()->second;
  std::uint32_t handle = group.alerts;
  while ((*this)[handle].older != 0) handle = (*this)[handle].older;
  return handle;
}

void AlertBook::build_index(std::uint32_t spec, Group& group) {
  Index& index = indexes_[key_of(spec, group)];
  for (std::uint32_t h = group.alerts; h != 0; h = (*this)[h].older) {
    index.emplace_hint(index.begin(), (*this)[h].first, h);
    ++steps_;
  }
  group.flags |= Group::has_index;
}

void AlertBook::moved(std::uint32_t handle, const Group& group, Place old_first) {
  if ((group.flags & Group::has_index) == 0) return;
  const OpenAlert& alert = (*this)[handle];
  Index& index = indexes_[key_of(alert.spec, group)];
  index.erase(old_first);
  index.emplace(alert.first, handle);
}

void AlertBook::link(std::uint32_t handle, Group& group) {
  OpenAlert& alert = (*this)[handle];
  const std::uint32_t older = newest_up_to(alert.spec, group, alert.first);
  alert.older = older;
  if (older != 0) {
    alert.newer = (*this)[older].newer;
    (*this)[older].newer = handle;
  } else if (group.alerts != 0) {
    alert.newer = oldest(alert.spec, group);
  }
  (alert.newer != 0 ? (*this)[alert.newer].older : group.alerts) = handle;
  if ((group.flags & Group::has_index) != 0)
    indexes_[key_of(alert.spec, group)].emplace(alert.first, handle);
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
  if ((group.flags & Group::has_index) != 0) {
    const auto index = indexes_.find(key_of(alert.spec, group));
    index->second.erase(alert.first);
    if (group.alerts == 0) {
      indexes_.erase(index);
      group.flags &= ~Group::has_index;
    }
  }
  change(handle);
}

void AlertBook::push_time(std::int64_t at, std::uint32_t handle) {
  times_.push_back({at, handle});
  std::push_heap(times_.begin(), times_.end());
}

void AlertBook::ask_again(std::int64_t at, std::uint32_t handle) {
  if (at == not_yet) {
    (*this)[handle].timed = false;
  } else {
    push_time(at, handle);
  }
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
