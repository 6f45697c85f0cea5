#include "store/block_filter.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/store/store_folder.hpp"

namespace tocsin::store {
namespace {

using Random = std::mt19937_64;

struct Filtered {
  std::string block, bytes;
  BlockInfo info;

  explicit Filtered(const event::Batch& batch) {
    BlockEncoder().encode(batch, block, 0, {}, &bytes);
    info = value_of(block_info(block));
  }
  [[nodiscard]] bool may_hold(const FilterText& text) const {
    const auto filter = BlockFilter::read(bytes, info);
    EXPECT_TRUE(filter.has_value());
    return filter->may_hold(text);
  }
  [[nodiscard]] bool may_hold(std::string_view text, bool begins = false, bool ends = false) const {
    return may_hold(FilterText(text, begins, ends));
  }
};

bool is_run_byte(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// Text of everything that a filter looks at: words, long ones, numbers with dots, escapes, marks,
// bytes that are no UTF-8, NUL.
std::string made_line(Random& random) {
  static const std::vector<std::string> pieces = {"Failed",
                                                  "password",
                                                  "for",
                                                  " ",
                                                  " ",
                                                  "=",
                                                  "\"",
                                                  "\\",
                                                  "\\n",
                                                  "\\\\",
                                                  "\\u0041",
                                                  "&#98;",
                                                  "<",
                                                  "<!",
                                                  "müller",
                                                  "ſ",
                                                  "\xE2\x84\xAA",
                                                  "\xFF\xFE",
                                                  ".",
                                                  ".",
                                                  ":",
                                                  "_",
                                                  "-",
                                                  "a",
                                                  "Z",
                                                  "0",
                                                  "x1",
                                                  "203.0.113.7",
                                                  "1.2.3.4.5",
                                                  "10.1234.5.6",
                                                  "\r",
                                                  std::string(1, '\0'),
                                                  "audit("};
  std::string out;
  const std::size_t count = random() % 30;
  for (std::size_t i = 0; i < count; ++i) {
    if (random() % 4 != 0) {
      out += pieces[random() % pieces.size()];
    } else {
      for (std::size_t left = random() % 40; left > 0; --left)
        out += "abcdefghijABCDEFGHIJ0123456789"[random() % 30];
    }
  }
  if (random() % 200 == 0) out += std::string(60'000, "xY7"[random() % 3]);
  return out;
}

event::Batch made_batch(Random& random, std::size_t frames) {
  event::Batch batch;
  batch.first_seq = event::Seq(1);
  for (std::size_t i = 0; i < frames; ++i)
    batch.add_frame(made_line(random), event::SourceId(0), base::ReceivedTime(1));
  return batch;
}

std::string other_case(Random& random, std::string text) {
  for (char& c : text) {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0 && random() % 2 == 0)
      c = static_cast<char>(c ^ 0x20);
  }
  return text;
}

// Any slice of any line, with what is known of its ends.
void expect_no_text_denied(const Filtered& filtered, const event::Batch& batch, Random& random,
                           std::size_t slices) {
  for (std::size_t n = 0; n < slices; ++n) {
    const std::string_view line = batch.raw(random() % batch.frames.size());
    if (line.empty()) continue;
    const std::size_t begin = random() % line.size();
    const std::size_t size = 1 + random() % std::min<std::size_t>(line.size() - begin, 25);
    const std::string text = other_case(random, std::string(line.substr(begin, size)));
    const bool is_escaped =
        begin > 1 && line[begin - 2] == '\\' &&
        std::string_view("bfnrtBFNRT").find(line[begin - 1]) != std::string_view::npos;
    const bool begins = begin == 0 || !is_run_byte(line[begin - 1]) || is_escaped;
    const bool ends = begin + size == line.size() || !is_run_byte(line[begin + size]);
    EXPECT_TRUE(filtered.may_hold(text)) << text;
    EXPECT_TRUE(filtered.may_hold(text, begins, ends)) << text << " in " << line;
  }
}

TEST(BlockFilter, NoTextOfABlockIsDenied) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Random random(seed);
    const event::Batch batch = made_batch(random, 20 + random() % 300);
    const Filtered filtered(batch);
    if (filtered.bytes.empty()) continue;
    expect_no_text_denied(filtered, batch, random, 500);
  }
}

TEST(BlockFilter, FramesThatAreNotBesideEachOtherAreTakenAsTheBlockHasThem) {
  Random random(7);
  event::Batch batch = made_batch(random, 200);
  for (std::size_t i = 0; i < batch.frames.size(); ++i)
    batch.frames[i] = batch.frames[batch.frames.size() - 1 - i];
  expect_no_text_denied(Filtered(batch), batch, random, 2000);
}

TEST(BlockFilter, MostOtherTextsAreDenied) {
  Random random(3);
  event::Batch batch;
  for (int i = 0; i < 2500; ++i) {
    batch.add_frame(fmt::format("Nov 22 03:08:{:02} web{:02} sshd[{}]: Failed password for user{} "
                                "from 203.0.113.{} port {} ssh2",
                                i / 42, random() % 40, random() % 30'000, random() % 500,
                                random() % 256, random() % 60'000),
                    event::SourceId(0), base::ReceivedTime(1));
  }
  const Filtered filtered(batch);
  std::size_t words = 0, parts = 0, addresses = 0;
  for (int i = 0; i < 1000; ++i) {
    std::string word;
    for (int n = 0; n < 8; ++n) word += static_cast<char>('a' + random() % 26);
    words += filtered.may_hold(word, true, true) ? 1 : 0;
    parts += filtered.may_hold(word) ? 1 : 0;
    addresses += filtered.may_hold(fmt::format("10.{}.{}.9", random() % 256, random() % 256));
  }
  EXPECT_LT(words, 5U);
  EXPECT_LT(parts, 20U);
  EXPECT_LT(addresses, 200U);
  for (const char* mark : {"\\u", "\\x", "&#", "<!", "<?", "audit(", "\"message\""})
    EXPECT_FALSE(filtered.may_hold(mark)) << mark;
  EXPECT_FALSE(filtered.may_hold("ail", true, true)) << "a part is no whole word";
  EXPECT_TRUE(filtered.may_hold("\"ail\"") == filtered.may_hold("ail", true, true));
}

TEST(BlockFilter, TakesAnEighthOfItsBlockAtMost) {
  Random random(5);
  for (const std::size_t lines : {10U, 50U, 500U, 3000U}) {
    const Filtered filtered(batch_of(1, lines));
    EXPECT_FALSE(filtered.bytes.empty());
    EXPECT_LE(filtered.bytes.size(), std::max<std::size_t>(filtered.block.size() / 8, 24));
  }
  EXPECT_TRUE(Filtered(batch_of(1, 3)).bytes.empty()) << "a small block is soon merged";
}

TEST(BlockFilter, AShortTextOrAnOpenOneSaysNothing) {
  for (const char* text : {"", "a", "abc", "ab1", "1234", "...", "é", "5.6.7", "t("})
    EXPECT_TRUE(FilterText(text).is_open()) << text;
  for (const char* text : {"abcd", "12345", ".ab.", "3.0.113.7", "\\u", "&#", "<!"})
    EXPECT_FALSE(FilterText(text).is_open()) << text;
  EXPECT_FALSE(FilterText("ab", true, true).is_open());
  EXPECT_TRUE(FilterText("ab", true, false).is_open());
}

TEST(BlockFilter, AnyChangedByteMakesItNoFilter) {
  const Filtered filtered(batch_of(1, 40));
  ASSERT_TRUE(BlockFilter::read(filtered.bytes, filtered.info));
  for (std::size_t at = 0; at < filtered.bytes.size(); ++at) {
    std::string bytes = filtered.bytes;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    EXPECT_FALSE(BlockFilter::read(bytes, filtered.info)) << at;
  }
  for (std::size_t size = 0; size < filtered.bytes.size(); ++size)
    EXPECT_FALSE(BlockFilter::read(filtered.bytes.substr(0, size), filtered.info)) << size;
}

TEST(BlockFilter, OneOfAnotherBlockIsNone) {
  const Filtered one(batch_of(1, 40)), other(batch_of(1, 41));
  EXPECT_FALSE(BlockFilter::read(one.bytes, other.info));
}

// ---- in a store

class StoredFilterTest : public testing::Test {
 protected:
  // Blocks of `count` lines each; the filters of all of them hold their lines.
  void expect_filters(const Store& store, std::size_t least) {
    std::size_t found = 0;
    FilterReader filters = store.read_filters();
    EXPECT_OK(store.read_index([&](const BlockInfo& info) {
      const auto filter = filters.of(info);
      if (!filter) return true;
      ++found;
      for (event::Seq seq = info.first_seq; seq < info.end(); ++seq.value)
        EXPECT_TRUE(filter->may_hold(FilterText(line_of(seq.value), true, true)));
      EXPECT_FALSE(filter->may_hold(FilterText("mimikatz.exe", true, true)));
      return true;
    }));
    EXPECT_GE(found, least);
  }
  StoreFolder folder;
};

TEST_F(StoredFilterTest, EachBlockHasItsOwn) {
  {
    auto store = value_of(Store::open(folder.path()));
    for (int i = 0; i < 50; ++i) ASSERT_OK(store->commit(commit_of(*store, 10)));
    expect_filters(*store, 50);
    ASSERT_OK(store->close());
  }
  expect_filters(*value_of(Store::open_read_only(folder.path())), 50);
}

TEST_F(StoredFilterTest, AMergedBlockHasOneOfAllItsLines) {
  StoreOptions options;
  options.block_size = 16 << 10;
  auto store = value_of(Store::open(folder.path(), options));
  for (int i = 0; i < 100; ++i) ASSERT_OK(store->commit(commit_of(*store, 1 + i % 12)));
  ASSERT_OK(store->compact_small_blocks(true));
  std::size_t blocks = 0;
  ASSERT_OK(store->read_index([&blocks](const BlockInfo&) { return ++blocks > 0; }));
  EXPECT_LT(blocks, 10U);
  expect_filters(*store, blocks);
  ASSERT_OK(store->close());
}

TEST_F(StoredFilterTest, ThoseOfDroppedBlocksGoWithThem) {
  auto store = value_of(Store::open(folder.path()));
  for (int i = 0; i < 20; ++i) {
    Commit commit = commit_of(*store, 10);
    commit.checkpoint = event::Seq(store->last_seq().value + 10);
    ASSERT_OK(store->commit(commit));
  }
  std::optional<BlockInfo> first;
  ASSERT_OK(store->read_index([&first](const BlockInfo& info) {
    first = info;
    return false;
  }));
  ASSERT_OK(store->drop_before(event::Seq(101), nullptr));
  expect_filters(*store, 10);
  EXPECT_EQ(store->first_seq(), event::Seq(101));
}

}  // namespace
}  // namespace tocsin::store
