#include "search/prefilter.hpp"

#include <hs.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.hpp"

namespace tocsin::search {

namespace {

// More alternatives than these find little faster than decoding does.
constexpr std::size_t max_literals = 256;
constexpr std::size_t min_literal = 2;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

template <typename Takes, typename Each>
void for_runs(const Pattern& pattern, Takes takes, Each each) {
  for (const std::string& piece : pattern.pieces) {
    for (std::size_t at = 0; at < piece.size();) {
      std::size_t end = at;
      while (end < piece.size() && takes(piece[end])) ++end;
      if (end > at) each(std::string_view(piece).substr(at, end - at));
      at = end + 1;
    }
  }
}

template <typename Takes>
std::string longest_run(const Pattern& pattern, Takes takes) {
  std::string_view best;
  for_runs(pattern, takes, [&best](std::string_view run) {
    if (run.size() > best.size()) best = run;
  });
  return best.size() < min_literal ? std::string() : std::string(best);
}

// What the program itself writes, whatever the line says.
bool is_made(std::string_view name) {
  return name == "log.syslog.facility.code" || name == "log.syslog.severity.code" ||
         name == "log.repeat" || name.starts_with("tocsin.");
}

// Texts of which every line that matches has one; `hidden`: or a mark of hiding_marks().
struct Gate {
  std::vector<std::string> literals;
  bool hidden = false;

