// Correlator: the half that lets groups leave memory and brings them back.
#include <algorithm>

#include "base/fault_point.hpp"
#include "correlate/checkpoint.hpp"
#include "correlate/correlator.hpp"

namespace tocsin::correlate {

namespace {

constexpr std::size_t content_end = group_prefix.size() + base::Sha256().size();
constexpr std::size_t sweep_keys = 512;        // a batch
constexpr std::size_t removed_key_bytes = 64;  // in the set, beside the key
constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

// Room is made before the limit is reached, and so much at once that it is seldom done.
constexpr std::size_t begin_at(std::size_t limit) { return limit - limit / 8; }
constexpr std::size_t end_at(std::size_t limit) { return limit - limit / 4; }
// Changed groups that one save writes while memory is short: what it needs on the way to the store
// is a small part of the limit.
constexpr std::size_t piece_of(std::size_t limit) { return limit / 2560; }

// How exactly it is counted when groups are over.
std::int64_t step_of(const CorrelationSpec& spec) { return spec.timespan / 16 + 1; }

std::string behind(std::string key) {
  while (!key.empty() && key.back() == '\xff') key.pop_back();
  if (!key.empty()) key.back() = static_cast<char>(key.back() + 1);
  return key;
}

}  // namespace

bool Correlator::wants_save() const {
  const std::size_t limit = options_.window_bytes;
  if (!cold_.on() || limit == 0 || bytes() <= limit / 2) return false;
  if (!saves_ || removed_bytes_ > std::max(limit / 16, spill_limits_.piece * removed_key_bytes))
    return true;
  return changed_.size() >= std::max(spill_limits_.piece, piece_of(limit));
}

// Between two batches: what was saved stands in the state now.
void Correlator::make_room() {
  const std::size_t limit = options_.window_bytes;
  most_bytes_ = most_bytes();
  if (limit != 0 && just_saved_ && bytes() > begin_at(limit)) {
    base::pass(base::FaultPoint::spill_before);
    spill(end_at(limit));
    base::pass(base::FaultPoint::spill_after);
    just_saved_ = false;
  }
  sweep();
}

// The clock's hand goes over all groups, at most twice: it takes the mark from those that were
// touched since it came by, and those without a mark leave.
void Correlator::spill(std::size_t target) {
  constexpr std::uint32_t ahead = 8;
  for (std::size_t tables = 0; tables <= 2 * windows_.size(); ++tables) {
    RuleWindows& windows = *windows_[hand_spec_];
    GroupTable& table = windows.table();
    for (; hand_group_ < table.end_id(); ++hand_group_) {
      if (bytes() <= target) return;
      if (hand_group_ + ahead < table.end_id()) table.fetch_id(hand_group_ + ahead);
      Group* group = table.at(hand_group_);
      if (group == nullptr) continue;
      if ((group->flags & Group::touched) != 0) {
        group->flags &= ~Group::touched;
        continue;
      }
      constexpr std::uint32_t all_flags = Group::saved | Group::changed | Group::saved_held;
      if ((group->flags & all_flags) != Group::saved || group->is_held()) continue;
      cold_.add(hand_spec_, group->hash, windows.over_at(group), step_of(specs_[hand_spec_]));
      windows.drop(group);
      ++counters_.spilled;
    }
    hand_group_ = 0;
    if (++hand_spec_ == windows_.size()) hand_spec_ = 0;
  }
}

// Of the piece of a batch whose keys were just read: all at once costs less than one by one.
void Correlator::read_back_ahead(std::size_t first_key) {
  std::vector<std::size_t> wanted;
  std::vector<std::string> names;
  for (std::size_t i = first_key; i < keys_.size(); ++i) {
    const Key& key = keys_[i];
    if (key.size == missing || !share_.keeps(key.hash) ||
        !windows_[key.spec]->table().seems_absent(key.hash) || !cold_.may_hold(key.spec, key.hash))
      continue;
    wanted.push_back(i);
    names.push_back(saved_key(specs_[key.spec], {key.data, key.size}, false));
  }
  if (wanted.empty()) return;
  const auto values = cold_.state().get_many(names);
  if (!values) {
    fail(values.error());
    return;
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    Key& key = keys_[wanted[i]];
    key.absent = true;
    if (const auto& value = (*values)[i]; !value) {
      ++counters_.read_in_vain;
    } else if (windows_[key.spec]->table().find({key.data, key.size}, key.hash) == nullptr) {
      take_back(key.spec, {key.data, key.size}, names[i], *value);
    }
  }
  base::pass(base::FaultPoint::read_back);
}

// nullptr: it is not there.
Group* Correlator::read_back(std::uint32_t spec, std::string_view key) {
  const std::string name = saved_key(specs_[spec], key, false);
  const auto value = cold_.state().get(name);
  if (!value) {
    fail(value.error());
    return nullptr;
  }
  if (!*value) {
    ++counters_.read_in_vain;
    return nullptr;
  }
  return take_back(spec, key, name, **value);
}

Group* Correlator::take_back(std::uint32_t spec, std::string_view key, const std::string& name,
                             std::string_view value) {
  const auto saved = decode_group(name, value);
  if (!saved) {
    fail(saved.error());
    return nullptr;
  }
  const auto group = load_group(spec, key, *saved);
  if (!group) {
    fail(group.error());
    return nullptr;
  }
  if (removed_.erase(name) != 0) removed_bytes_ -= name.size() + removed_key_bytes;
  next_look_ = std::min(next_look_, windows_[spec]->next_look());
  ++counters_.read_back;
  return *group;
}

void Correlator::forget_saved(std::string key) {
  const std::size_t bytes = key.size() + removed_key_bytes;
  if (removed_.insert(std::move(key)).second) removed_bytes_ += bytes;
}

// A piece of a pass over the saved groups.
void Correlator::sweep() {
  if (failure_ || !cold_.pass_is_due(watermark_.value())) return;
  std::size_t seen = 0;
  std::string next;
  const auto read = cold_.state().scan(cold_.pass_at(), behind_groups, sweep_keys,
                                       [&](std::string_view key, std::string_view value) {
                                         if (++seen == sweep_keys) next.assign(key) += '\0';
                                         return sweep_one(key, value);
                                       });
  if (!read) {
    fail(read.error());
  } else if (seen < sweep_keys) {
    cold_.end_pass();
  } else {
    cold_.pass_on_to(std::move(next));
  }
  base::pass(base::FaultPoint::sweep_after);
}

base::Result<void> Correlator::sweep_one(std::string_view key, std::string_view value) {
  const auto spec = spec_of(key);
  // Where its rule is no more it is removed with all others of that rule.
  if (!spec || !is_own(spec, key)) return {};
  const std::string_view group_key = key.substr(content_end);
  const std::uint32_t hash = GroupTable::hash_of(group_key);
  if (windows_[*spec]->table().find(group_key, hash) != nullptr) return {};
  TRY(const std::int64_t last, decode_last(key, value));
  const std::int64_t over = plus(last, specs_[*spec].timespan);
  if (over > watermark_.value()) {
    cold_.keep(*spec, hash, over, step_of(specs_[*spec]));
  } else {
    forget_saved(std::string(key));
    ++counters_.swept;
  }
  return {};
}

// After a start: whether there are any, and whose rules are no more. One look a rule.
base::Result<void> Correlator::find_cold_groups() {
  std::string at(group_prefix);
  bool found = true, known = false;
  while (found) {
    std::string prefix;
    TRY_VOID(cold_.state().scan(
        at, behind_groups, 1, [&](std::string_view key, std::string_view) -> base::Result<void> {
          if (key.size() < content_end)
            return base::fail("correlate-3", "the checkpoint holds a key that no version writes",
                              {"checkpoint"});
          prefix = key.substr(0, content_end);
          return {};
        }));
    found = !prefix.empty();
    if (!found) break;
    at = behind(prefix);
    if (const auto spec = spec_of(prefix)) {
      known = known || share_.keeps_spec(*spec);
    } else if (share_.index == 0) {
      TRY_VOID(remove_rule(prefix, at));
    }
  }
  if (known) cold_.suspect_all();
  return {};
}

base::Result<void> Correlator::remove_rule(const std::string& prefix, std::string_view end) {
  std::uint64_t windows = 0;
  TRY_VOID(cold_.state().scan(prefix, end, all, [&](std::string_view, std::string_view) {
    ++windows;
    return base::Result<void>();
  }));
  saved_groups_ -= windows;
  counters_.unknown_rule += windows;
  removed_prefixes_.push_back(prefix);
  return {};
}

}  // namespace tocsin::correlate
