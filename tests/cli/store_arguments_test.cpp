#include "cli/store_arguments.hpp"

#include <gtest/gtest.h>

#include "cli/arguments.hpp"

namespace tocsin::cli {
namespace {

using Action = StoreCommand::Action;

StoreCommand parsed(const std::vector<std::string>& arguments) {
  auto result = parse_arguments(arguments);
  if (const auto* answer = std::get_if<Answer>(&result)) {
    ADD_FAILURE() << answer->text;
    return {};
  }
  return std::get<StoreCommand>(std::get<Command>(result));
}

TEST(StoreArgumentsTest, EachActionTakesItsFolders) {
  const StoreCommand check = parsed({"store", "check", "--store", "s", "--json"});
  EXPECT_EQ(check.action, Action::check);
  EXPECT_EQ(check.store, "s");
  EXPECT_TRUE(check.json);
  const StoreCommand backup = parsed({"store", "backup", "b", "--socket", "c"});
  EXPECT_EQ(backup.action, Action::backup);
  EXPECT_EQ(backup.other, "b");
  EXPECT_EQ(backup.socket, "c");
  EXPECT_EQ(parsed({"store", "restore", "b"}).action, Action::restore);
  EXPECT_EQ(parsed({"store", "salvage", "b"}).action, Action::salvage);
}

TEST(StoreArgumentsTest, MistakesAreUsage) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"store"},
                                             {"store", "backup"},
                                             {"store", "restore", ""},
                                             {"store", "check", "x"},
                                             {"store", "chekc"}}) {
    const auto result = parse_arguments(arguments);
    const auto* answer = std::get_if<Answer>(&result);
    ASSERT_NE(answer, nullptr);
    EXPECT_EQ(answer->code, exit_code::usage);
  }
}

}  // namespace
}  // namespace tocsin::cli