  [[nodiscard]] std::size_t shortest() const {
    return std::ranges::min(literals, {}, &std::string::size).size();
  }
  // Fewer lines pass it.
  [[nodiscard]] bool is_better(const Gate& other) const {
    if (hidden != other.hidden) return other.hidden;
    return shortest() > other.shortest();
  }
};

std::optional<Gate> gate_of(const Expression& expression) {
  switch (expression.kind) {
    case Expression::Kind::raw: {
      if (expression.test.kind != ValueTest::Kind::words) return std::nullopt;
      Gate gate;
      for (const Pattern& form : expression.test.words.forms) {
        // What is ASCII in a pattern is ASCII in what it finds (text_match.hpp), so this is
        // certain.
        gate.literals.push_back(longest_run(form, is_ascii));
        if (gate.literals.back().empty()) return std::nullopt;
      }
      return gate;
    }
    case Expression::Kind::field:
      if (expression.literal.empty()) return std::nullopt;
      return Gate{{expression.literal}, true};
    case Expression::Kind::conjunction: {
      std::optional<Gate> best;
      for (const Expression& part : expression.parts) {
        auto gate = gate_of(part);
        if (gate && (!best || gate->is_better(*best))) best = std::move(gate);
      }
      return best;
    }
    case Expression::Kind::disjunction: {
      Gate all;
      for (const Expression& part : expression.parts) {
        auto gate = gate_of(part);
        if (!gate) return std::nullopt;
        all.hidden = all.hidden || gate->hidden;
        std::ranges::move(gate->literals, std::back_inserter(all.literals));
        if (all.literals.size() > max_literals) return std::nullopt;
      }
      return all;
    }
    case Expression::Kind::all:
    case Expression::Kind::time:
    case Expression::Kind::negation:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

const std::vector<std::string>& hiding_marks() {
  static const std::vector<std::string> marks = {"\\u", "\\x",    "&#",         "<!",
                                                 "<?",  "audit(", "\"message\""};
  return marks;
}

bool may_hide(std::string_view folded_line) {
  return std::ranges::any_of(hiding_marks(), [folded_line](const std::string& mark) {
    return folded_line.find(mark) != std::string_view::npos;
  });
}

std::string run_of(const Pattern& pattern) { return longest_run(pattern, is_letter_or_digit); }

std::vector<std::string> runs_of(const Pattern& pattern) {
  std::vector<std::string> runs;
  for_runs(pattern, is_letter_or_digit, [&runs](std::string_view run) { runs.emplace_back(run); });
  return runs;
}

namespace {

std::string wanted_run(const Expression& expression, const std::vector<FieldName>& fields) {
  if (expression.kind != Expression::Kind::field) return {};
  const FieldName& field = fields[expression.field];
  if (field.own != OwnName::none || is_made(field.name)) return {};
  if (field.is_pattern) return {};
  if (expression.test.kind == ValueTest::Kind::text) return run_of(expression.test.text);
  // The first form is the text itself; JSON's forms differ from it in backslashes only.
  if (expression.test.kind == ValueTest::Kind::words)
    return run_of(expression.test.words.forms.front());
  return {};
}

// Whether a joined field may have runs that its parts do not: in what stands between them, or of
// two that touch.
bool makes_runs(const ingest::Join& join) {
  const auto has_run = [](std::string_view text) {
    return std::ranges::any_of(text, is_letter_or_digit);
  };
  bool touches = false;
  for (const ingest::Join::Part& part : join.parts) {
    if (part.is_field ? touches : has_run(part.text)) return true;
    touches = part.is_field;
  }
  return std::ranges::any_of(join.begins,
                             [&has_run](const auto& front) { return has_run(front.second); });
}

// Whether a decoder file itself gives the field a value that passes the test.
bool fixes(const ingest::DecoderFile& file, std::string_view name, const ValueTest& test) {
  Scratch scratch;
  const auto any = [&](const ingest::ConstantFields& constants) {
    return std::ranges::any_of(constants, [&](const ingest::ConstantField& constant) {
      return constant.name == name && holds(test, constant.value, scratch);
    });
  };
  if (any(file.fields)) return true;
  return std::ranges::any_of(file.patterns, [&any, name](const ingest::DecoderPattern& pattern) {
    const auto makes = [name](const ingest::Join& join) {
      return join.name == name && makes_runs(join);
    };
    return any(pattern.fields) || std::ranges::any_of(pattern.joins, makes) ||
           std::ranges::any_of(pattern.values, [&any](const ingest::ValueMap& map) {
             return any(map.otherwise) || std::ranges::any_of(map.cases, [&any](const auto& of) {
                      return any(of.second);
                    });
           });
  });
}

}  // namespace

bool may_have_literals(const Expression& filter, const std::vector<FieldName>& fields) {
  if (!wanted_run(filter, fields).empty()) return true;
  return std::ranges::any_of(
      filter.parts, [&fields](const Expression& part) { return may_have_literals(part, fields); });
}

void find_literals(Expression& filter, const std::vector<FieldName>& fields,
                   const std::vector<const Reading*>& readings) {
  for (Expression& part : filter.parts) find_literals(part, fields, readings);
  filter.literal = wanted_run(filter, fields);
  if (filter.literal.empty()) return;
  const std::string& name = fields[filter.field].name;
  for (const Reading* reading : readings) {
    for (const ingest::DecoderFile& file : reading->decoders->files()) {
      if (fixes(file, name, filter.test)) filter.literal.clear();
    }
  }
}

std::string_view Line::folded() {
  if (!is_folded_) fold_into(text_, folded_);
  is_folded_ = true;
  return folded_;
}

Truth Line::raw(const Expression& expression) {
  const bool is_in = expression.test.kind == ValueTest::Kind::words
                         ? has_words(expression.test.words, folded())
                         : holds(expression.test, text_, scratch_);
  return is_in ? Truth::yes : Truth::no;
}

Truth Line::field(const Expression& expression) {
  if (expression.literal.empty()) return Truth::maybe;
  if (folded().find(expression.literal) != std::string_view::npos) return Truth::maybe;
  return may_hide(folded()) ? Truth::maybe : Truth::no;
}

struct PrefilterScratch::Impl {
  hs_scratch_t* scratch = nullptr;
};
PrefilterScratch::PrefilterScratch() : impl_(std::make_unique<Impl>()) {}
PrefilterScratch::~PrefilterScratch() { hs_free_scratch(impl_->scratch); }

Prefilter::Prefilter(const Expression& filter) {
  const auto gate = gate_of(filter);
  if (!gate) return;
  literals_ = gate->literals;
  if (gate->hidden) literals_.insert(literals_.end(), hiding_marks().begin(), hiding_marks().end());
  std::ranges::sort(literals_);
  literals_.erase(std::unique(literals_.begin(), literals_.end()), literals_.end());
  const std::vector<std::string_view> texts(literals_.begin(), literals_.end());
  auto made = base::ScanCompiler().literals(texts, HS_FLAG_CASELESS);
  CHECK(made.has_value(), "Hyperscan takes any literal that is not empty");
  database_ = *std::move(made);
}

Prefilter::~Prefilter() = default;

void Prefilter::scan(const event::Batch& batch, PrefilterScratch& scratch,
                     std::vector<std::uint32_t>& frames) const {
  frames.clear();
  if (passes_all()) {
    for (std::uint32_t i = 0; i < batch.frames.size(); ++i) frames.push_back(i);
    return;
  }
  if (batch.frames.empty()) return;
  CHECK(hs_alloc_scratch(database_.get(), &scratch.impl_->scratch) == HS_SUCCESS,
        "no memory for Hyperscan's scratch");
  // Hits come in the order of their ends, so the frame at hand only moves on.
  struct Walk {
    const event::Batch& batch;
    std::vector<std::uint32_t>& frames;
    std::uint32_t at = 0;
    std::uint64_t end = 0;  // of the last frame that was found
  } walk{batch, frames};
  const auto on_match = [](unsigned, unsigned long long, unsigned long long to, unsigned,
                           void* context) {
    Walk& w = *static_cast<Walk*>(context);
    if (to <= w.end) return 0;
    const auto& all = w.batch.frames;
    const auto ends_before = [to](const event::Frame& frame) {
      return std::uint64_t{frame.offset} + frame.size < to;
    };
    // Near the last one where hits are dense, else by halves.
    for (int step = 0; step < 8 && w.at < all.size() && ends_before(all[w.at]); ++step) ++w.at;
    if (w.at < all.size() && ends_before(all[w.at])) {
      w.at = static_cast<std::uint32_t>(
          std::partition_point(all.begin() + w.at, all.end(), ends_before) - all.begin());
    }
    if (w.at == all.size()) return 1;
    w.end = std::uint64_t{all[w.at].offset} + all[w.at].size;
    w.frames.push_back(w.at);
    return 0;
  };
  hs_scan(database_.get(), batch.text(), static_cast<unsigned>(batch.text_size()), 0,
          scratch.impl_->scratch, on_match, &walk);
}

}  // namespace tocsin::search
