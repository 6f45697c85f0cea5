// A few threads that share the parts of one task: the ordered stage's helpers.
// Threads:   run() from one thread at a time, which does parts itself and returns when all are done
// Errors:    none
// Tested by: tests/engine/crew_test.cpp
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace tocsin::engine {

class Crew {
 public:
  // `helpers`: threads besides the one that calls run(); they start now and sleep between tasks.
  explicit Crew(std::size_t helpers);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // task(0) ... task(count - 1), each once, on whichever thread is free. All that they did is seen
  // by the caller afterwards.
  void run(std::size_t count, const std::function<void(std::size_t part)>& task);

 private:
  void work();

  std::mutex mutex_;  // guards all below but threads_
  std::condition_variable begun_;
  std::condition_variable done_;
  const std::function<void(std::size_t)>* task_ = nullptr;
  std::size_t count_ = 0;
  std::size_t next_ = 0;  // part to be taken
  std::size_t left_ = 0;  // parts that are not done
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace tocsin::engine
