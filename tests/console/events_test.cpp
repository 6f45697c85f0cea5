#include "console/events.hpp"

#include <gtest/gtest.h>

#include "console/http/client.hpp"
#include "tests/search/store_fixture.hpp"

namespace tocsin::console {
namespace {

// A server over a store of three lines.
class EventRoute : public search::StoreTest {
 protected:
  void SetUp() override {
    replay(search::failed("22:40:00", "bob") + search::failed("22:41:00", "ann") +
           search::failed("22:42:00", "bob"));
    add_event_route(server_, {.open = [this]() -> base::Result<std::unique_ptr<store::Store>> {
                                if (fails_) return base::fail("store-9", "it is so");
                                return store::Store::open_read_only(folder_ / "store");
                              },
                              .with_live = [](const EventSources::Use&) -> base::Result<void> {
                                return base::fail("store-9", "no live store here");
                              },
                              .cache = nullptr,
                              .threads = 2});
    ASSERT_TRUE(server_.start());
  }
  [[nodiscard]] std::string socket() const { return folder_ / "control.sock"; }
  [[nodiscard]] Response get(const std::string& parameters) const {
    auto response = http_get(socket(), "/api/v1/events?" + parameters);
    EXPECT_TRUE(response) << base::to_string(response.error());
    return response ? *std::move(response) : Response{};
  }

  bool fails_ = false;
  Server server_{{.listen = "127.0.0.1:0", .socket = folder_ / "control.sock"}};
};

TEST_F(EventRoute, NewestFirstInEachForm) {
  const Response json = get("query=user.name:bob&fields=user.name,tocsin.seq");
  EXPECT_EQ(json.status, 200U);
  EXPECT_EQ(json.content_type, "application/x-ndjson");
  EXPECT_EQ(json.body,
            "{\"user.name\":\"bob\",\"tocsin.seq\":3}\n"
            "{\"user.name\":\"bob\",\"tocsin.seq\":1}\n");
  const Response csv = get("query=*&fields=user.name&format=csv&limit=2");
  EXPECT_EQ(csv.content_type, "text/csv; charset=utf-8");
  EXPECT_EQ(csv.body, "user.name\nbob\nann\n");
  EXPECT_EQ(get("query=user.name:ann&format=raw").body, search::failed("22:41:00", "ann"));
  EXPECT_EQ(
      get("query=*%20|%20stats%20count()%20by%20user.name%20|%20sort%20-count&format=csv").body,
      "user.name,count\nbob,2\nann,1\n");
  EXPECT_EQ(get("query=*&from=2026-11-20T22:41:00Z&fields=user.name&format=lines").body,
            "bob\nann\n");
}

TEST_F(EventRoute, WhatCannotBeMeantIsRefusedWithItsPlace) {
  const Response place = get("query=user.name:%20bob%20smith");
  EXPECT_EQ(place.status, 400U);
  EXPECT_NE(place.body.find("\"column\":"), std::string::npos) << place.body;
  for (const char* bad :
       {"", "query=", "query=*&nonsense=1", "query=*&limit=0", "query=*&limit=x",
        "query=*&format=xml", "query=*&follow=yes", "query=*&last=never", "query=*&from=never",
        "query=*&follow=true&last=1h", "query=*&fields=a.*&format=csv"}) {
    const Response refused = get(bad);
    EXPECT_EQ(refused.status, 400U) << bad;
    EXPECT_NE(refused.body.find("\"code\":\"console-7\""), std::string::npos) << refused.body;
  }
  EXPECT_NE(get("query=*%20|%20stats%20count()&follow=true").body.find("search-22"),
            std::string::npos);
}

TEST_F(EventRoute, AnErrorBehindTheHeadCutsTheAnswer) {
  fails_ = true;
  std::string got;
  const auto ended = http_stream(socket(), "/api/v1/events?query=*", [&](std::string_view bytes) {
    got += bytes;
    return true;
  });
  EXPECT_FALSE(ended);
  EXPECT_EQ(got, "{\"error\":{\"code\":\"store-9\",\"sentence\":\"it is so\"}}\n");
}

TEST_F(EventRoute, TellsOnTheControlSocketOnly) {
  const auto response =
      http_get("127.0.0.1:" + std::to_string(server_.port()), "/api/v1/events?query=*");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 404U);
}

}  // namespace
}  // namespace tocsin::console
