#include "ingest/decode/compiled_field.hpp"

#include <gtest/gtest.h>

namespace tocsin::ingest {
namespace {

EmitSlot slot(std::string_view text, event::FieldTable& fields) {
  CaptureTarget target;
  EXPECT_FALSE(read_target(text, target));
  return emit_slot(target, fields);
}

TEST(CompiledField, TheNameDecidesWhatBecomesOfAValue) {
  event::FieldTable fields;
  EXPECT_EQ(slot("_:word", fields).use, EmitSlot::Use::nothing);
  EXPECT_EQ(slot("_verb:word", fields).use, EmitSlot::Use::nothing);
  EXPECT_EQ(slot("@time:clf", fields).use, EmitSlot::Use::time);
  EXPECT_EQ(slot("*:kv", fields).use, EmitSlot::Use::pairs);
  EXPECT_EQ(slot("user.name", fields).name, event::field::user_name);
}

TEST(CompiledField, AHostHasTwoNames) {
  event::FieldTable fields;
  const EmitSlot host = slot("source:host", fields);
  EXPECT_EQ(host.use, EmitSlot::Use::host);
  EXPECT_EQ(host.name, event::field::source_ip);
  EXPECT_EQ(host.other, event::field::source_address);
}

TEST(CompiledField, NumbersAreNumbers) {
  event::FieldTable fields;
  EXPECT_EQ(slot("n:int", fields).kind, event::ValueKind::number);
  EXPECT_EQ(slot("n:port", fields).kind, event::ValueKind::number);
  EXPECT_EQ(slot("n:hex", fields).kind, event::ValueKind::text);
}

TEST(CompiledField, TheFirstCaseThatFitsCounts) {
  const event::FieldId name(7);
  ValueCases cases;
  cases.cases.emplace_back(Glob("a*"), std::vector{event::Field(name, "first")});
  cases.cases.emplace_back(Glob("ab"), std::vector{event::Field(name, "second")});
  cases.otherwise = {event::Field(name, "other")};
  EXPECT_EQ(cases.of("ab")[0].value(), "first");
  EXPECT_EQ(cases.of("b")[0].value(), "other");
}

}  // namespace
}  // namespace tocsin::ingest
