#include "tests/correlate/random_history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <optional>
#include <set>

namespace tocsin::correlate {

namespace {

constexpr std::uint32_t rules = 4;
constexpr event::FieldId fields[] = {field_a, field_b, field_c};
constexpr std::string_view names[] = {"a", "b", "c"};

class Maker {
 public:
  Maker(std::mt19937_64& random, const Shape& shape) : random_(random), shape_(shape) {}

  History make() {
    History history;
    history.options.lateness = base::Nanoseconds(10 * second);
    history.options.idle_timeout = base::Nanoseconds(15 * second);
    history.options.window_bytes = 0;
    const std::uint64_t count = 1 + below(4);
    for (std::uint64_t i = 0; i < count; ++i) add_new(history.specs);
    specs_ = history.specs;
    const std::uint64_t steps = 1 + below(shape_.max_steps);
    while (history.steps.size() < steps) {
      if (shape_.reloads && once_in(shape_.dense ? 80 : 25)) {
        specs_ = reloaded();
        history.steps.push_back({.kind = Step::Kind::reload, .event = {}, .specs = specs_});
      } else {
        add_step(history.steps);
      }
    }
    number_events(history.steps);
    return history;
  }

 private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool once_in(std::uint64_t n) { return below(n) == 0; }

  // ---- reloads

  void add(std::vector<CorrelationSpec>& specs, CorrelationSpec spec) {
    const auto at = static_cast<std::uint32_t>(specs.size());
    spec.rule = event::RuleIndex(90 - at * 7);  // inner ones sort last, so the order is put to use
    specs.push_back(std::move(spec));
  }
  void add_new(std::vector<CorrelationSpec>& specs) {
    CorrelationSpec made = spec(specs);
    made.id = fmt::format("rule-{}", rules_made_++);
    add(specs, std::move(made));
  }
  void give_content(CorrelationSpec& spec) {
    ++contents_made_;
    spec.content[0] = static_cast<std::uint8_t>(contents_made_ & 0xFFU);
    spec.content[1] = static_cast<std::uint8_t>(contents_made_ >> 8U);
  }

  // What holds from now on, in another order: some as they were, some gone, some changed, by
  // themselves or by what they stand on, some new, and sometimes one that was there before.
  std::vector<CorrelationSpec> reloaded() {
    std::vector<CorrelationSpec> now;
    std::vector<std::optional<std::uint32_t>> moved(specs_.size());
    std::vector<std::size_t> left(specs_.size());
    std::iota(left.begin(), left.end(), std::size_t{0});
    if (once_in(8) && !gone_.empty()) {
      add(now, gone_[below(gone_.size())]);
      std::erase_if(gone_, [&](const auto& one) { return one.content == now[0].content; });
    }
    while (!left.empty()) {
      if (once_in(5) && now.size() + left.size() < most_rules) add_new(now);
      const auto is_ready = [&](std::size_t at) {
        return std::ranges::none_of(inner_of(specs_[at]), [&](std::uint32_t inner) {
          return std::ranges::find(left, inner) != left.end();
        });
      };
      std::vector<std::size_t> ready;
      std::ranges::copy_if(left, std::back_inserter(ready), is_ready);
      const std::size_t at = ready[below(ready.size())];
      std::erase(left, at);
      take_along(at, moved, now);
    }
    if (now.empty()) add_new(now);
    return now;
  }

  void take_along(std::size_t at, std::vector<std::optional<std::uint32_t>>& moved,
                  std::vector<CorrelationSpec>& now) {
    CorrelationSpec spec = specs_[at];
    const std::vector<std::uint32_t> inner = inner_of(spec);
    if (once_in(8) || std::ranges::any_of(inner, [&](std::uint32_t i) { return !moved[i]; })) {
      if (inner.empty()) gone_.push_back(std::move(spec));
      return;
    }
    const bool changed = std::ranges::any_of(
        inner, [&](std::uint32_t i) { return now[*moved[i]].content != specs_[i].content; });
    for (std::size_t i = 0; i < spec.feed_count(); ++i) {
      auto& of = (i < spec.inputs.size() ? spec.inputs[i] : *spec.until).inner;
      if (of) of = *moved[*of];
    }
    if (once_in(5)) {
      change(spec, now);
    } else if (changed) {
      give_content(spec);
    }
    moved[at] = static_cast<std::uint32_t>(now.size());
    add(now, std::move(spec));
  }

