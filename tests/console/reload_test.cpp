#include "console/reload.hpp"

#include <gtest/gtest.h>

#include "console/http/client.hpp"
#include "tests/temporary_folder.hpp"

namespace tocsin::console {
namespace {

TEST(ReloadRoutes, AskAndAnswerOnTheControlSocketOnly) {
  const TemporaryFolder folder;
  const std::string socket = folder / "control.sock";
  Server server({.listen = "127.0.0.1:0", .socket = socket});
  std::uint64_t asked = 0;
  add_reload_routes(server, {[&asked](const std::optional<event::Actor>&) { return ++asked; },
                             [](std::uint64_t request) {
                               return "{\"request\":" + std::to_string(request) + "}";
                             }});
  ASSERT_TRUE(server.start());
  const auto posted = http_post(socket, "/api/v1/reload", "");
  ASSERT_TRUE(posted);
  EXPECT_EQ(posted->status, 202U);
  EXPECT_EQ(posted->body, "{\"request\":1}\n");
  const auto answered = http_get(socket, "/api/v1/reload?request=1");
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->body, "{\"request\":1}");
  for (const char* target :
       {"/api/v1/reload", "/api/v1/reload?request=x", "/api/v1/reload?request=-1"}) {
    const auto refused = http_get(socket, target);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 400U) << target;
  }
  const std::string tcp = "127.0.0.1:" + std::to_string(server.port());
  const auto closed = http_post(tcp, "/api/v1/reload", "");
  ASSERT_TRUE(closed);
  EXPECT_NE(closed->status, 202U);
  EXPECT_EQ(asked, 1U);
}

}  // namespace
}  // namespace tocsin::console
