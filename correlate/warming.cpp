#include "correlate/warming.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>
#include <utility>

#include "base/check.hpp"
#include "correlate/checkpoint.hpp"
#include "correlate/place.hpp"

namespace tocsin::correlate {

bool uses_past(const CorrelationSpec& spec) {
  return spec.type != CorrelationType::event_count || spec.at_least > 1 ||
         spec.at_most != no_limit || spec.deferred;
}

namespace {

// `lives`: also what began lives that may go on (instants.hpp): a detection three timespans ago can
// be in one that the next, more than a timespan later, went on with.
std::vector<std::int64_t> reaches(const std::vector<CorrelationSpec>& specs, bool lives) {
  std::vector<std::int64_t> reach;
  for (const CorrelationSpec& spec : specs) {
    std::int64_t below = 0;
    for (std::size_t i = 0; i < spec.feed_count(); ++i) {
      if (const auto inner = spec.input(i).inner) below = std::max(below, reach[*inner]);
    }
    std::int64_t own = spec.timespan;
    if (lives && spec.by_instants) own = plus(own, plus(own, own));
    reach.push_back(plus(own, below));
  }
  return reach;
}

}  // namespace

std::vector<std::int64_t> reaches(const std::vector<CorrelationSpec>& specs) {
  return reaches(specs, false);
}

base::Result<WarmingPlan> warming_plan(const std::vector<CorrelationSpec>& before,
                                       const std::vector<CorrelationSpec>& now) {
  std::set<base::Sha256> known;
  for (const CorrelationSpec& spec : before) known.insert(spec.content);
  std::vector<bool> is_new(now.size(), false), wanted(now.size(), false);
  // Inner ones stand before those that refer to them.
  for (std::size_t i = now.size(); i-- > 0;) {
    is_new[i] = !known.contains(now[i].content);
    wanted[i] = wanted[i] || (is_new[i] && uses_past(now[i]));
    if (!wanted[i]) continue;
    for (std::size_t k = 0; k < now[i].feed_count(); ++k) {
      if (const auto inner = now[i].input(k).inner) wanted[*inner] = true;
    }
  }
  WarmingPlan plan;
  std::vector<std::uint32_t> moved(now.size(), 0);
  const std::vector<std::int64_t> reach = reaches(now, true);
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (!wanted[i]) continue;
    moved[i] = static_cast<std::uint32_t>(plan.specs.size());
    CorrelationSpec& spec = plan.specs.emplace_back(now[i]);
    for (Input& input : spec.inputs) {
      if (input.inner) input.inner = moved[*input.inner];
    }
    if (spec.until && spec.until->inner) spec.until->inner = moved[*spec.until->inner];
    plan.is_new.push_back(is_new[i]);
    if (is_new[i] && uses_past(now[i])) plan.reach = std::max(plan.reach, reach[i]);
  }
  TRY_VOID(link(plan.specs));
  return plan;
}

namespace {

std::string under(std::string_view prefix, std::string_view key) {
  return std::string(prefix) += key.substr(prefix.size());
}

}  // namespace

WarmedWindows::WarmedWindows(const WarmingPlan& plan) {
  for (std::size_t i = 0; i < plan.specs.size(); ++i) {
    const CorrelationSpec& spec = plan.specs[i];
    if (plan.is_new[i] && uses_past(spec)) kept_.emplace(spec.content, spec.forward);
  }
}

// Without its alerts a group may stand among others than where it was saved. One without entries
// counts as long as it lives: what comes next need not begin it anew.
void WarmedWindows::put(std::string_view key, std::string_view value) {
  if (key == head_key) return keep_beginnings(key, value);
  if (!key.starts_with(group_prefix) && !key.starts_with(held_prefix)) return;
  remove(key);
  base::Sha256 content;
  std::memcpy(content.data(), key.data() + group_prefix.size(), content.size());
  const auto kept = kept_.find(content);
  if (kept == kept_.end()) return;
  auto group = decode_group(key, value);
  CHECK(group, "a window that was just saved cannot be read");
  group->alerts.clear();
  if (group->entries.empty() && group->waiting.empty() && !(group->life && group->life->begun))
    return;
  const bool held = !group->waiting.empty() || group->life || kept->second;
  std::string name = under(held ? held_prefix : group_prefix, key);
  std::string window = encode(*group, name);
  entries_.emplace(std::move(name), std::move(window));
}

void WarmedWindows::keep_beginnings(std::string_view key, std::string_view value) {
  auto head = decode_head(key, value);
  CHECK(head, "a head that was just saved cannot be read");
  beginnings_ = std::move(head->beginnings);
  std::erase_if(beginnings_, [this](const auto& one) { return !kept_.contains(one.first); });
}

void WarmedWindows::remove(std::string_view key) {
  if (!key.starts_with(group_prefix) && !key.starts_with(held_prefix)) return;
  for (const std::string_view prefix : {group_prefix, held_prefix})
    entries_.erase(under(prefix, key));
}

void WarmedWindows::remove_prefix(std::string_view prefix) {
  std::erase_if(entries_, [prefix](const auto& entry) { return entry.first.starts_with(prefix); });
}

std::uint64_t WarmedWindows::held() const {
  return static_cast<std::uint64_t>(std::ranges::count_if(
      entries_, [](const auto& entry) { return entry.first.starts_with(held_prefix); }));
}

void WithWindows::put(std::string_view key, std::string_view value) {
  if (key != head_key || (windows_.entries().empty() && windows_.beginnings().empty()))
    return out_.put(key, value);
  auto head = decode_head(key, value);
  CHECK(head, "a head that was just saved cannot be read");
  head->groups += windows_.entries().size();
  head->held += windows_.held();
  head->beginnings.insert(head->beginnings.end(), windows_.beginnings().begin(),
                          windows_.beginnings().end());
  out_.put(key, encode(*head, key));
  for (const auto& [name, window] : windows_.entries()) out_.put(name, window);
}

}  // namespace tocsin::correlate
