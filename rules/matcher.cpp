#include "rules/matcher.hpp"

#include <algorithm>
#include <map>

#include "base/check.hpp"
#include "rules/compiled.hpp"
#include "rules/evaluator.hpp"
#include "rules/plan.hpp"

namespace tocsin::rules {

namespace {

// Beyond that many shapes, the general plan of the log source serves as well.
constexpr std::size_t most_shapes = 16'384;

}  // namespace

class Matcher::Impl {
 public:
  Impl(std::shared_ptr<const RuleSet> rules, const event::LogsourceTable& logsources,
       const event::FieldTable& fields)
      : rules_(std::move(rules)), field_count_(fields.size()) {
    std::map<const Program*, std::uint32_t> places;
    for (std::size_t i = 0; i < logsources.size(); ++i) {
      const event::LogsourceId id(static_cast<std::uint16_t>(i));
      auto program = rules_->compiled().program_for(logsources[id]);
      const auto [place, added] =
          places.try_emplace(program.get(), static_cast<std::uint32_t>(places.size()));
      if (added) evaluator_.prepare(*program);
      general_.push_back({general_plan(std::move(program), field_count_), place->second});
    }
  }

  void match(event::Batch& batch) {
    for (std::uint32_t i = 0; i < batch.events.size(); ++i) {
      const event::Event& event = batch.events[i];
      if (event.kind == event::EventKind::part) continue;
      const Placed& placed = plan_for(event);
      if (placed.plan.is_idle()) continue;
      met_.clear();
      const std::string_view raw = i < batch.frames.size() ? batch.raw(i) : std::string_view();
      EventView view = view_of(batch, event, raw);
      view.raw_is_frame = i < batch.frames.size();
      evaluate(placed, event, view, met_);
      for (const event::RuleIndex rule : met_) batch.detections.push_back({i, rule});
    }
  }

  void match_event(const event::Batch& batch, const event::Event& event, std::string_view raw,
                   std::vector<event::RuleIndex>& out) {
    evaluate(plan_for(event), event, view_of(batch, event, raw), out);
  }

  void count_evaluations(std::span<std::uint64_t> counts) {
    CHECK(counts.size() == rules_->size(), "a count for each rule");
    evaluator_.count_in(counts);
  }

 private:
  static EventView view_of(const event::Batch& batch, const event::Event& event,
                           std::string_view raw) {
    return {batch.own_fields(event), event::Batch::constant_fields(event), raw,
            event.has_time ? std::optional(event.time) : std::nullopt};
  }

  struct Placed {
    Plan plan;
    std::uint32_t place = 0;  // number of the program
  };

  void evaluate(const Placed& placed, const event::Event& event, const EventView& view,
                std::vector<event::RuleIndex>& out) {
    if (evaluator_.evaluate(placed.plan, placed.place, view, out)) return;
    const Placed& general = general_[event.logsource.value];
    CHECK(evaluator_.evaluate(general.plan, general.place, view, out),
          "a general plan decides nothing by constants");
  }

  // Shapes keep their log source and constants; one that does not is asked by the general plan.
  const Placed& plan_for(const event::Event& event) {
    CHECK(event.logsource.value < general_.size(), "a log source that the matcher was not given");
    const std::uint32_t shape = event.shape.value;
    if (shape == 0 || shape >= most_shapes) return general_[event.logsource.value];
    if (shape >= shapes_.size()) shapes_.resize(shape + 1);
    std::unique_ptr<Placed>& known = shapes_[shape];
    if (!known) {
      const Placed& general = general_[event.logsource.value];
      known = std::make_unique<Placed>(
          Placed{shape_plan(general.plan.program, field_count_, event.logsource,
                            event::Batch::constant_fields(event)),
                 general.place});
    }
    const Plan& plan = known->plan;
    const bool same = plan.logsource == event.logsource &&
                      plan.constants.data() == event.constants &&
                      plan.constants.size() == event.constant_count;
    return same ? *known : general_[event.logsource.value];
  }

  std::shared_ptr<const RuleSet> rules_;
  std::size_t field_count_;
  Evaluator evaluator_;
  std::vector<Placed> general_;                  // by log source
  std::vector<std::unique_ptr<Placed>> shapes_;  // by shape
  std::vector<event::RuleIndex> met_;
};

Matcher::Matcher(std::shared_ptr<const RuleSet> rules, const event::LogsourceTable& logsources,
                 const event::FieldTable& fields)
    : impl_(std::make_unique<Impl>(std::move(rules), logsources, fields)) {}
Matcher::~Matcher() = default;
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;

void Matcher::match(event::Batch& batch) { impl_->match(batch); }

void Matcher::match_event(const event::Batch& batch, const event::Event& event,
                          std::string_view raw, std::vector<event::RuleIndex>& out) {
  impl_->match_event(batch, event, raw, out);
}

void Matcher::count_evaluations(std::span<std::uint64_t> counts) {
  impl_->count_evaluations(counts);
}

}  // namespace tocsin::rules
