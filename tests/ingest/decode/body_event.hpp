// One event with fields of its own, for what works on the fields of a body.
// Threads:   one
// Tested by: the tests that use it
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "ingest/decode/body.hpp"

namespace tocsin::ingest {

class BodyEventTest : public ::testing::Test {
 protected:
  // Instead of the event before.
  void fill(const std::vector<std::pair<std::string, std::string>>& fields) {
    batch_.clear();
    locals_.forget();
    event_ = {};
    for (const auto& [name, value] : fields) context_.add(name, batch_.arena.copy(value));
  }

  event::FieldTable fields_;
  event::Batch batch_;
  event::Event event_;
  LocalNames locals_;
  BodyContext context_{batch_, event_, fields_, locals_};
};

}  // namespace tocsin::ingest
