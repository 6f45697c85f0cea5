#include "engine/border.hpp"

#include <gtest/gtest.h>

#include "correlate/checkpoint.hpp"
#include "tests/engine/epoch_fixture.hpp"

namespace tocsin::engine {
namespace {

class BorderTest : public EpochTest {
 protected:
  BorderTest()
      : before_(setup_of_rules(std::string(refused_rule) + counting_rule(10, 3))),
        after_(setup_of_rules(std::string(refused_rule) + counting_rule(10, 3) +
                              counting_rule(11, 4))) {}

  Crossed cross(store::Store& store, base::Result<Warming> warming) {
    const auto sequence = make_sequence(before_, sources_, StoredState(store));
    EXPECT_TRUE(sequence) << base::to_string(sequence.error());
    auto crossed = cross_border(store, sources_, **sequence, after_, std::move(warming), {});
    EXPECT_TRUE(crossed) << base::to_string(crossed.error());
    return *std::move(crossed);
  }
  // Windows that the store has, and memory when they are needed.
  static int cold_windows(const store::Store& store) {
    int count = 0;
    EXPECT_TRUE(store.read_state(
        [&count](std::string_view, std::string_view) {
          ++count;
          return base::Result<void>();
        },
        correlate::group_prefix));
    return count;
  }
  engine::Setup before_, after_;
  event::SourceTable sources_;
};

TEST_F(BorderTest, StateAndEpochAreOneWrite) {
  feed(before_, refused("bob", 0, 4));
  const auto store = open_store();
  ASSERT_TRUE(store->load_sources(sources_));
  store::Commit clocks;
  clocks.clocks.push_back({event::Seq(4), 0, {}, "anything"});
  clocks.clocks.push_back({event::Seq(4), 1, {}, "anything"});
  ASSERT_TRUE(store->commit(clocks));
  auto warming = Warming::of(*before_.pipeline, after_, sources_);
  ASSERT_TRUE(warming);
  ASSERT_TRUE(warming->begin_at(event::Seq(1)));
  const Crossed crossed = cross(*store, std::move(warming));
  EXPECT_FALSE(crossed.not_warmed);
  EXPECT_EQ(crossed.sequence->correlator().groups(), 1U) << "the one with an alert";
  EXPECT_EQ(crossed.sequence->correlator().open_alerts(), 1U);
  EXPECT_EQ(cold_windows(*store), 1) << "the new rule's";
  const store::Epoch epoch = store->epochs()->back();
  EXPECT_EQ(epoch.from, event::Seq(5));
  EXPECT_EQ(epoch.k, 2U);
  EXPECT_EQ(epoch.warmed_from, event::Seq(1));
  EXPECT_EQ(*store->checkpoint(), event::Seq(4));
  EXPECT_TRUE(same_epoch(epoch, after_));
}

TEST_F(BorderTest, WindowsThatCannotBeFilledBeginEmpty) {
  feed(before_, refused("bob", 0, 4));
  const auto store = open_store();
  ASSERT_TRUE(store->load_sources(sources_));
  const Crossed crossed = cross(*store, base::fail("store-20", "a damaged block"));
  ASSERT_TRUE(crossed.not_warmed);
  EXPECT_EQ(crossed.not_warmed->code, "store-20");
  EXPECT_EQ(crossed.sequence->correlator().groups(), 1U);
  EXPECT_EQ(cold_windows(*store), 0);
  EXPECT_EQ(store->epochs()->back().warmed_from, event::Seq(0));
}

}  // namespace
}  // namespace tocsin::engine
