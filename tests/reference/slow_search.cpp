#include "tests/reference/slow_search.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "base/text.hpp"
#include "base/time.hpp"
#include "rules/folding.hpp"

namespace tocsin::reference {

namespace {

using search::Cell;
using search::Expression;
using search::Query;
using search::Row;
using search::Stage;
using search::ValueTest;
using Pieces = std::vector<std::string>;

// Code point by code point, with the two letters left alone that would become ASCII.
std::string fold(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = std::max<std::size_t>(1, base::utf8_length(text));
    const std::string_view letter = text.substr(0, size);
    text.remove_prefix(size);
    const std::string folded = rules::folded(letter);
    const bool became_ascii = size > 1 && folded.size() == 1;
    out += became_ascii ? std::string(letter) : folded;
  }
  return out;
}

// Tries every length that each wildcard could stand for.
bool whole(const Pieces& pieces, std::size_t piece, std::string_view text) {
  if (!text.starts_with(pieces[piece])) return false;
  text.remove_prefix(pieces[piece].size());
  if (piece + 1 == pieces.size()) return text.empty();
  for (std::size_t skip = 0; skip <= text.size(); ++skip) {
    if (whole(pieces, piece + 1, text.substr(skip))) return true;
  }
  return false;
}

bool in_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & 0x80) != 0;
}

// The ends of all texts from `at` on that the pieces fit, wildcards without blanks.
void ends_of(const Pieces& pieces, std::size_t piece, std::string_view text, std::size_t at,
             std::set<std::size_t>& ends) {
  if (text.substr(at, pieces[piece].size()) != pieces[piece]) return;
  at += pieces[piece].size();
  if (piece + 1 == pieces.size()) {
    ends.insert(at);
    return;
  }
  for (std::size_t next = at; next <= text.size(); ++next) {
    ends_of(pieces, piece + 1, text, next, ends);
    if (next < text.size() && std::string_view(" \t\n\r\f\v").find(text[next]) != std::string::npos)
      return;
  }
}

bool words_begin(std::string_view text, std::size_t at) {
  if (at == 0 || !in_word(text[at - 1])) return true;
  return at >= 2 && text[at - 2] == '\\' &&
         std::string_view("bfnrt").find(text[at - 1]) != std::string::npos;
}

bool has_words(const Pieces& pieces, std::string_view text) {
  const std::string& front = pieces.front();
  const std::string& back = pieces.back();
  for (std::size_t at = 0; at <= text.size(); ++at) {
    if (!front.empty() && in_word(front.front()) && !words_begin(text, at)) continue;
    std::set<std::size_t> ends;
    ends_of(pieces, 0, text, at, ends);
    for (const std::size_t end : ends) {
      if (back.empty() || !in_word(back.back()) || end == text.size() || !in_word(text[end]))
        return true;
    }
  }
  return false;
}

template <typename T>
bool between(const T& value, const std::optional<T>& from, bool with_from,
             const std::optional<T>& to, bool with_to) {
  if (from && (value < *from || (value == *from && !with_from))) return false;
  if (to && (*to < value || (value == *to && !with_to))) return false;
  return true;
}

bool in_range(const search::Range& range, const std::string& value) {
  const bool with_from = range.from && range.from->included;
  const bool with_to = range.to && range.to->included;
  const auto of = [](const auto& border, auto member) {
    using T = std::decay_t<decltype((*border).*member)>;
    return border ? std::optional<T>((*border).*member) : std::nullopt;
  };
  using Border = search::Range::Border;
  switch (range.kind) {
    case search::Range::Kind::number: {
      const auto number = base::parse_number(value);
      return number && std::isfinite(*number) &&
             between(*number, of(range.from, &Border::number), with_from,
                     of(range.to, &Border::number), with_to);
    }
    case search::Range::Kind::time: {
      const auto time = base::parse_rfc3339(value, true);
      return time && between(*time, of(range.from, &Border::time), with_from,
                             of(range.to, &Border::time), with_to);
    }
    case search::Range::Kind::address: {
      const auto address = rules::parse_address(value);
      if (!address) return false;
      if (range.from && range.from->address.v6 != address->v6) return false;
      if (range.to && range.to->address.v6 != address->v6) return false;
      return between(*address, of(range.from, &Border::address), with_from,
                     of(range.to, &Border::address), with_to);
    }
  }
  return false;
}

