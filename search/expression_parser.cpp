#include "search/expression_parser.hpp"

#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "search/parser.hpp"
#include "search/value_test.hpp"

namespace tocsin::search {

namespace {

using base::Result;

// A list of one is what it holds.
Expression joined(Expression::Kind kind, std::vector<Expression> parts) {
  if (parts.size() == 1) return std::move(parts.front());
  Expression out;
  out.kind = kind;
  out.parts = std::move(parts);
  return out;
}

// Fields of text that people search by its words; all others are compared whole.
bool is_full_text(const FieldName& field) {
  return field.name == "message" || field.own == OwnName::original;
}

}  // namespace

Result<Expression> ExpressionParser::parse() { return parse_or(std::nullopt); }

Result<Expression> ExpressionParser::parse_of_rows() {
  of_rows_ = true;
  return parse();
}

Result<void> ExpressionParser::count_term(std::size_t at) {
  if (++terms_ <= max_query_terms) return {};
  return in_.fail("search-1", at, fmt::format("a query has at most {} terms", max_query_terms));
}

Result<FieldNumber> ExpressionParser::field(const Word& name) {
  TRY_VOID(count_term(name.at));
  return field_number(query_, name.text);
}

bool ExpressionParser::ends_here() {
  in_.skip_blanks();
  return in_.at_end() || in_.next() == ')' || in_.next() == '|';
}

Result<Expression> ExpressionParser::parse_or(const Of& of) {
  std::vector<Expression> parts;
  do {
    bare_value_ = false;
    TRY(Expression part, parse_and(of));
    parts.push_back(std::move(part));
  } while (in_.take_word("or"));
  return joined(Expression::Kind::disjunction, std::move(parts));
}

Result<Expression> ExpressionParser::parse_and(const Of& of) {
  std::vector<Expression> parts;
  while (true) {
    TRY(Expression part, parse_not(of));
    parts.push_back(std::move(part));
    if (in_.take_word("and")) {
      bare_value_ = false;
      continue;
    }
    if (ends_here() || in_.stands("or")) break;
    if (of) return in_.expected("`or`, `and` or `)`");
  }
  return joined(Expression::Kind::conjunction, std::move(parts));
}

Result<Expression> ExpressionParser::parse_not(const Of& of) {
  in_.skip_blanks();
  const std::size_t at = in_.at();
  if (!in_.take_word("not")) return parse_term(of);
  if (++depth_ > max_query_depth)
    return in_.fail("search-1", at, fmt::format("a query is at most {} deep", max_query_depth));
  bare_value_ = false;
  TRY(Expression part, parse_not(of));
  --depth_;
  Expression out;
  out.kind = Expression::Kind::negation;
  out.parts.push_back(std::move(part));
  return out;
}

Result<Expression> ExpressionParser::bracket(std::size_t open, const Of& of) {
  if (++depth_ > max_query_depth)
    return in_.fail("search-1", open, fmt::format("a query is at most {} deep", max_query_depth));
  bare_value_ = false;
  TRY(Expression inner, parse_or(of));
  if (!in_.take(')')) {
    if (in_.at_end()) return in_.fail("search-3", open, "this bracket is not closed");
    return in_.expected("`)`");
  }
  --depth_;
  bare_value_ = false;
  return inner;
}

Result<Expression> ExpressionParser::parse_term(const Of& of) {
  in_.skip_blanks();
  const std::size_t at = in_.at();
  TRY_VOID(count_term(at));
  if (in_.at_end()) return in_.expected("a term");
  if (in_.take('(')) return bracket(at, of);
  if (of) {
    const FieldNumber field = *of;
    return parse_value(field, {query_.fields[field].name, {}, at, false});
  }
  if (in_.at_regex()) return parse_regex(std::nullopt);
  if (in_.stands("and") || in_.stands("or")) return in_.expected("a term");
  TRY(Word word, in_.next() == '"' ? in_.read_quoted() : in_.read_name());
  if (of_rows_ && !word.is_quoted) TRY_VOID(in_.finish_column(word));
  if (word.text.empty() && !word.is_quoted) return in_.expected("a term");
  const std::size_t end = in_.at();
  in_.skip_blanks();
  if (in_.next() == ':' || in_.next() == '<' || in_.next() == '>' || in_.at_regex())
    return parse_named(word);
  in_.go_back(end);
  if (word.text.empty()) return in_.fail("search-2", at, "a text without a letter finds nothing");
  if (bare_value_) {
    return in_.fail("search-2", at,
                    fmt::format("`{}` stands alone behind a value: write the whole value in "
                                "quotes, or `and` before it",
                                base::printable(word.text)));
  }
  return test_of(std::nullopt, word);
}

Result<Expression> ExpressionParser::parse_named(const Word& name) {
  if (name.text.empty()) return in_.fail("search-2", name.at, "a field's name was expected");
  TRY(const FieldNumber of, field(name));
  bare_value_ = false;
  if (in_.at_regex()) return parse_regex(of);
  if (in_.next() != ':') return parse_comparison(of);
  in_.step();
  in_.skip_blanks();
  const std::size_t at = in_.at();
  if (in_.take('(')) return bracket(at, of);
  return parse_value(of, name);
}

Result<Expression> ExpressionParser::parse_value(FieldNumber of, const Word& name) {
  in_.skip_blanks();
  if (in_.at_regex()) return parse_regex(of);
  if (in_.next() == '[' || in_.next() == '{') return parse_range(of);
  if (!in_.at_end() && in_.next() == '"') {
    TRY(const Word word, in_.read_quoted());
    return test_of(of, word);
  }
  TRY(const Word word, in_.read_value());
  if (word.text.empty())
    return in_.expected(fmt::format("a value of `{}`", base::printable(name.text)));
  bare_value_ = true;
  return test_of(of, word);
}

Result<Expression> ExpressionParser::test_of(const Of& of, const Word& word) {
  Expression out;
  out.test.text = word.pattern;
  const bool is_star = !word.is_quoted && word.text == "*";
  if (!of) {
    if (is_star) return out;
    out.kind = Expression::Kind::raw;
    out.test.kind = ValueTest::Kind::words;
    out.test.words = phrase_of(word.pattern);
    return out;
  }
  const FieldName& name = query_.fields[*of];
  if (name.own == OwnName::timestamp && !is_star) {
    TRY(Range range, range_of(*of, &word, &word, true, true));
    return range_test(*of, std::move(range));
  }
  out.field = *of;
  out.kind = Expression::Kind::field;
  if (is_star) {
    out.test.kind = ValueTest::Kind::any;
  } else if (is_full_text(name) && !word.text.empty()) {
    out.test.kind = ValueTest::Kind::words;
    out.test.words = phrase_of(word.pattern);
    if (name.own == OwnName::original) out.kind = Expression::Kind::raw;
  } else if (const auto network = rules::parse_network(word.text)) {
    out.test.kind = ValueTest::Kind::network;
    out.test.network = *network;
  } else {
    out.test.kind = ValueTest::Kind::text;
  }
  return out;
}

Expression ExpressionParser::range_test(FieldNumber of, Range range) const {
  Expression out;
  const bool is_time = query_.fields[of].own == OwnName::timestamp;
  out.kind = is_time ? Expression::Kind::time : Expression::Kind::field;
  out.field = of;
  out.test.kind = ValueTest::Kind::range;
  out.test.range = std::move(range);
  return out;
}

Result<Expression> ExpressionParser::parse_comparison(FieldNumber of) {
  const bool is_greater = in_.next() == '>';
  in_.step();
  const bool is_included = in_.next() == '=';
  if (is_included) in_.step();
  in_.skip_blanks();
  TRY(const Word word, !in_.at_end() && in_.next() == '"' ? in_.read_quoted() : in_.read_value());
  if (word.text.empty()) return in_.expected("a number, a time or an address");
  TRY(Range range, range_of(of, is_greater ? &word : nullptr, is_greater ? nullptr : &word,
                            is_included, is_included));
  bare_value_ = !word.is_quoted;
  return range_test(of, std::move(range));
}

Result<Expression> ExpressionParser::parse_range(FieldNumber of) {
  const std::size_t open = in_.at();
  const bool with_from = in_.next() == '[';
  in_.step();
  Word borders[2];
  for (Word& border : borders) {
    in_.skip_blanks();
    if (&border == &borders[1]) {
      if (!in_.take_word("to")) return in_.expected("`to`");
      in_.skip_blanks();
    }
    TRY(border, !in_.at_end() && in_.next() == '"' ? in_.read_quoted() : in_.read_value(true));
    if (border.text.empty()) return in_.expected("a number, a time, an address or `*`");
  }
  in_.skip_blanks();
  if (in_.at_end()) return in_.fail("search-3", open, "this bracket is not closed");
  if (in_.next() != ']' && in_.next() != '}') return in_.expected("`]` or `}`");
  const bool with_to = in_.next() == ']';
  in_.step();
  const auto wanted = [](const Word& border) { return border.text == "*" ? nullptr : &border; };
  if (wanted(borders[0]) == nullptr && wanted(borders[1]) == nullptr) {
    return in_.fail("search-4", open, "a range needs a border; `field: *` asks for any value");
  }
  TRY(Range range, range_of(of, wanted(borders[0]), wanted(borders[1]), with_from, with_to));
  return range_test(of, std::move(range));
}

Result<Range> ExpressionParser::range_of(FieldNumber of, const Word* from, const Word* to,
                                         bool with_from, bool with_to) {
  Range range;
  bool is_first = true;
  for (const auto& [word, border, included] :
       {std::tuple(from, &range.from, with_from), std::tuple(to, &range.to, with_to)}) {
    if (word == nullptr) continue;
    Range::Border read;
    read.included = included;
    Range::Kind kind{};
    const bool must_be_time = query_.fields[of].own == OwnName::timestamp;
    if (const auto time = read_time(word->text)) {
      kind = Range::Kind::time;
      // A day or a second belongs to the range as a whole or not at all.
      read.time = (border == &range.from) == included ? time->first : time->last;
    } else if (const auto number = base::parse_number(word->text);
               number && std::isfinite(*number) && !must_be_time) {
      kind = Range::Kind::number;
      read.number = *number;
    } else if (const auto address = rules::parse_address(word->text); address && !must_be_time) {
      kind = Range::Kind::address;
      read.address = *address;
    } else {
      return in_.fail("search-4", word->at,
                      fmt::format("`{}` is no {}", base::printable(word->text),
                                  must_be_time ? "time; write it as 2026-11-22T03:08:00Z"
                                               : "number, time or address"));
    }
    if (!is_first && kind != range.kind)
      return in_.fail("search-4", word->at, "both borders are of one kind");
    range.kind = kind;
    *border = read;
    is_first = false;
  }
  return range;
}

Result<Expression> ExpressionParser::parse_regex(const Of& of) {
  in_.step();
  in_.skip_blanks();
  TRY(const Word word, in_.read_quoted());
  re2::RE2::Options options;
  options.set_case_sensitive(false);
  options.set_log_errors(false);
  options.set_dot_nl(true);
  Expression out;
  out.test.kind = ValueTest::Kind::regex;
  const auto regex = std::make_shared<const re2::RE2>(word.text, options);
  if (!regex->ok()) {
    return in_.fail("search-5", word.at,
                    fmt::format("not a regular expression: {}", base::printable(regex->error())));
  }
  out.test.regex = regex;
  out.kind = Expression::Kind::raw;
  if (of && query_.fields[*of].own != OwnName::original) {
    out.kind = Expression::Kind::field;
    out.field = *of;
  }
  return out;
}

}  // namespace tocsin::search
