#include "cli/status.hpp"

#include "tests/cli/captured.hpp"

namespace tocsin::cli {
namespace {

constexpr const char* answer =
    R"({"version":"0.1.0","ready":true,"started":"2026-11-22T06:26:08Z","rules":{"loaded":57,)"
    R"("correlations":21,"patterns":262},"inputs":[{"name":"tcp","transport":"tcp","at":"127.0.0.1:5514","received":7,)"
    R"("bytes":700,"kernel_drops":0,"unaccounted":-3,"connections":1,"peers":[{}]}],"store":{"path":"/x","events":7,)"
    R"("last_seq":7,"durable_seq":6,"alerts":1,"bytes":54944},"channels":[{"name":"out","owed":2,)"
    R"("delivered":3,"failed":1,"dead":0,"last_error":"\u001b[31mred"}]})";

TEST(StatusTest, PeopleGetWhatTheJsonSays) {
  const std::string text = status_text(answer);
  for (const char* part :
       {"tocsin 0.1.0 is ready, since 2026-11-22T06:26:08Z",
        "57 rules, 21 of them correlations; 262 decoder patterns",
        "store /x: 7 events, 1 alerts, 54.9 kB on disk, durable up to event 6",
        "tcp    tcp   127.0.0.1:5514  7         700", "-3", "out      2     3          1"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(StatusTest, WhatIsWrongIsToldWithWhatToDo) {
  const std::string text = status_text(answer);
  for (const char* part :
       {"what is wrong, and what to do:\n", "- -3 events of input tcp do not add up\n",
        "- channel out owes 2, gave up 0: "}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
  const std::string empty = status_text(
      R"({"version":"1","ready":false,"started":"x","not_ready":["the store refuses writes"],"rules":{},)"
      R"("store":{"events":0},"reload":{"success":false},"inputs":[{"name":"udp","kernel_drops":4}],)"
      R"("sources":{"silent":2,"skewed":1}})");
  for (const char* part : {"- not ready: the store refuses writes\n", "the last reload was refused",
                           "dropped 4 datagrams of input udp", "2 sources silent", "1 source with",
                           "nothing has come yet"}) {
    EXPECT_NE(empty.find(part), std::string::npos) << part << "\n" << empty;
  }
  EXPECT_NE(
      status_text(R"({"version":"1","ready":true,"started":"x","rules":{},"store":{"events":3}})")
          .find("nothing is wrong"),
      std::string::npos);
}

TEST(StatusTest, AnythingElseIsNoStatus) {
  EXPECT_EQ(status_text(""), "");
  EXPECT_EQ(status_text("<html>"), "");
  EXPECT_EQ(status_text("[]"), "");
  EXPECT_EQ(status_text("{\"ready\":true}"), "");
}

TEST(StatusTest, NobodyThereIsItsOwnExitCode) {
  const TemporaryFolder folder;
  Captured captured;
  EXPECT_EQ(run_status({folder.path("control.sock"), "", false}, captured.streams()),
            exit_code::no_daemon);
  EXPECT_NE(captured.err().find("console-4: no daemon answers"), std::string::npos);
  EXPECT_EQ(captured.out(), "");
}

TEST(StatusTest, AWordIsAFileOfThisFolder) {
  Captured captured;
  EXPECT_EQ(run_status({"nobody.sock", "", false}, captured.streams()), exit_code::no_daemon);
  EXPECT_NE(captured.err().find("/nobody.sock: console-4"), std::string::npos) << captured.err();
}

TEST(StatusTest, TheConfigurationNamesTheSocket) {
  const TemporaryFolder folder;
  const std::string file =
      folder.write("tocsin.yaml", "console: {socket: " + folder.path("other.sock") + "}\n");
  Captured captured;
  EXPECT_EQ(run_status({"", file, false}, captured.streams()), exit_code::no_daemon);
  EXPECT_NE(captured.err().find("other.sock"), std::string::npos) << captured.err();
}

TEST(StatusTest, AConfigurationThatIsNotThereLeadsNowhereElse) {
  const TemporaryFolder folder;
  Captured captured;
  EXPECT_EQ(run_status({"", folder.path("none.yaml"), false}, captured.streams()),
            exit_code::invalid);
  EXPECT_NE(captured.err().find("base-5"), std::string::npos) << captured.err();
}

}  // namespace
}  // namespace tocsin::cli
