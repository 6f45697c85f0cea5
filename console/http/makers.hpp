// The threads that make bodies of answers while these are sent.
// Path:      Server -> make() -> StreamedBody
// Threads:   make() by one thread; join() behind it
// Errors:    what throws is a body that failed
// Tested by: tests/console/http/makers_test.cpp
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <thread>

#include "console/http/streamed_body.hpp"

namespace tocsin::console {

class Makers {
 public:
  explicit Makers(std::size_t most) : most_(most) {}

  // Calls `make(body)` on a thread of low priority; false when as many as may be are at work.
  [[nodiscard]] bool make(std::function<void(StreamedBody&)> make,
                          const std::shared_ptr<StreamedBody>& body);
  // All have returned. Their bodies are closed before.
  void join();

 private:
  struct Maker {
    std::thread thread;
    std::shared_ptr<std::atomic<bool>> done;
  };

  const std::size_t most_;
  std::list<Maker> makers_;
};

}  // namespace tocsin::console
