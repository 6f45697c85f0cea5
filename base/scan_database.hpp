// Hyperscan databases: equal ones are compiled once and shared, and kept on disk over restarts.
// Path:      literals, expressions -> ScanDatabase (ingest/decode, rules)
// Threads:   safe
// Errors:    why Hyperscan refuses, in its words. A kept database that does not fit is made anew
// Source:    Hyperscan 5.4, block mode; a database depends on what is compiled, the version of the
//            library and the processor, and its name in the cache covers all three
// Tested by: tests/base/scan_database_test.cpp
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "base/disk_cache.hpp"
#include "base/hash.hpp"

struct hs_database;

namespace tocsin::base {

struct ScanExpression {
  const char* text;
  unsigned flags;  // HS_FLAG_*
  unsigned id;
};

using ScanDatabase = std::shared_ptr<const hs_database>;

class ScanCompiler {
 public:
  using Made = std::expected<ScanDatabase, std::string>;

  // Without a cache nothing outlasts the process.
  explicit ScanCompiler(std::shared_ptr<DiskCache> cache = nullptr) : cache_(std::move(cache)) {}

  // At least one, none empty; the number of each is its place. `flags`: HS_FLAG_* for all.
  [[nodiscard]] Made literals(std::span<const std::string_view> literals, unsigned flags = 0);
  [[nodiscard]] Made expressions(std::span<const ScanExpression> expressions);

 private:
  template <typename Compile>
  Made get(const std::string& content, Compile&& compile);

  std::shared_ptr<DiskCache> cache_;
  std::mutex mutex_;
  std::map<Sha256, std::weak_ptr<const hs_database>> alive_;
};

}  // namespace tocsin::base
