#include "respond/options.hpp"

#include <gtest/gtest.h>

namespace tocsin::respond {
namespace {

template <typename Struct>
base::Errors read(std::string text, std::span<const base::Option<Struct>> rows, Struct& out) {
  const auto documents = base::parse_yaml({"c.yaml", std::move(text)});
  if (!documents) return {documents.error()};
  return base::read_options<Struct>(documents->front(), "c.yaml", rows, out);
}

ChannelOptions file_channel() { return {.name = "archive", .type = "file", .path = "/var/log/x"}; }
ChannelOptions syslog_channel() {
  return {.name = "central", .type = "syslog", .address = "logs.example.org:514"};
}

TEST(RespondOptionsTest, RootIsNeverLockedByDefault) {
  EXPECT_EQ(LockoutOptions().never, std::vector<std::string>{"root"});
}

TEST(RespondOptionsTest, LockoutRowsReadEachOption) {
  LockoutOptions options;
  EXPECT_EQ(read<LockoutOptions>("never: [root, 'svc-*']\ncap_per_minute: 3\nbreaker: 1h\n"
                                 "duration: 5m\nauthenticated_only: true\n",
                                 lockout_option_rows, options),
            base::Errors{});
  EXPECT_EQ(options.never, (std::vector<std::string>{"root", "svc-*"}));
  EXPECT_EQ(options.cap_per_minute, 3);
  EXPECT_EQ(options.breaker, std::chrono::hours(1));
  EXPECT_EQ(options.duration, std::chrono::minutes(5));
  EXPECT_TRUE(options.authenticated_only);
}

TEST(RespondOptionsTest, ChannelRowsReadEachOption) {
  ChannelOptions options;
  EXPECT_EQ(read<ChannelOptions>(
                "type: syslog\nevents: [alert]\nmin_level: high\namendments: true\npath: /p\n"
                "fsync: false\naddress: a:1\ntransport: udp\nfacility: local3\ntimeout: 3s\n"
                "retry_first: 2s\nretry_max: 4s\nmax_age: 5h\n",
                channel_option_rows, options),
            base::Errors{});
  EXPECT_EQ(options.type, "syslog");
  EXPECT_EQ(options.events, std::vector<std::string>{"alert"});
  EXPECT_EQ(options.min_level, "high");
  EXPECT_TRUE(options.amendments);
  EXPECT_EQ(options.path, "/p");
  EXPECT_FALSE(options.fsync);
  EXPECT_EQ(options.address, "a:1");
  EXPECT_EQ(options.transport, "udp");
  EXPECT_EQ(options.facility, "local3");
  EXPECT_EQ(options.timeout, std::chrono::seconds(3));
  EXPECT_EQ(options.retry_first, std::chrono::seconds(2));
  EXPECT_EQ(options.retry_max, std::chrono::seconds(4));
  EXPECT_EQ(options.max_age, std::chrono::hours(5));
}

TEST(RespondOptionsTest, WordsOutsideTheChoicesAreRefused) {
  ChannelOptions options;
  for (const char* text : {"type: webhook\n", "events: [alert, all]\n", "min_level: urgent\n",
                           "transport: sctp\n", "facility: kern\n"})
    EXPECT_EQ(read<ChannelOptions>(text, channel_option_rows, options).size(), 1U) << text;
}

TEST(RespondOptionsTest, GoodChannelsPass) {
  EXPECT_TRUE(check_channel(file_channel()));
  EXPECT_TRUE(check_channel(syslog_channel()));
}

TEST(RespondOptionsTest, ChannelsThatDoNotFitTogetherAreRefused) {
  std::vector<ChannelOptions> bad;
  for (const char* name : {"", "a b", "a/b", "a\n"})
    bad.push_back(file_channel()), bad.back().name = name;
  bad.push_back(file_channel()), bad.back().name = std::string(65, 'x');
  bad.push_back(file_channel()), bad.back().path = "";
  bad.push_back(file_channel()), bad.back().path = "relative";
  bad.push_back(file_channel()), bad.back().type = "webhook";
  bad.push_back(file_channel()), bad.back().events = {"everything"};
  bad.push_back(file_channel()), bad.back().retry_max = std::chrono::milliseconds(1);
  for (const char* address : {"", "host", ":514", "host:", "host:0", "host:65536", "host:x"})
    bad.push_back(syslog_channel()), bad.back().address = address;
  for (const ChannelOptions& channel : bad) {
    const auto result = check_channel(channel);
    ASSERT_FALSE(result) << channel.name << channel.address << channel.path;
    EXPECT_EQ(result.error().code, "respond-1");
  }
}

}  // namespace
}  // namespace tocsin::respond
