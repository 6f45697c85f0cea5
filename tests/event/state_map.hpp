// Saved state, in memory: what is there, and how often it was changed.
// Threads:   as event::StateSource
// Tested by: the tests that use it
#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "event/ports.hpp"

namespace tocsin::event {

class StateMap final : public StateWriter, public StateSource {
 public:
  void put(std::string_view key, std::string_view value) override {
    values[std::string(key)] = value;
    ++puts;
  }
  void remove(std::string_view key) override { removes += values.erase(std::string(key)); }
  void remove_prefix(std::string_view prefix) override {
    while (true) {
      const auto first = values.lower_bound(std::string(prefix));
      if (first == values.end() || !first->first.starts_with(prefix)) return;
      values.erase(first);
    }
  }
  [[nodiscard]] base::Result<std::optional<std::string>> get(std::string_view key) const override {
    ++gets;
    if (fails) return base::fail("test-1", "the state cannot be read");
    const auto found = values.find(std::string(key));
    return found == values.end() ? std::nullopt : std::optional(found->second);
  }
  [[nodiscard]] base::Result<std::vector<std::optional<std::string>>> get_many(
      const std::vector<std::string>& keys) const override {
    std::vector<std::optional<std::string>> out;
    for (const std::string& key : keys) {
      TRY(auto value, get(key));
      out.push_back(std::move(value));
    }
    return out;
  }
  [[nodiscard]] base::Result<void> scan(std::string_view begin, std::string_view end,
                                        std::size_t limit, const StateReader& each) const override {
    if (fails) return base::fail("test-1", "the state cannot be read");
    for (auto at = values.lower_bound(std::string(begin)); at != values.end() && limit > 0;
         ++at, --limit) {
      if (!end.empty() && at->first >= end) break;
      TRY_VOID(each(at->first, at->second));
    }
    return {};
  }

  std::map<std::string, std::string> values;
  bool fails = false;  // reads do
  mutable std::atomic<std::size_t> gets = 0;
  std::size_t puts = 0;
  std::size_t removes = 0;
};

}  // namespace tocsin::event
