#include "rules/regex.hpp"

#include <fmt/format.h>
#include <hs.h>
#include <re2/re2.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "base/text.hpp"

namespace tocsin::rules {

namespace {

unsigned flags_of(const Regex& regex) {
  // One match is enough.
  unsigned flags = HS_FLAG_SINGLEMATCH | HS_FLAG_ALLOWEMPTY;
  if (regex.ignore_case) flags |= HS_FLAG_CASELESS;
  if (regex.multiline) flags |= HS_FLAG_MULTILINE;
  if (regex.dot_all) flags |= HS_FLAG_DOTALL;
  return flags;
}

std::optional<std::string> hyperscan_fault(const Regex& regex) {
  hs_database_t* database = nullptr;
  hs_compile_error_t* error = nullptr;
  if (hs_compile(regex.text.c_str(), flags_of(regex) | HS_FLAG_UTF8, HS_MODE_BLOCK, nullptr,
                 &database, &error) == HS_SUCCESS) {
    hs_free_database(database);
    return std::nullopt;
  }
  std::string message = error->message;
  hs_free_compile_error(error);
  return message;
}

std::unique_ptr<RE2> re2_of(const Regex& regex) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_case_sensitive(!regex.ignore_case);
  options.set_dot_nl(regex.dot_all);
  options.set_max_mem(16 << 20);
  const std::string text = regex.multiline ? "(?m)" + regex.text : regex.text;
  return std::make_unique<RE2>(text, options);
}

}  // namespace

std::optional<std::string> fault_of(const Regex& regex) {
  if (regex.text.find('\0') != std::string::npos) return "a NUL character";
  // RE2 is a hundred times quicker to ask, and what it takes needs no second opinion.
  if (re2_of(regex)->ok()) return std::nullopt;
  return hyperscan_fault(regex);
}

struct RegexScratch::Impl {
  hs_scratch_t* scratch = nullptr;
  std::string mended;
  std::string flat;
};

RegexScratch::RegexScratch() : impl_(std::make_unique<Impl>()) {}
RegexScratch::~RegexScratch() {
  if (impl_) hs_free_scratch(impl_->scratch);
}
RegexScratch::RegexScratch(RegexScratch&&) noexcept = default;
RegexScratch& RegexScratch::operator=(RegexScratch&& other) noexcept {
  std::swap(impl_, other.impl_);
  return *this;
}

namespace {

bool is_escape_of_ascii(char escaped) {
  constexpr std::string_view classes = "dDwWsSbBtnrfAzZ";
  const bool is_letter_or_digit = std::isalnum(static_cast<unsigned char>(escaped)) != 0;
  return is_letter_or_digit ? classes.find(escaped) != std::string_view::npos : escaped != '\0';
}

// Whether the expression cannot tell one character beyond ASCII from another, so that a text in
// which each of them is one and the same byte gives the same answer.
bool minds_ascii_only(std::string_view text) {
  if (text.starts_with("(*") || text.find("[:") != std::string_view::npos) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) >= 0x80) return false;
    if (text[i] != '\\') continue;
    ++i;
    if (i == text.size() || static_cast<unsigned char>(text[i]) >= 0x80 ||
        !is_escape_of_ascii(text[i]))
      return false;
  }
  return true;
}

bool may_ignore_case(const Regex& regex) {
  return regex.ignore_case || regex.text.find("(?") != std::string::npos;
}

// Beyond ASCII these two alone are another case of an ASCII letter: long s and the Kelvin sign.
bool has_odd_case(std::string_view text) {
  return text.find("\xC5\xBF") != std::string_view::npos ||
         text.find("\xE2\x84\xAA") != std::string_view::npos;
}

