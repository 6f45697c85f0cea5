// Regular expressions of the modifier re: a set of them over one text, or one alone.
// Threads:   Regex sets are immutable and safe; each thread brings its own scratch
// Errors:    what neither Hyperscan nor RE2 takes is an error text, for rules-23
// Source:    SIGMA section 4, re; unanchored, case-sensitive, on code points
// Tested by: tests/rules/regex_test.cpp
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/scan_database.hpp"

namespace tocsin::rules {

struct Regex {
  std::string text;
  bool ignore_case = false;
  bool multiline = false;
  bool dot_all = false;

  bool operator==(const Regex&) const = default;
};

// Why it cannot be compiled, nothing when it can.
[[nodiscard]] std::optional<std::string> fault_of(const Regex& regex);

// Scratch space and a buffer for text that is no UTF-8; one a thread.
class RegexScratch {
 public:
  RegexScratch();
  ~RegexScratch();
  RegexScratch(RegexScratch&&) noexcept;
  RegexScratch& operator=(RegexScratch&&) noexcept;

 private:
  friend class RegexSet;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// All expressions of one field, met in one pass.
class RegexSet {
 public:
  // Each must have passed fault_of.
  explicit RegexSet(
      std::span<const Regex* const> expressions,
      std::shared_ptr<base::ScanCompiler> compiler = std::make_shared<base::ScanCompiler>());
  ~RegexSet();

  // Makes the scratch large enough for this set; before the first scan with it.
  void prepare(RegexScratch& scratch) const;
  // Sets met[i] to true for each expression that is found in `text`; leaves the others as they are.
  // Bytes that are no UTF-8 count as one U+FFFD each.
  void scan(std::string_view text, RegexScratch& scratch, std::span<bool> met) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin::rules
