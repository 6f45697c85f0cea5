#include "search/block_choice.hpp"

#include <gtest/gtest.h>

#include <random>

#include "search/parser.hpp"
#include "search/prefilter.hpp"
#include "tests/search/store_fixture.hpp"

namespace tocsin::search {
namespace {

class BlockChoiceTest : public testing::Test {
 protected:
  BlockChoiceTest() {
    reading_.decoders = small_setup().pipeline->decoders;
    reading_.fields = small_setup().pipeline->fields;
    event::Batch batch;
    batch.add_frame("Nov 22 03:08:00 web01 sshd[811]: Failed password for bob from 203.0.113.7",
                    event::SourceId(0), base::ReceivedTime(1));
    // Bytes of no word, which compress badly: the filter has room for what its words say.
    std::mt19937 random;
    for (int i = 0; i < 100; ++i) {
      std::string noise;
      for (int n = 0; n < 80; ++n) noise += static_cast<char>(0x80 + random() % 0x80);
      batch.add_frame(noise, event::SourceId(0), base::ReceivedTime(1));
    }
    store::BlockEncoder().encode(batch, block_, 0, {}, &bytes_);
    info_ = *store::block_info(block_);
  }

  bool may_match(const char* text) {
    Query query = *parse_query(text);
    find_literals(query.filter, query.fields, {&reading_});
    return BlockChoice(query.filter).may_match(*store::BlockFilter::read(bytes_, info_));
  }
  bool passes_all(const char* text) {
    Query query = *parse_query(text);
    find_literals(query.filter, query.fields, {&reading_});
    return BlockChoice(query.filter).passes_all();
  }

  Reading reading_;
  std::string block_, bytes_;
  store::BlockInfo info_;
};

TEST_F(BlockChoiceTest, WordsOfALineAreThere) {
  for (const char* text :
       {"failed", "FAILED", "fail*", "*ailed", "*aile*", "\"Failed password\"", "f*d",
        "\"from 203.0.113.7\"", "203.0.113.*", "web01", "811", "bob", "\"for bob from\""}) {
    EXPECT_TRUE(may_match(text)) << text;
  }
}

TEST_F(BlockChoiceTest, OtherWordsAreNot) {
  for (const char* text : {"accepted", "failure", "\"failed publickey\"", "mimikatz", "*katz*",
                           "pass", "\"from 203.0.114.7\"", "user.name: robert", "needle4711"}) {
    EXPECT_FALSE(may_match(text)) << text;
  }
}

TEST_F(BlockChoiceTest, OneOfSomeWillDoAndAllOfThemMustBe) {
  EXPECT_TRUE(may_match("accepted or failed"));
  EXPECT_FALSE(may_match("accepted or mimikatz"));
  EXPECT_FALSE(may_match("failed and mimikatz"));
  EXPECT_FALSE(may_match("failed and not nothing and (mimikatz or rubeus)"));
  EXPECT_TRUE(may_match("failed and (mimikatz or password)"));
}

TEST_F(BlockChoiceTest, WhatIsNotCertainSkipsNothing) {
  for (const char* text :
       {"*", "not mimikatz", "~ \"mimikatz\"", "source.port > 5", "user.name: *", "a or mimikatz",
        "event.outcome: failure", "user.name ~ \"x\"", "mimikatz or not rubeus"}) {
    EXPECT_TRUE(passes_all(text)) << text;
  }
}

}  // namespace
}  // namespace tocsin::search
