#include "store/upkeep.hpp"

#include <algorithm>
#include <filesystem>

#include "base/fault_point.hpp"

namespace tocsin::store {

using base::Result;
using event::Seq;

namespace {

// What a block costs besides its bytes: its key twice, its index, RocksDB's own.
constexpr std::uint64_t block_overhead = 128;

Result<BlockInfo> info_at(const Cursor& index) {
  return decode_block_info(Seq(key::last_number(index.key())), index.value());
}

}  // namespace

Upkeep::Upkeep(Ledger& ledger, const StoreOptions& options) : ledger_(ledger), options_(options) {}

Result<Merged> Upkeep::merge_small_blocks(bool all) {
  const std::lock_guard lock(mutex_);
  Merged merged;
  std::vector<BlockInfo> run;
  std::uint64_t run_text = 0;
  auto finish = [&]() -> Result<void> {
    if (run.size() > 1) TRY_VOID(merge(run, merged));
    run.clear();
    run_text = 0;
    return {};
  };
  Cursor index = ledger_.database().cursor(Space::state, key::after("i"));
  for (index.seek(key::index(merged_until_)); index.valid(); index.next()) {
    TRY(const BlockInfo info, info_at(index));
    const bool small = info.text_bytes < options_.block_size / 2;
    if (!small || (!run.empty() && (info.retention_class != run.back().retention_class ||
                                    info.first_seq != run.back().end()))) {
      TRY_VOID(finish());
    }
    if (!small) {
      merged_until_ = info.end();
      continue;
    }
    run.push_back(info);
    run_text += info.text_bytes;
    if (run_text >= options_.block_size) {
      TRY_VOID(finish());
      merged_until_ = info.end();
    }
  }
  TRY_VOID(index.status());
  if (!run.empty()) merged_until_ = run.front().first_seq;
  if (all) TRY_VOID(finish());
  return merged;
}

Result<void> Upkeep::merge(const std::vector<BlockInfo>& run, Merged& merged) {
  const Seq first = run.front().first_seq, end = run.back().end();
  TimeRange times{run.front().min_time, run.front().max_time};
  std::uint64_t bytes_before = 0;
  Segments segments;
  base::Sha256 chain{};
  batch_.clear();
  Cursor blocks = ledger_.database().cursor(Space::blocks);
  blocks.seek(key::block(first));
  for (const BlockInfo& info : run) {
    TRY_VOID(blocks.status());
    if (!blocks.valid() || key::block_seq(blocks.key()) != info.first_seq) {
      return base::fail("store-23", "a block of the event log is missing where its index is");
    }
    TRY(const BlockInfo read, decoder_.append(blocks.value(), batch_));
    TRY(const Segments more, segments_of(blocks.value()));
    segments.insert(segments.end(), more.begin(), more.end());
    chain = chain_of(blocks.value());
    bytes_before += read.stored_bytes;
    times.min = std::min(times.min, read.min_time);
    times.max = std::max(times.max, read.max_time);
    blocks.next();
  }
  std::string block;
  std::string filter;
  encoder_.encode(batch_, block, run.front().retention_class, segments, &filter);
  seal(block, first, times);
  set_chain(block, chain);
  TRY(const BlockInfo info, block_info(block));

  Changes changes;
  changes.remove_range(Space::blocks, key::block(Seq(first.value + 1)), key::block(end));
  changes.put(Space::blocks, key::block(first), block);
  changes.remove_range(Space::state, key::index(Seq(first.value + 1)), key::index(end));
  changes.put(Space::state, key::index(first), encode(info));
  changes.remove_range(Space::filters, key::block(first), key::block(end));
  if (!filter.empty()) changes.put(Space::filters, key::block(first), filter);
  const auto turn = ledger_.hold();
  Totals totals = ledger_.totals();
  totals.blocks -= run.size() - 1;
  totals.block_bytes = totals.block_bytes - bytes_before + info.stored_bytes;
  base::pass(base::FaultPoint::merge_before);
  TRY_VOID(ledger_.write(turn, changes, totals));
  base::pass(base::FaultPoint::merge_after);
  merged.blocks_before += run.size();
  merged.blocks_after += 1;
  merged.bytes_before += bytes_before;
  merged.bytes_after += info.stored_bytes;
  return {};
}

Result<Seq> Upkeep::keep_from(Seq floor) const {
  TRY(const auto checkpoint, ledger_.database().get(Space::state, key::checkpoint));
  const Seq seen(checkpoint && checkpoint->size() == 8 ? key::last_number(*checkpoint) : 0);
  return std::min(floor, Seq(seen.value + 1));
}

std::uint64_t Upkeep::other_bytes() const {
  // The oldest file goes once all its blocks are dropped: half of it is waiting on average.
  std::uint64_t sum = database_options(options_, nullptr).write_buffer +
                      ledger_.database().file_bytes(Space::state) +
                      ledger_.database().file_bytes(Space::filters);
  std::error_code error;
  for (std::filesystem::directory_iterator entry(database_path(ledger_.path()), error), end;
       !error && entry != end; entry.increment(error)) {
    std::error_code gone;
    if (entry->path().extension() == ".sst") continue;
    const std::uintmax_t size = entry->file_size(gone);
    if (!gone) sum += size;
  }
  return sum;
}

Result<Dropped> Upkeep::plan_retention(base::ReceivedTime now, Seq floor, std::uint64_t step) {
  TRY(const Seq keep, keep_from(floor));
  const std::uint64_t others = options_.retention_size > 0 ? other_bytes() : 0;
  const Totals totals = ledger_.totals();
  Dropped planned;
  planned.first_seq = totals.first_seq;
  const std::uint64_t used = totals.block_bytes + totals.blocks * block_overhead + others;
  // Down to a little below the limit, so that files are dropped now and then, not at each call.
  const std::uint64_t excess = options_.retention_size > 0 && used > options_.retention_size
                                   ? used - options_.retention_size / 20 * 19
                                   : 0;
  const bool by_age = options_.retention_age.count() > 0;
  const base::ReceivedTime oldest(now.value - options_.retention_age.count());

  Cursor index = ledger_.database().cursor(Space::state, key::after("i"));
  for (index.seek(key::index(totals.first_seq)); index.valid(); index.next()) {
    TRY(const BlockInfo info, info_at(index));
    const bool wanted = planned.bytes < excess || (by_age && info.max_received < oldest);
    if (!wanted || info.end() > keep || planned.bytes >= step) break;
    planned.blocks += 1;
    planned.frames += info.frames;
    planned.bytes += info.stored_bytes + block_overhead;
    planned.first_seq = info.end();
  }
  TRY_VOID(index.status());
  return planned;
}

Result<Anchor> Upkeep::anchor() const {
  TRY(const auto stored, ledger_.database().get(Space::state, key::anchor));
  if (!stored) return Anchor{};
  return decode_anchor(*stored);
}

// The state may be large, and commits must not wait for it: it is written ahead, piece by piece,
// under keys that no anchor names yet.
Result<void> Upkeep::stage(const event::StateSource& state, std::uint8_t generation) {
  constexpr std::size_t piece = std::size_t{1} << 20U;
  const std::string first = key::anchor_state(generation, "");
  Changes changes;
  changes.remove_range(Space::state, first, key::after(first));
  std::size_t bytes = 0;
  const auto put = [&](std::string_view name, std::string_view value) -> Result<void> {
    changes.put(Space::state, key::anchor_state(generation, name), value);
    bytes += name.size() + value.size();
    if (bytes < piece) return {};
    TRY_VOID(ledger_.write_aside(changes));
    changes.clear();
    bytes = 0;
    return {};
  };
  TRY_VOID(state.scan({}, {}, SIZE_MAX, put));
  return ledger_.write_aside(changes);
}

Result<void> Upkeep::drop_files_before(Seq first) {
  for (const Space space : {Space::blocks, Space::filters})
    TRY_VOID(ledger_.database().drop_files(space, key::block(Seq(0)), key::block(first)));
  return {};
}

Result<Dropped> Upkeep::drop_before(Seq first, const event::StateSource* state) {
  const std::lock_guard lock(mutex_);
  TRY(const Seq keep, keep_from(first));
  TRY(Anchor anchor, this->anchor());
  const std::uint8_t before = anchor.state;
  anchor.state = state == nullptr ? 0 : before == 1 ? 2 : 1;
  if (state != nullptr && first > ledger_.totals().first_seq) TRY_VOID(stage(*state, anchor.state));
  base::pass(base::FaultPoint::retention_staged);
  const auto turn = ledger_.hold();
  Totals totals = ledger_.totals();
  Dropped dropped;
  dropped.first_seq = totals.first_seq;
  Seq last_block;
  Cursor index = ledger_.database().cursor(Space::state, key::after("i"));
  for (index.seek(key::index(totals.first_seq)); index.valid(); index.next()) {
    TRY(const BlockInfo info, info_at(index));
    if (info.end() > keep) break;
    last_block = info.first_seq;
    dropped.blocks += 1;
    dropped.frames += info.frames;
    dropped.bytes += info.stored_bytes + block_overhead;
    dropped.first_seq = info.end();
    totals.blocks -= 1;
    totals.block_bytes -= info.stored_bytes;
    totals.text_bytes -= info.text_bytes;
  }
  TRY_VOID(index.status());
  if (dropped.blocks == 0 || dropped.first_seq != first) {
    // A file that was just being moved was passed over the last time.
    const Seq kept = ledger_.totals().first_seq;
    TRY_VOID(drop_files_before(kept));
    return Dropped{0, 0, 0, kept};
  }
  TRY(const auto block, ledger_.database().get(Space::blocks, key::block(last_block)));
  if (!block || !block_info(*block)) {
    return base::fail("store-23", "a block of the event log is missing where its index is");
  }
  anchor.chain = chain_of(*block);
  anchor.first_seq = first;
  anchor.dropped_frames += dropped.frames;
  anchor.dropped_blocks += dropped.blocks;
  totals.first_seq = first;
  merged_until_ = std::max(merged_until_, first);

  // Blocks and filters are not removed one by one or as a range: nobody reads before first_seq, and
  // a range from 0 on would have RocksDB rewrite the files that it covers. Clock records behind the
  // last dropped frame stay: others may still come there, and be numbered behind them.
  Changes changes;
  changes.remove_range(Space::state, key::index(Seq(0)), key::index(first));
  changes.remove_range(Space::state, key::clock(Seq(0), 0), key::clock(Seq(first.value - 1), 0));
  changes.put(Space::state, key::anchor, encode(anchor));
  const std::string old = state == nullptr ? "K" : key::anchor_state(before, "");
  changes.remove_range(Space::state, old, key::after(old));
  base::pass(base::FaultPoint::retention_before);
  TRY_VOID(ledger_.write(turn, changes, totals));
  base::pass(base::FaultPoint::retention_undeleted);
  TRY_VOID(drop_files_before(first));
  base::pass(base::FaultPoint::retention_after);
  return dropped;
}

}  // namespace tocsin::store
