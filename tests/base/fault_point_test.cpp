#include "base/fault_point.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

namespace tocsin::base {
namespace {

TEST(FaultPoint, KillsAtThePassingThatWasAskedFor) {
  EXPECT_EXIT(
      {
        if (!arm_fault_point("sync-after:3")) std::_Exit(9);
        pass(FaultPoint::sync_after);
        pass(FaultPoint::sync_before);
        pass(FaultPoint::sync_after);
        std::fputs("twice", stderr);
        pass(FaultPoint::sync_after);
        std::_Exit(0);
      },
      testing::KilledBySignal(SIGKILL), "twice");
}

TEST(FaultPoint, WithoutANumberTheFirstPassing) {
  EXPECT_EXIT(
      {
        ::setenv("TOCSIN_FAULT", "bury-after", 1);
        if (!arm_fault_point_by_environment()) std::_Exit(9);
        pass(FaultPoint::bury_after);
        std::_Exit(0);
      },
      testing::KilledBySignal(SIGKILL), "");
}

TEST(FaultPoint, OffNothingHappens) {
  ::unsetenv("TOCSIN_FAULT");
  EXPECT_TRUE(arm_fault_point_by_environment());
  for (const FaultPointRow& row : fault_points) pass(row.point);
}

TEST(FaultPoint, WhatNamesNoPlaceIsRefused) {
  for (const char* text : {"", "sync", "sync-after:", "sync-after:0", "sync-after:-1",
                           "sync-after:x", "sync-after:1:2", " sync-after"}) {
    const auto armed = arm_fault_point(text);
    ASSERT_FALSE(armed) << text;
    EXPECT_EQ(armed.error().code, "base-14");
    EXPECT_NE(armed.error().sentence.find("commit-before"), std::string::npos);
  }
  EXPECT_EQ(fault::armed, fault::none);
}

}  // namespace
}  // namespace tocsin::base
