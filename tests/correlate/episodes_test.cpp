#include "correlate/episodes.hpp"

#include <gtest/gtest.h>

#include "tests/correlate/stream.hpp"

namespace tocsin::correlate {
namespace {

// One group of a rule with timespan 10 whose every detection is true.
class EpisodesTest : public ::testing::Test {
 protected:
  EpisodesTest() : spec_(count_spec(1, 10)), episodes_(spec_, 0, book_, outcome_) {
    group_ = table_.add("g", 1);
  }
  static Place at(std::int64_t time) { return {time, static_cast<std::uint64_t>(time) << 12U}; }
  void newest(std::int64_t time) {
    group_ = table_.insert(group_, group_->size, at(time), 0);
    episodes_.newest_true(*group_, table_.window(group_), false);
  }
  void late(std::int64_t time) {
    group_ = table_.insert(group_, table_.window(group_).above(at(time)), at(time), 0);
    const Place place = at(time);
    episodes_.reconcile(*group_, ShortWindow{table_.window(group_), Judging::last_n}, {&place, 1},
                        {&place, 1}, true);
  }
  [[nodiscard]] const event::Alert& fired(std::size_t i) {
    return book_[outcome_.fired.at(i)].alert;
  }

  CorrelationSpec spec_;
  Pool pool_;
  GroupTable table_{pool_, plain_stride, 0};
  AlertBook book_;
  Episodes::Outcome outcome_;
  Episodes episodes_;
  Group* group_ = nullptr;
};

TEST_F(EpisodesTest, LessThanATimespanApartIsOneEpisode) {
  newest(100);
  newest(109);
  newest(119);
  ASSERT_EQ(outcome_.fired.size(), 2U);
  EXPECT_EQ(fired(0).total, 2U);
  EXPECT_EQ(fired(1).fired_at.value, 119);
}

TEST_F(EpisodesTest, ALatePlaceMovesTheStart) {
  newest(100);
  late(95);
  ASSERT_EQ(outcome_.fired.size(), 1U);
  EXPECT_EQ(outcome_.moved.size(), 1U);
  EXPECT_EQ(fired(0).fired_at.value, 95);
  EXPECT_EQ(fired(0).last_seen.value, 100);
  EXPECT_EQ(fired(0).total, 2U);
  EXPECT_EQ(fired(0).evidence, std::vector{event::Seq(95)});
  EXPECT_EQ(fired(0).fired_by, event::Seq(100));  // what opened it stays what opened it
  EXPECT_FALSE(fired(0).late);
}

TEST_F(EpisodesTest, ALatePlaceOpensBetweenTwoThatItDoesNotReach) {
  newest(100);
  newest(130);
  late(115);
  ASSERT_EQ(outcome_.fired.size(), 3U);
  EXPECT_TRUE(fired(2).late);
  EXPECT_FALSE(fired(0).merged_into || fired(1).merged_into);
  late(107);  // joins the first and the late one
  EXPECT_EQ(fired(2).merged_into, fired(0).id);
  EXPECT_EQ(fired(0).last_seen.value, 115);
  EXPECT_EQ(fired(0).total, 3U);
  EXPECT_TRUE(book_[outcome_.fired[2]].closed);
  EXPECT_EQ(book_[group_->alerts].older, outcome_.fired[0]);
}

TEST_F(EpisodesTest, TheNewestHundredAreTheEvidence) {
  spec_.at_least = 150;
  for (std::int64_t i = 1; i < 150; ++i)
    group_ = table_.insert(group_, group_->size, {1, static_cast<std::uint64_t>(i) << 12U}, 0);
  group_ = table_.insert(group_, group_->size, {1, 150ULL << 12U}, 0);
  episodes_.newest_true(*group_, table_.window(group_), false);
  EXPECT_EQ(fired(0).count, 150U);
  ASSERT_EQ(fired(0).evidence.size(), event::max_evidence);
  EXPECT_EQ(fired(0).evidence.front(), event::Seq(51));
  EXPECT_EQ(fired(0).evidence.back(), event::Seq(150));
}

}  // namespace
}  // namespace tocsin::correlate
