#include "ingest/listen/input.hpp"

#include <gtest/gtest.h>

namespace tocsin::ingest {
namespace {

class Silent final : public Input {
 public:
  void start() override {}
  void drain(std::function<void()> done) override { done(); }
};

TEST(InputTest, WhatAnInputDoesNotSayHasADefault) {
  Silent input;
  EXPECT_EQ(input.port(), 0);
  EXPECT_TRUE(input.peers().empty());
  EXPECT_EQ(input.pace(), std::chrono::seconds(1));
}

TEST(InputTest, TheSourceHasWhatIsCommonToAllPeers) {
  InputOptions options;
  options.name = "dmz";
  options.zone = "Europe/Berlin";
  options.format = "json";
  const event::Source source = source_of(options, event::Transport::tcp);
  EXPECT_EQ(source.input, "dmz");
  EXPECT_EQ(source.zone, "Europe/Berlin");
  EXPECT_EQ(source.format, "json");
  EXPECT_EQ(source.transport, event::Transport::tcp);
  EXPECT_EQ(source.peer, "");
  EXPECT_FALSE(source.authenticated);
}

}  // namespace
}  // namespace tocsin::ingest
