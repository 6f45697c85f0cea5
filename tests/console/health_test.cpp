#include "console/health.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "console/http/client.hpp"
#include "metrics/process.hpp"
#include "metrics/rows.hpp"
#include "tests/temporary_folder.hpp"

namespace tocsin::console {
namespace {

class HealthTest : public testing::Test {
 protected:
  metrics::Registry registry{metrics::all_rows};
  metrics::ProcessMetrics process{registry, "0.1.0"};
  std::vector<std::string> reasons;
  const TemporaryFolder folder;
  const std::string socket = folder / "control.sock";
  Server server{{.listen = "127.0.0.1:0", .socket = socket}, &registry};

  void SetUp() override {
    add_health_routes(server, {registry, [this] { return reasons; },
                               [] { return std::string("{\"seq\":7}\n"); }});
    ASSERT_TRUE(server.start());
  }
  Response get(std::string_view path) {
    const auto response = http_get("127.0.0.1:" + std::to_string(server.port()), path);
    EXPECT_TRUE(response) << path;
    return response.value_or(Response{});
  }
};

TEST_F(HealthTest, MetricsAreTextThatPromtoolAccepts) {
  registry.counter(metrics::row::events_received, {"udp"}).add(5);
  const Response response = get("/metrics");
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(response.body.find("\ntocsin_events_received_total{input=\"udp\"} 5\n"),
            std::string::npos);
  EXPECT_NE(response.body.find("\nprocess_resident_memory_bytes "), std::string::npos);
  ASSERT_EQ(std::system("command -v promtool >/dev/null 2>&1"), 0)
      << "promtool is missing: apt install prometheus";
  const std::string path = folder.write("metrics.txt", response.body);
  EXPECT_EQ(std::system(("promtool check metrics < " + path).c_str()), 0);
}

TEST_F(HealthTest, HealthAnswersAndReadinessSaysWhyNot) {
  EXPECT_EQ(get("/healthz").body, "ok\n");
  EXPECT_EQ(get("/readyz").status, 200U);
  EXPECT_EQ(get("/readyz").body, "{\"ready\":true,\"reasons\":[]}\n");
  reasons = {"the store is \"full\"", "no input"};
  EXPECT_EQ(get("/readyz").status, 503U);
  EXPECT_EQ(get("/readyz").body,
            "{\"ready\":false,\"reasons\":[\"the store is \\\"full\\\"\",\"no input\"]}\n");
  EXPECT_EQ(get("/readyz").content_type, "application/json");
}

TEST_F(HealthTest, StatusIsForTheControlSocketOnly) {
  EXPECT_EQ(get("/api/v1/status").status, 404U);
  const auto status = http_get(socket, "/api/v1/status");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->body, "{\"seq\":7}\n");
  EXPECT_EQ(status->content_type, "application/json");
}

TEST_F(HealthTest, IndexListsWhatCanBeReached) {
  const std::string page = get("/").body;
  for (const char* path : {"/metrics", "/healthz", "/readyz"})
    EXPECT_NE(page.find(path), std::string::npos) << page;
  EXPECT_EQ(page.find("/api/v1/status"), std::string::npos);
  EXPECT_NE(http_get(socket, "/")->body.find("/api/v1/status"), std::string::npos);
}

}  // namespace
}  // namespace tocsin::console
