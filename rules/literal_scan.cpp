#include "rules/literal_scan.hpp"

#include <hs.h>

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "rules/folding.hpp"

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
  base::ScanDatabase database;
  std::size_t shortest = 0;
  bool all_ascii = true;
};

LiteralSet::LiteralSet(std::span<const std::string_view> literals, base::ScanCompiler& compiler)
    : impl_(std::make_unique<Impl>()) {
  impl_->shortest = std::ranges::min(literals, {}, &std::string_view::size).size();
  impl_->all_ascii = std::ranges::all_of(literals, is_ascii);
  auto made = compiler.literals(literals, HS_FLAG_CASELESS);
  CHECK(made.has_value(), "Hyperscan takes any literal that is not empty");
  impl_->database = *std::move(made);
}

LiteralSet::~LiteralSet() = default;

void LiteralSet::prepare(LiteralScratch& scratch) const {
  CHECK(hs_alloc_scratch(impl_->database.get(), &scratch.impl_->scratch) == HS_SUCCESS,
        "no memory for Hyperscan's scratch");
}

bool LiteralSet::wants_folded(std::string_view text) const {
  return impl_->all_ascii ? may_fold_to_ascii(text) : !is_ascii(text);
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
  hs_scan(impl_->database.get(), text.data(), static_cast<unsigned>(text.size()), 0,
          scratch.impl_->scratch, on_match, &call);
}

}  // namespace tocsin::rules
