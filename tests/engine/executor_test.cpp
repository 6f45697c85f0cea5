#include "engine/executor.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace tocsin::engine {
namespace {

// Gives `count` batches of one to three frames.
class CountingFeed final : public Feed {
 public:
  explicit CountingFeed(std::size_t count) : left_(count) {}
  bool next(Work& work) override {
    if (left_ == 0) return false;
    for (std::size_t i = 0; i <= left_ % 3; ++i) {
      work.batch.add_frame(std::to_string(left_), event::SourceId(1), base::ReceivedTime(0));
    }
    --left_;
    return true;
  }

 private:
  std::size_t left_;
};

// Takes longer for some batches, so that they finish out of order.
class UnevenWorker final : public Worker {
 public:
  void process(Work& work) override {
    if (work.ticket % 7 == 0) std::this_thread::sleep_for(std::chrono::microseconds(300));
    work.decoded = work.batch.frames.size();
  }
};

class Recorder final : public OrderedStage {
 public:
  explicit Recorder(std::size_t refuse_at = SIZE_MAX) : refuse_at_(refuse_at) {}
  bool apply(Work& work) override {
    if (seqs.size() >= refuse_at_) return false;
    EXPECT_EQ(work.decoded, work.batch.frames.size()) << "the worker comes first";
    for (std::size_t i = 0; i < work.batch.frames.size(); ++i) {
      seqs.push_back(work.batch.seq(i).value);
      texts.emplace_back(work.batch.raw(i));
    }
    return true;
  }
  std::vector<std::uint64_t> seqs;
  std::vector<std::string> texts;

 private:
  std::size_t refuse_at_;
};

Recorder run(std::size_t threads, std::size_t batches) {
  CountingFeed feed(batches);
  Recorder recorder;
  Executor executor(threads, event::Seq(1), [] { return std::make_unique<UnevenWorker>(); });
  EXPECT_TRUE(executor.run(feed, recorder));
  EXPECT_EQ(executor.in_flight(), 0U);
  EXPECT_EQ(executor.next_seq().value, recorder.seqs.size() + 1);
  return recorder;
}

TEST(ExecutorTest, TheOrderDoesNotDependOnTheThreads) {
  const Recorder one = run(1, 500);
  ASSERT_FALSE(one.seqs.empty());
  for (std::size_t i = 0; i < one.seqs.size(); ++i) ASSERT_EQ(one.seqs[i], i + 1);
  for (const std::size_t threads : {2U, 5U}) {
    const Recorder many = run(threads, 500);
    EXPECT_EQ(many.seqs, one.seqs);
    EXPECT_EQ(many.texts, one.texts);
  }
}

// Nothing is in a batch that only says that packs have changed, and it comes to the ordered stage.
TEST(ExecutorTest, ABorderCountsThoughNothingIsInIt) {
  class Borders final : public Feed {
   public:
    bool next(Work& work) override {
      work.border = calls_ == 1;
      return calls_++ < 3;
    }

   private:
    int calls_ = 0;
  };
  class Counter final : public OrderedStage {
   public:
    bool apply(Work& work) override {
      EXPECT_TRUE(work.border);
      ++count;
      return true;
    }
    int count = 0;
  };
  Borders feed;
  Counter counter;
  Executor executor(2, event::Seq(1), [] { return std::make_unique<UnevenWorker>(); });
  EXPECT_TRUE(executor.run(feed, counter));
  EXPECT_EQ(counter.count, 1);
}

TEST(ExecutorTest, ARefusalStopsAllThreads) {
  CountingFeed feed(100'000);
  Recorder recorder(50);
  Executor executor(3, event::Seq(1), [] { return std::make_unique<UnevenWorker>(); });
  EXPECT_FALSE(executor.run(feed, recorder));
  EXPECT_GE(recorder.seqs.size(), 50U);
  EXPECT_LT(recorder.seqs.size(), 1000U);
}

// Stops the executor from inside, as a signal would from outside.
class StoppingStage final : public OrderedStage {
 public:
  bool apply(Work& work) override {
    frames += work.batch.frames.size();
    if (work.ticket == 20) executor->stop();
    return true;
  }
  Executor* executor = nullptr;
  std::size_t frames = 0;
};

TEST(ExecutorTest, AStopAppliesWhatWasRead) {
  CountingFeed feed(1'000'000);
  StoppingStage stage;
  Executor executor(2, event::Seq(1), [] { return std::make_unique<UnevenWorker>(); });
  stage.executor = &executor;
  EXPECT_FALSE(executor.run(feed, stage));
  EXPECT_EQ(stage.frames + 1, executor.next_seq().value);
}

}  // namespace
}  // namespace tocsin::engine
