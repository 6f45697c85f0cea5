#include "search/follower.hpp"

#include "tests/search/store_fixture.hpp"

namespace tocsin::search {
namespace {

class FollowerTest : public StoreTest {
 protected:
  void follow(const std::string& text, std::size_t limit = SIZE_MAX) {
    auto follower = Follower::of(*parse_query(text), true, nullptr, [this, limit](Row row) {
      rows_.push_back(std::move(row));
      return rows_.size() < limit;
    });
    ASSERT_TRUE(follower) << base::to_string(follower.error());
    follower_ = *std::move(follower);
  }
  // As the log grows; each time the store is opened anew, as behind a failure.
  void grow(const std::string& lines, std::size_t batch = 256 * 1024) {
    store_.reset();
    replay(lines, batch, small_setup(), "log" + std::to_string(++files_));
  }
  bool look() {
    open();
    const auto more = follower_->advance(*store_);
    EXPECT_TRUE(more) << base::to_string(more.error());
    return more && *more;
  }
  std::vector<std::string> raws() {
    std::vector<std::string> out;
    for (const Row& row : std::exchange(rows_, {})) out.push_back(row.raw);
    return out;
  }

  std::unique_ptr<Follower> follower_;
  std::vector<Row> rows_;
  int files_ = 0;
};

std::string without_end(std::string line) {
  line.pop_back();
  return line;
}

TEST_F(FollowerTest, EachNewEventOnceOldestFirst) {
  grow(failed("22:40:00", "bob"));
  follow("user.name: bob");
  EXPECT_TRUE(look());
  EXPECT_TRUE(rows_.empty()) << "what there is is not new";
  EXPECT_TRUE(look());
  grow(failed("22:41:00", "bob", "1") + failed("22:41:01", "ann") + failed("22:40:30", "bob", "2"));
  EXPECT_TRUE(look());
  EXPECT_EQ(raws(), std::vector<std::string>({without_end(failed("22:41:00", "bob", "1")),
                                              without_end(failed("22:40:30", "bob", "2"))}))
      << "as they came, whatever time they state";
  EXPECT_TRUE(look());
  EXPECT_TRUE(rows_.empty());
}

TEST_F(FollowerTest, ManyBlocksAtOnce) {
  grow(failed("22:40:00", "bob"));
  follow("failed | fields user.name");
  EXPECT_TRUE(look());
  std::string lines;
  for (int i = 0; i < 100; ++i) lines += failed("22:42:00", "user" + std::to_string(i));
  grow(lines, 512);
  EXPECT_TRUE(look());
  ASSERT_EQ(rows_.size(), 100U);
  for (std::size_t i = 0; i < 100; ++i)
    EXPECT_EQ(rows_[i].cells.at(0).value, "user" + std::to_string(i));
}

TEST_F(FollowerTest, EndsWhenNoMoreIsWanted) {
  grow(failed("22:40:00", "bob"));
  follow("*", 2);
  EXPECT_TRUE(look());
  grow(failed("22:41:00", "a") + failed("22:41:01", "b") + failed("22:41:02", "c"));
  EXPECT_FALSE(look());
  EXPECT_EQ(rows_.size(), 2U);
}

TEST_F(FollowerTest, WhatNeedsAllRowsIsRefused) {
  for (const char* text : {"* | sort a", "* | stats count()", "* | timechart 5m"}) {
    const auto follower =
        Follower::of(*parse_query(text), false, nullptr, [](const Row&) { return true; });
    ASSERT_FALSE(follower) << text;
    EXPECT_EQ(follower.error().code, "search-22");
  }
  EXPECT_TRUE(Follower::of(*parse_query("* | where a: b | fields c | head 3"), false, nullptr,
                           [](const Row&) { return true; }));
}

}  // namespace
}  // namespace tocsin::search
