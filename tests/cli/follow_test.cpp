#include "cli/follow.hpp"

#include "console/http/server.hpp"
#include "tests/cli/captured.hpp"

namespace tocsin::cli {
namespace {

SearchCommand asked(std::string query) {
  SearchCommand command;
  command.query = std::move(query);
  return command;
}

// A daemon that gives one answer.
class FollowTest : public testing::Test {
 protected:
  int follow(console::Response answer, SearchCommand command = asked("a b")) {
    server_.route({"GET", "/api/v1/events", console::Reach::control_socket, "",
                   [answer = std::move(answer)](const console::Request& request) {
                     EXPECT_EQ(request.parameter("follow"), "true");
                     EXPECT_EQ(request.parameter("query"), "a b");
                     return answer;
                   }});
    EXPECT_TRUE(server_.start());
    command.socket = socket_;
    return follow_events(command, captured_.streams());
  }

  const TemporaryFolder folder_;
  const std::string socket_ = folder_.path("control.sock");
  console::Server server_{{.listen = "", .socket = socket_}};
  Captured captured_;
};

TEST(FollowTarget, HasAllThatWasAskedFor) {
  EXPECT_EQ(follow_target(asked("user.name: bob & \"x\"")),
            "/api/v1/events?follow=true&format=lines&query=user.name%3A%20bob%20%26%20%22x%22");
  SearchCommand command = asked("*");
  command.format = "json";
  command.fields = "a,b";
  command.limit = 7;
  EXPECT_EQ(follow_target(command),
            "/api/v1/events?follow=true&format=json&query=%2A&fields=a%2Cb&limit=7");
}

TEST_F(FollowTest, RowsAreShownAsTheyCome) {
  EXPECT_EQ(follow(console::Response::streamed("text/plain",
                                               [](console::StreamedBody& body) {
                                                 body.write("one\n");
                                                 body.write("two\n");
                                               })),
            exit_code::ok);
  EXPECT_EQ(captured_.out(), "one\ntwo\n");
}

TEST_F(FollowTest, AnAnswerThatWasCutIsAnError) {
  EXPECT_EQ(follow(console::Response::streamed("text/plain",
                                               [](console::StreamedBody& body) {
                                                 body.write("one\n");
                                                 body.fail();
                                               })),
            exit_code::findings);
  EXPECT_EQ(captured_.out(), "one\n");
  EXPECT_NE(captured_.err().find("console-6"), std::string::npos) << captured_.err();
}

TEST_F(FollowTest, ARefusalIsToldInTheDaemonsWords) {
  EXPECT_EQ(follow(console::Response::json(400, R"({"code":"search-22","sentence":"it is so"})")),
            exit_code::usage);
  EXPECT_NE(captured_.err().find("search-22: it is so"), std::string::npos) << captured_.err();
}

TEST_F(FollowTest, TooManySearchesAtOnce) {
  EXPECT_EQ(follow(console::Response::text(503, "as many as may be\n")), exit_code::findings);
  EXPECT_NE(captured_.err().find("503: as many as may be"), std::string::npos) << captured_.err();
}

TEST(Follow, WithoutADaemon) {
  const TemporaryFolder folder;
  Captured captured;
  SearchCommand command = asked("*");
  command.socket = folder.path("none.sock");
  EXPECT_EQ(follow_events(command, captured.streams()), exit_code::no_daemon);
}

}  // namespace
}  // namespace tocsin::cli
