// Work on many independent items, shared by all processors.
// Threads:   made for the call, and gone behind it
// Errors:    none; the work must not throw
// Tested by: tests/base/portions_test.cpp
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <system_error>
#include <thread>
#include <vector>

namespace tocsin::base {

// Calls work(first, last) for [0, count) cut into portions of that size; each portion is done once,
// by whichever thread is free, so that results belong into places of their own.
template <typename Work>
void for_portions(std::size_t count, std::size_t size, Work&& work) {
  std::atomic<std::size_t> next = 0;
  const auto take = [&] {
    for (std::size_t first = next.fetch_add(size); first < count; first = next.fetch_add(size))
      work(first, std::min(count, first + size));
  };
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::jthread> others;
  try {
    while (others.size() + 1 < std::min(processors, (count + size - 1) / size))
      others.emplace_back(take);
  } catch (const std::system_error&) {
    // No more threads are to be had: those that are there do it all.
  }
  take();
}

}  // namespace tocsin::base
