// What verify says of a store that must hold no difference.
// Threads:   any; verify uses its own
// Tested by: the tests that use it
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "engine/verify.hpp"

namespace tocsin::engine {

inline Verified check(const store::Store& store, unsigned threads = 2) {
  const auto verified = verify(store, threads);
  EXPECT_TRUE(verified) << (verified ? std::string() : base::to_string(verified.error()));
  if (!verified) return {};
  for (const Difference& difference : verified->differences)
    ADD_FAILURE() << difference.what << " " << difference.kind << ": " << difference.sentence;
  return *verified;
}

}  // namespace tocsin::engine
