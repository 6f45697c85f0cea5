#include "cli/streams.hpp"

#include <gtest/gtest.h>

#include "cli/commands.hpp"
#include "tests/cli/captured.hpp"

namespace tocsin::cli {
namespace {

TEST(StreamsTest, WhatIsPutArrivesWhole) {
  Captured captured;
  put(captured.streams().out, std::string_view("a\0b", 3));
  put_line(captured.streams().out, "c");
  put_line(captured.streams().err, "said");
  EXPECT_EQ(finish_output(captured.streams(), exit_code::invalid), exit_code::invalid);
  EXPECT_EQ(captured.out(), std::string("a\0bc\n", 5));
  EXPECT_EQ(captured.err(), "said\n");
}

TEST(StreamsTest, AFullDiskIsToldAndIsNoSuccess) {
  Captured captured;
  std::FILE* full = std::fopen("/dev/full", "w");
  ASSERT_NE(full, nullptr);
  const Streams streams{stdin, full, captured.streams().err};
  put_line(full, "data");
  EXPECT_EQ(finish_output(streams, exit_code::ok), exit_code::findings);
  EXPECT_EQ(captured.err(),
            "tocsin: error: the output could not be written: No space left on device\n");
  std::fclose(full);
}

TEST(StreamsTest, AnEarlierFailureIsNotForgotten) {
  Captured captured;
  std::FILE* full = std::fopen("/dev/full", "w");
  ASSERT_NE(full, nullptr);
  std::setvbuf(full, nullptr, _IONBF, 0);
  const Streams streams{stdin, full, captured.streams().err};
  put_line(full, "data");
  EXPECT_EQ(finish_output(streams, exit_code::permission), exit_code::permission);
  EXPECT_NE(captured.err().find("could not be written"), std::string::npos);
  std::fclose(full);
}

}  // namespace
}  // namespace tocsin::cli
