#include "console/alerts.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "console/http/client.hpp"
#include "tests/store/store_folder.hpp"

namespace tocsin::console {
namespace {

using event::AlertAction;
using event::CloseReason;

// A server over a store with alerts 0 to 4.
class AlertRoutes : public testing::Test {
 protected:
  void SetUp() override {
    store_ = store::value_of(store::Store::open(folder_.path()));
    std::vector<event::Alert> alerts;
    for (std::uint8_t i = 0; i < 5; ++i) alerts.push_back(store::alert_of(i));
    store::Commit commit = store::commit_of(*store_, 10);
    for (const event::Alert& alert : alerts) commit.alerts.push_back({&alert});
    ASSERT_OK(store_->commit(commit));
    server_ = std::make_unique<Server>(ConsoleOptions{.listen = "127.0.0.1:0", .socket = socket()});
    add_alert_routes(
        *server_,
        {.page = [this](const store::AlertFilter& filter, std::size_t limit, std::size_t looks,
                        std::optional<std::uint64_t> after) -> base::Result<store::AlertPage> {
           if (fails_) return base::fail("engine-8", "there is no open store");
           return store_->alerts().page(filter, limit, looks, after);
         },
         .find = [this](std::string_view digits) -> base::Result<AlertAndHistory> {
           TRY(store::StoredAlert stored, store_->alerts().find(digits));
           TRY(auto history, store_->alerts().history(stored.alert.id));
           return AlertAndHistory{std::move(stored), std::move(history)};
         },
         .change =
             [this](std::string_view digits, const event::ChangeRequest& request,
                    const event::Actor& actor) {
               return store_->alerts().change(digits, request, actor, base::ReceivedTime(1));
             }});
    ASSERT_TRUE(server_->start());
  }
  void TearDown() override { server_->stop(); }

  [[nodiscard]] std::string socket() const { return folder_.root() + "/control.sock"; }
  [[nodiscard]] Response get(const std::string& target) const {
    return store::value_of(http_get(socket(), target));
  }
  [[nodiscard]] Response post(const std::string& target, const std::string& body = "") const {
    return store::value_of(http_post(socket(), target, body));
  }
  static std::string id(std::uint8_t number) {
    return event::to_string(store::alert_of(number).id);
  }
  static std::string at(std::uint8_t number) { return "/api/v1/alerts/" + id(number); }

