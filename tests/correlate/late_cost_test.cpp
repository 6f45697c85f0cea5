// What late detections cost, counted in entries looked at, not in time: in no order of arrival may
// twice as many cost much more than twice as much.
#include <gtest/gtest.h>

#include "tests/correlate/late_stream.hpp"

namespace tocsin::correlate {
namespace {

std::uint64_t steps_of(const LateRule& rule, LateShape shape, std::size_t count) {
  std::vector<CorrelationSpec> specs = rule.specs;
  EXPECT_TRUE(link(specs));
  Correlator correlator(specs, late_options());
  const std::vector<std::int64_t> times = late_times(shape, count);
  Stage stage;
  for (std::size_t i = 0; i < count; ++i) {
    const EventView& view = stage.load(late_event(rule, i, times[i]));
    EXPECT_EQ(correlator.on_event(view, stage.detections()), Verdict::in_time);
    if (i % 512 == 0) correlator.take_changes([](const AlertChange&) {});
  }
  correlator.finish();
  return correlator.late_steps();
}

class LateCostTest : public ::testing::TestWithParam<LateShape> {};

TEST_P(LateCostTest, GrowsAsTheNumberOfDetectionsDoes) {
  constexpr std::size_t count = 8'000;
  for (const LateRule& rule : late_rules()) {
    const std::uint64_t once = steps_of(rule, GetParam(), count);
    const std::uint64_t twice = steps_of(rule, GetParam(), 2 * count);
    // A few levels of the tree, each a few nodes: what is far above looks at everything.
    EXPECT_LT(twice, 1'500U * 2 * count) << rule.name << ", " << once << " for half as many";
    EXPECT_LT(static_cast<double>(twice), 2.6 * static_cast<double>(once + 100 * count))
        << rule.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, LateCostTest,
                         ::testing::Values(LateShape::in_order, LateShape::descending,
                                           LateShape::behind, LateShape::random,
                                           LateShape::sawtooth, LateShape::one_time,
                                           LateShape::two_times, LateShape::far_between),
                         [](const auto& shape) {
                           return std::string(
                               late_shape_names[static_cast<std::size_t>(shape.param)]);
                         });

}  // namespace
}  // namespace tocsin::correlate
