// Saved state, in memory: what is there, and how often it was changed.
// Threads:   one
// Tested by: the tests that use it
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "event/ports.hpp"

namespace tocsin::event {

class StateMap final : public StateWriter {
 public:
  void put(std::string_view key, std::string_view value) override {
    values[std::string(key)] = value;
    ++puts;
  }
  void remove(std::string_view key) override { removes += values.erase(std::string(key)); }
  std::map<std::string, std::string> values;
  std::size_t puts = 0;
  std::size_t removes = 0;
};

}  // namespace tocsin::event
