#include "ingest/decode/literal_scan.hpp"

#include <fmt/format.h>
#include <hs.h>

#include <algorithm>

#include "base/check.hpp"

namespace tocsin::ingest {

void LiteralScratch::Free::operator()(hs_scratch* scratch) const { hs_free_scratch(scratch); }

base::Result<LiteralDatabase> LiteralDatabase::compile(std::span<const std::string> literals,
                                                       base::ScanCompiler& compiler) {
  LiteralDatabase out;
  if (literals.empty()) return out;
  const std::vector<std::string_view> texts(literals.begin(), literals.end());
  auto made = compiler.literals(texts);
  if (!made) {
    return base::fail("ingest-30",
                      fmt::format("Hyperscan cannot compile the literals: {}", made.error()));
  }
  out.database_ = *std::move(made);
  return out;
}

LiteralScratch::LiteralScratch(const LiteralDatabase& database)
    : database_(database.database_.get()) {
  if (database_ == nullptr) return;
  hs_scratch_t* scratch = nullptr;
  CHECK(hs_alloc_scratch(database_, &scratch) == HS_SUCCESS, "Hyperscan's scratch is not there");
  scratch_.reset(scratch);
}

void LiteralScratch::scan(std::string_view text, std::vector<LiteralHit>& hits) {
  if (database_ == nullptr || text.empty()) return;
  const std::size_t before = hits.size();
  const auto take = [](unsigned id, unsigned long long, unsigned long long to, unsigned,
                       void* context) -> int {
    static_cast<std::vector<LiteralHit>*>(context)->push_back({static_cast<std::uint32_t>(to), id});
    return 0;
  };
  const hs_error_t result = hs_scan(database_, text.data(), static_cast<unsigned>(text.size()), 0,
                                    scratch_.get(), take, &hits);
  CHECK(result == HS_SUCCESS, "Hyperscan cannot scan with its own database");
  // Hyperscan promises the order of ends for one literal, not across all.
  const auto first = hits.begin() + static_cast<std::ptrdiff_t>(before);
  const auto by_end = [](const LiteralHit& a, const LiteralHit& b) { return a.end < b.end; };
  if (!std::is_sorted(first, hits.end(), by_end)) std::sort(first, hits.end(), by_end);
}

}  // namespace tocsin::ingest
