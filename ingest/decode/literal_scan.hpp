// Finds which of many literal texts stand where, in one pass over the text, however many there are.
// Path:      bodies of a batch -> hits -> ingest/decode/decoder
// Units:     offsets in bytes, of the end of a hit
// Threads:   LiteralDatabase is immutable and safe; LiteralScratch belongs to one worker
// Errors:    ingest-30: Hyperscan refused the literals
// Source:    Hyperscan 5.4 hs_compile_lit_multi, block mode
// Tested by: tests/ingest/decode/literal_scan_test.cpp
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/scan_database.hpp"

struct hs_scratch;

namespace tocsin::ingest {

struct LiteralHit {
  std::uint32_t end = 0;  // one past the last byte
  std::uint32_t id = 0;   // place in the list that the database was made of
};

class LiteralDatabase {
 public:
  // Case as written; no literal may be empty. An empty list gives a database that finds nothing.
  static base::Result<LiteralDatabase> compile(std::span<const std::string> literals,
                                               base::ScanCompiler& compiler);

  [[nodiscard]] bool empty() const { return database_ == nullptr; }

 private:
  friend class LiteralScratch;
  base::ScanDatabase database_;
};

// What one thread needs to scan with one database, which must outlive it.
class LiteralScratch {
 public:
  explicit LiteralScratch(const LiteralDatabase& database);

  // Appends all hits in `text`, ordered by their end.
  void scan(std::string_view text, std::vector<LiteralHit>& hits);

 private:
  struct Free {
    void operator()(hs_scratch* scratch) const;
  };
  const hs_database* database_;
  std::unique_ptr<hs_scratch, Free> scratch_;
};

}  // namespace tocsin::ingest
