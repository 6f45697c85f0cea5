#include "search/stage_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "base/time.hpp"

namespace tocsin::search {

namespace {

using base::Result;

constexpr std::uint64_t max_head = 10'000'000;

struct FunctionRow {
  std::string_view name;
  Function function;
};
constexpr std::array<FunctionRow, 7> functions = {{
    {"count", Function::count},
    {"dc", Function::distinct},
    {"sum", Function::sum},
    {"avg", Function::average},
    {"min", Function::least},
    {"max", Function::greatest},
    {"percentile", Function::percentile},
}};
constexpr std::array<std::string_view, 6> stage_names = {"where", "fields", "sort",
                                                         "head",  "stats",  "timechart"};

template <typename Range>
std::string did_you_mean(std::string_view word, const Range& candidates) {
  const std::vector<std::string_view> views(candidates.begin(), candidates.end());
  const std::string_view near = base::nearest(word, views);
  return near.empty() ? "" : fmt::format("; did you mean `{}`?", near);
}

class StageParser {
 public:
  StageParser(Reading& reading, ExpressionParser& expressions, Query& query)
      : in_(reading), expressions_(expressions), query_(query) {}

  Result<void> parse() {
    while (in_.take('|')) {
      in_.skip_blanks();
      const std::size_t at = in_.at();
      if (query_.stages.size() == max_stages)
        return in_.fail("search-1", at, fmt::format("a query has at most {} stages", max_stages));
      TRY(const Word name, in_.read_name());
      if (name.text.empty()) return in_.expected("a stage");
      TRY(Stage stage, parse_stage(name));
      query_.stages.push_back(std::move(stage));
    }
    return {};
  }

 private:
  Result<Stage> parse_stage(const Word& name) {
    const std::string& word = name.pattern.pieces.front();
    Stage stage;
    if (word == "where") {
      stage.kind = Stage::Kind::where;
      TRY(stage.where, expressions_.parse_of_rows());
    } else if (word == "fields") {
      stage.kind = Stage::Kind::fields;
      TRY(stage.fields, names());
    } else if (word == "sort") {
      stage.kind = Stage::Kind::sort;
      TRY(stage.keys, sort_keys());
    } else if (word == "head") {
      stage.kind = Stage::Kind::head;
      TRY(stage.count, head_count());
    } else if (word == "stats") {
      stage.kind = Stage::Kind::stats;
      TRY_VOID(aggregates(stage));
      if (in_.take_word("by")) {
        TRY(stage.fields, names());
      }
    } else if (word == "timechart") {
      stage.kind = Stage::Kind::stats;
      TRY_VOID(timechart(stage));
    } else {
      return in_.fail("search-6", name.at,
                      fmt::format("`{}` is not a stage{}", base::printable(name.text),
                                  did_you_mean(word, stage_names)));
    }
    return stage;
  }

  Result<FieldNumber> name() {
    TRY(const Word word, in_.read_column());
    if (word.text.empty()) return in_.expected("a field's name");
    return expressions_.field(word);
  }

  Result<std::vector<FieldNumber>> names() {
    std::vector<FieldNumber> out;
    do {
      TRY(const FieldNumber number, name());
      out.push_back(number);
    } while (in_.take(','));
    return out;
  }

  Result<std::vector<SortKey>> sort_keys() {
    std::vector<SortKey> out;
    do {
      SortKey key;
      key.descending = in_.take('-');
      if (!key.descending) (void)in_.take('+');
      TRY(key.field, name());
      out.push_back(key);
    } while (in_.take(','));
    return out;
  }

  Result<std::uint64_t> head_count() {
    in_.skip_blanks();
    TRY(const Word word, in_.read_value());
    const auto count = base::parse_integer(word.text);
    if (!count || *count < 1 || static_cast<std::uint64_t>(*count) > max_head) {
      return in_.fail("search-7", word.at,
                      fmt::format("`head` needs a number from 1 to {}", max_head));
    }
    return static_cast<std::uint64_t>(*count);
  }

