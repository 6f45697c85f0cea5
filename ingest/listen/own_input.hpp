// Takes the records that Tocsin makes of what was done to it, as an input like any other.
// Path:      put() -> one frame a record -> Intake
// Units:     bytes
// Threads:   OwnEvents: safe. The input: the inputs' thread
// Errors:    none; put() refuses what there is no room for
// Tested by: tests/ingest/listen/own_input_test.cpp
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ingest/listen/input.hpp"

namespace tocsin::ingest {

// Records on their way from whoever acts to the thread of the inputs; they also wait here for that
// thread to start, and while the store takes no writes.
class OwnEvents {
 public:
  static constexpr std::size_t capacity = 10'000;

  // False: too many wait already.
  [[nodiscard]] bool put(std::string record);
  // All that wait, in their order.
  [[nodiscard]] std::vector<std::string> take();
  // Called by put(), on its thread; must not call back.
  void set_on_put(std::function<void()> on_put);

 private:
  std::mutex mutex_;
  std::vector<std::string> waiting_;
  std::function<void()> on_put_;
};

// `events` outlives it.
[[nodiscard]] std::unique_ptr<Input> make_own_input(OwnEvents& events, const InputPlace& place);

}  // namespace tocsin::ingest
