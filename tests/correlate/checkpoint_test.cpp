#include "correlate/checkpoint.hpp"

#include <gtest/gtest.h>

#include <random>

#include "correlate/correlator.hpp"
#include "tests/correlate/stream.hpp"
#include "tests/event/state_map.hpp"

namespace tocsin::correlate {
namespace {

SavedGroup some_group() {
  SavedGroup group;
  group.entries = {{{-5, 4096}, false, 3, ""}, {{7, 8192}, true, 0, std::string("v\0", 2)}};
  group.waiting = {{{9, 12288}, false, ~std::uint64_t{0}, ""}};
  SavedAlert alert;
  alert.number = 9;
  alert.first = {-5, 4096};
  alert.last = {7, 8192};
  alert.taken = true;
  alert.alert.rule_id = "r";
  alert.alert.evidence = {event::Seq(1)};
  group.alerts = {alert};
  group.life = SavedLife{-7, 12, 8192, true, false, true};
  return group;
}

TEST(CheckpointTest, AGroupComesBackFromItsBytes) {
  const SavedGroup group = some_group();
  const auto back = decode_group("key", encode(group, "key"));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, group);
}

TEST(CheckpointTest, AHeadComesBackFromItsBytes) {
  SavedHead head;
  head.watermark = -3;
  head.sources = {{2, false, 5, 6}, {7, true, -1, 9}};
  head.idle = 2;
  head.beginnings = {{base::sha256("a"), -4}, {base::sha256("b"), 11}};
  const auto back = decode_head("key", encode(head, "key"));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->watermark, -3);
  EXPECT_EQ(back->sources.size(), 2U);
  EXPECT_EQ(back->idle, 2U);
  EXPECT_EQ(back->beginnings, head.beginnings);
}

TEST(CheckpointTest, NoDamageIsBelieved) {
  const std::string bytes = encode(some_group(), "key");
  EXPECT_FALSE(decode_group("another key", bytes));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_EQ(decode_group("key", bytes.substr(0, size)).error().code, "correlate-3") << size;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(decode_group("key", damaged)) << bit;
  }
}

class SavedCorrelatorTest : public ::testing::Test {
 protected:
  SavedCorrelatorTest() : specs_({count_spec(3, 100 * second)}) { EXPECT_TRUE(link(specs_)); }
  void at(Correlator& correlator, std::int64_t seconds, const std::string& user) {
    const EventView& view = stage_.load(
        {.seq = ++seq_, .time = seconds * second, .rules = {0}, .fields = {{field_a, user}}});
    correlator.on_event(view, stage_.detections());
  }
  void save(Correlator& correlator) {
    correlator.take_changes([](const AlertChange&) {});
    space_.puts = space_.removes = 0;
    correlator.save_changes(space_);
  }
  base::Result<void> load(Correlator& correlator) {
    for (const auto& [key, value] : space_.values) TRY_VOID(correlator.load(key, value));
    return correlator.finish_load();
  }

  std::vector<CorrelationSpec> specs_;
  event::StateMap space_;
  Stage stage_;
  std::uint64_t seq_ = 0;
};

TEST_F(SavedCorrelatorTest, OnlyWhatChangedIsWritten) {
  Correlator correlator(specs_, {});
  for (int i = 0; i < 50; ++i) at(correlator, i, "user" + std::to_string(i));
  save(correlator);
  EXPECT_EQ(space_.puts, 51U);  // and the head
  at(correlator, 60, "user7");
  save(correlator);
  EXPECT_EQ(space_.puts, 2U);
  for (int i = 0; i < 5; ++i) at(correlator, 1000 + i * 500, "late");
  save(correlator);
  EXPECT_EQ(space_.removes, 50U);
  EXPECT_EQ(space_.values.size(), 2U);
}

