#include "engine/live_stage.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "engine/live_observer.hpp"
#include "engine/stages.hpp"
#include "metrics/rows.hpp"
#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

class Counting final : public Observer {
 public:
  void on_applied(const Work& work, const Output&) override { frames += work.batch.frames.size(); }
  std::size_t frames = 0;
};

class LiveStageTest : public EngineTest {
 protected:
  LiveStageTest() { make_stage(); }
  void make_stage() {
    LiveStage::Options options;
    options.store_path = path("store");
    options.retry = std::chrono::milliseconds(1);
    stage_ =
        std::make_unique<LiveStage>(options, shared_setup(), sources_, port_, clock_, observer_,
                                    [this](const std::string& line) { said_.push_back(line); });
  }
  void fill(Work& work) {
    work.batch.first_seq = event::Seq(1);
    work.batch.add_frame("a line", sources_.intern({.input = "test", .peer = {}}),
                         base::ReceivedTime(1));
    Stages(default_setup().pipeline, sources_, {}, true).process(work);
  }
  event::SourceTable sources_;
  StorePort port_;
  base::ManualClock clock_;
  Counting observer_;
  std::vector<std::string> said_;
  std::unique_ptr<LiveStage> stage_;
};

TEST_F(LiveStageTest, ABatchWaitsForAStoreThatFails) {
  int left = 2;
  stage_->open_with([&]() -> base::Result<std::unique_ptr<store::Store>> {
    if (left-- > 0) return base::fail("store-1", "not yet");
    return store::Store::open(path("store"));
  });
  EXPECT_FALSE(stage_->start());
  Work work;
  fill(work);
  EXPECT_TRUE(stage_->apply(work));
  EXPECT_EQ(stage_->reopened(), 1U);
  EXPECT_EQ(observer_.frames, 1U);
  EXPECT_EQ(port_.get()->last_seq(), event::Seq(1));
  ASSERT_FALSE(said_.empty());
  EXPECT_NE(said_.back().find("open again"), std::string::npos);
  EXPECT_TRUE(stage_->checkpoint());
}

// The same sum through the real observer: what the stage committed is stored, what it never saw is
// missing.
TEST_F(LiveStageTest, ABatchThatNeverComesToTheStageIsMissed) {
  metrics::Registry registry{metrics::all_rows};
  std::vector<metrics::Violation> alarms;
  metrics::Conservation conservation{
      registry, [&alarms](const metrics::Violation& violation) { alarms.push_back(violation); }};
  LiveObserver observer(registry, conservation, sources_, default_setup().pipeline->rules, clock_);
  LiveStage::Options options;
  options.store_path = path("counted");
  LiveStage stage(options, shared_setup(), sources_, port_, clock_, observer, [](const auto&) {});
  ASSERT_TRUE(stage.start());
  for (int i = 0; i < 3; ++i) {
    Work work;
    fill(work);
    conservation.input("test").received.add(1);  // at the read call
    if (i != 1) {
      ASSERT_TRUE(stage.apply(work));
    }
    for (int k = 0; k < 5; ++k) static_cast<void>(conservation.check());
    EXPECT_EQ(alarms.size(), i == 0 ? 0U : 1U) << i;
  }
  EXPECT_EQ(alarms.front().imbalance, 1);
  EXPECT_EQ(conservation.input("test").stored.value(), 2U);
  EXPECT_EQ(registry.gauge(metrics::row::conservation_violation, {"test"}).value(), 1);
  port_.exchange(nullptr);
}

// Another setup comes with a batch: what is behind the border is an epoch of its own, and whoever
// waits for it hears of it.
class LiveStageBorderTest : public LiveStageTest {
 protected:
  LiveStageBorderTest() {
    auto other = std::make_shared<engine::Setup>(default_setup());
    other->fold.lockout.duration = std::chrono::minutes(7);
    other_ = std::move(other);
  }
  bool apply(const std::shared_ptr<const engine::Setup>& setup) {
    Work work;
    fill(work);
    work.setup = setup;
    return stage_->apply(work);
  }
  std::shared_ptr<const engine::Setup> other_;
};

TEST_F(LiveStageBorderTest, ABatchBringsAnotherSetup) {
  ASSERT_TRUE(stage_->start());
  EXPECT_TRUE(apply(shared_setup()));
  EXPECT_TRUE(stage_->wait_for(shared_setup()));
  std::thread waits([this] { EXPECT_TRUE(stage_->wait_for(other_)); });
  auto warming = Warming::of(*shared_setup()->pipeline, *other_, sources_);
  stage_->offer(std::move(warming));
  EXPECT_TRUE(apply(other_));
  waits.join();
  EXPECT_TRUE(apply(other_));
  const auto epochs = port_.get()->epochs();
  ASSERT_TRUE(epochs);
  ASSERT_EQ(epochs->size(), 2U);
  EXPECT_EQ(epochs->back().from, event::Seq(2));
  EXPECT_EQ(port_.get()->last_seq(), event::Seq(3));
  EXPECT_EQ(stage_->reopened(), 0U);
}

TEST_F(LiveStageBorderTest, BeforeTheFirstFrameTheOldSetupLeavesNoTrace) {
  ASSERT_TRUE(stage_->start());
  EXPECT_TRUE(apply(other_));
  const auto epochs = port_.get()->epochs();
  ASSERT_TRUE(epochs);
  ASSERT_EQ(epochs->size(), 1U);
  EXPECT_TRUE(same_epoch(epochs->front(), *other_));
}

// The store is away when the border comes: it is opened by the new setup.
TEST_F(LiveStageBorderTest, AStoreThatIsAwayIsOpenedBehindTheBorder) {
  ASSERT_TRUE(stage_->start());
  EXPECT_TRUE(apply(shared_setup()));
  stage_.reset();
  make_stage();
  bool fails = true;
  stage_->open_with([&]() -> base::Result<std::unique_ptr<store::Store>> {
    if (std::exchange(fails, false)) return base::fail("store-1", "not yet");
    return store::Store::open(path("store"));
  });
  EXPECT_FALSE(stage_->start());
  Work work;
  fill(work);
  work.setup = other_;
  EXPECT_TRUE(stage_->apply(work));
  EXPECT_TRUE(stage_->wait_for(other_));
  EXPECT_EQ(port_.get()->epochs()->size(), 2U);
}

TEST_F(LiveStageBorderTest, StopEndsTheWaitForABorder) {
  stage_->stop();
  EXPECT_FALSE(stage_->wait_for(other_));
}

// The store's threads call the observer, which may go right after the stage.
TEST_F(LiveStageTest, TheStoreGoesWithItsStage) {
  ASSERT_TRUE(stage_->start());
  Work work;
  fill(work);
  EXPECT_TRUE(stage_->apply(work));
  ASSERT_NE(port_.get(), nullptr);
  stage_.reset();
  EXPECT_EQ(port_.get(), nullptr);
}

TEST_F(LiveStageTest, StopEndsTheWaiting) {
  stage_->open_with([&]() -> base::Result<std::unique_ptr<store::Store>> {
    if (said_.size() > 3) stage_->stop();
    return base::fail("store-1", "never");
  });
  Work work;
  fill(work);
  EXPECT_FALSE(stage_->apply(work));
  EXPECT_EQ(observer_.frames, 0U);
  EXPECT_FALSE(stage_->checkpoint());
}

}  // namespace
}  // namespace tocsin::engine