  // Its timespan, or all of it but its groups, on which others may stand.
  void change(CorrelationSpec& spec, const std::vector<CorrelationSpec>& before) {
    give_content(spec);
    spec.timespan = static_cast<std::int64_t>(1 + below(12)) * second;
    if (once_in(2)) return;
    CorrelationSpec other = this->spec(before);
    if (other.group_names != spec.group_names) return;
    other.id = spec.id;
    spec = std::move(other);
  }

  static std::vector<std::uint32_t> inner_of(const CorrelationSpec& spec) {
    std::vector<std::uint32_t> out;
    for (std::size_t i = 0; i < spec.feed_count(); ++i) {
      if (const auto inner = spec.input(i).inner) out.push_back(*inner);
    }
    return out;
  }

  // ---- rules

  CorrelationSpec spec(const std::vector<CorrelationSpec>& before) {
    CorrelationSpec spec;
    spec.title = "Title";
    spec.level = "high";
    spec.tags = {"attack.t1"};
    give_content(spec);
    spec.type = static_cast<CorrelationType>(below(8));
    if (spec.type == CorrelationType::value_percentile && once_in(2))
      spec.percentile = static_cast<std::uint32_t>(below(101) * 1000 + (once_in(3) ? 125 : 0)) %
                        (whole_percentile + 1);
    spec.timespan = static_cast<std::int64_t>(1 + below(12)) * second;
    spec.alerts = !once_in(5);
    if (once_in(5)) spec.realert = static_cast<std::int64_t>(1 + below(8)) * second;
    std::vector<std::size_t> group;
    for (std::size_t i = 0; i < 2; ++i) {
      if (!once_in(2)) group.push_back(i);
    }
    for (const std::size_t i : group) spec.group_names.emplace_back(names[i]);
    spec.group_optional = once_in(6) && !group.empty();
    const bool temporal = is_temporal(spec.type);
    const std::uint64_t inputs = 1 + below(temporal ? 3 : 2);
    for (std::uint64_t i = 0; i < inputs; ++i) add_input(spec, before, group);
    choose_condition(spec, temporal);
    if (spec.type == CorrelationType::event_count && once_in(4)) spec.weight = field_c;
    if (!spec.by_instants && once_in(5)) add_until(spec, before, group);
    return spec;
  }

  // Halves and tenths, around what the events carry.
  double limit() {
    const auto number = static_cast<double>(below(shape_.dense ? 60 : 5));
    return number + (once_in(3) ? 0.5 : 0) + (once_in(5) ? 0.1 : 0);
  }

  void choose_numbers(CorrelationSpec& spec) {
    NumberRange& range = spec.numbers;
    const bool is_share = spec.type == CorrelationType::value_percentile && !spec.percentile;
    const double scale = is_share ? 15 : spec.type == CorrelationType::value_sum ? 4 : 1;
    if (!is_share || once_in(2)) range.low = (limit() + 0.25) * scale;
    if (once_in(3) || !range.low) range.high = range.low.value_or(0) + limit() * scale + 0.5;
    range.above_low = range.low && once_in(3);
    range.below_high = range.high && once_in(3);
    if (is_share && once_in(4)) range.other_than = once_in(2) ? 50 : 100;
    if (!is_share && spec.type != CorrelationType::value_sum && once_in(4)) *range.low -= 2;
    if (!is_share && once_in(3)) choose_silent_numbers(spec);
  }

