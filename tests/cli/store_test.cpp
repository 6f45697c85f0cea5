#include "cli/store.hpp"

#include <filesystem>

#include "cli/replay.hpp"
#include "cli/verify.hpp"
#include "tests/cli/captured.hpp"
#include "tests/cli/failures.hpp"

namespace tocsin::cli {
namespace {

using Action = StoreCommand::Action;

class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    ReplayCommand replay;
    replay.files = {folder_.write("auth.log", failures(5))};
    replay.year = 2026;
    replay.store = store_;
    Captured captured;
    ASSERT_EQ(run_replay(replay, captured.streams()), exit_code::ok) << captured.err();
  }
  int run(Action action, Captured& captured, const std::string& other = "", bool json = false,
          const std::string& store = "") {
    StoreCommand command;
    command.action = action;
    command.store = store.empty() ? store_ : store;
    command.other = other;
    command.json = json;
    return run_store(command, captured.streams());
  }

  OwnPacks packs_;
  TemporaryFolder folder_;
  const std::string store_ = folder_.path("store");
};

TEST_F(StoreTest, AWholeStoreIsSaidToBe) {
  Captured text, json;
  EXPECT_EQ(run(Action::check, text), exit_code::ok);
  EXPECT_EQ(text.out(), "");
  EXPECT_NE(text.err().find("5 events in 1 block and "), std::string::npos) << text.err();
  EXPECT_NE(text.err().find("all is as it was written\nthe chain of hashes up to frame 5 is "),
            std::string::npos)
      << text.err();
  EXPECT_EQ(run(Action::check, json, "", true), exit_code::ok);
  EXPECT_NE(json.out().find("{\"checked\":{\"events\":5,\"blocks\":1,"), std::string::npos);
  EXPECT_NE(json.out().find("\"findings\":0}}"), std::string::npos);
  EXPECT_EQ(json.err(), "");
}

TEST_F(StoreTest, WhatIsNoStoreIsAFinding) {
  Captured text, json;
  EXPECT_EQ(run(Action::check, text, "", false, folder_.path("none")), exit_code::findings);
  EXPECT_NE(text.out().find("store-1: "), std::string::npos);
  EXPECT_EQ(run(Action::check, json, "", true, folder_.path("none")), exit_code::findings);
  EXPECT_NE(json.out().find("{\"code\":\"store-1\""), std::string::npos);
}

TEST_F(StoreTest, BackupAndRestoreGiveTheSameStore) {
  const std::string backup = folder_.path("backup"), restored = folder_.path("restored");
  Captured made, again, back, wrong;
  EXPECT_EQ(run(Action::backup, made, backup), exit_code::ok) << made.err();
  EXPECT_EQ(made.out(), backup + "\n");
  EXPECT_NE(made.err().find("all is as it was written"), std::string::npos);
  EXPECT_EQ(run(Action::backup, again, backup), exit_code::findings);
  EXPECT_NE(again.err().find("store-25"), std::string::npos);
  EXPECT_EQ(run(Action::restore, back, backup, true, restored), exit_code::ok) << back.err();
  EXPECT_NE(back.out().find("{\"store\":\"" + restored + "\",\"events\":5,\"last\":5,"),
            std::string::npos)
      << back.out();
  EXPECT_EQ(run(Action::restore, wrong, backup, false, restored), exit_code::findings);
  Captured verified;
  EXPECT_EQ(run_verify({restored, 1, false}, verified.streams()), exit_code::ok);
}

TEST_F(StoreTest, ADamagedBackupIsNotRestored) {
  const std::string backup = folder_.path("backup"), restored = folder_.path("restored");
  Captured made, refused;
  ASSERT_EQ(run(Action::backup, made, backup), exit_code::ok);
  std::filesystem::remove(backup + "/db/CURRENT");
  EXPECT_EQ(run(Action::restore, refused, backup, false, restored), exit_code::findings);
  EXPECT_NE(refused.err().find("this backup is damaged"), std::string::npos) << refused.err();
  EXPECT_FALSE(std::filesystem::exists(restored));
}

TEST_F(StoreTest, SalvageSavesWhatIsLeft) {
  std::filesystem::remove(store_ + "/db/CURRENT");
  const std::string saved = folder_.path("saved");
  Captured text;
  EXPECT_EQ(run(Action::salvage, text, saved), exit_code::ok) << text.err();
  EXPECT_NE(text.err().find("5 events and "), std::string::npos) << text.err();
  Captured verified;
  EXPECT_EQ(run_verify({saved, 1, false}, verified.streams()), exit_code::ok) << verified.err();
  Captured again;
  EXPECT_EQ(run(Action::salvage, again, saved), exit_code::findings);
  EXPECT_NE(again.err().find("store-25"), std::string::npos);
}

}  // namespace
}  // namespace tocsin::cli
