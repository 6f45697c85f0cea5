// A search as a tree: which events are meant, and what is made of them.
// Path:      text -> search/parser -> Query -> search/searcher
// Units:     ns since 1970Z; columns in characters, from 1
// Threads:   immutable once parsed, safe
// Source:    docs/search.md
// Tested by: tests/search/query_test.cpp, tests/cases/search/*.case
#pragma once

#include <re2/re2.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/network.hpp"
#include "search/text_match.hpp"

namespace tocsin::search {

// A row of Query::fields.
using FieldNumber = std::uint16_t;

// Borders of numbers, times (ns) or addresses; one that is missing is open.
struct Range {
  enum class Kind : std::uint8_t { number, time, address };
  struct Border {
    double number = 0;
    std::int64_t time = 0;
    rules::Address address;
    bool included = true;
  };
  Kind kind = Kind::number;
  std::optional<Border> from;
  std::optional<Border> to;
};

// What a value has to be.
struct ValueTest {
  enum class Kind : std::uint8_t {
    any,      // there is one
    text,     // the whole value, without regard to case
    words,    // words of it, as free text
    network,  // an address in it, or the text itself
    range,
    regex,  // found anywhere in it
  };
  Kind kind = Kind::any;
  Pattern text;
  Phrase words;
  rules::Network network;
  Range range;
  std::shared_ptr<const re2::RE2> regex;
};

struct Expression {
  enum class Kind : std::uint8_t {
    all,    // every event
    raw,    // `test` over the text as it came
    field,  // `test` over any value of `field`
    time,   // the event's time is in test.range
    negation,
    conjunction,
    disjunction,
  };
  Kind kind = Kind::all;
  FieldNumber field = 0;
  ValueTest test;
  std::vector<Expression> parts;
  // Of a field: stands, folded, in the line of every event that it holds for, or something else
  // does that may hide it (search/prefilter.hpp). Empty: nothing is certain.
  std::string literal;
};

enum class Function : std::uint8_t {
  count,
  distinct,
  sum,
  average,
  least,
  greatest,
  percentile,
};

struct Aggregate {
  Function function = Function::count;
  std::optional<FieldNumber> field;  // of all but a count of events
  double percent = 0;
  std::string name;  // of the column that it makes
};

struct SortKey {
  FieldNumber field = 0;
  bool descending = false;
};

struct Stage {
  enum class Kind : std::uint8_t { where, fields, sort, head, stats };
  Kind kind = Kind::where;
  Expression where;
  std::vector<FieldNumber> fields;  // fields: those kept; stats: those that groups are made by
  std::vector<SortKey> keys;
  std::uint64_t count = 0;  // head
  std::vector<Aggregate> aggregates;
  std::chrono::nanoseconds span{0};  // timechart: the width of a bar; 0: stats
};

// Names that no decoder gives: what the log itself knows of an event.
enum class OwnName : std::uint8_t {
  none,
  timestamp,  // @timestamp
  original,   // event.original: the text as it came
  seq,        // tocsin.seq
  received,   // tocsin.received
  source,     // tocsin.source: the input or file
  peer,       // tocsin.peer
  decoder,    // tocsin.decoder
};
[[nodiscard]] OwnName own_name(std::string_view name);

struct FieldName {
  std::string name;
  OwnName own = OwnName::none;
  bool is_pattern = false;  // `*` in it stands for any text
};

struct Query {
  Expression filter;
  std::vector<Stage> stages;
  std::vector<FieldName> fields;
};

// The number of a name, added when it is new.
[[nodiscard]] FieldNumber field_number(Query& query, std::string_view name);
// Events in [from, to] of the filter's own bounds on time: those that hold for all that it matches.
struct TimeBounds {
  std::int64_t from = std::numeric_limits<std::int64_t>::min();
  std::int64_t to = std::numeric_limits<std::int64_t>::max();
};
[[nodiscard]] TimeBounds time_bounds(const Expression& filter);

}  // namespace tocsin::search