  // lt, lte, eq, neq of a number, and limits around a sum of nothing.
  void choose_silent_numbers(CorrelationSpec& spec) {
    NumberRange& range = spec.numbers;
    spec.by_instants = true;
    range.other_than.reset();
    switch (below(4)) {
      case 0:
        range.high = *range.low;
        range.low.reset();
        range.above_low = false;
        break;
      case 1:
        range = {.low = static_cast<double>(below(5)), .high = {}, .other_than = {}};
        range.high = range.low;
        break;
      case 2:
        range = {.low = {}, .high = {}, .other_than = static_cast<double>(below(5))};
        break;
      default:
        range.low = once_in(2) ? 0 : -limit();
        if (range.high) range.high = limit() + 1;
    }
    choose_expected(spec);
  }

  void choose_condition(CorrelationSpec& spec, bool temporal) {
    if (is_numeric(spec.type)) return choose_numbers(spec);
    spec.at_least = temporal ? 1 + below(spec.inputs.size()) : 1 + below(shape_.dense ? 40 : 4);
    if (temporal && once_in(3)) {
      const std::uint64_t all = (std::uint64_t{1} << spec.inputs.size()) - 1;
      for (std::uint64_t i = 0; i <= below(3); ++i)
        spec.alternatives.push_back({static_cast<std::uint32_t>(1 + below(all)), 0});
      if (once_in(2)) {
        for (Alternative& one : spec.alternatives)
          one.negative = static_cast<std::uint32_t>(below(all + 1)) & ~one.positive;
      }
      return;
    }
    if (temporal && !once_in(3)) spec.at_least = spec.inputs.size();
    if (once_in(6)) spec.at_most = spec.at_least + below(shape_.dense ? 30 : 3);
    if (once_in(3)) choose_silence(spec, temporal);
  }

  // lt, lte, eq, neq, gte: 0, alone and together.
  void choose_silence(CorrelationSpec& spec, bool temporal) {
    const std::uint64_t most = temporal ? spec.inputs.size() : shape_.dense ? 40 : 4;
    spec.by_instants = true;
    spec.at_least = 0;
    spec.at_most = no_limit;
    switch (below(5)) {
      case 0:
        spec.at_most = 0;
        break;
      case 1:
        spec.at_most = below(most);
        break;
      case 2:
        spec.at_least = spec.at_most = below(most + 1);
        break;
      case 3:
        spec.except = below(most + 1);
        break;
      default:
        if (!once_in(3)) spec.at_least = below(most);
        spec.except = below(most + 1);
    }
    choose_expected(spec);
  }

  void choose_expected(CorrelationSpec& spec) {
    if (spec.group_names.size() == 1 && !spec.group_optional && once_in(2)) {
      spec.expected = {"x"};
      if (once_in(2)) spec.expected.insert(spec.expected.end(), {"never", ""});
    }
  }

  void add_input(CorrelationSpec& spec, const std::vector<CorrelationSpec>& before,
                 const std::vector<std::size_t>& group) {
    Input input;
    const bool numeric = is_numeric(spec.type);
    const bool counts_values = spec.type == CorrelationType::value_count || numeric;
    if (!before.empty() && once_in(3)) {
      const auto inner = static_cast<std::uint32_t>(below(before.size()));
      const std::size_t width = before[inner].group_names.size();
      if (width >= group.size() && (!counts_values || width > 0)) {
        input.inner = inner;
        for (std::size_t i = 0; i < group.size(); ++i)
          input.inner_group.push_back(static_cast<std::uint32_t>(below(width)));
        if (counts_values) input.inner_values = {static_cast<std::uint32_t>(below(width))};
        spec.inputs.push_back(std::move(input));
        return;
      }
    }
    input.rule = event::RuleIndex(static_cast<std::uint32_t>(below(rules)));
    for (const std::size_t i : group) input.group.push_back(once_in(8) ? field_c : fields[i]);
    if (counts_values) {
      input.values = {numeric && once_in(8) ? field_b : field_c};
      if (!numeric && once_in(3)) input.values.push_back(field_b);
    }
    spec.inputs.push_back(std::move(input));
  }

  void add_until(CorrelationSpec& spec, const std::vector<CorrelationSpec>& before,
                 const std::vector<std::size_t>& group) {
    add_input(spec, before, group);
    spec.until = std::move(spec.inputs.back());
    spec.inputs.pop_back();
    spec.until->values.clear();
    spec.until->inner_values.clear();
  }

