#include "correlate/long_window.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <set>

#include "correlate/episodes.hpp"
#include "correlate/judge.hpp"
#include "tests/correlate/stream.hpp"

namespace tocsin::correlate {
namespace {

constexpr std::int64_t timespan = 50;

struct Kind {
  CorrelationType type;
  std::uint64_t at_least;
  std::uint32_t inputs;
  bool weighted;
};

CorrelationSpec spec_of(const Kind& kind) {
  CorrelationSpec spec = count_spec(kind.at_least, timespan);
  spec.type = kind.type;
  if (kind.type == CorrelationType::value_count) spec.inputs[0].values = {field_b};
  if (kind.weighted) spec.weight = field_c;
  while (spec.inputs.size() < kind.inputs) {
    Input input = spec.inputs[0];
    input.rule = event::RuleIndex(static_cast<std::uint32_t>(spec.inputs.size()));
    spec.inputs.push_back(input);
  }
  return spec;
}

// Every entry judged anew by the judge of short windows.
class Plain {
 public:
  explicit Plain(const CorrelationSpec& spec)
      : judge_(spec, pool_), table_(pool_, worth_stride, 4096) {
    group_ = table_.add("g", 1);
  }
  bool insert(const Waiting& detection) {
    const Window window = table_.window(group_);
    const std::uint32_t above = window.above(detection.place);
    for (std::uint32_t i = above; i-- > 0 && window[i].place() == detection.place;) {
      if (judge_.judging() == Judging::distinct && window.worth(i) != detection.worth) continue;
      const bool temporal =
          judge_.judging() == Judging::any_rules || judge_.judging() == Judging::ordered_rules;
      if (temporal) window.worth(i) |= detection.worth;
      return false;
    }
    group_ = table_.insert(group_, above, detection.place, detection.worth);
    return true;
  }
  std::set<Place> trues() {
    const Window window = table_.window(group_);
    std::vector<std::int64_t> area(512);
    State state;
    const Cursor cursor{state, area.data()};
    std::set<Place> out;
    judge_.start(cursor, 0);
    for (std::uint32_t i = 0; i < window.size; ++i) {
      judge_.push(cursor, window, i);
      if (i + 1 < window.size && window[i + 1].place() == window[i].place()) continue;
      if (judge_.holds(judge_.quantity(cursor, window, i))) out.insert(window[i].place());
    }
    delete state.counts;
    return out;
  }
  Window window() { return table_.window(group_); }