bool is_met(const ValueTest& test, const std::string& value) {
  switch (test.kind) {
    case ValueTest::Kind::any:
      return true;
    case ValueTest::Kind::text:
      return whole(test.text.pieces, 0, fold(value));
    case ValueTest::Kind::words:
      return std::ranges::any_of(test.words.forms, [&value](const search::Pattern& form) {
        return has_words(form.pieces, fold(value));
      });
    case ValueTest::Kind::network: {
      const auto address = rules::parse_address(value);
      return (address && test.network.contains(*address)) ||
             whole(test.text.pieces, 0, fold(value));
    }
    case ValueTest::Kind::range:
      return in_range(test.range, value);
    case ValueTest::Kind::regex:
      return re2::RE2::PartialMatch(value, *test.regex);
  }
  return false;
}

// Values of a field; what the query calls a pattern of names is one.
std::vector<std::string> values(const Query& query, search::FieldNumber number, const Row& row) {
  std::vector<std::string> out;
  const std::string& name = query.fields[number].name;
  Pieces pieces(1);
  for (const char c : name) {
    if (c == '*') {
      pieces.emplace_back();
    } else {
      pieces.back() += c;
    }
  }
  for (const Cell& cell : row.cells) {
    if (cell.kind != event::ValueKind::null && whole(pieces, 0, cell.name))
      out.push_back(cell.value);
  }
  return out;
}

struct Figures {
  std::uint64_t events = 0;
  std::map<std::size_t, std::vector<std::string>> values;  // by aggregate
};

Cell figure(const search::Aggregate& aggregate, std::uint64_t events,
            const std::vector<std::string>& values) {
  using search::Function;
  const auto number = [&aggregate](double n) {
    return Cell{aggregate.name, search::number_text(n), event::ValueKind::number};
  };
  const Cell none{aggregate.name, "", event::ValueKind::null};
  std::vector<double> numbers;
  std::vector<std::string> texts;
  for (const std::string& value : values) {
    const auto n = base::parse_number(value);
    if (n && std::isfinite(*n)) {
      numbers.push_back(*n);
    } else {
      texts.push_back(value);
    }
  }
  std::ranges::sort(numbers);
  std::ranges::sort(texts);
  double sum = 0;
  for (const double n : numbers) sum += n;
  switch (aggregate.function) {
    case Function::count:
      return number(static_cast<double>(aggregate.field ? values.size() : events));
    case Function::distinct:
      return number(
          static_cast<double>(std::set<std::string>(values.begin(), values.end()).size()));
    case Function::sum:
      return numbers.empty() ? none : number(sum);
    case Function::average:
      return numbers.empty() ? none : number(sum / static_cast<double>(numbers.size()));
    case Function::least:
      if (!numbers.empty()) return number(numbers.front());
      return texts.empty() ? none : Cell{aggregate.name, texts.front(), {}};
    case Function::greatest:
      if (!numbers.empty()) return number(numbers.back());
      return texts.empty() ? none : Cell{aggregate.name, texts.back(), {}};
    case Function::percentile: {
      if (numbers.empty()) return none;
      // The least number that is not below that share of all.
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (static_cast<double>(i + 1) >=
            aggregate.percent / 100 * static_cast<double>(numbers.size()))
          return number(numbers[i]);
      }
      return number(numbers.back());
    }
  }
  return none;
}

std::vector<Row> stats(const Query& query, const Stage& stage, const std::vector<Row>& rows) {
  // A missing value stands before all others.
  using Key = std::pair<std::int64_t, std::vector<std::optional<std::string>>>;
  std::map<Key, Figures> groups;
  for (const Row& row : rows) {
    Key key;
    if (stage.span.count() > 0) {
      std::int64_t begin = row.time.value - row.time.value % stage.span.count();
      if (begin > row.time.value) begin -= stage.span.count();
      key.first = begin;
    }
    for (const search::FieldNumber field : stage.fields) {
      const auto found = values(query, field, row);
      key.second.push_back(found.empty() ? std::nullopt : std::optional(found.front()));
    }
    Figures& figures = groups[key];
    ++figures.events;
    for (std::size_t i = 0; i < stage.aggregates.size(); ++i) {
      if (!stage.aggregates[i].field) continue;
      for (std::string& value : values(query, *stage.aggregates[i].field, row))
        figures.values[i].push_back(std::move(value));
    }
  }
  if (groups.empty() && stage.fields.empty() && stage.span.count() == 0) groups[{}];
  std::vector<Row> out;
  for (auto& [key, figures] : groups) {
    Row row;
    if (stage.span.count() > 0) {
      row.time = base::EventTime(key.first);
      row.cells.push_back({"@timestamp", base::format_rfc3339(key.first), {}});
    }
    for (std::size_t i = 0; i < stage.fields.size(); ++i) {
      const auto& value = key.second[i];
      row.cells.push_back({query.fields[stage.fields[i]].name, value.value_or(""),
                           value ? event::ValueKind::text : event::ValueKind::null});
    }
    for (std::size_t i = 0; i < stage.aggregates.size(); ++i)
      row.cells.push_back(figure(stage.aggregates[i], figures.events, figures.values[i]));
    out.push_back(std::move(row));
  }
  return out;
}

