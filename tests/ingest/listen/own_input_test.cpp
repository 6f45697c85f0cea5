#include "ingest/listen/own_input.hpp"

#include <gtest/gtest.h>

#include "tests/ingest/listen/live_inputs.hpp"

namespace tocsin::ingest {
namespace {

class OwnInputTest : public LiveInputs {
 protected:
  OwnInputTest() { own_ = &events_; }
  void put(const std::string& record) { ASSERT_TRUE(events_.put(record)); }
  [[nodiscard]] std::string name() const { return event::own_source().input; }

  OwnEvents events_;
};

TEST_F(OwnInputTest, RecordsFromBeforeTheStartUntilTheStopAreFramesInOrder) {
  put("before");
  run({});
  ASSERT_TRUE(frames_come(1));
  put("meanwhile");
  ASSERT_TRUE(frames_come(2));
  put("last 1");
  put("last 2");
  stop();
  EXPECT_EQ(engine_->texts(),
            (std::vector<std::string>{"before", "meanwhile", "last 1", "last 2"}));
  EXPECT_EQ(sources_[engine_->frames().front().source], event::own_source());
  expect_conservation(name());
  EXPECT_EQ(counters(name()).received_bytes.get(), 6U + 9 + 6 + 6);
}

TEST_F(OwnInputTest, WithoutRoomTheyWait) {
  IntakeOptions options;
  options.batches = 2;
  options.batch.frames = 1;
  run({}, options);
  engine_->hold(true);
  for (int i = 0; i < 100; ++i) put(std::to_string(i));
  ASSERT_TRUE(wait_until([&] { return counters(name()).waits.get() > 0; }));
  engine_->hold(false);
  ASSERT_TRUE(frames_come(100));
  const std::vector<std::string> texts = engine_->texts();
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(texts[i], std::to_string(i));
  expect_conservation(name());
}

TEST_F(OwnInputTest, NoInputOfTheConfigurationHasItsName) {
  Intake intake({}, *clock_);
  const base::Errors errors =
      listeners_.start({input(name(), "udp")}, intake, sources_, offsets_, *clock_);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].code, "ingest-109");
}

TEST(OwnEvents, MoreThanThereIsRoomForAreRefused) {
  OwnEvents events;
  for (std::size_t i = 0; i < OwnEvents::capacity; ++i) ASSERT_TRUE(events.put("x"));
  EXPECT_FALSE(events.put("y"));
  EXPECT_EQ(events.take().size(), OwnEvents::capacity);
  EXPECT_TRUE(events.put("z"));
}

}  // namespace
}  // namespace tocsin::ingest
