#include "store/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <unordered_map>

#include "base/check.hpp"
#include "base/fault_point.hpp"
#include "store/backup.hpp"
#include "store/block_filter.hpp"
#include "store/folder.hpp"

namespace tocsin::store {

using base::fail;
using base::Result;
using event::Seq;

namespace {

constexpr std::uint64_t last_of_all = ~std::uint64_t{0};

// The places of alerts in the order of firing, so that an amendment asks the database but once.
class AlertOrders {
 public:
  [[nodiscard]] std::optional<std::uint64_t> find(const event::AlertId& id) const {
    const auto found = orders_.find(id);
    return found == orders_.end() ? std::nullopt : std::optional(found->second);
  }
  void remember(const event::AlertId& id, std::uint64_t order) {
    orders_.insert_or_assign(id, order);
  }
  // Open alerts are few; who is forgotten here is looked up again.
  void limit() {
    if (orders_.size() >= most) orders_.clear();
  }
  void forget_all() { orders_.clear(); }

 private:
  static constexpr std::size_t most = 16'384;
  // An id is a part of a SHA-256.
  struct Hash {
    std::size_t operator()(const event::AlertId& id) const {
      std::size_t hash = 0;
      std::memcpy(&hash, id.bytes.data(), sizeof hash);
      return hash;
    }
  };
  std::unordered_map<event::AlertId, std::uint64_t, Hash> orders_;
};

// The state at the checkpoint.
class SavedState final : public event::StateSource {
 public:
  explicit SavedState(const Ledger& ledger) : ledger_(ledger) {}

  [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key) const override {
    return ledger_.database().get(Space::state, key::state(key));
  }
  [[nodiscard]] Result<std::vector<std::optional<std::string>>> get_many(
      const std::vector<std::string>& keys) const override {
    std::vector<std::string> names;
    names.reserve(keys.size());
    for (const std::string& key : keys) names.push_back(key::state(key));
    return ledger_.database().get_many(Space::state, names);
  }
  [[nodiscard]] Result<void> scan(std::string_view begin, std::string_view end, std::size_t limit,
                                  const event::StateReader& each) const override {
    constexpr std::size_t long_way = 1024;
    Cursor cursor = ledger_.database().cursor(
        Space::state, end.empty() ? key::after(key::state("")) : key::state(end), limit > long_way);
    for (cursor.seek(key::state(begin)); cursor.valid() && limit > 0; cursor.next(), --limit)
      TRY_VOID(each(cursor.key().substr(1), cursor.value()));
    return cursor.status();
  }

 private:
  const Ledger& ledger_;
};

}  // namespace

struct Store::Rep {
  std::unique_ptr<Ledger> ledger;
  std::unique_ptr<SavedState> state;
  std::unique_ptr<Upkeep> upkeep;
  std::unique_ptr<AlertTable> alerts;
  Changes changes;     // of commit()
  AlertOrders orders;  // of what is committed, under the ledger's turn
  std::map<std::string, std::uint64_t, std::less<>> outbox_next;

  // Rows that a power cut could still take back are delivered to nobody.
  struct Unsafe {
    std::uint64_t commit;
    std::string channel;
    std::uint64_t next;
  };
  std::mutex outbox_mutex;  // of the two below
  std::deque<Unsafe> outbox_unsafe;
  std::map<std::string, std::uint64_t, std::less<>> outbox_safe;  // first number that is not

