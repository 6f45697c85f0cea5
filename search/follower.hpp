// A query over what is being stored: each event once, as it comes.
// Path:      store that grows -> new blocks -> rows, oldest first, to a function
// Units:     ns since 1970Z
// Threads:   one; the store may be written meanwhile
// Errors:    the store's; engine-5, engine-6; search-20; search-22 a stage that needs all rows
// Source:    docs/search.md, "Following"
// Tested by: tests/search/follower_test.cpp, tests/e2e/http_search_test.py
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "base/disk_cache.hpp"
#include "base/error.hpp"
#include "search/block_choice.hpp"
#include "search/decoders.hpp"
#include "search/plan.hpp"
#include "search/prefilter.hpp"
#include "search/query.hpp"
#include "search/stages.hpp"
#include "store/store.hpp"

namespace tocsin::search {

class Follower {
 public:
  // `on_row` may say that it wants no more.
  [[nodiscard]] static base::Result<std::unique_ptr<Follower>> of(
      Query query, bool with_raw, std::shared_ptr<base::DiskCache> cache, OnRow on_row);

  // What was stored since the last call; the first one begins behind all that there is. False: no
  // more is wanted. The store may be another object each time, of the same log.
  [[nodiscard]] base::Result<bool> advance(const store::Store& store);

 private:
  Follower(std::unique_ptr<Plan> plan, std::shared_ptr<base::DiskCache> cache, OnRow on_row);

  base::Result<void> begin(const store::Store& store);
  base::Result<void> read_decoders(const store::Store& store);
  base::Result<std::vector<event::Lockout>> new_lockouts(const store::Store& store);

  std::unique_ptr<Plan> plan_;
  std::shared_ptr<base::DiskCache> cache_;
  Stages stages_;
  BlockChoice choice_;
  Prefilter prefilter_;
  std::unique_ptr<Decoders> decoders_;
  const store::Store* read_from_ = nullptr;  // the decoders
  std::size_t epochs_ = 0;                   // that the decoders know
  std::optional<event::Seq> next_;
  std::pair<event::Seq, std::uint32_t> lockout_;  // the last one seen
};

}  // namespace tocsin::search