  store::StoreFolder folder_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Server> server_;
  bool fails_ = false;
};

TEST_F(AlertRoutes, AChangeIsMadeByWhomeverTheKernelNames) {
  const Response acknowledged = post(at(1) + "/ack", R"({"text":"I am root","text":"really"})");
  EXPECT_EQ(acknowledged.status, 200U) << acknowledged.body;
  EXPECT_NE(acknowledged.body.find(R"("life_cycle":{"status":"acknowledged")"), std::string::npos);
  EXPECT_EQ(post(at(1) + "/close", R"({"reason":"benign"})").status, 200U);
  EXPECT_EQ(post(at(1) + "/assign", R"({"assignee":"alice"})").status, 200U);
  EXPECT_EQ(post(at(1) + "/assign", R"({"assignee":null})").status, 200U);
  EXPECT_EQ(post(at(1) + "/tag", R"({"tag":"vpn"})").status, 200U);
  EXPECT_EQ(post(at(1) + "/untag", R"({"tag":"vpn"})").status, 200U);
  EXPECT_EQ(post(at(1) + "/comment", R"({"text":"done"})").status, 200U);
  const auto history = store::value_of(store_->alerts().history(store::alert_of(1).id));
  ASSERT_EQ(history.size(), 7U);
  for (const event::AlertChange& change : history) {
    EXPECT_EQ(change.by.uid, ::getuid());
    EXPECT_EQ(change.by.user, account_name(::getuid()));
  }
  const Response shown = get("/api/v1/alerts/" + id(1).substr(0, 6));
  EXPECT_EQ(shown.status, 200U);
  EXPECT_NE(shown.body.find(R"("history":[{"number":1,)"), std::string::npos) << shown.body;
  EXPECT_EQ(shown.body.substr(0, 7), R"({"id":")");
}

TEST_F(AlertRoutes, WhatIsWrongHasItsStatusAndCode) {
  const auto expect = [](const Response& response, unsigned status, const std::string& code) {
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_NE(response.body.find("{\"code\":\"" + code + "\","), std::string::npos)
        << response.body;
  };
  expect(post(at(0) + "/reopen"), 409, "event-3");
  expect(post(at(0) + "/close"), 400, "event-2");
  expect(post(at(0) + "/close", R"({"reason":"bored"})"), 400, "console-7");
  expect(post(at(0) + "/ack", R"({"reason":"benign"})"), 400, "console-7");
  expect(post(at(0) + "/ack", R"({"user":"alice"})"), 400, "console-7");
  expect(post(at(0) + "/ack", R"({"text":7})"), 400, "console-7");
  expect(post(at(0) + "/ack", "[]"), 400, "console-7");
  expect(post(at(0) + "/ack", R"({"text":"a)"), 400, "console-7");
  expect(post(at(0) + "/comment", R"({"text":"\u001b[31m"})"), 400, "event-2");
  expect(post(at(0) + "/comment", "{\"text\":\"" + std::string(5000, 'x') + "\"}"), 400, "event-2");
  expect(post(at(0) + "/comment", "{\"text\":\"" + std::string(20'000, 'x') + "\"}"), 413,
         "console-7");
  expect(post("/api/v1/alerts/ffffff/ack"), 404, "store-26");
  expect(post("/api/v1/alerts/0/ack"), 400, "store-27");
  expect(get("/api/v1/alerts/ffffff"), 404, "store-26");
  expect(get("/api/v1/alerts/xyz"), 400, "store-27");
  EXPECT_EQ(post(at(0) + "/steal").status, 404U);
  EXPECT_EQ(post("/api/v1/alerts/..%2f../ack").status, 404U);
  EXPECT_EQ(get(at(0) + "/ack").status, 405U);
  for (const char* query :
       {"status=new", "from=soon", "limit=0", "limit=1001", "limit=x", "after=-1", "colour=red"})
    expect(get(std::string("/api/v1/alerts?") + query), 400, "console-7");
  fails_ = true;
  expect(get("/api/v1/alerts"), 503, "engine-8");
  EXPECT_TRUE(store::value_of(store_->alerts().history(store::alert_of(0).id)).empty());
}

TEST_F(AlertRoutes, PagesFollowEachOther) {
  EXPECT_EQ(post(at(1) + "/close", R"({"reason":"benign"})").status, 200U);
  const std::string open = "/api/v1/alerts?status=open&limit=2";
  const Response first = get(open);
  EXPECT_NE(first.body.find(id(0)), std::string::npos);
  EXPECT_EQ(first.body.find(id(1)), std::string::npos);
  EXPECT_NE(first.body.find(id(2)), std::string::npos);
  EXPECT_NE(first.body.find("\"next\":\"2\""), std::string::npos) << first.body;
  const Response second = get(open + "&after=2");
  EXPECT_NE(second.body.find(id(4)), std::string::npos);
  const Response last = get(open + "&after=4");
  EXPECT_EQ(last.body, "{\"alerts\":[],\"next\":null}\n");
  const Response one = get("/api/v1/alerts?entity=user.name%3Duser3");
  EXPECT_NE(one.body.find(id(3)), std::string::npos) << one.body;
  EXPECT_EQ(one.body.find(id(2)), std::string::npos) << one.body;
}

TEST_F(AlertRoutes, AreOnTheControlSocketOnly) {
  const std::string tcp = "127.0.0.1:" + std::to_string(server_->port());
  EXPECT_EQ(store::value_of(http_get(tcp, "/api/v1/alerts")).status, 404U);
  EXPECT_EQ(store::value_of(http_get(tcp, at(0))).status, 404U);
  EXPECT_EQ(store::value_of(http_post(tcp, at(0) + "/ack", "")).status, 404U);
}

TEST(AlertRequests, AreReadBack) {
  for (const event::ChangeRequest& request : std::vector<event::ChangeRequest>{
           {AlertAction::acknowledge, CloseReason::none, "", ""},
           {AlertAction::close, CloseReason::other, "", "a \"drill\" \\ über"},
           {AlertAction::assign, CloseReason::none, "alice", "yours"},
           {AlertAction::assign, CloseReason::none, "", ""},
           {AlertAction::tag, CloseReason::none, "vpn", ""},
           {AlertAction::untag, CloseReason::none, "vpn", "gone"}}) {
    const auto read = parse_change(request.action, body_of(request));
    ASSERT_TRUE(read) << body_of(request);
    EXPECT_EQ(*read, request);
  }
}

}  // namespace
}  // namespace tocsin::console
