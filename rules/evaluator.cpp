#include "rules/evaluator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "rules/folding.hpp"

namespace tocsin::rules {

namespace {

bool lies_in(std::string_view part, std::string_view whole) {
  const std::less_equal<const char*> before;
  return before(whole.data(), part.data()) &&
         before(part.data() + part.size(), whole.data() + whole.size());
}

}  // namespace

void Evaluator::prepare(const Program& program) {
  const auto grow = [](auto& vector, std::size_t size) {
    if (vector.size() < size) vector.resize(size);
  };
  grow(verdict_, program.asked().size());
  grow(hit_stamp_, program.asked().size());
  hits_.reserve(program.asked().size());
  grow(opened_, program.rules().size());
  grow(listed_, program.lists().size());
  grow(slots_, program.slots().size());
  for (const Slot& slot : program.slots()) {
    if (slot.literals != nullptr) slot.literals->prepare(literal_scratch_);
    if (slot.regexes == nullptr) continue;
    slot.regexes->prepare(regex_scratch_);
    most_regexes_ = std::max(most_regexes_, slot.regex_predicates.size());
  }
  if (most_regexes_ != 0) met_ = std::make_unique<bool[]>(most_regexes_);
}

bool Evaluator::evaluate(const Plan& plan, std::uint32_t place, const EventView& event,
                         std::vector<event::RuleIndex>& out) {
  plan_ = &plan;
  program_ = plan.program.get();
  event_ = &event;
  place_ = place;
  next_epoch();
  if (!bind(event.own)) return false;
  if (plan.general && !bind(event.constants)) return false;
  const std::uint32_t time_slot = program_->time_slot();
  if (time_slot != 0 && plan.has_live_gates[time_slot] != 0) bind_time();
  if (plan.any_live_gates) ask_gates();
  const std::size_t start = out.size();
  const auto meet = [&](std::uint32_t rule) {
    const auto indices = program_->indices(program_->rules()[rule]);
    out.insert(out.end(), indices.begin(), indices.end());
  };
  for (const Plan::Resident& resident : plan.residents) {
    if (holds(resident.formula.data())) meet(resident.rule);
  }
  for (const std::uint32_t candidate : candidates_) {
    if (holds(program_->formula(program_->rules()[candidate]).data())) meet(candidate);
  }
  if (!counts_.empty()) count_evaluated();
  if (out.size() - start > 1) {
    const auto first = out.begin() + static_cast<std::ptrdiff_t>(start);
    std::sort(first, out.end());
    out.erase(std::unique(first, out.end()), out.end());  // a rule and its variant
  }
  return true;
}

void Evaluator::count_evaluated() {
  const auto count = [&](std::uint32_t rule) {
    for (const event::RuleIndex index : program_->indices(program_->rules()[rule]))
      ++counts_[index.value];
  };
  for (const Plan::Resident& resident : plan_->residents) count(resident.rule);
  for (const std::uint32_t candidate : candidates_) count(candidate);
}

void Evaluator::next_epoch() {
  if (epoch_ >= std::numeric_limits<std::uint32_t>::max() - 4) {
    std::ranges::fill(verdict_, 0);
    std::ranges::fill(opened_, 0);
    std::ranges::fill(listed_, 0);
    std::ranges::fill(slots_, SlotState{});
    epoch_ = 0;
  }
  epoch_ += 2;
  values_.clear();
  gate_slots_.clear();
  candidates_.clear();
  folded_.clear();
}

bool Evaluator::bind(std::span<const event::Field> fields) {
  const std::size_t known = plan_->slot_of.size();
  const std::uint16_t* const slot_of = plan_->slot_of.data();
  for (const event::Field& field : fields) {
    if (field.name.value >= known) continue;
    const std::uint16_t slot = slot_of[field.name.value];
    if (slot == 0) continue;
    if (slot == Plan::clash) return false;
    bind_value(slot, field);
  }
  return true;
}

void Evaluator::bind_value(std::uint32_t slot, const event::Field& field) {
  const auto index = static_cast<std::uint32_t>(values_.size());
  values_.push_back({field.value(), {}, field.kind == event::ValueKind::null, false, none});
  SlotState& state = slots_[slot];
  if (state.bound == epoch_) {
    values_[state.last].next = index;
  } else {
    state.bound = epoch_;
    state.first = index;
    if (plan_->has_live_gates[slot] != 0) gate_slots_.push_back(slot);
  }
  state.last = index;
}

// Keywords search the text as it came, and each value that is not found there. A plan that knows
// the constants has asked them.
void Evaluator::bind_keywords() {
  if (slots_[0].bound == epoch_) return;
  bind_value(0, event::Field(event::FieldTable::unknown, event_->raw));
  const bool frame_will_do = event_->raw_is_frame && program_->keywords_outlast_escapes();
  const auto bind_others = [&](std::span<const event::Field> fields) {
    for (const event::Field& field : fields) {
      if (field.in_frame && frame_will_do) continue;
      if (field.kind != event::ValueKind::null && !lies_in(field.value(), event_->raw))
        bind_value(0, field);
    }
  };
  bind_others(event_->own);
  if (plan_->general) bind_others(event_->constants);
}

// "2026-11-22T03:08:00.123456789Z", written without allocating.
void Evaluator::bind_time() {
  const std::uint32_t slot = program_->time_slot();
  if (slots_[slot].bound == epoch_ || !event_->time) return;
  constexpr std::int64_t ns_per_day = 86'400 * base::ns_per_second;
  const std::int64_t ns = event_->time->value;
  const std::int64_t days = ns / ns_per_day - (ns % ns_per_day < 0 ? 1 : 0);
  const std::int64_t of_day = ns - days * ns_per_day;
  const base::CivilDate date = base::civil_from_days(days);
  char* const out = folded_.allocate(40);
  const auto seconds = of_day / base::ns_per_second;
  const auto end = fmt::format_to(out, "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", date.year,
                                  date.month, date.day, seconds / 3600, seconds / 60 % 60,
                                  seconds % 60, of_day % base::ns_per_second);
  bind_value(slot, event::Field(program_->slots()[slot].field,
                                {out, static_cast<std::size_t>(end - out)}));
}

std::string_view Evaluator::folded_of(Value& value) {
  if (!value.has_folded) {
    const std::size_t bound = folded_bound(value.raw.size());
    char* const out = folded_.allocate(bound);
    const std::size_t size = fold_to(value.raw, out);
    folded_.shrink(bound - size);
    value.folded = {out, size};
    value.has_folded = true;
  }
  return value.folded;
}

void Evaluator::ask_gates() {
  if (plan_->has_live_gates[0] != 0) bind_keywords();
  for (const std::uint32_t index : gate_slots_) {
    const Slot& slot = program_->slots()[index];
    for (std::uint32_t i = slots_[index].first; i != none; i = values_[i].next)
      look_up(slot, values_[i]);
    slots_[index].indexed = epoch_;
    if ((slot.scans_literals || slot.scans_regexes) && is_guarded(index)) ask_dear(index);
  }
}

void Evaluator::look_up(const Slot& slot, Value& value) {
  for (const std::uint32_t predicate : slot.exists) {
    if (!value.is_null || program_->asked()[predicate].predicate->test == Test::exists)
      record(predicate);
  }
  if (value.is_null) return;
  const auto on_hit = [&](std::uint32_t predicate, bool verify) { hit(predicate, verify, value); };
  const auto fold = [&] { return folded_of(value); };
  if (!slot.exact.empty() && slot.exact.may_be(value.raw))
    slot.exact.look_up(folded_of(value), on_hit);
  if (!slot.prefixes.empty() && slot.prefixes.may_fit(value.raw))
    slot.prefixes.look_up(value.raw, fold, on_hit);
  if (!slot.suffixes.empty() && slot.suffixes.may_fit(value.raw))
    slot.suffixes.look_up(value.raw, fold, on_hit);
  if (!slot.numbers.empty()) slot.numbers.look_up(value.raw, on_hit);
  if (!slot.networks.empty()) slot.networks.look_up(value.raw, on_hit);
}

bool Evaluator::is_guarded(std::uint32_t slot) {
  return std::ranges::all_of(plan_->guards[slot],
                             [&](std::uint32_t guard) { return is_true(guard); });
}

// Texts inside values and regular expressions: from the cache, else by scans.
void Evaluator::ask_dear(std::uint32_t slot) {
  slots_[slot].scanned = epoch_;
  if (program_->slots()[slot].scans_regexes) slots_[slot].regexed = epoch_;
  for (std::uint32_t i = slots_[slot].first; i != none; i = values_[i].next) {
    Value& value = values_[i];
    if (value.is_null) continue;
    if (const ValueCache::Entry* entry = cache_.find(place_ << 16U | slot, value.raw)) {
      for (std::size_t k = 0; k < entry->count; ++k) record(entry->hits[k]);
    } else {
      scan(slot, value);
    }
  }
}

void Evaluator::scan(std::uint32_t index, Value& value) {
  const Slot& slot = program_->slots()[index];
  hits_.clear();
  if (slot.literals != nullptr) {
    ++scans_;
    scanned_slot_ = &slot;
    scanned_value_ = &value;
    slot.literals->scan(
        slot.literals->wants_folded(value.raw) ? folded_of(value) : value.raw, literal_scratch_,
        [](void* self, std::uint32_t literal) {
          static_cast<Evaluator*>(self)->on_literal(literal);
        },
        this);
  }
  if (slot.scans_regexes) {
    const bool* met = regexes_met(slot, value);
    for (std::size_t i = 0; i < slot.regex_predicates.size(); ++i) {
      if (met[i]) hits_.push_back(slot.regex_predicates[i]);
    }
  }
  for (const std::uint32_t predicate : hits_) record(predicate);
  cache_.store(place_ << 16U | index, value.raw, hits_);
}

void Evaluator::on_literal(std::uint32_t literal) {
  for (const LiteralUse& use : scanned_slot_->uses_of(literal)) {
    if (hit_stamp_[use.predicate] == scans_) continue;
    hit_stamp_[use.predicate] = scans_;
    const Predicate& predicate = *program_->asked()[use.predicate].predicate;
    if (!use.verify ||
        satisfies(scanned_value_->raw, predicate, [&] { return folded_of(*scanned_value_); }))
      hits_.push_back(use.predicate);
  }
}

void Evaluator::hit(std::uint32_t predicate, bool verify, Value& value) {
  if (verdict_[predicate] == epoch_ + 1) return;
  if (verify && !satisfies(value.raw, *program_->asked()[predicate].predicate,
                           [&] { return folded_of(value); })) {
    return;
  }
  record(predicate);
}

void Evaluator::record(std::uint32_t predicate) {
  if (verdict_[predicate] == epoch_ + 1) return;
  verdict_[predicate] = epoch_ + 1;
  const Program::Asked& asked = program_->asked()[predicate];
  for (const std::uint32_t list : program_->lists_of(asked)) listed_[list] = epoch_;
  for (const std::uint32_t rule : program_->opened_by(asked)) {
    if (opened_[rule] == epoch_ || plan_->fate[rule] != Plan::Fate::gated) continue;
    opened_[rule] = epoch_;
    candidates_.push_back(rule);
  }
}

bool Evaluator::holds(const Node* node) {
  switch (node->kind) {
    case Node::Kind::truth:
      return node->value != 0;
    case Node::Kind::predicate:
      return is_true(node->value);
    case Node::Kind::negation:
      return !holds(node + 1);
    case Node::Kind::all_of:
      for (const Node* child = node + 1; child < node + node->value; child += child->size()) {
        if (!holds(child)) return false;
      }
      return true;
    case Node::Kind::any_of: {
      const Node* child = node + 1;
      if (child->kind == Node::Kind::list) {
        if (is_settled(child->value)) return listed_[child->value] == epoch_;
        ++child;
      }
      for (; child < node + node->value; child += child->size()) {
        if (holds(child)) return true;
      }
      return false;
    }
    case Node::Kind::list:
      break;
  }
  return false;
}

// All of its members that the event has were recorded.
bool Evaluator::is_settled(std::uint32_t index) const {
  const Program::List& list = program_->lists()[index];
  const SlotState& state = slots_[list.slot];
  return state.indexed == epoch_ && (!list.has_dear || state.scanned == epoch_);
}

bool Evaluator::is_true(std::uint32_t predicate) {
  if (plan_->known[predicate] != Known::open) return plan_->known[predicate] == Known::yes;
  const std::uint32_t verdict = verdict_[predicate];
  if (verdict == epoch_ + 1) return true;
  if (verdict == epoch_) return false;
  const bool result = ask(predicate);
  verdict_[predicate] = epoch_ + (result ? 1 : 0);
  return result;
}

bool Evaluator::ask(std::uint32_t predicate) {
  const Program::Asked& asked = program_->asked()[predicate];
  const Test test = asked.predicate->test;
  if (asked.slot == 0) {
    bind_keywords();
  } else if (asked.slot == program_->time_slot()) {
    bind_time();
  }
  if (test == Test::reference) return refers(asked);
  const SlotState& state = slots_[asked.slot];
  if (state.bound != epoch_) return test == Test::null;
  // Those that a look-up or the scan answers are known by now, if they hold.
  if (asked.is_dear ? state.scanned == epoch_ : asked.is_gate && state.indexed == epoch_)
    return false;
  if (test == Test::exists) return true;
  if (test == Test::regex) {
    if (state.regexed != epoch_) ask_regexes(asked.slot);
    return verdict_[predicate] == epoch_ + 1;
  }
  for (std::uint32_t i = state.first; i != none; i = values_[i].next) {
    Value& value = values_[i];
    if (test == Test::null) {
      if (value.is_null) return true;
    } else if (!value.is_null &&
               satisfies(value.raw, *asked.predicate, [&] { return folded_of(value); })) {
      return true;
    }
  }
  return false;
}

// Some value of the one field stands so to some value of the other.
bool Evaluator::refers(const Program::Asked& asked) {
  for (const std::uint32_t slot : {asked.slot, asked.other_slot}) {
    if (slot == program_->time_slot()) bind_time();
    bind_constants(slot);
    if (slots_[slot].bound != epoch_) return false;
  }
  const Predicate& predicate = *asked.predicate;
  const auto text_of = [&](Value& value) { return predicate.cased ? value.raw : folded_of(value); };
  for (std::uint32_t i = slots_[asked.slot].first; i != none; i = values_[i].next) {
    if (values_[i].is_null) continue;
    const std::string_view text = text_of(values_[i]);
    for (std::uint32_t k = slots_[asked.other_slot].first; k != none; k = values_[k].next) {
      if (!values_[k].is_null && relates(text, predicate.relation, text_of(values_[k])))
        return true;
    }
  }
  return false;
}

// Constants by which all else is decided are not bound; a reference may ask for one.
void Evaluator::bind_constants(std::uint32_t slot) {
  if (plan_->general || slots_[slot].bound == epoch_) return;
  for (const event::Field& constant : plan_->constants) {
    if (constant.name == program_->slots()[slot].field) bind_value(slot, constant);
  }
}

void Evaluator::ask_regexes(std::uint32_t index) {
  const Slot& slot = program_->slots()[index];
  for (std::uint32_t i = slots_[index].first; i != none; i = values_[i].next) {
    if (values_[i].is_null) continue;
    const bool* met = regexes_met(slot, values_[i]);
    for (std::size_t k = 0; k < slot.regex_predicates.size(); ++k) {
      if (met[k]) verdict_[slot.regex_predicates[k]] = epoch_ + 1;
    }
  }
  slots_[index].regexed = epoch_;
}

// By regex of the slot; valid until the next call.
bool* Evaluator::regexes_met(const Slot& slot, const Value& value) {
  bool* const met = met_.get();
  const std::size_t count = slot.regex_predicates.size();
  std::fill(met, met + count, false);
  slot.regexes->scan(value.raw, regex_scratch_, {met, count});
  return met;
}

}  // namespace tocsin::rules
