// What an operator asked and cannot be done: a code, one sentence, and the place that it is about.
// Threads:   values, immutable once built
// Tested by: tests/base/error_test.cpp
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tocsin::base {

// Where an error lies: a file (line and column from 1, 0 = not known), or a peer, a path, an
// option.
struct Origin {
  std::string name;
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  bool operator==(const Origin&) const = default;
};

// Codes are written FOLDER-NUMBER, as in "rules-12"; a number is never used again for another
// meaning.
struct Error {
  std::string code;
  std::string sentence;
  Origin origin;

  bool operator==(const Error&) const = default;
};

// "file:line:column: code: sentence"; parts that are not known are left out.
[[nodiscard]] std::string to_string(const Error& error);

template <typename T>
using Result = std::expected<T, Error>;

// All errors of one reading, in the order of their places.
using Errors = std::vector<Error>;

[[nodiscard]] inline std::unexpected<Error> fail(std::string code, std::string sentence,
                                                 Origin origin = {}) {
  return std::unexpected(Error{std::move(code), std::move(sentence), std::move(origin)});
}

// The text of errno `number`, as "No such file or directory".
[[nodiscard]] std::string system_text(int number);

// The candidate nearest to `word` by edit distance, empty when none is near enough to be meant.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       const std::vector<std::string_view>& candidates);

}  // namespace tocsin::base

#define TOCSIN_JOIN_(a, b) a##b
#define TOCSIN_JOIN(a, b) TOCSIN_JOIN_(a, b)
// TRY(auto x, f()): x is the value of the Result, or the function returns its error.
#define TRY(decl, expr)                                                     \
  auto TOCSIN_JOIN(try_, __LINE__) = (expr);                                \
  if (!TOCSIN_JOIN(try_, __LINE__)) {                                       \
    return std::unexpected(std::move(TOCSIN_JOIN(try_, __LINE__)).error()); \
  }                                                                         \
  decl = *std::move(TOCSIN_JOIN(try_, __LINE__))
// TRY_VOID(f()): the same for a Result<void>.
#define TRY_VOID(expr)                                       \
  do {                                                       \
    if (auto try_result = (expr); !try_result) {             \
      return std::unexpected(std::move(try_result).error()); \
    }                                                        \
  } while (false)
