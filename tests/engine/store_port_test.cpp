#include "engine/store_port.hpp"

#include <gtest/gtest.h>

#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

using StorePortTest = EngineTest;

TEST_F(StorePortTest, WithoutAStoreEveryCallSaysSo) {
  StorePort port;
  EXPECT_EQ(port.offset("a").error().code, "engine-8");
  EXPECT_EQ(port.pending("c", 0, 10).error().code, "engine-8");
  EXPECT_EQ(port.delivered("c", {1}).error().code, "engine-8");
  EXPECT_EQ(port.bury({}, "why").error().code, "engine-8");
  EXPECT_FALSE(port.with([](store::Store&) { ADD_FAILURE() << "there is none"; }));
}

TEST_F(StorePortTest, AnOpenStoreAnswersUntilItIsTakenAway) {
  StorePort port;
  EXPECT_EQ(port.exchange(open(path("store"))), nullptr);
  const auto offset = port.offset("a");
  ASSERT_TRUE(offset);
  EXPECT_FALSE(*offset);
  const auto pending = port.pending("c", 0, 10);
  ASSERT_TRUE(pending);
  EXPECT_TRUE(pending->empty());
  EXPECT_TRUE(port.with([&port](store::Store& store) { EXPECT_EQ(&store, port.get()); }));
  const auto store = port.exchange(nullptr);
  ASSERT_TRUE(store);
  EXPECT_TRUE(store->close());
  EXPECT_EQ(port.offset("a").error().code, "engine-8");
}

}  // namespace
}  // namespace tocsin::engine
