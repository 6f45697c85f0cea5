// The other form of a pattern: a regular expression over the whole body, behind a literal.
// Path:      `regex:` (ingest/decode/decoder_file) -> RegexExtractor; body -> Captures
// Threads:   immutable, safe
// Errors:    ingest-21: RE2 refuses the expression, or it has other groups than `groups:` names
// Source:    RE2's syntax; linear in the body's size by construction
// Tested by: tests/ingest/decode/regex_extractor_test.cpp
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "ingest/decode/extractor.hpp"

namespace re2 {
class RE2;
}

namespace tocsin::ingest {

class RegexExtractor {
 public:
  // `groups` says what the capturing groups are, in order; their values must read as their types.
  static base::Result<RegexExtractor> compile(const std::string& regex,
                                              std::vector<CaptureTarget> groups);
  ~RegexExtractor();
  RegexExtractor(RegexExtractor&&) noexcept;
  RegexExtractor& operator=(RegexExtractor&&) noexcept;

  bool match(std::string_view body, Captures& out) const;
  [[nodiscard]] const std::vector<CaptureTarget>& targets() const { return groups_; }

 private:
  RegexExtractor();
  std::unique_ptr<re2::RE2> regex_;
  std::vector<CaptureTarget> groups_;
};

}  // namespace tocsin::ingest