// Number, text, nothing: in this order; the way down turns the first two only.
bool before(const Query& query, const Stage& stage, const Row& a, const Row& b) {
  const auto place = [&query](const Row& row, search::FieldNumber field) {
    const auto found = std::ranges::find(row.cells, query.fields[field].name, &Cell::name);
    if (found == row.cells.end() || found->kind == event::ValueKind::null)
      return std::tuple(2, 0.0, std::string());
    const auto number = base::parse_number(found->value);
    if (number && std::isfinite(*number)) return std::tuple(0, *number, std::string());
    return std::tuple(1, 0.0, found->value);
  };
  for (const search::SortKey& key : stage.keys) {
    const auto x = place(a, key.field), y = place(b, key.field);
    if (x == y) continue;
    if (std::get<0>(x) == 2 || std::get<0>(y) == 2) return std::get<0>(y) == 2;
    return key.descending ? x > y : x < y;
  }
  return false;
}

}  // namespace

bool slow_holds(const Query& query, const Expression& filter, const Row& row) {
  const auto part = [&](const Expression& of) { return slow_holds(query, of, row); };
  switch (filter.kind) {
    case Expression::Kind::all:
      return true;
    case Expression::Kind::raw:
      return is_met(filter.test, row.raw);
    case Expression::Kind::field: {
      const auto found = values(query, filter.field, row);
      return std::ranges::any_of(
          found, [&filter](const std::string& value) { return is_met(filter.test, value); });
    }
    case Expression::Kind::time:
      return in_range(filter.test.range, base::format_rfc3339(row.time.value));
    case Expression::Kind::negation:
      return !part(filter.parts.front());
    case Expression::Kind::conjunction:
      return std::ranges::all_of(filter.parts, part);
    case Expression::Kind::disjunction:
      return std::ranges::any_of(filter.parts, part);
  }
  return false;
}

std::vector<Row> slow_search(const Query& query, std::vector<Row> events) {
  std::vector<Row> rows;
  for (Row& row : events) {
    if (slow_holds(query, query.filter, row)) rows.push_back(std::move(row));
  }
  std::ranges::sort(rows, [](const Row& a, const Row& b) {
    return std::tuple(a.time, a.seq, a.k) > std::tuple(b.time, b.seq, b.k);
  });
  for (const Stage& stage : query.stages) {
    std::vector<Row> next;
    switch (stage.kind) {
      case Stage::Kind::where:
        for (Row& row : rows) {
          if (slow_holds(query, stage.where, row)) next.push_back(std::move(row));
        }
        break;
      case Stage::Kind::fields:
        for (Row& row : rows) {
          std::vector<Cell> kept;
          for (const search::FieldNumber field : stage.fields) {
            const std::string& name = query.fields[field].name;
            for (const Cell& cell : row.cells) {
              if (cell.name == name) kept.push_back(cell);
            }
            if (std::ranges::find(row.cells, name, &Cell::name) == row.cells.end())
              kept.push_back({name, "", event::ValueKind::null});
          }
          row.cells = std::move(kept);
          next.push_back(std::move(row));
        }
        break;
      case Stage::Kind::sort:
        next = std::move(rows);
        std::ranges::stable_sort(
            next, [&](const Row& a, const Row& b) { return before(query, stage, a, b); });
        break;
      case Stage::Kind::head:
        next = std::move(rows);
        next.resize(std::min<std::size_t>(next.size(), stage.count));
        break;
      case Stage::Kind::stats:
        next = stats(query, stage, rows);
        break;
    }
    rows = std::move(next);
  }
  return rows;
}

}  // namespace tocsin::reference
