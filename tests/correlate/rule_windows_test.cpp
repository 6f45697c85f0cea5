#include "correlate/rule_windows.hpp"

#include <gtest/gtest.h>

#include "tests/correlate/stream.hpp"

namespace tocsin::correlate {
namespace {

class RuleWindowsTest : public ::testing::Test {
 protected:
  void start(CorrelationSpec spec) {
    specs_ = {std::move(spec)};
    ASSERT_TRUE(link(specs_));
    windows_ = std::make_unique<RuleWindows>(specs_[0], 0, workshop_);
  }
  Group* put(std::int64_t time, std::int64_t bound, std::uint64_t worth = 0) {
    const Waiting waiting{place_of(event::Seq(++seq_), 0, base::EventTime(time)), worth};
    return windows_->apply(windows_->group_of("g", 1, bound), {&waiting, 1}, bound, false);
  }

  Workshop workshop_;
  std::vector<CorrelationSpec> specs_;
  std::unique_ptr<RuleWindows> windows_;
  std::uint64_t seq_ = 0;
};

TEST_F(RuleWindowsTest, BehindTheBoundThreeOfFourStay) {
  start(count_spec(4, 1000));
  Group* group = nullptr;
  for (std::int64_t time = 1; time <= 100; ++time) group = put(time, time);
  EXPECT_EQ(group->size, 4U);  // n - 1 before the bound and the newest
  for (std::int64_t time = 101; time <= 200; ++time) group = put(time, 100);
  EXPECT_EQ(group->size, 104U);  // all behind the bound may get a late one before them
  EXPECT_EQ(workshop_.trues, std::vector{place_of(event::Seq(200), 0, base::EventTime(200))});
}

TEST_F(RuleWindowsTest, ALateDetectionTellsWhereTheConditionTurnedTrue) {
  start(count_spec(3, 100));
  put(10, 0);
  put(50, 0);
  put(90, 0);
  EXPECT_EQ(workshop_.trues.size(), 1U);
  put(120, 0);
  put(40, 0);
  ASSERT_EQ(workshop_.trues.size(), 1U);  // 50 now; 90 and 120 were true before
  EXPECT_EQ(workshop_.trues[0].time, 50);
}

TEST_F(RuleWindowsTest, ValuesAreGivenBackWithTheirEntries) {
  CorrelationSpec spec = count_spec(2, 10);
  spec.type = CorrelationType::value_count;
  spec.inputs[0].values = {field_b};
  start(spec);
  put(1, 0, workshop_.values.use("x"));
  put(2, 0, workshop_.values.use("y"));
  EXPECT_EQ(workshop_.values.size(), 2U);
  put(100, 100, workshop_.values.use("z"));
  EXPECT_EQ(workshop_.values.size(), 1U);
  windows_->expire(1000, 10, [](const Group&) {});
  EXPECT_EQ(windows_->table().size(), 1U);  // its alert is open
  windows_.reset();
  EXPECT_EQ(workshop_.values.size(), 0U);
}

// Late ones too make room for what comes, in records and in long windows.
TEST_F(RuleWindowsTest, ALateDetectionDropsWhatNoLaterWindowReaches) {
  for (const std::uint32_t limit : {1024U, 0U}) {
    workshop_.limits = {limit, limit, 0};
    CorrelationSpec spec = count_spec(5, 100);
    spec.weight = field_c;
    start(spec);
    put(10, 0, 1);
    put(11, 0, 1);
    put(200, 0, 1);
    put(150, 110, 1);  // (10, 110] is what its window may hold at the oldest
    Group* group = windows_->table().at(0);
    std::vector<std::int64_t> times;
    windows_->visit(group, [&](const Entry& entry, std::uint64_t) { times.push_back(entry.time); });
    EXPECT_EQ(times, (std::vector<std::int64_t>{11, 150, 200})) << limit;
    EXPECT_EQ(group->long_window() != nullptr, limit == 0);
  }
}

TEST_F(RuleWindowsTest, LooksForEmptyWindowsAreBounded) {
  start(count_spec(2, 10));
  for (int i = 0; i < 100; ++i) {
    const Waiting waiting{place_of(event::Seq(++seq_), 0, base::EventTime(5)), 0};
    const std::string key = std::to_string(i);
    windows_->apply(windows_->group_of(key, GroupTable::hash_of(key), 0), {&waiting, 1}, 0, false);
  }
  std::size_t forgotten = 0;
  windows_->expire(14, 1000, [&](const Group&) { ++forgotten; });
  EXPECT_EQ(forgotten, 0U);  // (4, 14] still holds them
  EXPECT_LE(windows_->next_look(), 26);
  windows_->expire(30, 60, [&](const Group&) { ++forgotten; });
  EXPECT_EQ(forgotten, 60U);
  windows_->expire(30, 60, [&](const Group&) { ++forgotten; });
  EXPECT_EQ(forgotten, 100U);
  EXPECT_EQ(windows_->table().size(), 0U);
}

}  // namespace
}  // namespace tocsin::correlate
