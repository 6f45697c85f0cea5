// One Hyperscan pass over many values for all texts that any rule looks for inside a value.
// Path:      Program (build), Matcher (scan)
// Threads:   LiteralSet is immutable and safe; each thread brings its own LiteralScratch
// Errors:    none; memory exhaustion is fatal
// Source:    DESIGN section 6: literals compare folded text with folded text, byte for byte, so
//            that Hyperscan's idea of case plays no part; a hit counts when it lies in one value
// Tested by: tests/rules/literal_scan_test.cpp
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::rules {

class LiteralScratch {
 public:
  LiteralScratch();
  ~LiteralScratch();
  LiteralScratch(LiteralScratch&&) noexcept;
  LiteralScratch& operator=(LiteralScratch&&) noexcept;

 private:
  friend class LiteralSet;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class LiteralSet {
 public:
  // Not empty, and no literal is; each once.
  explicit LiteralSet(const std::vector<std::string>& literals);
  ~LiteralSet();

  // Makes the scratch large enough for this set; before the first scan with it.
  void prepare(LiteralScratch& scratch) const;

  // Calls on_hit(context, literal, begin, end) for every occurrence, by ascending end.
  using OnHit = void (*)(void* context, std::uint32_t literal, std::size_t begin, std::size_t end);
  void scan(std::string_view text, LiteralScratch& scratch, OnHit on_hit, void* context) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin::rules
