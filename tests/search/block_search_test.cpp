#include "search/block_search.hpp"

#include <gtest/gtest.h>

#include "tests/search/store_fixture.hpp"

namespace tocsin::search {
namespace {

class BlockSearchTest : public StoreTest {
 protected:
  base::Result<BlockFound> search_first(const char* text, std::uint64_t limit = 0) {
    plan_ = make_plan(*parse_query(text), {}, limit, false);
    prefilter_ = std::make_unique<Prefilter>(plan_->query.filter);
    decoders_ = *Decoders::of(*store_, plan_->query, nullptr);
    EXPECT_TRUE(store_->load_sources(sources_));
    const BlockChoice choice(plan_->query.filter);
    BlockSearch blocks(*plan_, choice, *prefilter_, *decoders_, *store_, sources_);
    std::optional<store::BlockInfo> first;
    EXPECT_TRUE(store_->read_index([&first](const store::BlockInfo& info) {
      first = info;
      return false;
    }));
    return blocks.search({&*first, 1}, first_seq_);
  }
  event::Seq first_seq_{1};
  std::unique_ptr<Plan> plan_;
  std::unique_ptr<Prefilter> prefilter_;
  std::unique_ptr<Decoders> decoders_;
  event::SourceTable sources_;
};

TEST_F(BlockSearchTest, ABlockWhoseFilterLacksAWordIsNotRead) {
  std::string lines;
  for (int i = 10; i < 60; ++i) lines += failed("22:00:" + std::to_string(i), "ann");
  replay(lines);
  open();
  const auto none = search_first("failed and mimikatz");
  ASSERT_TRUE(none);
  EXPECT_EQ(none->skipped, 1U);
  EXPECT_EQ(none->text_bytes, 0U);
  const auto all = search_first("failed and password");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->skipped, 0U);
  EXPECT_EQ(all->matched, 50U);
}

TEST_F(BlockSearchTest, GivesTheNewestRowsOfABlock) {
  std::string lines;
  for (int i = 10; i < 60; ++i) lines += failed("22:00:" + std::to_string(i), "ann");
  replay(lines);
  open();
  const auto all = search_first("failed");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->rows.size(), 50U);
  EXPECT_EQ(all->rows.front().seq.value, 50U);
  const auto few = search_first("failed", 2);
  ASSERT_TRUE(few);
  ASSERT_EQ(few->rows.size(), 2U);
  EXPECT_EQ(few->rows.back().seq.value, 49U);
  EXPECT_EQ(few->matched, 50U);
  first_seq_ = event::Seq(41);
  EXPECT_EQ(search_first("failed")->rows.size(), 10U) << "what retention dropped does not count";
}

TEST_F(BlockSearchTest, CountsWithoutDecodingWhereTheTextDecides) {
  replay(failed("22:00:00", "ann") + failed("22:00:01", "bob"));
  open();
  const auto counted = search_first("bob | stats count()");
  ASSERT_TRUE(counted);
  EXPECT_EQ(counted->decoded, 0U);
  EXPECT_EQ(counted->figures->rows()[0].cells[0].value, "1");
  const auto both = search_first("bob or user.name: ann | stats count()");
  ASSERT_TRUE(both);
  EXPECT_EQ(both->figures->rows()[0].cells[0].value, "2");
  EXPECT_EQ(both->decoded, 1U);
}

}  // namespace
}  // namespace tocsin::search
