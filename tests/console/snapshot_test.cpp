#include "console/snapshot.hpp"

#include <gtest/gtest.h>

#include "console/http/client.hpp"
#include "tests/temporary_folder.hpp"

namespace tocsin::console {
namespace {

TEST(SnapshotRoute, AnswersOnTheControlSocketOnly) {
  const TemporaryFolder folder;
  const std::string socket = folder / "control.sock";
  Server server({.listen = "127.0.0.1:0", .socket = socket});
  int made = 0;
  add_snapshot_route(server,
                     [&made](const std::optional<event::Actor>&) -> base::Result<std::string> {
                       if (++made > 1) return base::fail("store-11", "no space");
                       return "/var/lib/tocsin/store";
                     });
  ASSERT_TRUE(server.start());
  const auto first = http_post(socket, "/api/v1/snapshot", "");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->status, 200U);
  EXPECT_EQ(first->body, "{\"store\":\"/var/lib/tocsin/store\"}\n");
  const auto second = http_post(socket, "/api/v1/snapshot", "");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->status, 503U);
  EXPECT_EQ(second->body, "{\"code\":\"store-11\",\"sentence\":\"no space\"}\n");
  const auto closed =
      http_post("127.0.0.1:" + std::to_string(server.port()), "/api/v1/snapshot", "");
  ASSERT_TRUE(closed);
  EXPECT_NE(closed->status, 200U);
  EXPECT_EQ(made, 2);
}

}  // namespace
}  // namespace tocsin::console