  [[nodiscard]] const Database& database() const { return ledger->database(); }
  void note_unsafe_rows(const Commit& commit, std::uint64_t number);
  [[nodiscard]] std::uint64_t first_unsafe_row(std::string_view channel);
};

Store::Store(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const std::string& path, const StoreOptions& options,
                                           rocksdb::Env* env) {
  auto rep = std::make_unique<Rep>();
  TRY(rep->ledger, Ledger::open(path, options, env));
  rep->state = std::make_unique<SavedState>(*rep->ledger);
  rep->upkeep = std::make_unique<Upkeep>(*rep->ledger, options);
  rep->alerts = std::make_unique<AlertTable>(*rep->ledger);
  std::unique_ptr<Store> store(new Store(std::move(rep)));
  TRY_VOID(store->load_outbox_numbers());
  return store;
}

Result<std::unique_ptr<Store>> Store::open_read_only(const std::string& path,
                                                     const StoreOptions& options,
                                                     rocksdb::Env* env) {
  auto rep = std::make_unique<Rep>();
  TRY(rep->ledger, Ledger::open_read_only(path, options, env));
  rep->state = std::make_unique<SavedState>(*rep->ledger);
  rep->upkeep = std::make_unique<Upkeep>(*rep->ledger, options);
  rep->alerts = std::make_unique<AlertTable>(*rep->ledger);
  return std::unique_ptr<Store>(new Store(std::move(rep)));
}

Result<void> Store::load_outbox_numbers() {
  Cursor cursor = rep_->database().cursor(Space::state, key::after("n"));
  for (cursor.seek("n"); cursor.valid(); cursor.next()) {
    rep_->outbox_next.emplace(cursor.key().substr(1), key::last_number(cursor.value()));
    rep_->outbox_safe.emplace(cursor.key().substr(1), key::last_number(cursor.value()));
  }
  return cursor.status();
}

Result<void> Store::close() { return rep_->ledger->close(); }
const OpenReport& Store::report() const { return rep_->ledger->report(); }

// ---- writing

namespace {

void put_blocks(const Commit& commit, Totals& totals, Changes& changes) {
  std::string header;
  for (std::size_t i = 0; i < commit.blocks.size(); ++i) {
    const std::string& block = commit.blocks[i];
    const auto info = block_info(block);
    CHECK(info.has_value(), "a commit takes sealed blocks");
    CHECK(info->first_seq == totals.next_seq, "a block that does not begin where the log ends");
    totals.chain = extend(totals.chain, info->first_seq, info->frames, digest_of(block));
    header.assign(block, 0, block_header_size);
    set_chain(header, totals.chain);
    changes.put(Space::blocks, key::block(info->first_seq), header,
                std::string_view(block).substr(block_header_size));
    changes.put(Space::state, key::index(info->first_seq), encode(*info));
    if (i < commit.filters.size() && !commit.filters[i].empty())
      changes.put(Space::filters, key::block(info->first_seq), commit.filters[i]);
    totals.next_seq = info->end();
    totals.blocks += 1;
    totals.block_bytes += info->stored_bytes;
    totals.text_bytes += info->text_bytes;
  }
}

void put_sources(const Commit& commit, Totals& totals, Changes& changes) {
  if (commit.sources == nullptr) return;
  const auto size = static_cast<std::uint32_t>(commit.sources->size());
  for (; totals.sources < size; ++totals.sources) {
    const event::SourceId id(totals.sources);
    changes.put(Space::state, key::source(id), encode((*commit.sources)[id]));
  }
}

// Its place in the order of firing, if it is stored. An id follows from the frame that fired the
// alert: one that a frame of this commit fired was in no commit before.
Result<std::optional<std::uint64_t>> stored_order(const event::Alert& alert, Seq commit_begin,
                                                  const Database& database,
                                                  const AlertOrders& orders) {
  if (const auto known = orders.find(alert.id); known || alert.fired_by >= commit_begin)
    return known;
  TRY(const auto stored, database.get(Space::state, key::alert(alert.id)));
  if (!stored) return std::nullopt;
  TRY(const std::uint64_t order, decode_alert_order(*stored));
  return order;
}

// The orders are those of this commit too: forget them when it is not written.
Result<void> put_alerts(const Commit& commit, Seq commit_begin, const Database& database,
                        Totals& totals, AlertOrders& orders, Changes& changes) {
  orders.limit();
  for (const AlertWrite& write : commit.alerts) {
    const event::Alert& alert = *write.alert;
    TRY(const auto stored, stored_order(alert, commit_begin, database, orders));
    const std::uint64_t order = stored ? *stored : totals.next_alert++;
    orders.remember(alert.id, order);
    changes.put(Space::state, key::fired(order), encode_course(alert));
    if (write.whole || !stored)
      changes.put(Space::state, key::alert(alert.id), encode_alert(order, alert));
  }
  return {};
}

void put_derived(const Commit& commit, Changes& changes) {
  for (const event::Lockout& lockout : commit.lockouts) {
    changes.put(Space::state, key::derived(lockout.seq, lockout.k),
                kind_lockout + event::encode(lockout));
  }
  for (const ClockRecord& record : commit.clocks)
    changes.put(Space::state, key::clock(record.after, record.k), encode(record));
  for (const event::Offset& offset : commit.offsets) {
    if (offset.value.empty()) {
      changes.remove(Space::state, key::offset(offset.key));
    } else {
      changes.put(Space::state, key::offset(offset.key), offset.value);
    }
  }
}

void put_state(const Commit& commit, Changes& changes) {
  commit.state.for_each(
      [&](std::string_view name, std::string_view value) {
        changes.put(Space::state, key::state(name), value);
      },
      [&](std::string_view name) { changes.remove(Space::state, key::state(name)); },
      [&](std::string_view prefix) {
        changes.remove_range(Space::state, key::state(prefix), key::after(key::state(prefix)));
      });
  if (commit.checkpoint) changes.put(Space::state, key::checkpoint, key::block(*commit.checkpoint));
}

Result<void> put_epoch(const Commit& commit, const Database& database, Totals& totals,
                       Changes& changes) {
  if (!commit.epoch) return {};
  Epoch epoch;
  epoch.number = totals.next_epoch++;
  epoch.from = commit.epoch->from;
  epoch.engine = commit.epoch->engine;
  epoch.k = commit.epoch->k;
  epoch.warmed_from = commit.epoch->warmed_from;
  for (const EpochText& text : commit.epoch->texts) {
    const base::Sha256 hash = base::sha256(text.text);
    epoch.items.push_back({text.kind, text.name, hash});
    TRY(const auto stored, database.get(Space::state, key::blob(hash)));
    if (!stored) changes.put(Space::state, key::blob(hash), text.text);
  }
  changes.put(Space::state, key::epoch(epoch.number), encode(epoch));
  return {};
}

}  // namespace

Result<void> Store::commit(const Commit& commit) {
  base::pass(base::FaultPoint::commit_before);
  Ledger& ledger = *rep_->ledger;
  if (auto error = ledger.failure()) return std::unexpected(*std::move(error));
  const auto turn = ledger.hold();
  Totals totals = ledger.totals();
  Changes& changes = rep_->changes;
  const Seq begin = totals.next_seq;
  changes.clear();
  put_blocks(commit, totals, changes);
  put_sources(commit, totals, changes);
  if (auto put = put_alerts(commit, begin, ledger.database(), totals, rep_->orders, changes);
      !put) {
    rep_->orders.forget_all();
    return put;
  }
  put_derived(commit, changes);
  put_state(commit, changes);
  if (auto put = put_epoch(commit, ledger.database(), totals, changes); !put) {
    rep_->orders.forget_all();
    return put;
  }
  for (const event::OutboxRow& row : commit.outbox) {
    CHECK(row.channel.find('\0') == std::string::npos, "a channel's name holds a zero byte");
    std::uint64_t& next = rep_->outbox_next.try_emplace(row.channel, 1).first->second;
    changes.put(Space::state, key::outbox(row.channel, next), encode(row));
    ++next;
    changes.put(Space::state, key::next_outbox(row.channel), key::block(Seq(next)));
  }
  if (auto written = ledger.write(turn, changes, totals); !written) {
    rep_->orders.forget_all();
    return written;
  }
  if (!commit.outbox.empty()) rep_->note_unsafe_rows(commit, ledger.totals().commit);
  base::pass(base::FaultPoint::commit_after);
  return {};
}

Seq Store::first_seq() const { return rep_->ledger->totals().first_seq; }
Seq Store::last_seq() const { return Seq(rep_->ledger->totals().next_seq.value - 1); }
Seq Store::durable_seq() const {
  const Syncer* syncer = rep_->ledger->maybe_syncer();
  return syncer != nullptr ? syncer->durable().seq : last_seq();
}
Result<void> Store::wait_durable(Seq seq) { return rep_->ledger->syncer().wait(seq); }
void Store::on_durable(Syncer::OnDurable call) {
  rep_->ledger->syncer().on_durable(std::move(call));
}
Result<void> Store::sync() { return rep_->ledger->syncer().sync_now(); }
std::optional<base::Error> Store::failure() const { return rep_->ledger->failure(); }

Result<void> Store::snapshot() const {
  return make_snapshot(rep_->database(), rep_->ledger->path());
}

Result<Merged> Store::compact_small_blocks(bool all) {
  return rep_->upkeep->merge_small_blocks(all);
}
Result<Dropped> Store::plan_retention(base::ReceivedTime now, Seq floor, std::uint64_t step) {
  return rep_->upkeep->plan_retention(now, floor, step);
}
Result<Dropped> Store::drop_before(Seq first, const event::StateSource* state) {
  return rep_->upkeep->drop_before(first, state);
}

// ---- offsets and outbox

void Store::Rep::note_unsafe_rows(const Commit& commit, std::uint64_t number) {
  const std::lock_guard lock(outbox_mutex);
  for (const event::OutboxRow& row : commit.outbox) {
    const std::uint64_t next = outbox_next.find(row.channel)->second;
    // Newest first: the first that is of this channel or of another commit decides.
    const auto last =
        std::find_if(outbox_unsafe.rbegin(), outbox_unsafe.rend(), [&](const Unsafe& unsafe) {
          return unsafe.commit != number || unsafe.channel == row.channel;
        });
    if (last == outbox_unsafe.rend() || last->commit != number)
      outbox_unsafe.push_back({number, row.channel, next});
  }
}

std::uint64_t Store::Rep::first_unsafe_row(std::string_view channel) {
  const Syncer* syncer = ledger->maybe_syncer();
  if (syncer == nullptr) return last_of_all;  // read-only: what is there is there
  const std::uint64_t safe = syncer->durable().commit;
  const std::lock_guard lock(outbox_mutex);
  for (; !outbox_unsafe.empty() && outbox_unsafe.front().commit <= safe; outbox_unsafe.pop_front())
    outbox_safe[outbox_unsafe.front().channel] = outbox_unsafe.front().next;
  const auto place = outbox_safe.find(channel);
  return place == outbox_safe.end() ? 1 : place->second;
}

Result<std::optional<std::string>> Store::offset(std::string_view key) const {
  return rep_->database().get(Space::state, key::offset(key));
}

namespace {

// Calls each(number, value) for the rows of a queue, in order.
Result<void> walk_queue(const Database& database, const std::string& first, const std::string& end,
                        std::size_t limit,
                        const std::function<Result<void>(std::uint64_t, std::string_view)>& each) {
  Cursor cursor = database.cursor(Space::state, end);
  for (cursor.seek(first); cursor.valid() && limit > 0; cursor.next(), --limit)
    TRY_VOID(each(key::last_number(cursor.key()), cursor.value()));
  return cursor.status();
}

}  // namespace

Result<std::vector<event::OutboxRow>> Store::pending(std::string_view channel, std::uint64_t after,
                                                     std::size_t limit) const {
  std::vector<event::OutboxRow> rows;
  const std::uint64_t end = rep_->first_unsafe_row(channel);
  if (after >= end) return rows;
  TRY_VOID(walk_queue(rep_->database(), key::outbox(channel, after + 1), key::outbox(channel, end),
                      limit, [&](std::uint64_t number, std::string_view value) -> Result<void> {
                        TRY(DeadLetter letter, decode_outbox(channel, number, value));
                        rows.push_back(std::move(letter.row));
                        return {};
                      }));
  return rows;
}

Result<void> Store::delivered(std::string_view channel, const std::vector<std::uint64_t>& numbers) {
  Changes changes;
  for (const std::uint64_t number : numbers)
    changes.remove(Space::state, key::outbox(channel, number));
  return rep_->ledger->write_aside(changes);
}

Result<void> Store::bury(const event::OutboxRow& row, std::string_view reason) {
  Changes changes;
  changes.remove(Space::state, key::outbox(row.channel, row.number));
  changes.put(Space::state, key::dead_letter(row.channel, row.number), encode(row, reason));
  return rep_->ledger->write_aside(changes);
}

Result<std::vector<DeadLetter>> Store::dead_letters(std::string_view channel,
                                                    std::size_t limit) const {
  std::vector<DeadLetter> letters;
  TRY_VOID(walk_queue(rep_->database(), key::dead_letter(channel, 0),
                      key::dead_letter(channel, last_of_all), limit,
                      [&](std::uint64_t number, std::string_view value) -> Result<void> {
                        TRY(DeadLetter letter, decode_outbox(channel, number, value));
                        letters.push_back(std::move(letter));
                        return {};
                      }));
  return letters;
}

// ---- reading

LogReader Store::read_log(Seq from) const {
  const auto turn = rep_->ledger->hold();
  return {rep_->database(), rep_->ledger->totals(), from};
}

LogReader Store::read_log(TimeSpan span) const {
  const auto turn = rep_->ledger->hold();
  return {rep_->database(), rep_->ledger->totals(), Seq(0), span};
}

FilterReader Store::read_filters() const { return FilterReader(rep_->database()); }

Result<std::optional<StoredAlert>> Store::find_alert(const event::AlertId& id) const {
  return rep_->alerts->find(id);
}
Result<void> Store::read_alerts(const AlertFilter& filter,
                                const std::function<bool(const StoredAlert&)>& each,
                                std::optional<std::uint64_t> after) const {
  return rep_->alerts->read(filter, each, after);
}
AlertTable& Store::alerts() { return *rep_->alerts; }
const AlertTable& Store::alerts() const { return *rep_->alerts; }

Result<void> Store::read_lockouts(Seq from,
                                  const std::function<bool(const event::Lockout&)>& each) const {
  Cursor cursor = rep_->database().cursor(Space::state, key::after("l"));
  for (cursor.seek(key::derived(from, 0)); cursor.valid(); cursor.next()) {
    const std::string_view value = cursor.value();
    if (value.empty() || value.front() != kind_lockout) continue;
    TRY(const event::Lockout lockout, event::decode_lockout(value.substr(1)));
    if (!each(lockout)) return {};
  }
  return cursor.status();
}

Result<void> Store::read_clocks(Seq from,
                                const std::function<bool(const ClockRecord&)>& each) const {
  Cursor cursor = rep_->database().cursor(Space::state, key::after("c"));
  for (cursor.seek(key::clock(from, 0)); cursor.valid(); cursor.next()) {
    const std::string_view name = cursor.key();  // 'c' seq(8) k(4)
    if (name.size() != 13) return fail("store-22", "a clock record's key is damaged");
    const Seq after(key::last_number(name.substr(0, 9)));
    const auto k = static_cast<std::uint32_t>(key::last_number(name));
    TRY(const ClockRecord record, decode_clock(after, k, cursor.value()));
    if (!each(record)) return {};
  }
  return cursor.status();
}

Result<void> Store::read_index(const std::function<bool(const BlockInfo&)>& each, Seq from) const {
  const Seq first = std::max(first_seq(), from);
  Cursor cursor = rep_->database().cursor(Space::state, key::after("i"));
  cursor.seek_back(key::index(first));
  if (!cursor.valid() || cursor.key().front() != 'i') cursor.seek("i");
  for (; cursor.valid(); cursor.next()) {
    TRY(const BlockInfo info,
        decode_block_info(Seq(key::last_number(cursor.key())), cursor.value()));
    if (info.end() > first && !each(info)) return {};
  }
  return cursor.status();
}

std::vector<Database::SortedFile> Store::sorted_files() const {
  return rep_->database().sorted_files();
}

Result<std::vector<Epoch>> Store::epochs() const {
  std::vector<Epoch> out;
  Cursor cursor = rep_->database().cursor(Space::state, key::after("e"));
  for (cursor.seek("e"); cursor.valid(); cursor.next()) {
    const auto number = static_cast<std::uint32_t>(out.size());
    if (cursor.key() != key::epoch(number))
      return fail("store-23", fmt::format("epoch {} is missing in the store", number));
    TRY(Epoch epoch, decode_epoch(number, cursor.value()));
    out.push_back(std::move(epoch));
  }
  TRY_VOID(cursor.status());
  return out;
}

Result<std::string> Store::blob(const base::Sha256& hash) const {
  TRY(auto content, rep_->database().get(Space::state, key::blob(hash)));
  const std::string name = base::to_hex(hash.data(), hash.size());
  if (!content) return fail("store-23", fmt::format("content {} is missing in the store", name));
  if (base::sha256(*content) != hash)
    return fail("store-22", fmt::format("content {} in the store is damaged", name));
  return *std::move(content);
}

Result<void> Store::load_sources(event::SourceTable& table) const {
  const std::uint32_t count = rep_->ledger->totals().sources;
  for (std::uint32_t number = 0; number < count; ++number) {
    const event::SourceId id(number);
    TRY(const auto bytes, rep_->database().get(Space::state, key::source(id)));
    if (!bytes) return fail("store-23", fmt::format("source {} is missing in the store", number));
    TRY(const event::Source source, decode_source(*bytes));
    if (table.intern(source) != id)
      return fail("store-22", fmt::format("source {} is stored twice", number));
  }
  return {};
}

Result<std::optional<Seq>> Store::checkpoint() const {
  TRY(const auto bytes, rep_->database().get(Space::state, key::checkpoint));
  if (!bytes) return std::nullopt;
  if (bytes->size() != 8) return fail("store-22", "the record of the checkpoint is damaged");
  return Seq(key::last_number(*bytes));
}

namespace {

Result<void> walk_state(const Database& database, const std::string& prefix,
                        const event::StateReader& each) {
  Cursor cursor = database.cursor(Space::state, key::after(prefix));
  for (cursor.seek(prefix); cursor.valid(); cursor.next())
    TRY_VOID(each(cursor.key().substr(1), cursor.value()));
  return cursor.status();
}

}  // namespace

Result<void> Store::read_state(const event::StateReader& each, std::string_view prefix) const {
  return walk_state(rep_->database(), key::state(prefix), each);
}

const event::StateSource& Store::state() const { return *rep_->state; }

Result<std::optional<Anchor>> Store::anchor() const {
  TRY(const auto bytes, rep_->database().get(Space::state, key::anchor));
  if (!bytes) return std::nullopt;
  TRY(const Anchor anchor, decode_anchor(*bytes));
  return anchor;
}

Result<void> Store::read_anchor_state(const event::StateReader& each) const {
  TRY(const auto kept, anchor());
  if (!kept || kept->state == 0) return {};
  const std::size_t prefix = key::anchor_state(kept->state, "").size() - 1;
  return walk_state(rep_->database(), key::anchor_state(kept->state, ""),
                    [&](std::string_view key, std::string_view value) {
                      return each(key.substr(prefix), value);
                    });
}

StoreStats Store::stats() const {
  StoreStats stats;
  stats.totals = rep_->ledger->totals();
  stats.bytes = bytes_in(rep_->ledger->path());
  const Syncer* syncer = rep_->ledger->maybe_syncer();
  stats.durable = syncer != nullptr
                      ? syncer->durable()
                      : Position{stats.totals.commit, Seq(stats.totals.next_seq.value - 1)};
  stats.syncs = syncer != nullptr ? syncer->syncs() : 0;
  return stats;
}

}  // namespace tocsin::store
