#include "ingest/listen/counters.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tocsin::ingest {
namespace {

TEST(CountersTest, EveryReasonHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < ended_count; ++i) names.insert(name_of(static_cast<Ended>(i)));
  EXPECT_EQ(names.size(), ended_count);
  names.clear();
  for (std::size_t i = 0; i < rejected_count; ++i) names.insert(name_of(static_cast<Rejected>(i)));
  EXPECT_EQ(names.size(), rejected_count);
}

TEST(CountersTest, TheFramersReasonsKeepTheirNames) {
  for (std::size_t i = 1; i < static_cast<std::size_t>(CloseReason::count_); ++i) {
    const auto reason = static_cast<CloseReason>(i);
    EXPECT_EQ(name_of(ended_by(reason)), name_of(reason));
  }
  EXPECT_EQ(ended_by(CloseReason::tls_on_plain_port), Ended::tls_on_plain_port);
}

TEST(CountersTest, CountsAndGauges) {
  InputCounters counters("udp", event::Transport::udp);
  counters.of(Ended::idle).add(2);
  counters.of(Rejected::empty_datagram).add(1);
  counters.connections_open.add(3);
  counters.connections_open.subtract(1);
  EXPECT_EQ(counters.connections_ended[static_cast<std::size_t>(Ended::idle)].get(), 2U);
  EXPECT_EQ(counters.rejected[0].get(), 1U);
  EXPECT_EQ(counters.connections_open.get(), 2U);
}

}  // namespace
}  // namespace tocsin::ingest
