// Correlator: the half that saves and loads.
#include <algorithm>

#include "base/check.hpp"
#include "correlate/checkpoint.hpp"
#include "correlate/correlator.hpp"
#include "correlate/group_key.hpp"

namespace tocsin::correlate {

namespace {

base::Result<void> damaged(std::string_view why) {
  return base::fail("correlate-3", "the checkpoint " + std::string(why), {"checkpoint"});
}

}  // namespace

void Correlator::save_changes(event::StateWriter& out) {
  save_groups(out);
  out.put(head_key, encode(head(), head_key));
}

void Correlator::save_groups(event::StateWriter& out) {
  CHECK(!workshop_.book.has_changes(), "changed alerts are taken before a checkpoint");
  CHECK(saves_, "a correlator that keeps no account of changes cannot save them");
  std::vector<std::pair<std::string, Changed>> keys;
  for (const Changed& changed : changed_) {
    listed_[changed.spec][changed.group] = false;
    const Group* group = windows_[changed.spec]->table().at(changed.group);
    if (group == nullptr || (group->flags & Group::changed) == 0) continue;
    keys.emplace_back(saved_key(specs_[changed.spec], group->key()), changed);
  }
  std::ranges::sort(keys, {}, &std::pair<std::string, Changed>::first);
  std::ranges::sort(removed_);
  for (const std::string& key : removed_) {
    --saved_groups_;
    const bool again =
        std::ranges::binary_search(keys, key, {}, &std::pair<std::string, Changed>::first);
    if (!again) out.remove(key);
  }
  for (const auto& [key, changed] : keys) {
    Group* group = windows_[changed.spec]->table().at(changed.group);
    if ((group->flags & Group::saved) == 0) ++saved_groups_;
    group->flags = (group->flags & ~Group::changed) | Group::saved;
    out.put(key, encode(save_group(changed.spec, group), key));
  }
  removed_.clear();
  changed_.clear();
}

SavedHead Correlator::head() const {
  SavedHead head;
  head.watermark = watermark_.value();
  head.now = watermark_.now();
  head.next_number = workshop_.book.next_number;
  head.groups = saved_groups_;
  head.too_late = counters_.too_late;
  head.sources = watermark_.save();
  head.idle = watermark_.idle();
  for (const Beginning& beginning : beginnings_) {
    if (beginning.first)
      head.beginnings.emplace_back(specs_[beginning.spec].content, *beginning.first);
  }
  return head;
}

// An id that stands in the list already was another group's, which is forgotten. So the list never
// outgrows the tables, however long nobody saves.
void Correlator::mark_first(std::uint32_t spec, Group& group) {
  group.flags |= Group::changed;
  if (!saves_) return;
  std::vector<bool>& listed = listed_[spec];
  if (group.id >= listed.size()) listed.resize(windows_[spec]->table().end_id());
  if (listed[group.id]) return;
  listed[group.id] = true;
  changed_.push_back({spec, group.id});
}

SavedGroup Correlator::save_group(std::uint32_t spec, Group* group) {
  SavedGroup out;
  const bool texts = holds_values(specs_[spec].judging);
  const auto entry_of = [&](Place place, bool is_true, std::uint64_t worth) {
    SavedEntry entry{place, is_true, texts ? 0 : worth, {}};
    if (texts) entry.text = workshop_.values.text(static_cast<std::uint32_t>(worth));
    return entry;
  };
  const bool plain = windows_[spec]->judge().stride() == plain_stride;
  windows_[spec]->visit(group, [&](const Entry& entry, std::uint64_t worth) {
    out.entries.push_back(entry_of(entry.place(), entry.is_true(), plain ? 0 : worth));
  });
  // Values of one event are told apart by their text: their numbers depend on the past.
  std::ranges::sort(out.entries, [](const SavedEntry& a, const SavedEntry& b) {
    return a.place != b.place ? a.place < b.place : a.text < b.text;
  });
  if (group->waiting != nullptr) {
    for (const auto& [place, worth] : *group->waiting) {
      if (is_until(place)) {
        out.waiting.push_back({{place.time, place.order & ~std::uint64_t{1}}, true, 0, {}});
      } else {
        out.waiting.push_back(entry_of(place, false, worth));
      }
    }
  }
  for (std::uint32_t h = group->alerts; h != 0; h = workshop_.book[h].older) {
    const OpenAlert& alert = workshop_.book[h];
    out.alerts.push_back({alert.number, alert.first, alert.last, alert.reminded, alert.silent,
                          alert.taken, alert.opening_sent, alert.alert});
    if (!alert.silent) continue;
    // Nobody reads what stands there besides: another alert's, whose memory is used again.
    out.alerts.back().alert = {};
    out.alerts.back().alert.total = alert.alert.total;
  }
  if (specs_[spec].by_instants) {
    const Instants& life = windows_[spec]->instants(group);
    out.life = {life.start,
                life.empty_since,
                life.newest,
                life.has(Instants::begun),
                life.has(Instants::holds),
                life.has(Instants::expected)};
  }
  std::ranges::sort(out.alerts, {}, &SavedAlert::number);
  return out;
}

base::Result<void> Correlator::load(std::string_view key, std::string_view value) {
  if (!key.starts_with(state_prefix)) return {};
  if (key == head_key) {
    TRY(loaded_head_, decode_head(key, value));
    watermark_.load(loaded_head_->watermark, loaded_head_->now, loaded_head_->idle,
                    loaded_head_->sources);
    load_beginnings(*loaded_head_);
    counters_.too_late = loaded_head_->too_late;
    return {};
  }
  const std::size_t content_end = group_prefix.size() + base::Sha256().size();
  if (!key.starts_with(group_prefix) || key.size() < content_end)
    return damaged("holds a key that no version of this writes");
  if (!loaded_head_) return damaged("has no head");
  const std::string_view content = key.substr(group_prefix.size(), base::Sha256().size());
  const auto spec = std::ranges::find_if(specs_, [&](const CorrelationSpec& candidate) {
    return std::equal(content.begin(), content.end(), candidate.content.begin(),
                      [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
  });
  const auto index = static_cast<std::uint32_t>(spec - specs_.begin());
  const std::string_view group = key.substr(content_end);
  const bool ours = spec == specs_.end()
                        ? share_.index == 0
                        : share_.keeps_spec(index) && share_.keeps(GroupTable::hash_of(group));
  if (!ours) return {};
  ++saved_groups_;
  TRY(const SavedGroup saved, decode_group(key, value));
  if (spec == specs_.end()) {
    ++counters_.unknown_rule;
    removed_.emplace_back(key);
    return {};
  }
  return load_group(index, group, saved);
}

base::Result<void> Correlator::load_group(std::uint32_t spec, std::string_view key,
                                          const SavedGroup& saved) {
  RuleWindows& windows = *windows_[spec];
  GroupTable& table = windows.table();
  const std::uint32_t hash = GroupTable::hash_of(key);
  if (!values_fit(specs_[spec], key) || table.find(key, hash) != nullptr ||
      saved.life.has_value() != specs_[spec].by_instants)
    return damaged("holds a group that cannot be");
  Group* group = table.add(key, hash);
  group->flags = Group::saved;
  windows.watch(group, watermark_.value());
  const bool texts = holds_values(specs_[spec].judging);
  const auto worth_of = [&](const SavedEntry& entry) {
    return texts ? std::uint64_t{workshop_.values.use(entry.text)} : entry.worth;
  };
  for (const SavedEntry& entry : saved.entries) {
    group = table.insert(group, group->size, entry.place, worth_of(entry));
    if (entry.is_true) table.window(group)[group->size - 1].set_true();
  }
  windows.rebuild(group);
  if (specs_[spec].forward) {
    windows.begun(group, [&](std::int64_t time) {
      const std::int64_t end = plus(time, specs_[spec].timespan);
      if (end >= watermark_.value()) push_due({{end, 0}, spec, group->id, false});
    });
  }
  if (saved.life) load_life(spec, group, *saved.life);
  for (const SavedEntry& entry : saved.waiting) {
    if (entry.is_true) {
      put_waiting(spec, group, {until_place(entry.place), 0});
    } else {
      put_waiting(spec, group, {entry.place, worth_of(entry)});
    }
  }
  for (const SavedAlert& alert : saved.alerts) {
    const std::uint32_t handle =
        workshop_.book.open(spec, *group, alert.silent, alert.first, alert.last,
                            plus(alert.last.time, specs_[spec].timespan));
    OpenAlert& open = workshop_.book[handle];
    open.number = alert.number;
    open.reminded = alert.reminded;
    open.taken = alert.taken;
    open.retold = !alert.taken;
    // What the watermark has passed would have been sent, had anybody counted it then; who counts
    // it now has read it in the log (warming.hpp).
    open.opening_sent = alert.opening_sent ||
                        (specs_[spec].feeds_openings && alert.first.time < watermark_.value());
    open.alert = alert.alert;
    if (specs_[spec].feeds_openings && !open.opening_sent)
      push_due({open.first, spec, group->id, true});
  }
  return {};
}

void Correlator::load_life(std::uint32_t spec, Group* group, const SavedLife& saved) {
  Instants& life = windows_[spec]->instants(group);
  life = {saved.start, minus(watermark_.value(), 1), saved.empty_since, saved.newest, 0};
  life.set(Instants::begun, saved.begun);
  life.set(Instants::holds, saved.holds);
  life.set(Instants::expected, saved.expected);
  wait_for_leave(spec, group);
  if (!saved.expected) return;
  if (life.start > life.judged) push_due({end_of(life.start), spec, group->id, false});
  std::erase_if(beginnings_, [&](const Beginning& beginning) { return beginning.spec == spec; });
}

void Correlator::load_beginnings(const SavedHead& head) {
  for (Beginning& beginning : beginnings_) {
    for (const auto& [content, time] : head.beginnings) {
      if (content == specs_[beginning.spec].content) beginning.first = time;
    }
  }
}

base::Result<void> Correlator::check_groups(const SavedHead& head, std::uint64_t found) {
  if (head.groups == found) return {};
  return damaged("has " + std::to_string(found) + " windows; its head says " +
                 std::to_string(head.groups));
}

base::Result<void> Correlator::finish_load() {
  if (!loaded_head_) return {};  // no checkpoint: a new start
  if (share_.of == 0) {
    TRY_VOID(check_groups(*loaded_head_, saved_groups_));
    workshop_.book.next_number = loaded_head_->next_number;
  }
  for (const auto& windows : windows_) next_look_ = std::min(next_look_, windows->next_look());
  return {};
}

}  // namespace tocsin::correlate
