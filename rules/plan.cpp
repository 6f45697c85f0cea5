#include "rules/plan.hpp"

#include <algorithm>

#include "rules/folding.hpp"

namespace tocsin::rules {

namespace {

// Whether one of the constants of its field satisfies the predicate.
bool constant_satisfies(const Program& program, std::uint32_t index,
                        std::span<const event::Field> constants) {
  const Program::Asked& asked = program.asked()[index];
  const Slot& slot = program.slots()[asked.slot];
  RegexScratch scratch;
  if (asked.predicate->test == Test::regex) slot.regexes->prepare(scratch);
  for (const event::Field& constant : constants) {
    if (asked.slot != 0 && constant.name != slot.field) continue;
    const bool is_null = constant.kind == event::ValueKind::null;
    if (asked.predicate->test == Test::exists) return true;
    if (asked.predicate->test == Test::null) {
      if (is_null) return true;
    } else if (is_null) {
      continue;
    } else if (asked.predicate->test == Test::regex) {
      const auto met = std::make_unique<bool[]>(slot.regex_predicates.size());
      slot.regexes->scan(constant.value(), scratch, {met.get(), slot.regex_predicates.size()});
      const auto place = std::ranges::find(slot.regex_predicates, index);
      if (met[static_cast<std::size_t>(place - slot.regex_predicates.begin())]) return true;
    } else {
      const std::string text = folded(constant.value());
      if (satisfies(constant.value(), *asked.predicate, [&] { return std::string_view(text); }))
        return true;
    }
  }
  return false;
}

bool constants_relate(const Predicate& predicate, std::span<const event::Field> constants) {
  const auto text_of = [&](const event::Field& field) {
    return predicate.cased ? std::string(field.value()) : folded(field.value());
  };
  for (const event::Field& one : constants) {
    if (one.name != predicate.field || one.kind == event::ValueKind::null) continue;
    for (const event::Field& other : constants) {
      if (other.name != predicate.other || other.kind == event::ValueKind::null) continue;
      if (relates(text_of(one), predicate.relation, text_of(other))) return true;
    }
  }
  return false;
}

void decide_predicates(Plan& plan) {
  const Program& program = *plan.program;
  plan.known.assign(program.asked().size(), Known::open);
  const auto is_constant = [&](std::uint32_t slot) {
    const event::FieldId field = program.slots()[slot].field;
    return std::ranges::find(plan.constants, field, &event::Field::name) != plan.constants.end();
  };
  for (std::uint32_t i = 0; i < program.asked().size(); ++i) {
    const Program::Asked& asked = program.asked()[i];
    if (asked.slot == 0) {
      // Any value will do: what no constant satisfies is left to the event.
      const Test test = asked.predicate->test;
      if (!plan.general && test != Test::null && test != Test::exists &&
          constant_satisfies(program, i, plan.constants)) {
        plan.known[i] = Known::yes;
      }
      continue;
    }
    if (!is_constant(asked.slot)) continue;
    const bool refers = asked.predicate->test == Test::reference;
    if (refers && !is_constant(asked.other_slot)) continue;
    const bool met = refers ? constants_relate(*asked.predicate, plan.constants)
                            : constant_satisfies(program, i, plan.constants);
    plan.known[i] = met ? Known::yes : Known::no;
  }
}

void decide_rules(Plan& plan) {
  const Program& program = *plan.program;
  // Where nothing is known a gated rule stays one: a formula that is settled has no gates.
  const bool is_any_known =
      std::ranges::any_of(plan.known, [](Known k) { return k != Known::open; });
  std::vector<char> opened(program.rules().size(), 0);
  for (std::size_t i = 0; i < program.asked().size(); ++i) {
    if (plan.known[i] != Known::yes) continue;
    for (const std::uint32_t rule : program.opened_by(program.asked()[i])) opened[rule] = 1;
  }
  for (std::size_t i = 0; i < program.rules().size(); ++i) {
    const Program::Rule& rule = program.rules()[i];
    if (!is_any_known && rule.is_gated) {
      plan.fate.push_back(Plan::Fate::gated);
      continue;
    }
    Formula formula = simplified(program.formula(rule), plan.known);
    if (formula[0].kind == Node::Kind::truth && formula[0].value == 0) {
      plan.fate.push_back(Plan::Fate::dead);
    } else if (!rule.is_gated || opened[i] != 0 || formula[0].kind == Node::Kind::truth) {
      plan.fate.push_back(Plan::Fate::resident);
      plan.residents.push_back({static_cast<std::uint32_t>(i), std::move(formula)});
    } else {
      plan.fate.push_back(Plan::Fate::gated);
    }
  }
}

// Which fields of an event are to be looked at.
void choose_slots(Plan& plan, std::size_t field_count) {
  const Program& program = *plan.program;
  std::vector<char> needed(program.slots().size(), 0);
  plan.has_live_gates.assign(program.slots().size(), 0);
  const auto need = [&](std::span<const Node> formula) {
    for (const Node& node : formula) {
      if (node.kind != Node::Kind::predicate || plan.known[node.value] != Known::open) continue;
      needed[program.asked()[node.value].slot] = 1;
      needed[program.asked()[node.value].other_slot] = 1;
    }
  };
  for (const Plan::Resident& resident : plan.residents) need(resident.formula);
  for (std::size_t i = 0; i < program.rules().size(); ++i) {
    if (plan.fate[i] == Plan::Fate::gated) need(program.formula(program.rules()[i]));
  }
  for (std::size_t i = 0; i < program.asked().size(); ++i) {
    const Program::Asked& asked = program.asked()[i];
    if (!asked.is_gate || plan.known[i] != Known::open) continue;
    for (const std::uint32_t rule : program.opened_by(asked)) {
      if (plan.fate[rule] != Plan::Fate::gated) continue;
      plan.has_live_gates[asked.slot] = 1;
      plan.any_live_gates = true;
    }
  }
  plan.slot_of.assign(field_count, 0);
  for (std::size_t slot = 1; slot < program.slots().size(); ++slot) {
    const event::FieldId field = program.slots()[slot].field;
    const bool is_constant =
        std::ranges::find(plan.constants, field, &event::Field::name) != plan.constants.end();
    if (is_constant) {
      plan.slot_of[field.value] = Plan::clash;
      plan.any_clash = true;
    } else if (needed[slot] != 0) {
      plan.slot_of[field.value] = static_cast<std::uint16_t>(slot);
    }
  }
}

bool is_cheap(Test test) {
  return test == Test::equal || test == Test::prefix || test == Test::suffix ||
         test == Test::number || test == Test::exists;
}

// Predicates each of which the formula needs, ascending; those that may guard a scan.
std::vector<std::uint32_t> conjuncts(const Plan& plan, std::span<const Node> formula) {
  const std::vector<Program::Asked>& asked = plan.program->asked();
  std::vector<std::uint32_t> out;
  for (std::size_t at = 0; at < formula.size();) {
    const Node& node = formula[at];
    if (node.kind == Node::Kind::predicate && plan.known[node.value] == Known::open &&
        asked[node.value].slot != 0 && !asked[node.value].is_gate &&
        is_cheap(asked[node.value].predicate->test)) {
      out.push_back(node.value);
    }
    // Into an all_of, past anything else.
    at += node.kind == Node::Kind::all_of ? 1 : node.size();
  }
  std::ranges::sort(out);
  return out;
}

void choose_guards(Plan& plan) {
  constexpr std::size_t most_guards = 3;
  const Program& program = *plan.program;
  plan.guards.resize(program.slots().size());
  std::vector<char> begun(program.slots().size(), 0);
  for (const Program::Asked& asked : program.asked()) {
    if (!asked.is_dear) continue;
    for (const std::uint32_t rule : program.opened_by(asked)) {
      if (plan.fate[rule] != Plan::Fate::gated) continue;
      std::vector<std::uint32_t> own = conjuncts(plan, program.formula(program.rules()[rule]));
      std::vector<std::uint32_t>& guards = plan.guards[asked.slot];
      if (begun[asked.slot] != 0) {
        std::erase_if(guards,
                      [&](std::uint32_t guard) { return !std::ranges::binary_search(own, guard); });
      } else {
        guards = std::move(own);
        begun[asked.slot] = 1;
      }
    }
  }
  for (std::vector<std::uint32_t>& guards : plan.guards) {
    if (guards.size() > most_guards) guards.resize(most_guards);
  }
}

Plan make(Plan plan, std::size_t field_count) {
  decide_predicates(plan);
  decide_rules(plan);
  choose_slots(plan, field_count);
  choose_guards(plan);
  return plan;
}

}  // namespace

Plan general_plan(std::shared_ptr<const Program> program, std::size_t field_count) {
  Plan plan;
  plan.program = std::move(program);
  return make(std::move(plan), field_count);
}

Plan shape_plan(std::shared_ptr<const Program> program, std::size_t field_count,
                event::LogsourceId logsource, std::span<const event::Field> constants) {
  Plan plan;
  plan.program = std::move(program);
  plan.general = false;
  plan.logsource = logsource;
  plan.constants = constants;
  return make(std::move(plan), field_count);
}

}  // namespace tocsin::rules
