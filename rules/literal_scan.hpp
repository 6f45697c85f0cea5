// One Hyperscan pass over a value for all texts that rules look for inside the values of its field.
// Path:      Program (build), Matcher (scan)
// Threads:   LiteralSet is immutable and safe; each thread brings its own LiteralScratch
// Errors:    none; memory exhaustion is fatal
// Source:    DESIGN section 6: Hyperscan knows only the case of ASCII letters, so a value is folded
//            before the scan where that could make a difference
// Tested by: tests/rules/literal_scan_test.cpp
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/scan_database.hpp"

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
  // Not empty, and no literal is; folded, each once.
  LiteralSet(std::span<const std::string_view> literals, base::ScanCompiler& compiler);
  ~LiteralSet();

  // Makes the scratch large enough for this set; before the first scan with it.
  void prepare(LiteralScratch& scratch) const;

  // Whether the text has to be folded before it is scanned.
  [[nodiscard]] bool wants_folded(std::string_view text) const;
  // Calls on_hit(context, literal) for every occurrence, ASCII letters in any case.
  using OnHit = void (*)(void* context, std::uint32_t literal);
  void scan(std::string_view text, LiteralScratch& scratch, OnHit on_hit, void* context) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin::rules
