#include "store/ledger.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/check.hpp"
#include "base/fault_point.hpp"
#include "store/manifest.hpp"
#include "store/recovery.hpp"

namespace tocsin::store {

using base::fail;
using base::Result;

SyncMode sync_mode(const StoreOptions& options) {
  return options.sync == "always" ? SyncMode::always
         : options.sync == "os"   ? SyncMode::os
                                  : SyncMode::group;
}

DatabaseOptions database_options(const StoreOptions& options, rocksdb::Env* env) {
  DatabaseOptions out;
  out.env = env;
  out.cache = options.cache;
  out.write_buffer = options.write_buffer;
  // Space comes back a file at a time: small files keep a small limit.
  if (options.retention_size > 0) {
    out.write_buffer = std::clamp<std::size_t>(options.retention_size / 48, std::size_t{1} << 20U,
                                               options.write_buffer);
  }
  return out;
}

Result<std::unique_ptr<Ledger>> Ledger::open(const std::string& path, const StoreOptions& options,
                                             rocksdb::Env* env) {
  std::unique_ptr<Ledger> ledger(new Ledger());
  ledger->path_ = path;
  TRY(Folder folder, Folder::lock(path));
  ledger->folder_ = std::make_unique<Folder>(std::move(folder));
  DatabaseOptions database = database_options(options, env);
  database.on_background_error = [raw = ledger.get()](const base::Error& error) {
    (void)raw->failed(error);
  };
  TRY_VOID(ledger->create_or_check(database));
  TRY_VOID(ledger->start(options));
  return ledger;
}

Result<void> Ledger::create_or_check(const DatabaseOptions& options) {
  TRY(const auto found, MarkFile::read(mark_path(path_), &report_.mark_damaged));
  struct stat info{};
  if (!found && ::lstat(database_path(path_).c_str(), &info) == 0) {
    return fail("store-6",
                "the high-water mark is missing, so nobody can say whether the store is whole; "
                "`tocsin store salvage` saves what is there",
                {path_, 0, 0});
  }
  report_.created = !found || !found->created;
  report_.clean = report_.created || found->clean;
  if (!report_.created) {
    TRY_VOID(cut_unfinished_record(database_path(path_)));
    TRY_VOID(check_before_open(path_, options, *found));
  }

  TRY(MarkFile mark, MarkFile::open(mark_path(path_)));
  mark_ = std::make_unique<MarkFile>(std::move(mark));
  TRY(database_,
      Database::open(database_path(path_), options,
                     report_.created ? Database::Access::create : Database::Access::write));
  if (report_.created) {
    base::pass(base::FaultPoint::create_unwritten);
    Changes changes;
    write_beginning(changes);
    TRY_VOID(database_->write(changes));
    TRY_VOID(database_->sync());
    TRY_VOID(sync_names(path_));
  }
  TRY(totals_, check_log(*database_, mark_->mark(), path_));
  return {};
}

// Opening wrote what the log held into files and synced them: all that was found is safe.
Result<void> Ledger::start(const StoreOptions& options) {
  const Position position{totals_.commit, event::Seq(totals_.next_seq.value - 1)};
  TRY_VOID(mark_->write({position, true, false}));
  auto syncer = std::make_unique<Syncer>(sync_mode(options), options.sync_interval, position,
                                         [this](Position safe) { return sync(safe); });
  const std::lock_guard lock(failure_mutex_);
  if (failure_) return std::unexpected(*failure_);
  syncer_ = std::move(syncer);
  return {};
}

Result<std::unique_ptr<Ledger>> Ledger::open_read_only(const std::string& path,
                                                       const StoreOptions& options,
                                                       rocksdb::Env* env) {
  std::unique_ptr<Ledger> ledger(new Ledger());
  ledger->path_ = path;
  TRY_VOID(Folder::inspect(path));
  TRY(const auto mark, MarkFile::read(mark_path(path), &ledger->report_.mark_damaged));
  if (!mark) {
    return fail("store-6",
                "the high-water mark is missing, so nobody can say whether the store is whole; "
                "`tocsin store salvage` saves what is there",
                {path, 0, 0});
  }
  if (!mark->created) return fail("store-1", "there is no store in this folder yet", {path, 0, 0});
  ledger->report_.clean = mark->clean;
  const DatabaseOptions database = database_options(options, env);
  if (is_locked(path)) {
    TRY(ledger->database_, open_beside(path, database));
  } else {
    TRY(ledger->database_,
        Database::open(database_path(path), database, Database::Access::read_only));
  }
  TRY(ledger->totals_, check_log(*ledger->database_, *mark, path));
  return ledger;
}

Ledger::~Ledger() {
  if (syncer_) syncer_->stop();
  // Its threads may still report an error to the syncer.
  database_.reset();
}

Syncer& Ledger::syncer() {
  CHECK(syncer_ != nullptr, "a store that was opened for reading makes nothing safe");
  return *syncer_;
}

Totals Ledger::totals() const {
  const std::lock_guard lock(totals_mutex_);
  return totals_;
}

Result<void> Ledger::write(const Turn& turn, Changes& changes, Totals totals) {
  CHECK(turn.owns_lock() && turn.mutex() == &turn_, "a write out of turn");
  CHECK(syncer_ != nullptr, "a write to a store that was opened for reading");
  if (auto error = failure()) return std::unexpected(*std::move(error));
  totals.commit = totals_.commit + 1;
  changes.put(Space::state, key::totals, encode(totals));
  if (auto written = database_->write(changes); !written) {
    (void)failed(written.error());
    return written;
  }
  {
    const std::lock_guard lock(totals_mutex_);
    totals_ = totals;
  }
  return syncer_->committed({totals.commit, event::Seq(totals.next_seq.value - 1)});
}

Result<void> Ledger::write_aside(Changes& changes) {
  CHECK(syncer_ != nullptr, "a write to a store that was opened for reading");
  if (auto error = failure()) return std::unexpected(*std::move(error));
  auto written = database_->write(changes);
  if (!written) (void)failed(written.error());
  return written;
}

Result<void> Ledger::sync(Position position) {
  base::pass(base::FaultPoint::sync_before);
  auto result = database_->sync();
  base::pass(base::FaultPoint::sync_unmarked);
  if (result) result = mark_->write({position, true, false});
  if (!result) return std::unexpected(failed(result.error()));
  base::pass(base::FaultPoint::sync_after);
  return {};
}

base::Error Ledger::failed(const base::Error& cause) {
  const std::lock_guard lock(failure_mutex_);
  if (!failure_) {
    failure_ = base::Error{"store-14",
                           fmt::format("a write to the store failed, and it has to be opened "
                                       "again: {}: {}",
                                       cause.code, cause.sentence),
                           {path_, 0, 0}};
  }
  if (syncer_) syncer_->fail(*failure_);
  return *failure_;
}

std::optional<base::Error> Ledger::failure() const {
  const std::lock_guard lock(failure_mutex_);
  return failure_;
}

Result<void> Ledger::close() {
  if (!syncer_) return database_->close();
  syncer_->stop();
  if (auto error = failure()) return std::unexpected(*std::move(error));
  TRY_VOID(syncer_->sync_now());
  auto closed = database_->flush();
  if (closed) closed = database_->close();
  base::pass(base::FaultPoint::close_unmarked);
  // Both slots, so that a torn one can be told from a damaged one at the next start.
  const Position position{totals_.commit, event::Seq(totals_.next_seq.value - 1)};
  for (int slot = 0; closed && slot < 2; ++slot) closed = mark_->write({position, true, true});
  return closed;
}

}  // namespace tocsin::store
