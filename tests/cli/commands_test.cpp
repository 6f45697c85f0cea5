#include "cli/commands.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tocsin::cli {
namespace {

TEST(CommandsTest, ExitCodesAreTheDocumentedOnes) {
  EXPECT_EQ(std::set({exit_code::ok, exit_code::findings, exit_code::usage, exit_code::invalid,
                      exit_code::no_daemon, exit_code::permission}),
            std::set({0, 1, 2, 3, 4, 5}));
}

TEST(CommandsTest, DefaultsAreThoseOfTheContract) {
  const ReplayCommand replay;
  EXPECT_TRUE(replay.packs.default_rules);
  EXPECT_EQ(replay.zone, "UTC");
  EXPECT_EQ(replay.format, "auto");
}

}  // namespace
}  // namespace tocsin::cli
