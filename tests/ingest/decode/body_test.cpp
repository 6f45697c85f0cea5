#include "ingest/decode/body.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tocsin::ingest {
namespace {

struct Fixture {
  event::Batch batch;
  event::Event event;
  event::FieldTable names;
  LocalNames locals;
  BodyContext context{batch, event, names, locals};
};

TEST(Body, AKnownNameHasTheTablesId) {
  Fixture f;
  EXPECT_EQ(f.context.id_of("user.name"), event::field::user_name);
  EXPECT_TRUE(f.batch.local_names.empty());
}

TEST(Body, AnUnknownNameIsInTheBatchOnce) {
  Fixture f;
  const auto first = f.context.id_of("Image");
  EXPECT_GE(first.value, event::first_local_field);
  EXPECT_EQ(f.context.id_of(std::string("Image")), first);
  EXPECT_NE(f.context.id_of("image"), first);
  EXPECT_EQ(f.batch.local_names.size(), 2U);
}

TEST(Body, NamesOfTheBatchBeforeAreForgotten) {
  Fixture f;
  EXPECT_EQ(f.context.id_of("a").value, event::first_local_field + (*"a" - *"a"));
  EXPECT_EQ(f.context.id_of("b").value, event::first_local_field + (*"b" - *"a"));
  f.batch.clear();
  f.locals.forget();
  const auto id = f.context.id_of("b");
  EXPECT_EQ(id.value, event::first_local_field);
  ASSERT_EQ(f.batch.local_names.size(), 1U);
  EXPECT_EQ(f.batch.local_names[0], "b");
}

TEST(Body, ThousandsOfNamesKeepTheirIdsUntilTheNumbersEnd) {
  Fixture f;
  const std::size_t room = event::FieldTable::unknown.value - event::first_local_field;
  for (std::size_t i = 0; i < room; ++i) {
    ASSERT_EQ(f.context.id_of("n" + std::to_string(i)).value, event::first_local_field + i);
  }
  EXPECT_EQ(f.context.id_of("n7").value, event::first_local_field + 7);
  EXPECT_EQ(f.context.id_of("one more"), event::FieldTable::unknown);
  EXPECT_FALSE(f.context.add("one more", "value"));
  EXPECT_TRUE(f.event.anomalies.has(event::Anomaly::field_limit));
  EXPECT_TRUE(f.batch.fields.empty());
}

TEST(Body, FieldsEndAtTheLimit) {
  Fixture f;
  for (std::size_t i = 0; i < max_fields; ++i) {
    ASSERT_TRUE(f.context.add(event::field::user_name, "x"));
  }
  EXPECT_TRUE(f.event.anomalies.empty());
  EXPECT_FALSE(f.context.add(event::field::user_name, "x"));
  EXPECT_TRUE(f.event.anomalies.has(event::Anomaly::field_limit));
  EXPECT_EQ(f.event.field_count, max_fields);
  EXPECT_EQ(f.batch.fields.size(), max_fields);
}

TEST(Body, ALongValueIsCutBetweenCodePoints) {
  Fixture f;
  std::string value(max_value_size - 1, 'a');
  value += "\xC3\xA9";
  ASSERT_TRUE(f.context.add(event::field::message, value));
  EXPECT_EQ(f.batch.fields[0].size, max_value_size - 1);
  EXPECT_TRUE(f.event.anomalies.has(event::Anomaly::value_truncated));
}

}  // namespace
}  // namespace tocsin::ingest