  void add_step(std::vector<Step>& steps) {
    Step step;
    step.event.received = received_;
    if (shape_.disturbed && once_in(8)) {
      step.kind = static_cast<Step::Kind>(1 + below(4));
      const auto gap = once_in(4) ? static_cast<std::int64_t>(below(30)) * second : 0;
      received_ += gap;
      if (shape_.dense || once_in(2)) time_ += gap;
      step.event.received = received_;
      step.event.source = static_cast<std::uint32_t>(1 + below(3));
      steps.push_back(step);
      return;
    }
    fill(step.event, steps);
    steps.push_back(step);
  }

  void fill(TestEvent& event, const std::vector<Step>& steps) {
    if (shape_.disturbed) {
      if (once_in(3)) event.source = static_cast<std::uint32_t>(1 + below(3));
      received_ += static_cast<std::int64_t>(below(2)) * second;
      if (once_in(12)) received_ += static_cast<std::int64_t>(below(20)) * second;
      if (shape_.own && once_in(12)) event.source = own_source;
      event.received = received_;
    }
    if (once_in(shape_.dense ? 25 : 3))
      time_ += static_cast<std::int64_t>(1 + below(once_in(6) ? 15 : 3)) * second;
    std::int64_t late = once_in(3) ? static_cast<std::int64_t>(below(10)) * second : 0;
    if (shape_.disturbed && once_in(15)) late += 5 * second;
    event.time = time_ - late;
    if (shape_.distinct_times) {
      event.time += static_cast<std::int64_t>(below(second));
      while (!times_.insert(event.time).second) ++event.time;
    } else if (once_in(10)) {
      event.time += static_cast<std::int64_t>(below(3)) - 1;  // a nanosecond makes a difference
    }
    // A record derived from the frame before it.
    if (shape_.disturbed && !steps.empty() && steps.back().kind == Step::Kind::event &&
        steps.back().event.k < 3 && once_in(10)) {
      const TestEvent& parent = steps.back().event;
      event.k = parent.k + 1;
      event.time = parent.time;
      event.source = parent.source;
      event.received = parent.received;
    }
    for (std::uint32_t rule = 0; rule < rules; ++rule) {
      if (once_in(2)) event.rules.push_back(rule);
    }
    if (!once_in(15)) event.fields.emplace_back(field_a, once_in(3) ? "x" : "y");
    if (!once_in(10)) event.fields.emplace_back(field_b, once_in(2) ? "" : "z");
    if (!once_in(10))
      event.fields.emplace_back(field_c, std::to_string(below(shape_.dense ? 60 : 4)) + tail());
  }

  // Mostly a whole number, else a decimal or none at all.
  std::string tail() {
    static constexpr std::string_view tails[] = {".5", ".1", "e1", "x", "."};
    return once_in(6) ? std::string(tails[below(std::size(tails))]) : "";
  }

  static constexpr std::size_t most_rules = 6;

