#include "rules/regex.hpp"

#include <fmt/format.h>
#include <hs.h>
#include <re2/re2.h>

#include <limits>
#include <vector>

#include "base/check.hpp"
#include "base/text.hpp"

namespace tocsin::rules {

namespace {

unsigned flags_of(const Regex& regex) {
  // One match is enough; UTF-8 makes `.` a code point, and is safe because scan() mends its text.
  unsigned flags = HS_FLAG_SINGLEMATCH | HS_FLAG_ALLOWEMPTY | HS_FLAG_UTF8;
  if (regex.ignore_case) flags |= HS_FLAG_CASELESS;
  if (regex.multiline) flags |= HS_FLAG_MULTILINE;
  if (regex.dot_all) flags |= HS_FLAG_DOTALL;
  return flags;
}

std::optional<std::string> hyperscan_fault(const Regex& regex) {
  hs_database_t* database = nullptr;
  hs_compile_error_t* error = nullptr;
  if (hs_compile(regex.text.c_str(), flags_of(regex), HS_MODE_BLOCK, nullptr, &database, &error) ==
      HS_SUCCESS) {
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

struct RegexSet::Impl {
  // One for all; one each where Hyperscan finds all of them together too large.
  std::vector<hs_database_t*> databases;
  std::vector<std::pair<std::size_t, std::unique_ptr<RE2>>> others;  // what Hyperscan refuses

  bool add(std::span<const char* const> texts, std::span<const unsigned> flags,
           std::span<const unsigned> ids) {
    hs_database_t* database = nullptr;
    hs_compile_error_t* error = nullptr;
    if (hs_compile_multi(texts.data(), flags.data(), ids.data(),
                         static_cast<unsigned>(texts.size()), HS_MODE_BLOCK, nullptr, &database,
                         &error) != HS_SUCCESS) {
      hs_free_compile_error(error);
      return false;
    }
    databases.push_back(database);
    return true;
  }
};

RegexSet::RegexSet(std::span<const Regex* const> expressions) : impl_(std::make_unique<Impl>()) {
  std::vector<const char*> texts;
  std::vector<unsigned> flags;
  std::vector<unsigned> ids;
  const auto take = [&](std::size_t i) {
    texts.push_back(expressions[i]->text.c_str());
    flags.push_back(flags_of(*expressions[i]));
    ids.push_back(static_cast<unsigned>(i));
  };
  // Compiling is dear, so that each is compiled alone only when all together are refused.
  for (std::size_t i = 0; i < expressions.size(); ++i) take(i);
  if (impl_->add(texts, flags, ids)) return;
  texts.clear(), flags.clear(), ids.clear();
  for (std::size_t i = 0; i < expressions.size(); ++i) {
    if (!hyperscan_fault(*expressions[i])) {
      take(i);
      continue;
    }
    impl_->others.emplace_back(i, re2_of(*expressions[i]));
    CHECK(impl_->others.back().second->ok(), "a regular expression that was not checked");
  }
  if (texts.empty() || (!impl_->others.empty() && impl_->add(texts, flags, ids))) return;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    CHECK(impl_->add({&texts[i], 1}, {&flags[i], 1}, {&ids[i], 1}),
          "a regular expression that was not checked");
  }
}

RegexSet::~RegexSet() {
  for (hs_database_t* database : impl_->databases) hs_free_database(database);
}

void RegexSet::prepare(RegexScratch& scratch) const {
  for (hs_database_t* database : impl_->databases) {
    CHECK(hs_alloc_scratch(database, &scratch.impl_->scratch) == HS_SUCCESS,
          "no memory for Hyperscan's scratch");
  }
}

void RegexSet::scan(std::string_view text, RegexScratch& scratch, std::span<bool> met) const {
  if (text.data() == nullptr) text = "";  // Hyperscan refuses to scan nothing at no place
  std::string& mended = scratch.impl_->mended;
  if (!base::is_utf8(text)) {
    mended.clear();
    for (std::string_view rest = text; !rest.empty();) {
      const std::size_t length = base::utf8_length(rest);
      mended += length == 0 ? std::string_view("\xEF\xBF\xBD") : rest.substr(0, length);
      rest.remove_prefix(length == 0 ? 1 : length);
    }
    text = mended;
  }
  for (hs_database_t* database : impl_->databases) {
    const auto on_match = [](unsigned id, unsigned long long, unsigned long long, unsigned,
                             void* context) {
      (*static_cast<std::span<bool>*>(context))[id] = true;
      return 0;
    };
    hs_scan(database, text.data(), static_cast<unsigned>(text.size()), 0, scratch.impl_->scratch,
            on_match, &met);
  }
  for (const auto& [id, expression] : impl_->others) {
    if (RE2::PartialMatch({text.data(), text.size()}, *expression)) met[id] = true;
  }
}

}  // namespace tocsin::rules
