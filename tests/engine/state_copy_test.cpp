#include "engine/state_copy.hpp"

#include <gtest/gtest.h>

#include <map>

#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

class Kept final : public event::StateWriter {
 public:
  void put(std::string_view key, std::string_view value) override {
    entries[std::string(key)] = value;
  }
  void remove(std::string_view key) override { entries.erase(std::string(key)); }
  std::map<std::string, std::string> entries;
};

std::map<std::string, std::string> entries_of(const StateCopy& state) {
  Kept kept;
  state.copy_to(kept);
  return kept.entries;
}

TEST(StateCopy, AnEmptyValueRemovesAnEntry) {
  StateCopy state;
  state.put("a", "1");
  EXPECT_FALSE(state.empty());
  state.put("a", "");
  EXPECT_TRUE(state.empty());
  state.remove("a");
  EXPECT_TRUE(state.empty());
}

TEST(StateCopy, APartStandsUnderAPrefixAndComesOut) {
  StateCopy part, state;
  part.put("x", "1");
  part.put("y", "2");
  state.put("o", "0");
  state.put("q", "3");
  state.add("p/", part);
  EXPECT_EQ(entries_of(state).size(), 4U);
  EXPECT_EQ(entries_of(state.take("p/")), entries_of(part));
  EXPECT_EQ(entries_of(state), (std::map<std::string, std::string>{{"o", "0"}, {"q", "3"}}));
  EXPECT_TRUE(state.take("p/").empty());
}

TEST(StateCopy, WhatFillsWindowsFurtherOnIsNoStateOfASequence) {
  const event::SourceTable sources;
  StateCopy state;
  state.put(std::string(warming_prefix) + "0000000001/anything", "1");
  EXPECT_TRUE(make_sequence(default_setup(), sources, state));
  state.put("anything", "1");
  const auto damaged = make_sequence(default_setup(), sources, state);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, "engine-7");
}

}  // namespace
}  // namespace tocsin::engine
