#include "event/source.hpp"

#include <gtest/gtest.h>

namespace tocsin::event {
namespace {

TEST(SourceTest, EqualSourcesShareARow) {
  SourceTable table;
  Source source;
  source.input = "a";
  const SourceId id = table.intern(source);
  EXPECT_EQ(table.intern(source), id);
  source.zone = "+02:00";
  EXPECT_NE(table.intern(source), id);
}

}  // namespace
}  // namespace tocsin::event
