#include "ingest/decode/joined_field.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/ingest/decode/body_event.hpp"
#include "tests/reference/slow_join.hpp"

namespace tocsin::ingest {
namespace {

using reference::Pairs;

const Pairs hives{
    {R"(\REGISTRY\MACHINE\SYSTEM\ControlSet001\)", R"(HKLM\System\CurrentControlSet\)"},
    {R"(\REGISTRY\MACHINE\)", R"(HKLM\)"},
    {R"(\REGISTRY\USER\)", R"(HKU\)"}};

class JoinedFieldTest : public BodyEventTest {
 protected:
  // What becomes of the event's field `made`; nothing when it has none.
  std::optional<std::string> joined(const std::string& text, const Pairs& begins,
                                    const Pairs& fields) {
    const auto parts = read_template(text);
    EXPECT_TRUE(parts) << text;
    const JoinedField join({"made", *parts, begins}, fields_);
    fill(fields);
    const std::size_t before = event_.field_count;
    join.write(context_);
    if (event_.field_count == before) return std::nullopt;
    EXPECT_EQ(fields_.name(batch_.fields.back().name), "made");
    return std::string(batch_.fields.back().value());
  }
};

TEST_F(JoinedFieldTest, ValuesStandWithinTheText) {
  EXPECT_EQ(joined(R"({key}\{value})", {}, {{"value", "v"}, {"key", "k"}}), R"(k\v)");
  EXPECT_EQ(joined("<{a}>", {}, {{"a", ""}}), "<>") << "empty, and there";
  EXPECT_EQ(joined("{a}{a}", {}, {{"a", "x"}}), "xx");
  EXPECT_EQ(joined("{args}", {}, {{"args", "ls"}, {"b", "-"}, {"args", "-l"}}), "ls -l");
}

TEST_F(JoinedFieldTest, NoneIsMadeOfWhatIsMissingOrBesideWhatIsThere) {
  EXPECT_EQ(joined("{a}{b}", {}, {{"a", "x"}}), std::nullopt);
  EXPECT_EQ(joined("{a}", {}, {}), std::nullopt);
  EXPECT_EQ(joined("{a}", {}, {{"made", "before"}, {"a", "x"}}), std::nullopt);
  fill({});
  context_.add("a", "null", event::ValueKind::null);
  JoinedField({"made", *read_template("{a}"), {}}, fields_).write(context_);
  EXPECT_EQ(event_.field_count, 1U) << "null is no value";
}

TEST_F(JoinedFieldTest, TheFirstBeginningThatFitsIsReplaced) {
  EXPECT_EQ(joined("{k}", hives, {{"k", R"(\REGISTRY\MACHINE\SOFTWARE\a)"}}), R"(HKLM\SOFTWARE\a)");
  EXPECT_EQ(joined("{k}", hives, {{"k", R"(\Registry\User\S-1-5-18\a)"}}), R"(HKU\S-1-5-18\a)");
  EXPECT_EQ(joined("{k}", hives, {{"k", R"(\REGISTRY\MACHINE\SYSTEM\ControlSet001\Services)"}}),
            R"(HKLM\System\CurrentControlSet\Services)");
  EXPECT_EQ(joined("{k}", hives, {{"k", R"(\REGISTRY\A\{x})"}}), R"(\REGISTRY\A\{x})");
  EXPECT_EQ(joined("{k}", {{"a", "much longer than before"}}, {{"k", "abc"}}),
            "much longer than beforebc");
}

TEST_F(JoinedFieldTest, WhatIsTooLongIsCutAndSaidSo) {
  const auto all = joined("{a}{a}", {{"xx", ""}}, {{"a", std::string(max_value_size, 'x')}});
  ASSERT_TRUE(all);
  EXPECT_EQ(all->size(), max_value_size);
  EXPECT_TRUE(event_.anomalies.has(event::Anomaly::value_truncated));
  EXPECT_LT(batch_.arena.capacity(), 5 * max_value_size);
  EXPECT_EQ(joined("{a}", {}, {{"a", std::string(max_value_size, 'x')}})->size(), max_value_size);
  EXPECT_FALSE(event_.anomalies.has(event::Anomaly::value_truncated));
}

TEST_F(JoinedFieldTest, TheArenaDoesNotGrowBatchAfterBatch) {
  const Pairs fields{{"k", R"(\REGISTRY\MACHINE\SOFTWARE\a)"}, {"v", "b"}};
  const JoinedField join({"made", *read_template(R"({k}\{v})"), hives}, fields_);
  fill(fields);
  join.write(context_);
  const std::size_t capacity = batch_.arena.capacity();
  for (int i = 0; i < 1000; ++i) {
    fill(fields);
    join.write(context_);
  }
  EXPECT_EQ(batch_.arena.capacity(), capacity);
}

TEST_F(JoinedFieldTest, TemplatesThatNameNoFieldOrAreBrokenAreRefused) {
  for (const char* bad : {"", "plain", "{", "}", "{}", "a{b", "a}b", "{a{b}}", "{a}}"})
    EXPECT_FALSE(read_template(bad)) << bad;
}

TEST_F(JoinedFieldTest, TheSlowWayMakesTheSame) {
  std::mt19937 random(7);
  const auto pick = [&](const auto& from) { return from[random() % from.size()]; };
  const std::vector<std::string> names{"a", "b", "c", "made"};
  const std::vector<std::string> values{"", "x", R"(\REGISTRY\MACHINE\)", R"(\registry\USER\y)",
                                        "ü"};
  const std::vector<std::string> texts{"{a}", R"({a}\{b})", "-{b}-{c}-", "{a}{a}{c}"};
  const std::vector<Pairs> begins{{}, hives, {{"x", "longer"}, {"", "front"}}};
  int made = 0;
  for (int i = 0; i < 20'000; ++i) {
    Pairs fields;
    for (std::size_t count = random() % 6; count > 0; --count)
      fields.emplace_back(names[random() % 20 == 0 ? 3 : random() % 3], pick(values));
    const std::string text = pick(texts);
    const Pairs& fronts = begins[random() % begins.size()];
    const auto fast = joined(text, fronts, fields);
    ASSERT_EQ(fast, reference::slow_join("made", text, fronts, fields)) << text << " " << i;
    made += fast ? 1 : 0;
  }
  EXPECT_GT(made, 5'000);
}

}  // namespace
}  // namespace tocsin::ingest
