#include "ingest/listen/intake.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace tocsin::ingest {
namespace {

using std::chrono::milliseconds;

class Reader final : public Waiter {
 public:
  explicit Reader(std::function<void()> then = {}) : then_(std::move(then)) {}
  void on_room() override {
    ++called;
    if (then_) then_();
  }
  int called = 0;

 private:
  std::function<void()> then_;
};

class IntakeTest : public testing::Test {
 protected:
  Intake make(std::size_t batches, BatchLimits limits = {}) {
    IntakeOptions options;
    options.batches = batches;
    options.batch = limits;
    return Intake(options, clock_);
  }
  // Appends one frame; false when there is no room.
  bool put(Intake& intake, Waiter& who, std::string_view text) {
    IntakeBatch* const batch = intake.open(who);
    if (batch == nullptr) return false;
    intake.count_source(event::SourceId(1), intake.counters("in", event::Transport::tcp));
    batch->batch.add_frame(text, event::SourceId(1), base::ReceivedTime(0));
    intake.appended();
    return true;
  }
  base::ManualClock clock_;
  Reader reader_;
};

TEST_F(IntakeTest, FullBatchesAreHandedOnInOrder) {
  Intake intake = make(4, {.text = 1 << 20, .frames = 3});
  for (const char* text : {"a", "b", "c", "d", "e", "f", "g"})
    ASSERT_TRUE(put(intake, reader_, text));
  EXPECT_EQ(intake.queue().depth(), 2U);
  EXPECT_TRUE(intake.has_frames());
  intake.flush();
  EXPECT_FALSE(intake.has_frames());
  std::string order;
  for (int i = 0; i < 3; ++i) {
    IntakeBatch* const batch = intake.queue().take(milliseconds(0));
    ASSERT_NE(batch, nullptr);
    for (std::size_t k = 0; k < batch->batch.frames.size(); ++k) order += batch->batch.raw(k);
    order += '|';
    intake.queue().recycle(batch);
    EXPECT_TRUE(batch->batch.frames.empty());
  }
  EXPECT_EQ(order, "abc|def|g|");
  EXPECT_EQ(intake.counters("in", event::Transport::tcp).handed.get(), 7U);
  EXPECT_EQ(intake.queue().take(milliseconds(0)), nullptr);
}

TEST_F(IntakeTest, ABatchIsFullByItsTextToo) {
  Intake intake = make(4, {.text = 100, .frames = 1000});
  put(intake, reader_, std::string(60, 'x'));
  EXPECT_EQ(intake.queue().depth(), 0U);
  put(intake, reader_, std::string(60, 'x'));
  EXPECT_EQ(intake.queue().depth(), 1U);
}

TEST_F(IntakeTest, WithoutAFreeBatchReadersWaitInOrder) {
  Intake intake = make(1, {.text = 1 << 20, .frames = 1});
  bool freed = false;
  intake.queue().set_on_free([&] { freed = true; });
  std::string order;
  Reader a([&] { order += put(intake, a, "a") ? 'a' : '-'; });
  Reader b([&] { order += put(intake, b, "b") ? 'b' : '-'; });
  Reader c([&] { order += 'c'; });
  ASSERT_TRUE(put(intake, a, "first"));
  EXPECT_FALSE(put(intake, a, "a"));
  EXPECT_FALSE(put(intake, a, "a"));  // asking twice is waiting once
  EXPECT_FALSE(put(intake, b, "b"));
  EXPECT_FALSE(put(intake, c, "c"));
  intake.forget(c);
  intake.wake();  // nothing is free
  EXPECT_EQ(order, "");
  for (int round = 0; round < 3; ++round) {
    IntakeBatch* const batch = intake.queue().take(milliseconds(0));
    ASSERT_NE(batch, nullptr);
    freed = false;
    intake.queue().recycle(batch);
    EXPECT_EQ(freed, round < 2) << round;
    intake.wake();
    if (round == 2) break;
  }
  EXPECT_EQ(order, "ab");
  EXPECT_EQ(a.called, 1);
  EXPECT_EQ(b.called, 1);
  EXPECT_EQ(c.called, 0);
}

TEST_F(IntakeTest, TheFirstFrameOfABatchSetsItsTimeAndTheTimer) {
  Intake intake = make(2);
  int first = 0;
  intake.set_on_first([&] { ++first; });
  clock_.advance(milliseconds(7));
  put(intake, reader_, "a");
  clock_.advance(milliseconds(7));
  put(intake, reader_, "b");
  EXPECT_EQ(first, 1);
  intake.flush();
  IntakeBatch* const batch = intake.queue().take(milliseconds(0));
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(batch->first_arrival, milliseconds(7));
  intake.flush();  // nothing there: nothing handed on
  EXPECT_EQ(intake.queue().depth(), 0U);
}

TEST_F(IntakeTest, ALaterOffsetOfTheSameKeyWins) {
  IntakeBatch batch;
  batch.put_offset({"file:/a", "1"});
  batch.put_offset({"file:/b", "1"});
  batch.put_offset({"file:/a", "2"});
  const std::vector<event::Offset> expected = {{"file:/a", "2"}, {"file:/b", "1"}};
  EXPECT_EQ(batch.offsets, expected);
  batch.clear();
  EXPECT_TRUE(batch.offsets.empty());
}

TEST_F(IntakeTest, CountersOfOneNameAreTheSame) {
  Intake intake = make(1);
  InputCounters& a = intake.counters("a", event::Transport::udp);
  EXPECT_EQ(&intake.counters("a", event::Transport::udp), &a);
  EXPECT_NE(&intake.counters("b", event::Transport::udp), &a);
  std::size_t seen = 0;
  intake.for_each_input([&](const InputCounters&) { ++seen; });
  EXPECT_EQ(seen, 2U);
}

TEST_F(IntakeTest, AClosedQueueGivesWhatIsLeft) {
  Intake intake = make(2);
  put(intake, reader_, "a");
  intake.flush();
  intake.queue().close();
  EXPECT_FALSE(intake.queue().finished());
  EXPECT_NE(intake.queue().take(std::chrono::hours(1)), nullptr);
  EXPECT_TRUE(intake.queue().finished());
  EXPECT_EQ(intake.queue().take(std::chrono::hours(1)), nullptr);  // at once
  intake.queue().reopen();
  EXPECT_FALSE(intake.queue().finished());
}

TEST_F(IntakeTest, BatchesGoRoundBetweenThreads) {
  Intake intake = make(3, {.text = 1 << 20, .frames = 5});
  constexpr int frames = 20'000;
  std::thread engine([&] {
    int expected = 0;
    while (true) {
      IntakeBatch* const batch = intake.queue().take(std::chrono::seconds(1));
      if (batch == nullptr) {
        if (intake.queue().finished()) break;
        continue;
      }
      for (std::size_t i = 0; i < batch->batch.frames.size(); ++i)
        ASSERT_EQ(batch->batch.raw(i), std::to_string(expected++));
      intake.queue().recycle(batch);
    }
    EXPECT_EQ(expected, frames);
  });
  for (int i = 0; i < frames;) {
    if (put(intake, reader_, std::to_string(i))) {
      ++i;
    } else {
      std::this_thread::yield();
      intake.wake();
    }
  }
  intake.flush();
  intake.queue().close();
  engine.join();
}

}  // namespace
}  // namespace tocsin::ingest
