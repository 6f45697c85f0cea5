// Whether a record (an event, a row of a table) is what an expression asks for.
// Path:      Expression, Record -> yes or no
// Threads:   pure functions; each thread brings its own scratch
// Errors:    none
// Source:    docs/search.md
// Tested by: tests/search/evaluate_test.cpp, tests/search/agreement_test.cpp
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "search/query.hpp"
#include "search/value_test.hpp"

namespace tocsin::search {

// A Record has
//   bool any(FieldNumber, f)         whether f(std::string_view) holds for a value of that field;
//                                    a null value is no value
//   bool raw(const ValueTest&, Scratch&)   of the text as it came
//   std::int64_t time()
template <typename Record>
bool holds(const Expression& expression, const Record& record, Scratch& scratch) {
  switch (expression.kind) {
    case Expression::Kind::all:
      return true;
    case Expression::Kind::raw:
      return record.raw(expression.test, scratch);
    case Expression::Kind::field:
      return record.any(expression.field, [&](std::string_view value) {
        return holds(expression.test, value, scratch);
      });
    case Expression::Kind::time:
      return in_time_range(expression.test.range, record.time());
    case Expression::Kind::negation:
      return !holds(expression.parts.front(), record, scratch);
    case Expression::Kind::conjunction:
      for (const Expression& part : expression.parts) {
        if (!holds(part, record, scratch)) return false;
      }
      return true;
    case Expression::Kind::disjunction:
      for (const Expression& part : expression.parts) {
        if (holds(part, record, scratch)) return true;
      }
      return false;
  }
  return false;
}

// What can be said before a line is decoded.
enum class Truth : std::uint8_t { no, maybe, yes };

[[nodiscard]] constexpr Truth negated(Truth truth) {
  return static_cast<Truth>(2 - static_cast<int>(truth));
}

// A Line has
//   Truth raw(const Expression&)    of a test over the text: never maybe
//   Truth field(const Expression&)  of a field's value: no where the text shows that it cannot be
template <typename Line>
Truth judge(const Expression& expression, Line& line) {
  switch (expression.kind) {
    case Expression::Kind::all:
      return Truth::yes;
    case Expression::Kind::raw:
      return line.raw(expression);
    case Expression::Kind::field:
      return line.field(expression);
    case Expression::Kind::time:
      return Truth::maybe;
    case Expression::Kind::negation:
      return negated(judge(expression.parts.front(), line));
    case Expression::Kind::conjunction: {
      Truth all = Truth::yes;
      for (const Expression& part : expression.parts) {
        all = std::min(all, judge(part, line));
        if (all == Truth::no) break;
      }
      return all;
    }
    case Expression::Kind::disjunction: {
      Truth any = Truth::no;
      for (const Expression& part : expression.parts) {
        any = std::max(any, judge(part, line));
        if (any == Truth::yes) break;
      }
      return any;
    }
  }
  return Truth::maybe;
}

}  // namespace tocsin::search
