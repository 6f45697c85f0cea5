#include "cli/verify.hpp"

#include "cli/replay.hpp"
#include "tests/cli/captured.hpp"
#include "tests/cli/failures.hpp"

namespace tocsin::cli {
namespace {

class VerifyTest : public testing::Test {
 protected:
  void replay(const std::string& log) {
    ReplayCommand replay;
    replay.files = {folder_.write("auth.log", log)};
    replay.year = 2026;
    replay.store = folder_.path("store");
    Captured captured;
    ASSERT_EQ(run_replay(replay, captured.streams()), exit_code::ok) << captured.err();
  }

  OwnPacks packs_;
  TemporaryFolder folder_;
};

TEST_F(VerifyTest, AStoreThatIsRightIsSaidToBe) {
  replay(failures(5));
  Captured text, json;
  EXPECT_EQ(run_verify({folder_.path("store"), 1, false}, text.streams()), exit_code::ok);
  EXPECT_EQ(text.out(), "");
  EXPECT_EQ(text.err(),
            "5 events of 1 epoch read again: 2 alerts and 1 lockout stored, 0 differences\n");
  EXPECT_EQ(run_verify({folder_.path("store"), 2, true}, json.streams()), exit_code::ok);
  EXPECT_EQ(
      json.out(),
      "{\"verified\":{\"events\":5,\"alerts\":2,\"lockouts\":1,\"older_alerts\":0,\"epochs\":1,"
      "\"differences\":0}}\n");
  EXPECT_EQ(json.err(), "");
}

TEST_F(VerifyTest, WhatIsNoStoreIsTold) {
  for (const std::string& path : {folder_.path("none"), folder_.path()}) {
    Captured captured;
    EXPECT_EQ(run_verify({path, 1, false}, captured.streams()), exit_code::findings);
    EXPECT_NE(captured.err().find("store-1"), std::string::npos) << captured.err();
  }
}

}  // namespace
}  // namespace tocsin::cli
