// The store: the event log and all that is computed from it and must outlast the process.
// Path:      engine -> commit() -> RocksDB; respond, ingest -> outbox, offsets; cli -> reading
// Units:     sequence numbers from 1; bytes; ns since 1970Z
// Threads:   commit(): one; everything else: safe
// Errors:    store-1 to store-23, see store/README.md. After a failed write or sync every later one
//            gets store-14: close, open again, go on behind last_seq() and the committed offsets
// Tested by: tests/store/store_test.cpp, tests/crash/store_fault_test.cpp,
// tests/crash/store_crash_test.cpp
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "event/alert.hpp"
#include "event/ports.hpp"
#include "event/source.hpp"
#include "store/alerts.hpp"
#include "store/commit.hpp"
#include "store/ledger.hpp"
#include "store/options.hpp"
#include "store/reader.hpp"
#include "store/records.hpp"
#include "store/upkeep.hpp"

namespace tocsin::store {

class FilterReader;

struct StoreStats {
  Totals totals;
  Position durable;
  std::uint64_t syncs = 0;
  std::uint64_t bytes = 0;  // of the whole folder
};

class Store final : public event::Offsets, public event::Outbox {
 public:
  // For writing; makes the store when there is none. `env`: tests inject faults there.
  [[nodiscard]] static base::Result<std::unique_ptr<Store>> open(const std::string& path,
                                                                 const StoreOptions& options = {},
                                                                 rocksdb::Env* env = nullptr);
  // Changes no file; also beside a process that writes (then: what it had written by now). Writing
  // through it is a bug (CHECK).
  [[nodiscard]] static base::Result<std::unique_ptr<Store>> open_read_only(
      const std::string& path, const StoreOptions& options = {}, rocksdb::Env* env = nullptr);
  // Does not wait for the disk: what close() did not see counts as after a kill.
  ~Store() override;
  // All on disk; the next start finds a clean store. Nothing else may be called afterwards, and
  // every LogReader is gone before.
  [[nodiscard]] base::Result<void> close();
  [[nodiscard]] const OpenReport& report() const;

  // ---- writing
  // All of it or nothing. The blocks begin at last_seq() + 1 (CHECK). It is visible at once and
  // safe as `sync` says: acknowledge with wait_durable() or on_durable() only.
  [[nodiscard]] base::Result<void> commit(const Commit& commit);
  [[nodiscard]] event::Seq first_seq() const;  // of the oldest kept frame
  [[nodiscard]] event::Seq last_seq() const;   // 0: none yet
  [[nodiscard]] event::Seq durable_seq() const;
  [[nodiscard]] base::Result<void> wait_durable(event::Seq seq);
  // Called from the syncing thread with the last safe frame and the duration of the sync; set
  // before the first commit; must not call the store.
  void on_durable(Syncer::OnDurable call);
  // All that was committed is safe when this returns.
  [[nodiscard]] base::Result<void> sync();
  // A copy of all that is committed, in <store>/snapshot (store/backup.hpp). From any thread.
  [[nodiscard]] base::Result<void> snapshot() const;
  // The error that writes get since one failed; nothing while all is well.
  [[nodiscard]] std::optional<base::Error> failure() const;

  // ---- upkeep (store/upkeep.hpp)
  [[nodiscard]] base::Result<Merged> compact_small_blocks(bool all = false);
  [[nodiscard]] base::Result<Dropped> plan_retention(base::ReceivedTime now, event::Seq floor,
                                                     std::uint64_t step = UINT64_MAX);
  [[nodiscard]] base::Result<Dropped> drop_before(event::Seq first,
                                                  const event::StateSource* state);

  // ---- offsets and outbox (event/ports.hpp); pending() gives only rows that are safe on disk
  [[nodiscard]] base::Result<std::optional<std::string>> offset(
      std::string_view key) const override;
  [[nodiscard]] base::Result<std::vector<event::OutboxRow>> pending(
      std::string_view channel, std::uint64_t after, std::size_t limit) const override;
  base::Result<void> delivered(std::string_view channel,
                               const std::vector<std::uint64_t>& numbers) override;
  base::Result<void> bury(const event::OutboxRow& row, std::string_view reason) override;
  [[nodiscard]] base::Result<std::vector<DeadLetter>> dead_letters(std::string_view channel,
                                                                   std::size_t limit) const;

  // ---- reading
  [[nodiscard]] LogReader read_log(event::Seq from = event::Seq(1)) const;
  [[nodiscard]] LogReader read_log(TimeSpan span) const;
  // By store/block_filter.hpp.
  [[nodiscard]] FilterReader read_filters() const;
  // All kept blocks in their order, without their bytes, until `each` returns false; those that end
  // behind `from`.
  [[nodiscard]] base::Result<void> read_index(const std::function<bool(const BlockInfo&)>& each,
                                              event::Seq from = event::Seq(0)) const;
  // In order of firing, behind `after` (an order number), until `each` returns false.
  [[nodiscard]] base::Result<void> read_alerts(const AlertFilter& filter,
                                               const std::function<bool(const StoredAlert&)>& each,
                                               std::optional<std::uint64_t> after = {}) const;
  [[nodiscard]] base::Result<std::optional<StoredAlert>> find_alert(const event::AlertId& id) const;
  // The same with what people do about them, and that written (store/alerts.hpp). From any thread.
  [[nodiscard]] AlertTable& alerts();
  [[nodiscard]] const AlertTable& alerts() const;
  // In order of (seq, k), from `from` on, until `each` returns false.
  [[nodiscard]] base::Result<void> read_lockouts(
      event::Seq from, const std::function<bool(const event::Lockout&)>& each) const;
  [[nodiscard]] base::Result<void> read_clocks(
      event::Seq from, const std::function<bool(const ClockRecord&)>& each) const;
  [[nodiscard]] base::Result<std::vector<Epoch>> epochs() const;
  // The content with that hash; checked against it.
  [[nodiscard]] base::Result<std::string> blob(const base::Sha256& hash) const;
  // Adds the stored rows to `table` (fresh), so that each has the id that its frames name.
  [[nodiscard]] base::Result<void> load_sources(event::SourceTable& table) const;
  // The last frame that the saved state has seen, and the state, in key order.
  [[nodiscard]] base::Result<std::optional<event::Seq>> checkpoint() const;
  [[nodiscard]] base::Result<void> read_state(const event::StateReader& each,
                                              std::string_view prefix = {}) const;
  // The same for who reads some of it; good as long as the store.
  [[nodiscard]] const event::StateSource& state() const;
  [[nodiscard]] base::Result<std::optional<Anchor>> anchor() const;
  [[nodiscard]] base::Result<void> read_anchor_state(const event::StateReader& each) const;
  // Reads the sizes of all files: not for every event.
  [[nodiscard]] StoreStats stats() const;
  // The files that the log lies in, as of now; later they may be gone, since they were merged.
  [[nodiscard]] std::vector<Database::SortedFile> sorted_files() const;

 private:
  struct Rep;
  explicit Store(std::unique_ptr<Rep> rep);
  base::Result<void> load_outbox_numbers();
  std::unique_ptr<Rep> rep_;
};

}  // namespace tocsin::store
