#include "search/searcher.hpp"

#include <gtest/gtest.h>

#include "tests/search/store_fixture.hpp"

namespace tocsin::search {
namespace {

using SearcherTest = StoreTest;

std::string minute(int i) {
  char time[16];
  std::snprintf(time, sizeof time, "22:%02d:00", i);
  return time;
}

std::string many() {
  std::string lines;
  for (int i = 0; i < 50; ++i) lines += failed(minute(i), i % 2 == 0 ? "ann" : "bob");
  return lines;
}

TEST_F(SearcherTest, NewestFirstWhateverTheBlocksAndThreads) {
  // The second file is older than the first, line by line between its lines.
  replay(many(), 512);
  std::string older;
  for (int i = 0; i < 50; ++i) older += failed(minute(i).substr(0, 6) + "30", "eve");
  replay(older, 512, small_setup(), "log2");
  open();
  std::vector<std::uint64_t> expected;
  for (std::uint64_t i = 50; i > 0; --i) {
    expected.push_back(50 + i);
    expected.push_back(i);
  }
  for (const std::size_t threads : {1U, 4U}) {
    SearchOptions options;
    options.threads = threads;
    const Found found = find("*", options);
    EXPECT_EQ(found.seqs(), expected);
    EXPECT_GT(found.summary.blocks, 10U);
    options.limit = 3;
    EXPECT_EQ(find("*", options).seqs(), std::vector<std::uint64_t>({100, 50, 99}));
    EXPECT_EQ(find("user.name: eve | head 2", options).seqs(),
              std::vector<std::uint64_t>({100, 99}));
  }
}

TEST_F(SearcherTest, BlocksOfOtherTimesAreNotRead) {
  replay(many(), 512);
  open();
  SearchOptions options;
  options.span.from.value = *base::parse_rfc3339("2026-11-20T22:47:00Z");
  const Found found = find("failed", options);
  EXPECT_EQ(found.seqs(), std::vector<std::uint64_t>({50, 49, 48}));
  EXPECT_GE(found.summary.blocks_skipped + 2, found.summary.blocks);
  EXPECT_EQ(find("failed and @timestamp >= 2026-11-20T22:47:00Z").summary.blocks_skipped,
            found.summary.blocks_skipped);
}

TEST_F(SearcherTest, BlocksWithoutAWordAreNotRead) {
  std::string lines;
  for (int i = 0; i < 1000; ++i) {
    lines += failed(minute(i % 60), i == 700 ? "zaphod" : "user" + std::to_string(i),
                    std::to_string(10'000 + i));
  }
  replay(lines, 2000);
  open();
  for (const char* query :
       {"zaphod", "\"for Zaphod from\"", "zaphod*", "*aphod*", "user.name: zaphod",
        "failed and (zaphod or beeblebrox)", "failed and port and zaphod and not ford"}) {
    const Found found = find(query);
    EXPECT_EQ(found.seqs(), std::vector<std::uint64_t>({701})) << query;
    EXPECT_GT(found.summary.blocks, 40U);
    EXPECT_GT(found.summary.blocks_filtered, found.summary.blocks / 2) << query;
    EXPECT_EQ(found.summary.blocks_filtered, found.summary.blocks_skipped);
  }
  EXPECT_EQ(find("failed | stats count()").summary.blocks_filtered, 0U);
  EXPECT_EQ(find("not zaphod | stats count()").summary.blocks_filtered, 0U);
}

TEST_F(SearcherTest, TheIndexAnswersHowManyThereAre) {
  replay(many(), 512);
  open();
  const Found found = find("* | stats count()");
  ASSERT_EQ(found.rows.size(), 1U);
  EXPECT_EQ(found.rows[0].cells[0].value, "50");
  EXPECT_EQ(found.summary.bytes, 0U) << "no block is read";
  const Found words = find("failed ann | stats count()");
  EXPECT_EQ(words.rows[0].cells[0].value, "25");
  EXPECT_EQ(words.summary.decoded, 0U) << "the text alone decides";
}

TEST_F(SearcherTest, ATestOfAFieldDecodesLinesWithItsTextOnly) {
  replay(many() + failed("23:00:00", "zoe", "4711"), 512);
  open();
  const Found found = find("user.name: Zoe");
  EXPECT_EQ(found.seqs(), std::vector<std::uint64_t>({51}));
  EXPECT_EQ(found.summary.decoded, 1U);
  EXPECT_EQ(find("source.port > 4710 and source.port < 4712").seqs(),
            std::vector<std::uint64_t>({51}));
  EXPECT_EQ(find("event.outcome: failure | stats count()").rows[0].cells[0].value, "51")
      << "a value that the decoder fixes stands in no line";
}

TEST_F(SearcherTest, ALineWithoutATimeHasThatOfTheLineBeforeIt) {
  std::string lines = failed("22:00:00", "ann");
  for (int i = 0; i < 40; ++i) lines += "  at frame " + std::to_string(i) + " of a stack\n";
  lines += failed("22:30:00", "bob");
  replay(lines, 512);
  open();
  const Found found = find("stack and 39");
  ASSERT_EQ(found.rows.size(), 1U);
  EXPECT_EQ(base::format_rfc3339(found.rows[0].time.value), "2026-11-20T22:00:00.000000000Z");
  EXPECT_EQ(find("stack | head 1").rows[0].seq.value, 41U);
}

TEST_F(SearcherTest, LockoutsAreEventsLikeAnyOther) {
  engine::Setup setup = small_setup();
  EXPECT_TRUE(engine::read_texts({source_folder() + "/rules/packs"}, setup.packs.rules).empty());
  setup.pipeline = engine::build_pipeline(setup.packs).pipeline;
  std::string lines;
  for (int i = 10; i < 30; ++i) lines += failed("22:00:" + std::to_string(i), "bob");
  replay(lines, 512, setup);
  open();
  std::uint64_t lockouts = 0;
  ASSERT_TRUE(store_->read_lockouts(event::Seq(0), [&lockouts](const event::Lockout&) {
    ++lockouts;
    return true;
  }));
  ASSERT_GT(lockouts, 0U);
  const Found found = find("event.action: account-locked or lockout.user: * or *lock*");
  ASSERT_EQ(found.rows.size(), lockouts);
  EXPECT_GT(found.rows[0].k, 0U);
  EXPECT_EQ(find("* | stats count()").rows[0].cells[0].value, std::to_string(20 + lockouts));
}

TEST_F(SearcherTest, AReaderThatHasEnoughOrIsStoppedEndsIt) {
  replay(many(), 512);
  open();
  std::size_t rows = 0;
  const auto enough =
      search(*store_, *parse_query("*"), {}, [&rows](const Row&) { return ++rows < 5; });
  ASSERT_TRUE(enough);
  EXPECT_EQ(rows, 5U);
  SearchOptions options;
  options.stopped = [] { return true; };
  const auto stopped = search(*store_, *parse_query("*"), options, [](const Row&) { return true; });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, "search-21");
}

TEST_F(SearcherTest, AnEmptyStoreHasNoResults) {
  ASSERT_TRUE(store::Store::open(folder_ / "store"));
  open();
  EXPECT_TRUE(find("*").rows.empty());
  EXPECT_EQ(find("* | stats count()").rows[0].cells[0].value, "0");
}

}  // namespace
}  // namespace tocsin::search