  Result<void> timechart(Stage& stage) {
    in_.skip_blanks();
    TRY(const Word word, in_.read_value());
    const auto span = base::parse_duration(word.text);
    if (!span || *span < std::chrono::milliseconds(1)) {
      return in_.fail("search-7", word.at, "`timechart` needs the width of a bar: 30s, 5m, 1h, 1d");
    }
    stage.span = *span;
    in_.skip_blanks();
    if (in_.at_end() || in_.next() == '|' || in_.stands("by")) {
      stage.aggregates.push_back({Function::count, std::nullopt, 0, "count"});
    } else {
      TRY_VOID(aggregates(stage));
    }
    if (in_.take_word("by")) {
      TRY(stage.fields, names());
    }
    return {};
  }

  Result<void> aggregates(Stage& stage) {
    do {
      in_.skip_blanks();
      const std::size_t at = in_.at();
      TRY(Aggregate aggregate, parse_aggregate());
      const bool is_double = std::ranges::any_of(
          stage.aggregates,
          [&aggregate](const Aggregate& other) { return other.name == aggregate.name; });
      if (is_double) {
        return in_.fail("search-7", at,
                        fmt::format("there is a column `{}` already; `as` names another",
                                    base::printable(aggregate.name)));
      }
      stage.aggregates.push_back(std::move(aggregate));
    } while (in_.take(','));
    return {};
  }

  Result<Aggregate> parse_aggregate() {
    TRY(const Word word, in_.read_name());
    if (word.text.empty()) return in_.expected("a function: count(), dc(field), sum(field), …");
    const std::string& called = word.pattern.pieces.front();
    const auto row =
        std::ranges::find_if(functions, [&called](const auto& r) { return r.name == called; });
    if (row == functions.end()) {
      std::vector<std::string_view> known;
      for (const FunctionRow& r : functions) known.push_back(r.name);
      return in_.fail("search-6", word.at,
                      fmt::format("`{}` is not a function{}", base::printable(word.text),
                                  did_you_mean(called, known)));
    }
    Aggregate out;
    out.function = row->function;
    const std::size_t open = in_.at();
    // `count` alone counts events.
    if (in_.next() == '(') {
      in_.step();
      TRY_VOID(arguments(open, out));
    }
    if (!out.field && out.function != Function::count)
      return in_.fail("search-7", word.at,
                      fmt::format("`{0}` needs a field: {0}(name)", row->name));
    out.name = default_name(*row, out);
    if (in_.take_word("as")) {
      TRY(const Word name, in_.read_column());
      if (name.text.empty()) return in_.expected("a name for the column");
      out.name = name.text;
    }
    TRY_VOID(expressions_.field({out.name, {}, word.at, false}));
    return out;
  }

  Result<void> arguments(std::size_t open, Aggregate& out) {
    in_.skip_blanks();
    if (!in_.at_end() && in_.next() != ')') {
      TRY(const FieldNumber number, name());
      out.field = number;
      if (out.function == Function::percentile) {
        if (!in_.take(',')) return in_.expected("`,` and the percentage");
        in_.skip_blanks();
        TRY(const Word word, in_.read_value());
        const auto percent = base::parse_number(word.text);
        if (!percent || !(*percent >= 0 && *percent <= 100))
          return in_.fail("search-7", word.at, "a percentage is a number from 0 to 100");
        out.percent = *percent;
      }
    }
    if (in_.take(')')) return {};
    if (in_.at_end()) return in_.fail("search-3", open, "this bracket is not closed");
    return in_.expected("`)`");
  }

  [[nodiscard]] std::string default_name(const FunctionRow& row, const Aggregate& of) const {
    if (!of.field) return std::string(row.name);
    const std::string& field = query_.fields[*of.field].name;
    if (of.function == Function::percentile)
      return fmt::format("{}({}, {})", row.name, field, of.percent);
    return fmt::format("{}({})", row.name, field);
  }

  Reading& in_;
  ExpressionParser& expressions_;
  Query& query_;
};

}  // namespace

Result<void> parse_stages(Reading& reading, ExpressionParser& expressions, Query& query) {
  return StageParser(reading, expressions, query).parse();
}

}  // namespace tocsin::search
