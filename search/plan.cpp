#include "search/plan.hpp"

#include <algorithm>
#include <utility>

#include "search/aggregation.hpp"

namespace tocsin::search {

bool Plan::counts_only() const { return stats != nullptr && Aggregation::only_counts(*stats); }

std::unique_ptr<Plan> make_plan(Query query, store::TimeSpan span, std::uint64_t limit,
                                bool with_raw) {
  auto plan = std::make_unique<Plan>();
  plan->query = std::move(query);
  plan->with_raw = with_raw;
  auto& stages = plan->query.stages;
  // Over events, `where` is one more term.
  while (!stages.empty() && stages.front().kind == Stage::Kind::where) {
    Expression both;
    both.kind = Expression::Kind::conjunction;
    both.parts.push_back(std::move(plan->query.filter));
    both.parts.push_back(std::move(stages.front().where));
    plan->query.filter = std::move(both);
    stages.erase(stages.begin());
  }
  const TimeBounds bounds = time_bounds(plan->query.filter);
  plan->span.from.value = std::max(span.from.value, bounds.from);
  plan->span.to.value = std::min(span.to.value, bounds.to);
  if (!stages.empty() && stages.front().kind == Stage::Kind::stats) {
    plan->stats = &stages.front();
    plan->first_stage = 1;
    return plan;
  }
  if (limit > 0 && stages.empty()) plan->most_rows = limit;
  // What takes rows one by one does not ask for more than it gives.
  for (const Stage& stage : stages) {
    if (stage.kind == Stage::Kind::head) plan->most_rows = std::min(plan->most_rows, stage.count);
    if (stage.kind != Stage::Kind::fields) break;
    if (limit > 0 && &stage == &stages.back()) plan->most_rows = std::min(plan->most_rows, limit);
  }
  return plan;
}

}  // namespace tocsin::search
