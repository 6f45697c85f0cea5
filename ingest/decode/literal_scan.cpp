#include "ingest/decode/literal_scan.hpp"

#include <fmt/format.h>
#include <hs.h>

#include <algorithm>

#include "base/check.hpp"

namespace tocsin::ingest {

void LiteralDatabase::Free::operator()(hs_database* database) const { hs_free_database(database); }
void LiteralScratch::Free::operator()(hs_scratch* scratch) const { hs_free_scratch(scratch); }

base::Result<LiteralDatabase> LiteralDatabase::compile(std::span<const std::string> literals) {
  LiteralDatabase out;
  if (literals.empty()) return out;
  std::vector<const char*> texts;
  std::vector<unsigned> ids;
  std::vector<std::size_t> sizes;
  for (const std::string& literal : literals) {
    texts.push_back(literal.data());
    sizes.push_back(literal.size());
    ids.push_back(static_cast<unsigned>(ids.size()));
  }
  // No HS_FLAG_SINGLEMATCH: on literals it costs more than it saves.
  const std::vector<unsigned> flags(literals.size(), 0);
  hs_database_t* database = nullptr;
  hs_compile_error_t* problem = nullptr;
  const hs_error_t result = hs_compile_lit_multi(
      texts.data(), flags.data(), ids.data(), sizes.data(), static_cast<unsigned>(literals.size()),
      HS_MODE_BLOCK, nullptr, &database, &problem);
  if (result != HS_SUCCESS) {
    std::string why = problem != nullptr ? problem->message : "no reason given";
    hs_free_compile_error(problem);
    return base::fail("ingest-30", fmt::format("Hyperscan cannot compile the literals: {}", why));
  }
  out.database_.reset(database);
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
