#include "ingest/decode/body_sorter.hpp"

#include <gtest/gtest.h>

#include "tests/ingest/decode/body_event.hpp"

namespace tocsin::ingest {
namespace {

class BodySorterTest : public BodyEventTest {
 protected:
  void rule(
      std::uint32_t shape,
      const std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>>& when) {
    BodyRule rule;
    rule.shape = event::ShapeId(shape);
    for (const auto& [names, values] : when) {
      BodyCondition condition;
      condition.names = sorter_.add_names(names, fields_);
      for (const std::string& value : values) {
        condition.values.emplace_back(value, Glob::Case::ascii_folded);
      }
      rule.conditions.push_back(std::move(condition));
    }
    sorter_.add_rule(std::move(rule));
  }

  // The shape that an event with these fields has; 0: no rule fits.
  std::uint32_t sorted(const std::vector<std::pair<std::string, std::string>>& fields) {
    fill(fields);
    const BodyRule* found = sorter_.sort(batch_, event_, values_);
    return found == nullptr ? 0 : found->shape.value;
  }

  BodySorter sorter_;
  BodyValues values_;
};

TEST_F(BodySorterTest, TheFirstRuleThatFitsCounts) {
  rule(1, {{{"channel"}, {"sysmon"}}, {{"id"}, {"1"}}});
  rule(2, {{{"channel"}, {"sysmon"}}, {{"id"}, {"2", "3"}}});
  rule(3, {{{"channel"}, {"sysmon"}}});
  rule(4, {{{"channel"}, {"*"}}});
  sorter_.build();
  EXPECT_EQ(sorted({{"channel", "sysmon"}, {"id", "1"}}), 1U);
  EXPECT_EQ(sorted({{"id", "3"}, {"channel", "sysmon"}}), 2U);
  EXPECT_EQ(sorted({{"channel", "sysmon"}, {"id", "9"}}), 3U);
  EXPECT_EQ(sorted({{"channel", "other"}, {"id", "1"}}), 4U);
  EXPECT_EQ(sorted({{"id", "1"}}), 0U);
  EXPECT_EQ(sorted({}), 0U);
}

TEST_F(BodySorterTest, AWideRuleBeforeANarrowOneWins) {
  rule(1, {{{"a"}, {"x*"}}});
  rule(2, {{{"a"}, {"xy"}}});
  sorter_.build();
  EXPECT_EQ(sorted({{"a", "xy"}}), 1U);
}

TEST_F(BodySorterTest, AnyOfTheNamesCountsInTheirOrder) {
  rule(1, {{{"EventID", "Event.System.EventID"}, {"1"}}});
  sorter_.build();
  EXPECT_EQ(sorted({{"Event.System.EventID", "1"}}), 1U);
  EXPECT_EQ(sorted({{"EventID", "1"}}), 1U);
  EXPECT_EQ(sorted({{"Event.System.EventID", "1"}, {"EventID", "2"}}), 0U);
}

TEST_F(BodySorterTest, KeysAndValuesAreWritten) {
  BodyRule rule;
  rule.shape = event::ShapeId(1);
  BodyCondition condition;
  condition.names = sorter_.add_names({"kind"}, fields_);
  condition.values.emplace_back("login");
  rule.conditions.push_back(condition);
  CaptureTarget source{"source", CaptureType::host};
  rule.keys.emplace_back(sorter_.add_names({"remote", "peer"}, fields_),
                         emit_slot(source, fields_));
  rule.values.push_back({sorter_.add_names({"ok"}, fields_), {}});
  rule.values[0].cases.cases.emplace_back(
      Glob("true"), std::vector{event::Field(event::field::event_outcome, "success")});
  sorter_.add_rule(rule);
  sorter_.build();
  fill({{"kind", "login"}, {"peer", "192.0.2.1"}, {"ok", "true"}});
  const BodyRule* found = sorter_.sort(batch_, event_, values_);
  ASSERT_NE(found, nullptr);
  sorter_.write(*found, values_, context_);
  std::string text;
  for (const event::Field& field : batch_.own_fields(event_)) {
    text += std::string(batch_.name_of(field, fields_)) + "=" + std::string(field.value()) + " ";
  }
  EXPECT_EQ(text, "kind=login peer=192.0.2.1 ok=true source.ip=192.0.2.1 event.outcome=success ");
}

TEST_F(BodySorterTest, AFieldThatHasTheNameAlreadyIsNotDoubled) {
  BodyRule rule;
  rule.shape = event::ShapeId(1);
  CaptureTarget target{"Computer", CaptureType::text};
  rule.keys.emplace_back(sorter_.add_names({"Computer", "Hostname"}, fields_),
                         emit_slot(target, fields_));
  sorter_.add_rule(rule);
  sorter_.build();
  for (const auto& [name, count] : {std::pair{"Computer", 1}, std::pair{"Hostname", 2}}) {
    fill({{name, "pc7"}});
    const BodyRule* found = sorter_.sort(batch_, event_, values_);
    ASSERT_NE(found, nullptr);
    sorter_.write(*found, values_, context_);
    EXPECT_EQ(event_.field_count, count) << name;
  }
}

TEST_F(BodySorterTest, ConditionsDoNotMindTheCaseOfLetters) {
  rule(1, {{{"channel"}, {"Security"}}, {{"kind"}, {"Log*"}}});
  rule(2, {{{"channel"}, {"Security"}}});
  rule(3, {{{"channel"}, {std::string(300, 'x') + "A"}}});
  sorter_.build();
  EXPECT_EQ(sorted({{"channel", "security"}, {"kind", "LOGIN"}}), 1U);
  EXPECT_EQ(sorted({{"channel", "SECURITY"}, {"kind", "x"}}), 2U);
  EXPECT_EQ(sorted({{"channel", "security2"}}), 0U);
  EXPECT_EQ(sorted({{"channel", std::string(300, 'X') + "a"}}), 3U);
  EXPECT_EQ(sorted({{"channel", std::string(300, 'X') + "b"}}), 0U);
}

TEST_F(BodySorterTest, AnEmptySorterFitsNothing) {
  sorter_.build();
  EXPECT_TRUE(sorter_.empty());
  EXPECT_EQ(sorted({{"a", "b"}}), 0U);
}

}  // namespace
}  // namespace tocsin::ingest
