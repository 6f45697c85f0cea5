#include "ingest/decode/body_sorter.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "ingest/decode/field_writer.hpp"

namespace tocsin::ingest {

// The same for texts that differ in case alone; fits() tells apart what hashes alike.
std::uint64_t BodySorter::index_key(NameGroup names, std::string_view value) {
  constexpr std::size_t longest = 128;
  std::array<char, longest> lower;
  const std::size_t size = std::min(value.size(), longest);
  for (std::size_t i = 0; i < size; ++i) lower[i] = Glob::lower(value[i]);
  return base::keyed_hash({lower.data(), size}, names);
}

NameGroup BodySorter::add_names(const std::vector<std::string>& names, event::FieldTable& fields) {
  std::vector<Slot> slots;
  for (const std::string& name : names) {
    const event::FieldId id = fields.intern(name);
    if (slot_of_.size() <= id.value) slot_of_.resize(id.value + 1U);
    if (slot_of_[id.value] == 0) slot_of_[id.value] = slots_++;
    slots.push_back(slot_of_[id.value]);
  }
  const auto found = std::find(groups_.begin(), groups_.end(), slots);
  const auto group = static_cast<NameGroup>(found - groups_.begin());
  if (found == groups_.end()) groups_.push_back(std::move(slots));
  return group;
}

void BodySorter::build() {
  const auto is_exact = [](const BodyCondition& condition) {
    return std::all_of(condition.values.begin(), condition.values.end(),
                       [](const Glob& value) { return value.is_exact(); });
  };
  std::map<std::uint64_t, std::size_t> uses;
  for (const BodyRule& rule : rules_) {
    for (const BodyCondition& condition : rule.conditions) {
      if (!is_exact(condition)) continue;
      for (const Glob& value : condition.values) ++uses[index_key(condition.names, value.text())];
    }
  }
  for (std::uint32_t number = 0; number < rules_.size(); ++number) {
    const BodyCondition* best = nullptr;
    std::size_t best_uses = 0;
    for (const BodyCondition& condition : rules_[number].conditions) {
      if (!is_exact(condition)) continue;
      std::size_t most = 0;
      for (const Glob& value : condition.values) {
        most = std::max(most, uses[index_key(condition.names, value.text())]);
      }
      if (best == nullptr || most < best_uses) {
        best = &condition;
        best_uses = most;
      }
    }
    if (best == nullptr) {
      unindexed_.push_back(number);
      continue;
    }
    if (std::find(indexed_.begin(), indexed_.end(), best->names) == indexed_.end()) {
      indexed_.push_back(best->names);
    }
    for (const Glob& value : best->values) {
      index_[index_key(best->names, value.text())].push_back(number);
    }
  }
}

const event::Field* BodySorter::value(NameGroup names, const BodyValues& values) const {
  for (const Slot slot : groups_[names]) {
    if (values.found_[slot] != nullptr) return values.found_[slot];
  }
  return nullptr;
}

bool BodySorter::fits(const BodyRule& rule, const BodyValues& values) const {
  return std::all_of(
      rule.conditions.begin(), rule.conditions.end(), [&](const BodyCondition& condition) {
        const event::Field* field = value(condition.names, values);
        return field != nullptr &&
               std::any_of(condition.values.begin(), condition.values.end(),
                           [&](const Glob& wanted) { return wanted.fits(field->value()); });
      });
}

const BodyRule* BodySorter::sort(const event::Batch& batch, const event::Event& event,
                                 BodyValues& values) const {
  values.found_.assign(slots_, nullptr);
  for (const event::Field& field : batch.own_fields(event)) {
    if (field.name.value >= slot_of_.size()) continue;
    const Slot slot = slot_of_[field.name.value];
    if (slot != 0 && values.found_[slot] == nullptr) values.found_[slot] = &field;
  }
  const auto none = static_cast<std::uint32_t>(rules_.size());
  std::uint32_t best = none;
  const auto take = [&](const std::vector<std::uint32_t>& numbers) {
    for (const std::uint32_t number : numbers) {
      if (number >= best) return;
      if (fits(rules_[number], values)) {
        best = number;
        return;
      }
    }
  };
  take(unindexed_);
  for (const NameGroup names : indexed_) {
    const event::Field* field = value(names, values);
    if (field == nullptr) continue;
    const auto found = index_.find(index_key(names, field->value()));
    if (found != index_.end()) take(found->second);
  }
  return best == none ? nullptr : &rules_[best];
}

void BodySorter::write(const BodyRule& rule, BodyValues& values, BodyContext& context) const {
  event::Batch& batch = context.batch;
  // Adding fields may move those that `values` points to.
  const std::size_t first = context.event.first_field;
  const std::size_t own = context.event.field_count;
  const auto index_of = [&](NameGroup names) {
    const event::Field* field = value(names, values);
    return field == nullptr ? own : static_cast<std::size_t>(field - (batch.fields.data() + first));
  };
  std::vector<std::size_t>& places = values.places_;
  places.clear();
  for (const auto& [names, slot] : rule.keys) places.push_back(index_of(names));
  for (const BodyRule::Values& one : rule.values) places.push_back(index_of(one.names));
  std::size_t next = 0;
  for (const auto& [names, slot] : rule.keys) {
    const std::size_t place = places[next++];
    // A field that has the name already is not doubled.
    if (place == own || batch.fields[first + place].name == slot.name) continue;
    write_as(slot, batch.fields[first + place].value(), context);
  }
  for (const BodyRule::Values& one : rule.values) {
    const std::size_t place = places[next++];
    const std::string_view text =
        place == own ? std::string_view() : batch.fields[first + place].value();
    for (const event::Field& field : one.cases.of(text)) {
      context.add(field.name, field.value(), field.kind);
    }
  }
  for (const JoinedField& join : rule.joins) join.write(context);
}

}  // namespace tocsin::ingest
