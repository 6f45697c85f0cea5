// Stops the program where it finds a bug of its own, in every build.
// Threads:   safe
// Errors:    none come back: a failed CHECK prints where and why, and aborts
// Tested by: tests/base/check_test.cpp
#pragma once

namespace tocsin::base {

[[noreturn]] void check_failed(const char* file, int line, const char* condition, const char* why);

}  // namespace tocsin::base

// `why` says what the reader of a crash report must know; a string literal.
#define CHECK(condition, why)                                            \
  do {                                                                   \
    if (!(condition)) [[unlikely]] {                                     \
      ::tocsin::base::check_failed(__FILE__, __LINE__, #condition, why); \
    }                                                                    \
  } while (false)
