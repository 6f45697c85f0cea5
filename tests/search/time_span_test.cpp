#include "search/time_span.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace tocsin::search {
namespace {

TEST(TimeSpan, NothingSaidIsAllOfTime) {
  store::TimeSpan span;
  EXPECT_EQ(read_span("", "", "", span), "");
  EXPECT_EQ(span.from.value, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(span.to.value, std::numeric_limits<std::int64_t>::max());
}

TEST(TimeSpan, ADayIsWhole) {
  store::TimeSpan span;
  EXPECT_EQ(read_span("1970-01-02", "1970-01-02", "", span), "");
  EXPECT_EQ(span.from.value, 86400'000'000'000);
  EXPECT_EQ(span.to.value, 2 * 86400'000'000'000 - 1);
}

TEST(TimeSpan, LastEndsNow) {
  store::TimeSpan span;
  EXPECT_EQ(read_span("", "", "1h", span), "");
  EXPECT_GT(span.from.value, 0);
  EXPECT_EQ(span.to.value, std::numeric_limits<std::int64_t>::max());
}

TEST(TimeSpan, AMistakeIsASentence) {
  store::TimeSpan span;
  EXPECT_NE(read_span("yesterday", "", "", span).find("is no time"), std::string::npos);
  EXPECT_NE(read_span("", "", "soon", span).find("is no duration"), std::string::npos);
  EXPECT_NE(read_span("1970-01-02", "", "1h", span).find("both say"), std::string::npos);
}

}  // namespace
}  // namespace tocsin::search
