// Finds the lines of a block that may match, by one pass of Hyperscan over the text as it came.
// Path:      Query::filter -> literals; block's text -> numbers of frames
// Units:     bytes
// Threads:   immutable once built; each thread brings its own PrefilterScratch
// Errors:    none; without a literal that is certain, every frame may match
// Source:    docs/search.md, "How it is fast"; PERFORMANCE section 4
// Tested by: tests/search/prefilter_test.cpp, tests/search/literal_truth_test.cpp,
//            tests/search/agreement_test.cpp
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/scan_database.hpp"
#include "event/batch.hpp"
#include "search/decoders.hpp"
#include "search/evaluate.hpp"
#include "search/query.hpp"

namespace tocsin::search {

// Marks of text in which a value may stand in other words than its own: \u and \x escapes, numeric
// entities, what may stand inside an XML text, hexadecimal values of audit records, journald's
// arrays of bytes. Folded. What else decoders do to a value (they take away a backslash, make a
// blank or a sign of an escape, join what stands apart) leaves runs of letters and digits whole.
[[nodiscard]] const std::vector<std::string>& hiding_marks();
[[nodiscard]] bool may_hide(std::string_view folded_line);

// The longest run of ASCII letters and digits that every value which the pattern fits has; empty
// when there is none of two bytes or more.
[[nodiscard]] std::string run_of(const Pattern& pattern);
// All such runs, of one byte too.
[[nodiscard]] std::vector<std::string> runs_of(const Pattern& pattern);

// Sets Expression::literal of each test of a field whose value stands in the line as it is: so of
// fields that no decoder file fixes to such a value, and that are not made by the program itself.
void find_literals(Expression& filter, const std::vector<FieldName>& fields,
                   const std::vector<const Reading*>& readings);
// Whether any test of a field has such a run, so that it is worth asking what decoders fix.
[[nodiscard]] bool may_have_literals(const Expression& filter,
                                     const std::vector<FieldName>& fields);

// A line's text, folded once, for judge().
class Line {
 public:
  void set(std::string_view text) {
    text_ = text;
    is_folded_ = false;
  }
  Truth raw(const Expression& expression);
  Truth field(const Expression& expression);

 private:
  std::string_view folded();

  std::string_view text_;
  bool is_folded_ = false;
  std::string folded_;
  Scratch scratch_;
};

class PrefilterScratch {
 public:
  PrefilterScratch();
  ~PrefilterScratch();
  PrefilterScratch(const PrefilterScratch&) = delete;
  PrefilterScratch& operator=(const PrefilterScratch&) = delete;

 private:
  friend class Prefilter;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class Prefilter {
 public:
  // One of these texts, in any case of its ASCII letters, is in each line that matches. Empty: any
  // line may.
  explicit Prefilter(const Expression& filter);
  ~Prefilter();

  [[nodiscard]] const std::vector<std::string>& literals() const { return literals_; }
  [[nodiscard]] bool passes_all() const { return literals_.empty(); }
  // Frames of `batch` (as a block gives them, one behind the other) that may match, ascending.
  void scan(const event::Batch& batch, PrefilterScratch& scratch,
            std::vector<std::uint32_t>& frames) const;

 private:
  std::vector<std::string> literals_;
  base::ScanDatabase database_;
};

}  // namespace tocsin::search
