#include "console/http/makers.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>

namespace tocsin::console {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<StreamedBody> body() { return std::make_shared<StreamedBody>(); }

TEST(Makers, AsManyAsMayBeAtOnce) {
  Makers makers(1);
  const auto first = body();
  const auto work = [](StreamedBody& made) { made.wait(1h); };
  EXPECT_TRUE(makers.make(work, first));
  EXPECT_FALSE(makers.make(work, body()));
  first->close();
  const auto second = body();
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  bool made = false;
  while (!made && std::chrono::steady_clock::now() < deadline) made = makers.make(work, second);
  EXPECT_TRUE(made);
  EXPECT_TRUE(first->has_ended());
  second->close();
  makers.join();
}

TEST(Makers, WhatThrowsHasFailed) {
  Makers makers(2);
  const auto bad = body(), good = body();
  EXPECT_TRUE(makers.make([](StreamedBody&) { throw std::runtime_error("inside"); }, bad));
  EXPECT_TRUE(makers.make([](StreamedBody&) {}, good));
  makers.join();
  EXPECT_TRUE(bad->has_failed());
  EXPECT_TRUE(bad->has_ended());
  EXPECT_FALSE(good->has_failed());
}

}  // namespace
}  // namespace tocsin::console
