#include "correlate/judge.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "tests/correlate/stream.hpp"

namespace tocsin::correlate {
namespace {

class JudgeTest : public ::testing::Test {
 protected:
  void start(CorrelationSpec spec) {
    std::vector<CorrelationSpec> specs = {std::move(spec)};
    const auto linked = link(specs);
    ASSERT_TRUE(linked) << base::to_string(linked.error());
    judge_ = std::make_unique<Judge>(specs[0], pool_);
    table_ = std::make_unique<GroupTable>(pool_, judge_->stride(), judge_->area_bytes());
    group_ = table_->add("g", 1);
  }
  // What the window holds after one more detection.
  std::uint64_t push(std::int64_t time, std::uint64_t worth = 1) {
    const std::uint32_t at = group_->size;
    group_ =
        table_->insert(group_, at, place_of(event::Seq(at + 1), 0, base::EventTime(time)), worth);
    const Cursor cursor{group_->state, table_->area(group_)};
    judge_->push(cursor, table_->window(group_), at);
    return judge_->quantity(cursor, table_->window(group_), at);
  }

  Pool pool_;
  std::unique_ptr<Judge> judge_;
  std::unique_ptr<GroupTable> table_;
  Group* group_ = nullptr;
};

TEST_F(JudgeTest, PlainCountsKeepNoWorth) {
  start(count_spec(3, 10));
  EXPECT_EQ(judge_->stride(), plain_stride);
  EXPECT_EQ(push(0), 1U);
  EXPECT_EQ(push(9), 2U);
  EXPECT_EQ(push(10), 2U);
  EXPECT_FALSE(judge_->last_n(table_->window(group_), 2));
  EXPECT_EQ(push(18), 3U);
  EXPECT_TRUE(judge_->last_n(table_->window(group_), 3));
}

TEST_F(JudgeTest, WeightsAddUpAndLeave) {
  CorrelationSpec spec = count_spec(3, 10);
  spec.weight = field_c;
  start(spec);
  EXPECT_EQ(push(0, 5), 5U);
  EXPECT_EQ(push(9, 2), 7U);
  EXPECT_EQ(push(10, 1), 3U);
  EXPECT_EQ(push(100, 1), 1U);
}

TEST_F(JudgeTest, ARangeHoldsBetweenItsBounds) {
  CorrelationSpec spec = count_spec(2, 10);
  spec.at_most = 3;
  start(spec);
  EXPECT_FALSE(judge_->holds(1));
  EXPECT_TRUE(judge_->holds(2));
  EXPECT_TRUE(judge_->holds(3));
  EXPECT_FALSE(judge_->holds(4));
}

TEST_F(JudgeTest, OneCountCanBeExcepted) {
  CorrelationSpec spec = count_spec(0, 10);
  spec.by_instants = true;
  spec.except = 2;
  start(spec);
  EXPECT_TRUE(judge_->holds(0));
  EXPECT_FALSE(judge_->holds(2));
  EXPECT_TRUE(judge_->holds(3));
}

TEST_F(JudgeTest, TheWindowOfAnInstantIsWhatHasNotLeft) {
  CorrelationSpec spec = count_spec(0, 10);
  spec.by_instants = true;
  const auto left_at = [this](std::int64_t time) {
    const Cursor cursor{group_->state, table_->area(group_)};
    judge_->leave(cursor, table_->window(group_), time);
    return judge_->quantity_at(cursor, time);
  };
  for (const auto type : {CorrelationType::event_count, CorrelationType::value_count,
                          CorrelationType::temporal, CorrelationType::temporal_ordered}) {
    spec.type = type;
    spec.inputs.resize(2, spec.inputs[0]);
    const bool values = type == CorrelationType::value_count;
    for (Input& input : spec.inputs) input.values.assign(values ? 1 : 0, field_c);
    start(spec);
    push(0, 1);
    push(3, type == CorrelationType::event_count ? 1 : 2);
    EXPECT_EQ(left_at(9), 2U);
    EXPECT_EQ(left_at(10), 1U);
    EXPECT_EQ(left_at(12), 1U);
    EXPECT_EQ(left_at(13), 0U);
  }
}

TEST_F(JudgeTest, EachTypeHasAnAreaOfItsOwn) {
  CorrelationSpec spec = count_spec(2, 10);
  spec.type = CorrelationType::temporal_ordered;
  spec.inputs.push_back(spec.inputs[0]);
  start(spec);
  EXPECT_EQ(judge_->area_bytes(), 2 * 2 * 8U);
  EXPECT_EQ(push(0, 0b10), 1U);
  EXPECT_EQ(push(1, 0b01), 1U);
  EXPECT_EQ(push(2, 0b10), 2U);
  EXPECT_EQ(push(11, 0b10), 1U);  // the first rule's event is exactly one timespan old
  spec.type = CorrelationType::temporal;
  start(spec);
  EXPECT_EQ(judge_->area_bytes(), 2 * 2 * 8U);
  EXPECT_EQ(push(0, 0b10), 1U);
  EXPECT_EQ(push(1, 0b01), 2U);
}

}  // namespace
}  // namespace tocsin::correlate