 private:
  Pool pool_;
  Judge judge_;
  GroupTable table_;
  Group* group_;
};

CorrelationSpec linked(const Kind& kind) {
  std::vector<CorrelationSpec> specs = {spec_of(kind)};
  EXPECT_TRUE(link(specs));
  return specs[0];
}

// A long window, and the same judged anew.
struct SideBySide {
  SideBySide(const CorrelationSpec& spec, Pool& pool, ValueTable& values)
      : window(spec, pool, values), plain(spec) {}
  void insert(const Waiting& detection) {
    std::vector<Place> turned;
    ASSERT_EQ(window.insert(detection, false, turned), plain.insert(detection));
    known.insert(turned.begin(), turned.end());
  }
  LongWindow window;
  Plain plain;
  std::set<Place> known;
};

class LongWindowTest : public ::testing::TestWithParam<Kind> {
 protected:
  Waiting any(std::mt19937_64& random) const {
    const std::uint64_t seq = 1 + random() % 400;
    // Few times in one case, so that they are often equal.
    const auto time = static_cast<std::int64_t>(seq * 7919 % 400);
    std::uint64_t worth = 1 + random() % 3;
    if (GetParam().type == CorrelationType::value_count)
      worth = values.use(std::to_string(random() % (random() % 2 == 0 ? 3 : 40)));
    if (GetParam().type >= CorrelationType::temporal) {
      worth = std::uint64_t{1} << random() % GetParam().inputs;
      if (random() % 4 == 0) worth |= std::uint64_t{1} << random() % GetParam().inputs;
    }
    return {place_of(event::Seq(seq), 0, base::EventTime(time)), worth};
  }
  Pool pool;
  mutable ValueTable values{pool};
};

TEST_P(LongWindowTest, EqualsJudgingEveryEntryAnew) {
  const CorrelationSpec spec = linked(GetParam());
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    std::mt19937_64 random(seed);
    SideBySide both(spec, pool, values);
    auto& [window, plain, known] = both;
    for (int i = 0; i < 350; ++i) {
      both.insert(any(random));
      ASSERT_EQ(known, plain.trues()) << "seed " << seed << ", entry " << i;
      ASSERT_EQ(window.size(), plain.window().size);
    }
    EXPECT_FALSE(known.empty());
    while (window.size() > 0) {
      const PlaceTree::Item item = window.take_front();
      if (spec.judging == Judging::distinct) values.release(static_cast<std::uint32_t>(item.worth));
    }
    EXPECT_EQ(values.size(), 0U);
  }
}

// Nothing that the bound lets come is judged otherwise for what is gone.
TEST_P(LongWindowTest, WhatNoLaterWindowReachesIsDropped) {
  const CorrelationSpec spec = linked(GetParam());
  std::mt19937_64 random(9);
  SideBySide both(spec, pool, values);
  auto& [window, plain, known] = both;
  std::size_t longest = 0;
  for (std::int64_t i = 0; i < 3000; ++i) {
    if (i % 1000 > 700) continue;  // gaps
    Waiting detection = any(random);
    const std::int64_t bound = i / 4;
    detection.place = place_of(event::Seq(static_cast<std::uint64_t>(i + 1)), 0,
                               base::EventTime(bound + static_cast<std::int64_t>(random() % 30)));
    both.insert(detection);
    if (i % 50 == 0) {
      ASSERT_EQ(known, plain.trues()) << i;
    }
    window.purge(bound);
    longest = std::max(longest, window.size());
  }
  EXPECT_EQ(known, plain.trues());
  EXPECT_LE(longest, 4U * (timespan + 32));
  window.purge(10'000);
  EXPECT_EQ(window.size(), 0U);
  EXPECT_EQ(pool.used(), 0U);
}

// The same where entries are few and stand at the border, to the nanosecond.
TEST_P(LongWindowTest, NothingIsDroppedThatAWindowReachesByANanosecond) {
  Kind few = GetParam();
  few.at_least = std::min<std::uint64_t>(few.at_least, 3);
  const CorrelationSpec spec = linked(few);
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    std::mt19937_64 random(seed);
    SideBySide both(spec, pool, values);
    auto& [window, plain, known] = both;
    std::int64_t bound = 1000;
    for (std::uint64_t i = 1; i <= 100; ++i) {
      if (random() % 3 == 0) bound += static_cast<std::int64_t>(random() % 3) * timespan / 2;
      const auto step = static_cast<std::int64_t>(random() % 5) * timespan / 2;
      const auto near = static_cast<std::int64_t>(random() % 3) - 1;
      Waiting detection = any(random);
      const base::EventTime time(std::max(bound, bound + step + near));
      detection.place = place_of(event::Seq(i), 0, time);
      both.insert(detection);
      ASSERT_EQ(known, plain.trues()) << "seed " << seed << ", entry " << i;
      window.purge(bound);
    }
    EXPECT_LT(window.size(), 100U);
    window.purge(1'000'000);
    EXPECT_EQ(window.size(), 0U);
  }
}

TEST_P(LongWindowTest, AnswersAboutEpisodesAsAShortOne) {
  const CorrelationSpec spec = linked(GetParam());
  std::mt19937_64 random(4);
  SideBySide both(spec, pool, values);
  auto& [window, plain, known] = both;
  for (int i = 0; i < 300; ++i) both.insert(any(random));
  const ShortWindow expected{plain.window(), spec.judging};
  std::vector<Place> shown, wanted;
  for (std::uint32_t i = 0; i < plain.window().size; ++i) {
    const Place high = plain.window()[i].place();
    const Place low = end_of(high.time - timespan);
    EXPECT_EQ(window.weight(low, high), expected.weight(low, high));
    EXPECT_EQ(window.weight_at(high), expected.weight_at(high));
    EXPECT_EQ(window.held(low, high), expected.held(low, high));
    for (const std::size_t most : {3UL, 100UL}) {
      window.newest(low, high, most, shown);
      expected.newest(low, high, most, wanted);
      EXPECT_EQ(shown, wanted);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, LongWindowTest,
                         ::testing::Values(Kind{CorrelationType::event_count, 5, 1, false},
                                           Kind{CorrelationType::event_count, 20, 2, false},
                                           Kind{CorrelationType::event_count, 60, 1, true},
                                           Kind{CorrelationType::value_count, 4, 1, false},
                                           Kind{CorrelationType::value_count, 20, 1, false},
                                           Kind{CorrelationType::temporal, 2, 2, false},
                                           Kind{CorrelationType::temporal, 4, 4, false},
                                           Kind{CorrelationType::temporal, 5, 6, false},
                                           Kind{CorrelationType::temporal_ordered, 2, 2, false},
                                           Kind{CorrelationType::temporal_ordered, 4, 4, false},
                                           Kind{CorrelationType::temporal_ordered, 3, 5, false}));

}  // namespace
}  // namespace tocsin::correlate
