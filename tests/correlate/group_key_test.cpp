#include "correlate/group_key.hpp"

#include <gtest/gtest.h>

#include "tests/correlate/stream.hpp"

namespace tocsin::correlate {
namespace {

CorrelationSpec spec_with(std::vector<std::string> names, bool optional = false) {
  CorrelationSpec spec = count_spec(1, second);
  spec.group_names = std::move(names);
  spec.group_optional = optional;
  return spec;
}

class GroupKeyTest : public ::testing::Test {
 protected:
  std::optional<std::string> key(const TestEvent& event, std::vector<event::FieldId> fields,
                                 bool optional = false) {
    const EventView& view = stage_.load(event);
    const auto found = key_of(*view.batch, *view.event, fields, optional, scratch_);
    return found ? std::optional<std::string>(*found) : std::nullopt;
  }
  Stage stage_;
  std::string scratch_;
};

TEST_F(GroupKeyTest, KeepsExactBytesAndOrder) {
  const TestEvent event{.seq = 1, .fields = {{field_a, std::string("x\0y", 3)}, {field_b, "z"}}};
  EXPECT_EQ(key(event, {field_a}), std::string("x\0y", 3));
  EXPECT_EQ(key(event, {}), "");
  const auto both = key(event, {field_b, field_a});
  ASSERT_TRUE(both);
  EXPECT_EQ(group_values(spec_with({"b", "a"}), *both),
            (event::GroupValues{{"b", "z"}, {"a", std::string("x\0y", 3)}}));
}

TEST_F(GroupKeyTest, TuplesDoNotRunTogether) {
  EXPECT_NE(key({.seq = 1, .fields = {{field_a, "ab"}, {field_b, "c"}}}, {field_a, field_b}),
            key({.seq = 1, .fields = {{field_a, "a"}, {field_b, "bc"}}}, {field_a, field_b}));
}

TEST_F(GroupKeyTest, MissingIsNotEmpty) {
  const TestEvent one{.seq = 1, .fields = {{field_a, ""}}};
  EXPECT_EQ(key(one, {field_a}), "");
  EXPECT_EQ(key(one, {field_b}), std::nullopt);
  EXPECT_EQ(key(one, {field_a, field_b}), std::nullopt);
  const auto optional = key(one, {field_a, field_b}, true);
  ASSERT_TRUE(optional);
  EXPECT_EQ(group_values(spec_with({"a", "b"}, true), *optional), (event::GroupValues{{"a", ""}}));
  EXPECT_NE(key(one, {field_a}, true), key({.seq = 1}, {field_a}, true));
}

TEST_F(GroupKeyTest, NullIsMissing) {
  event::Batch batch;
  batch.fields.emplace_back(field_a, "null", event::ValueKind::null);
  event::Event event;
  event.field_count = 1;
  EXPECT_EQ(value_of(batch, event, field_a), std::nullopt);
}

TEST_F(GroupKeyTest, InnerValuesMakeAnOuterKey) {
  const KeyValues values = {"x", std::nullopt, "z"};
  EXPECT_EQ(join_values(values, std::vector<std::uint32_t>{2}, false), "z");
  EXPECT_EQ(join_values(values, std::vector<std::uint32_t>{2, 1}, false), std::nullopt);
  EXPECT_EQ(join_values(values, {}, false), "");
  const auto joined = join_values(values, std::vector<std::uint32_t>{2, 0}, false);
  EXPECT_EQ(joined,
            key({.seq = 1, .fields = {{field_a, "z"}, {field_b, "x"}}}, {field_a, field_b}));
}

TEST_F(GroupKeyTest, ForeignBytesAreNoKey) {
  const CorrelationSpec two = spec_with({"a", "b"});
  const auto good = key({.seq = 1, .fields = {{field_a, "q"}, {field_b, ""}}}, {field_a, field_b});
  EXPECT_TRUE(values_fit(two, *good));
  for (std::size_t size = 0; size < good->size(); ++size)
    EXPECT_FALSE(values_fit(two, good->substr(0, size))) << size;
  EXPECT_FALSE(values_fit(two, *good + "x"));
  EXPECT_FALSE(values_fit(spec_with({}), "x"));
  EXPECT_FALSE(values_fit(two, std::string(8, '\0')));  // missing values, not optional
  EXPECT_TRUE(values_fit(spec_with({"a", "b"}, true), std::string(8, '\0')));
}

TEST_F(GroupKeyTest, WhereAbsenceFiredTheIdNamesItsTime) {
  CorrelationSpec spec;
  spec.group_names = {"a"};
  spec.forward = true;
  const event::AlertId id = alert_id(spec, "x", place_of(event::Seq(7), 0, base::EventTime(1)));
  EXPECT_EQ(alert_id(spec, "x", place_of(event::Seq(8), 1, base::EventTime(1))), id);
  EXPECT_NE(alert_id(spec, "x", place_of(event::Seq(7), 0, base::EventTime(2))), id);
  EXPECT_NE(alert_id(spec, "y", place_of(event::Seq(7), 0, base::EventTime(1))), id);
}

TEST_F(GroupKeyTest, TheIdNamesRuleGroupAndPlace) {
  CorrelationSpec spec = spec_with({"a"});
  const Place place = place_of(event::Seq(7), 0, base::EventTime(1));
  const event::AlertId id = alert_id(spec, "x", place);
  EXPECT_EQ(alert_id(spec, "x", place_of(event::Seq(7), 0, base::EventTime(2))), id);
  EXPECT_NE(alert_id(spec, "y", place), id);
  EXPECT_NE(alert_id(spec, "x", place_of(event::Seq(8), 0, base::EventTime(1))), id);
  EXPECT_NE(alert_id(spec, "x", place_of(event::Seq(7), 1, base::EventTime(1))), id);
  spec.content[31] = 1;
  EXPECT_NE(alert_id(spec, "x", place), id);
  // SHA-256 of 32 zeros, (1 as 8 bytes) x, (7 as 8 bytes), (0 as 4 bytes).
  spec.content[31] = 0;
  EXPECT_EQ(event::to_string(id), "421c28001412dbb4df0cd02fd662e688");
}

TEST_F(GroupKeyTest, WhereSilenceFiredTheIdNamesTheInstant) {
  CorrelationSpec spec = spec_with({"a"});
  const event::AlertId of_seq = alert_id(spec, "x", place_of(event::Seq(7), 0, base::EventTime(1)));
  spec.whole_instants = true;
  const event::AlertId id = alert_id(spec, "x", place_of(event::Seq(7), 0, base::EventTime(1)));
  EXPECT_NE(id, of_seq);
  EXPECT_EQ(alert_id(spec, "x", place_of(event::Seq(8), 3, base::EventTime(1))), id);
  EXPECT_NE(alert_id(spec, "x", place_of(event::Seq(7), 0, base::EventTime(2))), id);
  EXPECT_NE(alert_id(spec, "y", place_of(event::Seq(7), 0, base::EventTime(1))), id);
}

}  // namespace
}  // namespace tocsin::correlate