// One byte for each character beyond ASCII, and for each byte that is no UTF-8.
void flatten(std::string_view text, std::string& out) {
  out.clear();
  while (!text.empty()) {
    const std::size_t length = base::utf8_length(text);
    out += length == 1 ? text[0] : '\xFF';
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Databases that together hold some of a set's expressions, each under its place in the set.
class Part {
 public:
  explicit Part(unsigned flags) : flags_(flags) {}

  void add(std::size_t place, const Regex& regex) {
    texts_.push_back(std::make_unique<std::string>(regex.text));
    expressions_.push_back(
        {texts_.back()->c_str(), flags_of(regex) | flags_, static_cast<unsigned>(place)});
  }
  [[nodiscard]] bool empty() const { return expressions_.empty(); }
  [[nodiscard]] std::span<const base::ScanExpression> expressions() const { return expressions_; }

  // One database for all; one each where Hyperscan finds all of them together too large. Gives the
  // places of those that it refuses even alone, which leave the part.
  std::vector<std::size_t> compile(base::ScanCompiler& compiler) {
    std::vector<std::size_t> refused;
    if (empty() || compile(compiler, expressions_)) return refused;
    for (const base::ScanExpression& expression : std::exchange(expressions_, {})) {
      if (compile(compiler, {&expression, 1})) {
        expressions_.push_back(expression);
      } else {
        refused.push_back(expression.id);
      }
    }
    if (refused.empty() || expressions_.size() < 2) return refused;
    std::vector<base::ScanDatabase> alone = std::exchange(databases_, {});
    if (!compile(compiler, expressions_)) databases_.swap(alone);
    return refused;
  }
  void prepare(hs_scratch_t*& scratch) const {
    for (const base::ScanDatabase& database : databases_) {
      CHECK(hs_alloc_scratch(database.get(), &scratch) == HS_SUCCESS,
            "no memory for Hyperscan's scratch");
    }
  }
  void scan(std::string_view text, hs_scratch_t* scratch, std::span<bool> met) const {
    const auto on_match = [](unsigned id, unsigned long long, unsigned long long, unsigned,
                             void* context) {
      (*static_cast<std::span<bool>*>(context))[id] = true;
      return 0;
    };
    for (const base::ScanDatabase& database : databases_) {
      hs_scan(database.get(), text.data(), static_cast<unsigned>(text.size()), 0, scratch, on_match,
              &met);
    }
  }

 private:
  bool compile(base::ScanCompiler& compiler, std::span<const base::ScanExpression> expressions) {
    auto made = compiler.expressions(expressions);
    if (!made) return false;
    databases_.push_back(*std::move(made));
    return true;
  }

  unsigned flags_;
  std::vector<std::unique_ptr<std::string>> texts_;
  std::vector<base::ScanExpression> expressions_;
  std::vector<base::ScanDatabase> databases_;
};

}  // namespace

// Expressions on code points take Hyperscan five times as long to compile as those on bytes, and
// seconds where they count to hundreds. So those that mind only ASCII are compiled on bytes.
struct RegexSet::Impl {
  std::shared_ptr<base::ScanCompiler> compiler;
  Part bytes{0};              // asked of flattened text
  Part points{HS_FLAG_UTF8};  // asked of the text itself, with U+FFFD for each odd byte
  std::vector<std::pair<std::size_t, std::unique_ptr<RE2>>> others;  // what Hyperscan refuses
  // Those in `bytes` that may ignore the case, for the texts with odd_case(); made when first met.
  Part cases{HS_FLAG_UTF8};
  std::once_flag cases_made;

  // `text` is UTF-8, and not all of it ASCII.
  void scan_flat(std::string_view text, RegexScratch::Impl& own, std::span<bool> met) {
    if (bytes.empty()) return;
    flatten(text, own.flat);
    if (cases.empty() || !has_odd_case(text)) return bytes.scan(own.flat, own.scratch, met);
    const auto flat_met = std::make_unique<bool[]>(met.size());
    bytes.scan(own.flat, own.scratch, {flat_met.get(), met.size()});
    std::call_once(cases_made, [this] { static_cast<void>(cases.compile(*compiler)); });
    for (const base::ScanExpression& asked : cases.expressions()) flat_met[asked.id] = false;
    for (std::size_t i = 0; i < met.size(); ++i) met[i] = met[i] || flat_met[i];
    cases.prepare(own.scratch);
    cases.scan(text, own.scratch, met);
  }
};

RegexSet::RegexSet(std::span<const Regex* const> expressions,
                   std::shared_ptr<base::ScanCompiler> compiler)
    : impl_(std::make_unique<Impl>()) {
  impl_->compiler = std::move(compiler);
  for (std::size_t i = 0; i < expressions.size(); ++i) {
    const Regex& regex = *expressions[i];
    if (!minds_ascii_only(regex.text)) {
      impl_->points.add(i, regex);
      continue;
    }
    impl_->bytes.add(i, regex);
    if (may_ignore_case(regex)) impl_->cases.add(i, regex);
  }
  std::vector<std::size_t> refused = impl_->bytes.compile(*impl_->compiler);
  std::ranges::copy(impl_->points.compile(*impl_->compiler), std::back_inserter(refused));
  for (const std::size_t i : refused) {
    impl_->others.emplace_back(i, re2_of(*expressions[i]));
    CHECK(impl_->others.back().second->ok(), "a regular expression that was not checked");
  }
}

RegexSet::~RegexSet() = default;

void RegexSet::prepare(RegexScratch& scratch) const {
  impl_->bytes.prepare(scratch.impl_->scratch);
  impl_->points.prepare(scratch.impl_->scratch);
}

void RegexSet::scan(std::string_view text, RegexScratch& scratch, std::span<bool> met) const {
  if (text.data() == nullptr) text = "";  // Hyperscan refuses to scan nothing at no place
  RegexScratch::Impl& own = *scratch.impl_;
  if (is_ascii(text)) {
    impl_->bytes.scan(text, own.scratch, met);
  } else {
    if (!base::is_utf8(text)) {
      own.mended.clear();
      for (std::string_view rest = text; !rest.empty();) {
        const std::size_t length = base::utf8_length(rest);
        own.mended += length == 0 ? std::string_view("\xEF\xBF\xBD") : rest.substr(0, length);
        rest.remove_prefix(length == 0 ? 1 : length);
      }
      text = own.mended;
    }
    impl_->scan_flat(text, own, met);
  }
  impl_->points.scan(text, own.scratch, met);
  for (const auto& [id, expression] : impl_->others) {
    if (RE2::PartialMatch({text.data(), text.size()}, *expression)) met[id] = true;
  }
}
}  // namespace tocsin::rules