  std::mt19937_64& random_;
  Shape shape_;
  std::vector<CorrelationSpec> specs_;  // that hold now
  std::vector<CorrelationSpec> gone_;   // stand on no others
  std::uint32_t rules_made_ = 0;
  std::uint32_t contents_made_ = 0;
  std::int64_t time_ = 1000 * second;
  std::int64_t received_ = 5000 * second;
  std::set<std::int64_t> times_;
};

std::string name_of(event::FieldId field) { return std::string(names[field.value - 100]); }

std::string spec_text(const CorrelationSpec& spec, const std::vector<CorrelationSpec>& specs) {
  static constexpr std::string_view types[] = {"event_count",      "value_count",     "temporal",
                                               "temporal_ordered", "value_sum",       "value_avg",
                                               "value_median",     "value_percentile"};
  std::string out = fmt::format("{} (sorts as {}, content {}) {}", spec.id, spec.rule.value,
                                spec.content[0] + 256 * spec.content[1],
                                types[static_cast<std::size_t>(spec.type)]);
  for (const Alternative& one : spec.alternatives)
    out += fmt::format(" or {:b} not {:b}", one.positive, one.negative);
  if (!is_numeric(spec.type) && spec.alternatives.empty())
    out += fmt::format(" gte {}", spec.at_least);
  if (spec.at_most != no_limit) out += fmt::format(" lte {}", spec.at_most);
  const NumberRange& range = spec.numbers;
  if (spec.percentile) out += fmt::format(" percentile {}", *spec.percentile / 1000.0);
  if (range.low) out += fmt::format(" {} {}", range.above_low ? "gt" : "gte", *range.low);
  if (range.high) out += fmt::format(" {} {}", range.below_high ? "lt" : "lte", *range.high);
  if (range.other_than) out += fmt::format(" neq {}", *range.other_than);
  if (spec.except) out += fmt::format(" neq {}", *spec.except);
  if (spec.by_instants) out += " by instants";
  for (const std::string& value : spec.expected) out += fmt::format(" expects '{}'", value);
  out += fmt::format(" timespan {}s", spec.timespan / second);
  if (spec.realert) out += fmt::format(" realert {}s", *spec.realert / second);
  if (spec.weight) out += " weight " + name_of(*spec.weight);
  if (!spec.alerts) out += " silent";
  if (spec.group_optional) out += " optional group";
  for (std::size_t i = 0; i < spec.feed_count(); ++i) {
    const Input& input = spec.input(i);
    if (spec.is_until(i)) out += "\n    until:";
    out += input.inner ? fmt::format("\n    over {}:", specs[*input.inner].id)
                       : fmt::format("\n    over detection {}:", input.rule.value);
    for (const event::FieldId field : input.group) out += " group " + name_of(field);
    for (const event::FieldId field : input.values) out += " value " + name_of(field);
    for (const std::uint32_t at : input.inner_group) out += fmt::format(" group {}", at);
    for (const std::uint32_t at : input.inner_values) out += fmt::format(" value {}", at);
  }
  return out;
}

}  // namespace

History random_history(std::mt19937_64& random, const Shape& shape) {
  return Maker(random, shape).make();
}

void number_events(std::vector<Step>& steps) {
  std::uint64_t seq = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    TestEvent& event = steps[i].event;
    if (steps[i].kind != Step::Kind::event) continue;
    // A derived record comes right behind what it is derived from.
    if (event.k != 0 && i > 0 && steps[i - 1].kind == Step::Kind::event) {
      const TestEvent& before = steps[i - 1].event;
      event.k = before.k + 1;
      event.time = before.time;
      event.source = before.source;
      event.received = before.received;
    } else {
      event.k = 0;
      ++seq;
    }
    event.seq = seq;
  }
}

std::string to_text(const History& history) {
  std::string out;
  const auto add_specs = [&out](const std::vector<CorrelationSpec>& specs) {
    for (const CorrelationSpec& spec : specs) out += "  " + spec_text(spec, specs) + "\n";
  };
  add_specs(history.specs);
  for (const Step& step : history.steps) {
    switch (step.kind) {
      case Step::Kind::clock:
        out += fmt::format("  clock {}s\n", step.event.received / second);
        continue;
      case Step::Kind::source_finished:
        out += fmt::format("  source {} finished\n", step.event.source);
        continue;
      case Step::Kind::commit:
        out += "  commit\n";
        continue;
      case Step::Kind::restart:
        out += "  restart\n";
        continue;
      case Step::Kind::reload:
        out += "  reload\n";
        add_specs(step.specs);
        continue;
      case Step::Kind::event:
        break;
    }
    out += fmt::format("  {}.{} at {} from {} received {}s:", step.event.seq, step.event.k,
                       step.event.time, step.event.source, step.event.received / second);
    for (const std::uint32_t rule : step.event.rules) out += fmt::format(" {}", rule);
    for (const auto& [field, value] : step.event.fields)
      out += fmt::format(" {}='{}'", name_of(field), value);
    out += "\n";
  }
  return out;
}

}  // namespace tocsin::correlate
