// Correlator: the half that saves and loads.
#include <algorithm>
#include <cstring>

#include "base/check.hpp"
#include "correlate/checkpoint.hpp"
#include "correlate/correlator.hpp"
#include "correlate/group_key.hpp"

namespace tocsin::correlate {

namespace {

constexpr std::size_t content_end = group_prefix.size() + base::Sha256().size();
static_assert(held_prefix.size() == group_prefix.size());

std::unexpected<base::Error> damaged(std::string_view why) {
  return base::fail("correlate-3", "the checkpoint " + std::string(why), {"checkpoint"});
}

}  // namespace

void Correlator::save_changes(event::StateWriter& out) {
  save_groups(out);
  out.put(head_key, encode(head(), head_key));
}

void Correlator::save_groups(event::StateWriter& out) {
  CHECK(!workshop_.book.has_changes(), "changed alerts are taken before a checkpoint");
  CHECK(saves_ || cold_.on(), "a correlator that keeps no account of changes cannot save them");
  if (!saves_) start_account();
  for (const std::string& prefix : removed_prefixes_) out.remove_prefix(prefix);
  removed_prefixes_.clear();
  std::vector<std::string_view> removed(removed_.begin(), removed_.end());
  std::ranges::sort(removed);
  for (const std::string_view key : removed) {
    --saved_groups_;
    if (key.starts_with(held_prefix)) --saved_held_;
    out.remove(key);
  }
  removed_.clear();
  removed_bytes_ = 0;
  // In order of the first change: no table's order, and cheaper than by key.
  for (const Changed& changed : changed_) {
    listed_[changed.spec][changed.group] = false;
    Group* group = windows_[changed.spec]->table().at(changed.group);
    if (group != nullptr && (group->flags & Group::changed) != 0)
      save_one(changed.spec, group, out);
  }
  changed_.clear();
  just_saved_ = true;
}

SavedHead Correlator::head() const {
  SavedHead head;
  head.watermark = watermark_.value();
  head.now = watermark_.now();
  head.next_number = workshop_.book.next_number;
  head.groups = saved_groups_;
  head.held = saved_held_;
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

void Correlator::start_account() {
  saves_ = true;
  for (std::uint32_t spec = 0; spec < windows_.size(); ++spec) {
    const GroupTable& table = windows_[spec]->table();
    for (std::uint32_t id = 0; id < table.end_id(); ++id) {
      if (Group* group = table.at(id)) mark_first(spec, *group);
    }
  }
}

void Correlator::save_one(std::uint32_t spec, Group* group, event::StateWriter& out) {
  const bool held = group->is_held();
  const bool was_saved = (group->flags & Group::saved) != 0;
  const bool was_held = (group->flags & Group::saved_held) != 0;
  if (!was_saved) ++saved_groups_;
  if (was_held != held) {
    if (was_saved) {
      saved_key_into(save_key_, specs_[spec], group->key(), was_held);
      out.remove(save_key_);
    }
    saved_held_ += held ? 1 : std::uint64_t(0) - 1;
  }
  group->flags &= ~(Group::changed | Group::saved_held);
  group->flags |= Group::saved | (held ? Group::saved_held : 0U);
  save_group(spec, group, saved_scratch_);
  saved_key_into(save_key_, specs_[spec], group->key(), held);
  encode_into(save_value_, saved_scratch_, save_key_);
  out.put(save_key_, save_value_);
}

void Correlator::save_group(std::uint32_t spec, Group* group, SavedGroup& out) {
  out.entries.clear();
  out.waiting.clear();
  out.alerts.clear();
  out.life.reset();
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
  if (texts) {
    std::ranges::sort(out.entries, [](const SavedEntry& a, const SavedEntry& b) {
      return a.place != b.place ? a.place < b.place : a.text < b.text;
    });
  }
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
  const bool held = key.starts_with(held_prefix);
  if ((!held && !key.starts_with(group_prefix)) || key.size() < content_end)
    return damaged("holds a key that no version of this writes");
  if (!loaded_head_) return damaged("has no head");
  if (!held && cold_.on()) return {};
  const auto spec = spec_of(key);
  if (!is_own(spec, key)) return {};
  ++saved_groups_;
  saved_held_ += held ? 1 : 0;
  TRY(const SavedGroup saved, decode_group(key, value));
  if (!spec) {
    ++counters_.unknown_rule;
    forget_saved(std::string(key));
    return {};
  }
  TRY(Group * group, load_group(*spec, key.substr(content_end), saved));
  if (group->is_held() != held) return damaged("holds a group under a wrong key");
  if (held) group->flags |= Group::saved_held;
  return {};
}

// Of the rule that a group's key names.
std::optional<std::uint32_t> Correlator::spec_of(std::string_view saved_key) const {
  base::Sha256 content;
  std::memcpy(content.data(), saved_key.data() + group_prefix.size(), content.size());
  const auto found = by_content_.find(content);
  return found == by_content_.end() ? std::nullopt : std::optional(found->second);
}

// Groups of rules that are no more belong to the first.
bool Correlator::is_own(std::optional<std::uint32_t> spec, std::string_view saved_key) const {
  if (!spec) return share_.index == 0;
  return share_.keeps_spec(*spec) &&
         share_.keeps(GroupTable::hash_of(saved_key.substr(content_end)));
}

base::Result<Group*> Correlator::load_group(std::uint32_t spec, std::string_view key,
                                            const SavedGroup& saved) {
  RuleWindows& windows = *windows_[spec];
  GroupTable& table = windows.table();
  const std::uint32_t hash = GroupTable::hash_of(key);
  if (!values_fit(specs_[spec], key) || table.find(key, hash) != nullptr ||
      saved.life.has_value() != specs_[spec].by_instants)
    return damaged("holds a group that cannot be");
  Group* group = table.add(key, hash);
  group->flags |= Group::saved;
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
  return group;
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

base::Result<void> Correlator::check_groups(std::uint64_t expected, std::uint64_t found) {
  if (expected == found) return {};
  return damaged("has " + std::to_string(found) + " windows; its head says " +
                 std::to_string(expected));
}

base::Result<void> Correlator::finish_load() {
  if (!loaded_head_) return {};  // no checkpoint: a new start
  if (share_.of == 0) {
    const bool cold = cold_.on();
    TRY_VOID(check_groups(cold ? loaded_head_->held : loaded_head_->groups,
                          cold ? saved_held_ : saved_groups_));
    workshop_.book.next_number = loaded_head_->next_number;
  }
  for (const auto& windows : windows_) next_look_ = std::min(next_look_, windows->next_look());
  if (!cold_.on()) return {};
  // Nobody knows how the others are shared out: what the parts say is right as a sum.
  saved_groups_ = share_.index == 0 ? loaded_head_->groups : 0;
  return find_cold_groups();
}

}  // namespace tocsin::correlate
