#include "console/options.hpp"

#include <gtest/gtest.h>

namespace tocsin::console {
namespace {

base::Errors read(std::string text, ConsoleOptions& out) {
  const auto documents = base::parse_yaml({"c.yaml", std::move(text)});
  if (!documents) return {documents.error()};
  return base::read_options<ConsoleOptions>(documents->front(), "c.yaml", console_option_rows, out);
}

TEST(ConsoleOptionsTest, DefaultIsLoopbackWithoutSocket) {
  const ConsoleOptions options;
  EXPECT_EQ(options.listen, "127.0.0.1:9514");
  EXPECT_EQ(options.socket, "");
}

TEST(ConsoleOptionsTest, RowsReadEachOption) {
  ConsoleOptions options;
  EXPECT_EQ(read("listen: '[::1]:1'\nsocket: /run/x\nmax_header: 2KiB\nmax_body: 3MiB\n"
                 "max_connections: 4\nrequest_timeout: 5s\nidle_timeout: 6m\n",
                 options),
            base::Errors{});
  EXPECT_EQ(options.listen, "[::1]:1");
  EXPECT_EQ(options.socket, "/run/x");
  EXPECT_EQ(options.max_header, 2048U);
  EXPECT_EQ(options.max_body, std::size_t{3} << 20U);
  EXPECT_EQ(options.max_connections, 4);
  EXPECT_EQ(options.request_timeout, std::chrono::seconds(5));
  EXPECT_EQ(options.idle_timeout, std::chrono::minutes(6));
}

TEST(ConsoleOptionsTest, BoundsHold) {
  ConsoleOptions options;
  EXPECT_EQ(read("max_connections: 0\n", options).size(), 1U);
  EXPECT_EQ(read("max_header: 10\n", options).size(), 1U);
}

TEST(ConsoleOptionsTest, EveryDefaultIsWithinItsBounds) {
  std::vector<base::OptionInfo> infos =
      base::describe_options<ConsoleOptions>("console", console_option_rows);
  ASSERT_EQ(infos.size(), console_option_rows.size());
  for (const base::OptionInfo& info : infos) {
    ConsoleOptions options;
    const std::string key = info.key.substr(info.key.find('.') + 1);
    EXPECT_EQ(read(key + ": " + info.default_value + "\n", options), base::Errors{}) << key;
  }
}

}  // namespace
}  // namespace tocsin::console
