#include "store/commit.hpp"

#include <gtest/gtest.h>

namespace tocsin::store {
namespace {

std::string spelled(const StateChanges& changes) {
  std::string all;
  changes.for_each(
      [&](std::string_view key, std::string_view value) {
        all += "put " + std::string(key) + "=" + std::string(value) + "; ";
      },
      [&](std::string_view key) { all += "remove " + std::string(key) + "; "; },
      [&](std::string_view prefix) { all += "remove all " + std::string(prefix) + "; "; });
  return all;
}

TEST(StateChanges, AreKeptInOrder) {
  StateChanges changes;
  event::StateWriter& writer = changes;
  EXPECT_TRUE(changes.empty());
  writer.put("b", "1");
  writer.remove("a");
  writer.put("", "empty key");
  writer.put("c", "");
  writer.remove_prefix("d");
  EXPECT_EQ(spelled(changes), "put b=1; remove a; put =empty key; remove c; remove all d; ");
  changes.clear();
  EXPECT_TRUE(changes.empty());
  EXPECT_EQ(spelled(changes), "");
}

TEST(Commit, ClearForgetsAll) {
  Commit commit;
  commit.blocks.emplace_back("x");
  commit.state.put("a", "b");
  commit.checkpoint = event::Seq(1);
  commit.epoch = NewEpoch{};
  commit.offsets.push_back({"a", "b"});
  commit.clear();
  EXPECT_TRUE(commit.blocks.empty() && commit.state.empty() && commit.offsets.empty());
  EXPECT_FALSE(commit.checkpoint || commit.epoch || commit.sources != nullptr);
}

}  // namespace
}  // namespace tocsin::store