TEST_F(SavedCorrelatorTest, WhatIsMissingOrDamagedOrForeignIsRefused) {
  Correlator correlator(specs_, {});
  for (int i = 0; i < 5; ++i) at(correlator, i, "user" + std::to_string(i));
  save(correlator);
  const auto whole = space_.values;
  EXPECT_TRUE(load(*std::make_unique<Correlator>(specs_, Options{})));
  for (const auto& [key, value] : whole) {
    space_.values = whole;
    space_.values.erase(key);
    const auto lost = load(*std::make_unique<Correlator>(specs_, Options{}));
    ASSERT_FALSE(lost) << key;
    EXPECT_EQ(lost.error().code, "correlate-3");
    space_.values = whole;
    space_.values[key][value.size() / 2] ^= 1;
    EXPECT_FALSE(load(*std::make_unique<Correlator>(specs_, Options{}))) << key;
  }
  space_.values = whole;
  space_.values["correlate/zzz"] = "x";
  EXPECT_FALSE(load(*std::make_unique<Correlator>(specs_, Options{})));
  space_.values = whole;
  space_.values["another stage"] = "x";
  EXPECT_TRUE(load(*std::make_unique<Correlator>(specs_, Options{})));
}

TEST_F(SavedCorrelatorTest, WindowsOfARuleThatIsNoMoreAreDroppedAndRemoved) {
  Correlator before(specs_, {});
  at(before, 0, "bob");
  save(before);
  specs_[0].content[0] = 1;
  Correlator after(specs_, {});
  ASSERT_TRUE(load(after));
  EXPECT_EQ(after.groups(), 0U);
  EXPECT_EQ(after.counters().unknown_rule, 1U);
  save(after);
  EXPECT_EQ(space_.values.size(), 1U);
  Correlator again(specs_, {});
  EXPECT_TRUE(load(again));
}

// Expected groups whose beginning the watermark has not reached yet.
TEST_F(SavedCorrelatorTest, TheFirstEventIsRemembered) {
  specs_[0].by_instants = true;
  specs_[0].at_least = 0;
  specs_[0].at_most = 0;
  specs_[0].expected = {"never"};
  ASSERT_TRUE(link(specs_));
  Correlator before(specs_, {});
  at(before, 1000, "bob");
  save(before);
  Correlator after(specs_, {});
  ASSERT_TRUE(load(after));
  EXPECT_EQ(after.groups_of(0), 1U);
  at(after, 1061, "bob");
  EXPECT_EQ(after.groups_of(0), 2U);
  at(after, 1160, "bob");
  EXPECT_EQ(after.open_alerts(), 0U);
  at(after, 1161, "bob");
  EXPECT_EQ(after.open_alerts(), 1U) << "a timespan behind the event before the restart";
}

TEST_F(SavedCorrelatorTest, NoCheckpointIsANewStart) {
  Correlator correlator(specs_, {});
  EXPECT_TRUE(load(correlator));
  EXPECT_EQ(correlator.watermark(), Watermark::never);
}

TEST_F(SavedCorrelatorTest, TheSameHistoryGivesTheSameBytes) {
  const auto bytes_of = [&](std::uint64_t extra) {
    event::StateMap space;
    std::vector<CorrelationSpec> specs = specs_;
    specs[0].type = CorrelationType::value_count;
    specs[0].inputs[0].values = {field_b};
    EXPECT_TRUE(link(specs));
    Correlator correlator(specs, {});
    seq_ = 0;
    std::mt19937_64 random(1);
    for (int i = 0; i < 500; ++i) {
      const auto user = random() % 40, value = random() % 7;
      const EventView& view = stage_.load(
          {.seq = ++seq_,
           .time = (1000 + i - static_cast<std::int64_t>(random() % 50)) * second,
           .rules = {0},
           .fields = {{field_a, std::to_string(user)}, {field_b, std::to_string(value)}}});
      correlator.on_event(view, stage_.detections());
      if (extra != 0 && i % extra == 0) {
        correlator.take_changes([](const AlertChange&) {});
        correlator.save_changes(space);
      }
    }
    correlator.take_changes([](const AlertChange&) {});
    correlator.save_changes(space);
    return space.values;
  };
  const auto once = bytes_of(0);
  EXPECT_EQ(bytes_of(0), once);
  EXPECT_EQ(bytes_of(7), bytes_of(3));
}

}  // namespace
}  // namespace tocsin::correlate
