// The open database and where the log stands: every change that counts goes through here, one at a
// time, numbered.
// Path:      store/store, store/upkeep -> here -> store/database, store/syncer, store/mark
// Threads:   safe; writers take turns by hold()
// Errors:    those of store/database and store/mark; after the first failed write or sync all later
//            ones are refused with store-14: the store has to be opened again
// Tested by: tests/store/ledger_test.cpp, tests/crash/store_fault_test.cpp
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "store/database.hpp"
#include "store/folder.hpp"
#include "store/mark.hpp"
#include "store/options.hpp"
#include "store/records.hpp"
#include "store/syncer.hpp"

namespace tocsin::store {

// What was found when a store was opened.
struct OpenReport {
  bool created = false;
  bool clean = true;          // it had been closed
  bool mark_damaged = false;  // one slot of the high-water mark could not be read
};

class Ledger {
 public:
  // For writing: locks the folder, makes the store when there is none, refuses one that is behind
  // its mark (store-5) or of another format (store-4) without having changed a file of it, but for
  // what a power cut left unfinished (store/manifest.hpp).
  [[nodiscard]] static base::Result<std::unique_ptr<Ledger>> open(const std::string& path,
                                                                  const StoreOptions& options,
                                                                  rocksdb::Env* env);
  // Changes no file. Beside a process that writes: what it had written when this was called.
  [[nodiscard]] static base::Result<std::unique_ptr<Ledger>> open_read_only(
      const std::string& path, const StoreOptions& options, rocksdb::Env* env);

  ~Ledger();

  [[nodiscard]] Database& database() { return *database_; }
  [[nodiscard]] const Database& database() const { return *database_; }
  [[nodiscard]] Syncer& syncer();
  [[nodiscard]] const Syncer* maybe_syncer() const { return syncer_.get(); }
  [[nodiscard]] const OpenReport& report() const { return report_; }
  [[nodiscard]] const std::string& path() const { return path_; }

  using Turn = std::unique_lock<std::mutex>;
  [[nodiscard]] Turn hold() { return Turn(turn_); }
  [[nodiscard]] Totals totals() const;
  // Writes `changes` and `totals` (its commit number is set here) in one piece. Takes a turn, so
  // that nobody wrote since the totals were read.
  [[nodiscard]] base::Result<void> write(const Turn& turn, Changes& changes, Totals totals);
  // A change that moves no total and need not be safe at once (a delivered row).
  [[nodiscard]] base::Result<void> write_aside(Changes& changes);
  // The error that all writes get since one failed.
  [[nodiscard]] std::optional<base::Error> failure() const;

  // All on disk, the mark says clean. Not to be used afterwards.
  [[nodiscard]] base::Result<void> close();

 private:
  Ledger() = default;
  base::Result<void> create_or_check(const DatabaseOptions& options);
  base::Result<void> start(const StoreOptions& options);
  base::Result<void> sync(Position position);
  base::Error failed(const base::Error& cause);

  std::string path_;
  OpenReport report_;
  std::unique_ptr<Folder> folder_;
  std::unique_ptr<MarkFile> mark_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Syncer> syncer_;
  std::mutex turn_;
  mutable std::mutex totals_mutex_;
  Totals totals_;
  mutable std::mutex failure_mutex_;
  std::optional<base::Error> failure_;
};

[[nodiscard]] SyncMode sync_mode(const StoreOptions& options);
[[nodiscard]] DatabaseOptions database_options(const StoreOptions& options, rocksdb::Env* env);

}  // namespace tocsin::store
