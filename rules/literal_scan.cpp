#include "rules/literal_scan.hpp"

#include <hs.h>

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace tocsin::rules {

struct LiteralScratch::Impl {
  hs_scratch_t* scratch = nullptr;
};

LiteralScratch::LiteralScratch() : impl_(std::make_unique<Impl>()) {}
LiteralScratch::~LiteralScratch() {
  if (impl_) hs_free_scratch(impl_->scratch);
}
LiteralScratch::LiteralScratch(LiteralScratch&&) noexcept = default;
LiteralScratch& LiteralScratch::operator=(LiteralScratch&& other) noexcept {
  std::swap(impl_, other.impl_);
  return *this;
}

struct LiteralSet::Impl {
  hs_database_t* database = nullptr;
  std::size_t shortest = 0;
};

LiteralSet::LiteralSet(const std::vector<std::string>& literals) : impl_(std::make_unique<Impl>()) {
  std::vector<const char*> texts;
  std::vector<unsigned> flags(literals.size(), HS_FLAG_CASELESS);
  std::vector<unsigned> ids;
  std::vector<std::size_t> lengths;
  for (const std::string& literal : literals) {
    ids.push_back(static_cast<unsigned>(texts.size()));
    texts.push_back(literal.data());
    lengths.push_back(literal.size());
  }
  impl_->shortest = *std::ranges::min_element(lengths);
  hs_compile_error_t* error = nullptr;
  const hs_error_t status = hs_compile_lit_multi(
      texts.data(), flags.data(), ids.data(), lengths.data(), static_cast<unsigned>(texts.size()),
      HS_MODE_BLOCK, nullptr, &impl_->database, &error);
  CHECK(status == HS_SUCCESS, "Hyperscan takes any literal that is not empty");
}

LiteralSet::~LiteralSet() { hs_free_database(impl_->database); }

void LiteralSet::prepare(LiteralScratch& scratch) const {
  CHECK(hs_alloc_scratch(impl_->database, &scratch.impl_->scratch) == HS_SUCCESS,
        "no memory for Hyperscan's scratch");
}

void LiteralSet::scan(std::string_view text, LiteralScratch& scratch, OnHit on_hit,
                      void* context) const {
  if (text.size() < impl_->shortest) return;
  struct Call {
    OnHit on_hit;
    void* context;
  } call{on_hit, context};
  const auto on_match = [](unsigned id, unsigned long long, unsigned long long, unsigned,
                           void* raw) {
    const Call& c = *static_cast<Call*>(raw);
    c.on_hit(c.context, id);
    return 0;
  };
  hs_scan(impl_->database, text.data(), static_cast<unsigned>(text.size()), 0,
          scratch.impl_->scratch, on_match, &call);
}

}  // namespace tocsin::rules
