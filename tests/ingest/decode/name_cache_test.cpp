#include "ingest/decode/name_cache.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/ingest/decode/decoded.hpp"

namespace tocsin::ingest {
namespace {

std::uint8_t first_letter(std::string_view name) {
  return name.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(name[0]);
}

TEST(NameCache, AKnownNameHasTheTablesId) {
  Decoded d;
  NameCache cache;
  BodyContext context = d.context();
  cache.begin(context);
  EXPECT_EQ(cache.id_of(cache.look_up("user.name"), context), event::field::user_name);
  EXPECT_TRUE(d.batch.local_names.empty());
}

TEST(NameCache, TheSameNameIsTheSameEntryWhateverTheOrder) {
  Decoded d;
  NameCache cache(&first_letter);
  BodyContext context = d.context();
  cache.begin(context);
  const std::uint32_t a = cache.index_of(cache.look_up("a"));
  const std::uint32_t b = cache.index_of(cache.look_up("b"));
  EXPECT_NE(a, b);
  EXPECT_EQ(cache.index_of(cache.look_up("a")), a);
  EXPECT_EQ(cache.index_of(cache.look_up("a")), a);
  cache.begin(context);
  EXPECT_EQ(cache.index_of(cache.look_up("b")), b);
  EXPECT_EQ(cache.index_of(cache.look_up("a")), a);
  EXPECT_EQ(cache.at(a).role, 'a');
  EXPECT_EQ(cache.look_up("").role, 0);
  EXPECT_EQ(cache.size(), 3U);
}

TEST(NameCache, AnIdOfAnEarlierBatchIsNotBelievedInThisOne) {
  Decoded d;
  NameCache cache;
  BodyContext context = d.context();
  cache.begin(context);
  const event::FieldId first = cache.id_of(cache.look_up("one"), context);
  cache.id_of(cache.look_up("two"), context);
  d.frame("");
  cache.begin(context);
  const event::FieldId two = cache.id_of(cache.look_up("two"), context);
  EXPECT_EQ(two, first) << "the first local name of a batch has the first local id";
  const event::FieldId one = cache.id_of(cache.look_up("one"), context);
  EXPECT_NE(one, two);
  EXPECT_EQ(d.batch.local_names[one.value - event::first_local_field], "one");
  EXPECT_EQ(cache.id_of(cache.look_up("one"), context), one);
  EXPECT_EQ(d.batch.local_names.size(), 2U);
}

TEST(NameCache, ABiggerTableIsAskedAgain) {
  Decoded d;
  NameCache cache;
  BodyContext context = d.context();
  cache.begin(context);
  EXPECT_GE(cache.id_of(cache.look_up("Image"), context).value, event::first_local_field);
  const event::FieldId known = d.names.intern("Image");
  cache.begin(context);
  EXPECT_EQ(cache.id_of(cache.look_up("Image"), context), known);
}

TEST(NameCache, NamesOfStrangersDoNotStayForEver) {
  Decoded d;
  NameCache cache;
  BodyContext context = d.context();
  for (int i = 0; i < 100'000; ++i) {
    if (i % 100 == 0) cache.begin(context);
    const std::string name = "name" + std::to_string(i);
    ASSERT_EQ(cache.look_up(name).name, name);
  }
  EXPECT_LT(cache.size(), 10'000U);
}

}  // namespace
}  // namespace tocsin::ingest
