#include "correlate/tap.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "correlate/correlator.hpp"
#include "tests/correlate/stream.hpp"

namespace tocsin::correlate {
namespace {

class Heard final : public Tap {
 public:
  void on_detection(const Told& told) override {
    lines.push_back(
        std::to_string(told.spec) + "." + std::to_string(told.input) + " " +
        names[static_cast<std::size_t>(told.fate)] + " " + std::string(told.key.value_or("-")) +
        " " + std::to_string(told.place.time / second) + (told.event == nullptr ? " inner" : "") +
        (told.inner_value.empty() ? "" : " " + std::string(told.inner_value)));
  }
  static constexpr const char* names[] = {"counted", "empties", "missing_group", "missing_value",
                                          "too_late"};
  std::vector<std::string> lines;
};

using Lines = std::vector<std::string>;

class TapTest : public testing::Test {
 protected:
  void start(std::vector<CorrelationSpec> specs) {
    ASSERT_TRUE(link(specs));
    correlator_ = std::make_unique<Correlator>(specs, Options{});
    correlator_->set_tap(&heard_);
  }
  Lines at(std::int64_t seconds, std::vector<std::pair<event::FieldId, std::string>> fields) {
    heard_.lines.clear();
    const EventView& view = stage_.load(
        {.seq = ++seq_, .time = seconds * second, .rules = {0}, .fields = std::move(fields)});
    correlator_->on_event(view, stage_.detections());
    return heard_.lines;
  }

  Heard heard_;
  Stage stage_;
  std::uint64_t seq_ = 0;
  std::unique_ptr<Correlator> correlator_;
};

TEST_F(TapTest, HearsOfDetectionsOfEvents) {
  CorrelationSpec spec = count_spec(2, 60 * second);
  spec.type = CorrelationType::value_count;
  spec.inputs[0].values = {field_b};
  start({spec});
  EXPECT_EQ(at(100, {{field_a, "bob"}, {field_b, "x"}}), Lines{"0.0 counted bob 100"});
  EXPECT_EQ(at(101, {{field_a, "bob"}}), Lines{"0.0 missing_value bob 101"});
  EXPECT_EQ(at(102, {{field_b, "x"}}), Lines{"0.0 missing_group - 102"});
  EXPECT_EQ(at(200, {}), Lines{"0.0 missing_group - 200"});
  EXPECT_EQ(at(139, {{field_a, "bob"}, {field_b, "x"}}), Lines{"0.0 too_late bob 139"});
  correlator_->set_tap(nullptr);
  EXPECT_EQ(at(201, {{field_a, "bob"}, {field_b, "x"}}), Lines{});
}

// Two sources of one user each fire; their correlation counts the users.
TEST_F(TapTest, HearsOfInnerCorrelations) {
  CorrelationSpec inner = count_spec(2, 60 * second);
  inner.group_names = {"a", "b"};
  inner.inputs[0].group = {field_a, field_b};
  CorrelationSpec outer = count_spec(2, 60 * second);
  outer.rule = event::RuleIndex(51);
  outer.type = CorrelationType::value_count;
  outer.inputs[0].inner = 0;
  outer.inputs[0].group.clear();
  outer.inputs[0].inner_group = {0};
  outer.inputs[0].inner_values = {1};
  start({inner, outer});
  const auto counted = at(100, {{field_a, "bob"}, {field_b, "x"}});
  ASSERT_EQ(counted.size(), 1U);
  const auto both = at(101, {{field_a, "bob"}, {field_b, "x"}});
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(both[1], "1.0 counted bob 101 inner x");
}

}  // namespace
}  // namespace tocsin::correlate
