#include "cli/reload.hpp"

#include "console/http/server.hpp"
#include "tests/cli/captured.hpp"

namespace tocsin::cli {
namespace {

constexpr const char* refused =
    R"({"request":3,"done":true,"success":false,"changed":false,"at":"2026-11-22T06:26:08Z",)"
    R"("rules":57,"errors":[{"code":"rules-12","sentence":"no \u001b[31msuch","file":"/x/a.yml",)"
    R"("line":4,"column":7},{"code":"base-1","sentence":"bad","file":"/x/b.yml","line":1,)"
    R"("column":1}],"notes":["store.path takes a restart"]})";

// A daemon that is not done at the first question.
class ReloadTest : public testing::Test {
 protected:
  void answer_with(std::string answer) {
    server_.route(
        {"POST", "/api/v1/reload", console::Reach::control_socket, "",
         [](const console::Request&) { return console::Response::json(202, "{\"request\":3}"); }});
    server_.route({"GET", "/api/v1/reload", console::Reach::control_socket, "",
                   [this, answer](const console::Request& request) {
                     EXPECT_EQ(request.parameter("request"), "3");
                     return console::Response::json(
                         200, ++questions_ < 3 ? "{\"request\":3,\"done\":false}" : answer);
                   }});
    ASSERT_TRUE(server_.start());
  }
  int reload(bool json = false) { return run_reload({socket_, "", json}, captured_.streams()); }

  const TemporaryFolder folder_;
  const std::string socket_ = folder_.path("control.sock");
  console::Server server_{{.listen = "", .socket = socket_}};
  int questions_ = 0;
  Captured captured_;
};

TEST_F(ReloadTest, NewPacksAreLive) {
  answer_with(R"({"request":3,"done":true,"changed":true,"rules":58,"errors":[],"notes":[]})");
  EXPECT_EQ(reload(), exit_code::ok);
  EXPECT_EQ(captured_.out(), "58 rules live\n");
  EXPECT_EQ(questions_, 3);
}

TEST_F(ReloadTest, WhatIsWrongIsToldWithItsPlace) {
  answer_with(refused);
  EXPECT_EQ(reload(), exit_code::invalid);
  EXPECT_EQ(captured_.out(), "");
  for (const char* part : {"/x/a.yml:4:7: rules-12: no ", "/x/b.yml:1:1: base-1: bad",
                           "store.path takes a restart", "refused; the 57 rules of before go on"})
    EXPECT_NE(captured_.err().find(part), std::string::npos) << captured_.err();
  EXPECT_EQ(captured_.err().find('\x1b'), std::string::npos);
}

TEST_F(ReloadTest, AsJsonItIsTheAnswerItself) {
  answer_with(refused);
  EXPECT_EQ(reload(true), exit_code::invalid);
  EXPECT_EQ(captured_.out(), std::string(refused) + "\n");
}

TEST_F(ReloadTest, NobodyThereIsItsOwnExitCode) {
  EXPECT_EQ(reload(), exit_code::no_daemon);
  EXPECT_NE(captured_.err().find("console-4"), std::string::npos) << captured_.err();
}

TEST_F(ReloadTest, AnythingElseIsNoAnswer) {
  for (const char* text : {"", "[]", "<html>", "{\"done\":1}"}) EXPECT_FALSE(parse_reload(text));
}

}  // namespace
}  // namespace tocsin::cli
