#include "event/anomaly.hpp"

#include <gtest/gtest.h>

namespace tocsin::event {
namespace {

TEST(AnomalyTest, ASetHoldsWhatWasPutIn) {
  Anomalies set;
  set.set(Anomaly::late);
  EXPECT_TRUE(set.has(Anomaly::late));
  EXPECT_FALSE(set.has(Anomaly::no_pri));
  EXPECT_EQ(name_of(Anomaly::late), "late");
}

}  // namespace
}  // namespace tocsin::event
