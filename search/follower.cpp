#include "search/follower.hpp"

#include <algorithm>
#include <vector>

#include "search/block_search.hpp"

namespace tocsin::search {

using base::Result;
using event::Seq;

Result<std::unique_ptr<Follower>> Follower::of(Query query, bool with_raw,
                                               std::shared_ptr<base::DiskCache> cache,
                                               OnRow on_row) {
  for (const Stage& stage : query.stages) {
    if (stage.kind == Stage::Kind::sort || stage.kind == Stage::Kind::stats)
      return base::fail("search-22", "what is followed cannot be sorted or counted");
  }
  auto plan = make_plan(std::move(query), {}, 0, with_raw);
  return std::unique_ptr<Follower>(
      new Follower(std::move(plan), std::move(cache), std::move(on_row)));
}

Follower::Follower(std::unique_ptr<Plan> plan, std::shared_ptr<base::DiskCache> cache, OnRow on_row)
    : plan_(std::move(plan)),
      cache_(std::move(cache)),
      stages_(plan_->query, plan_->first_stage, std::move(on_row)),
      choice_(plan_->query.filter),
      prefilter_(plan_->query.filter) {}

Result<bool> Follower::advance(const store::Store& store) {
  if (!next_) TRY_VOID(begin(store));
  const bool grew = store.last_seq() >= *next_;
  TRY(const std::vector<event::Lockout> lockouts, new_lockouts(store));
  if (!grew && lockouts.empty()) return true;
  std::vector<store::BlockInfo> blocks;
  TRY_VOID(store.read_index(
      [&blocks](const store::BlockInfo& info) {
        blocks.push_back(info);
        return true;
      },
      *next_));
  TRY_VOID(read_decoders(store));
  event::SourceTable sources;
  TRY_VOID(store.load_sources(sources));
  BlockSearch search(*plan_, choice_, prefilter_, *decoders_, store, sources);
  TRY(BlockFound found, search.search(blocks, *next_));
  TRY(BlockFound derived, search.search(lockouts));
  std::ranges::move(derived.rows, std::back_inserter(found.rows));
  if (!blocks.empty()) next_ = blocks.back().end();
  if (!lockouts.empty()) lockout_ = {lockouts.back().seq, lockouts.back().k};
  std::ranges::sort(found.rows, {}, [](const Row& row) { return std::pair(row.seq, row.k); });
  for (Row& row : found.rows) {
    if (!stages_.take(std::move(row))) return false;
  }
  return true;
}

Result<void> Follower::begin(const store::Store& store) {
  next_ = Seq(store.last_seq().value + 1);
  lockout_ = {store.last_seq(), 0};
  TRY(const std::vector<event::Lockout> there, new_lockouts(store));
  if (!there.empty()) lockout_ = {there.back().seq, there.back().k};
  // What can be made ready is, so that the first event is not late.
  if (store.last_seq().value == 0) return {};
  TRY_VOID(read_decoders(store));
  TRY([[maybe_unused]] const Reading* ready, decoders_->at(store.last_seq()));
  return {};
}

// A lockout record may come behind the last frame, when only the clock went on.
Result<std::vector<event::Lockout>> Follower::new_lockouts(const store::Store& store) {
  std::vector<event::Lockout> out;
  TRY_VOID(store.read_lockouts(lockout_.first, [&](const event::Lockout& lockout) {
    if (std::pair(lockout.seq, lockout.k) > lockout_) out.push_back(lockout);
    return true;
  }));
  return out;
}

// Anew where rules or decoders were changed since, or the store was opened again.
Result<void> Follower::read_decoders(const store::Store& store) {
  TRY(const auto epochs, store.epochs());
  if (decoders_ && read_from_ == &store && epochs_ == epochs.size()) return {};
  TRY(decoders_, Decoders::of(store, plan_->query, cache_));
  read_from_ = &store;
  epochs_ = epochs.size();
  return {};
}

}  // namespace tocsin::search
