#include "store/database.hpp"

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/iterator.h>
#include <rocksdb/listener.h>
#include <rocksdb/metadata.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <vector>

#include "base/check.hpp"
#include "base/fault_point.hpp"
#include "store/wal_files.hpp"

namespace tocsin::store {

namespace {

using base::Result;
using rocksdb::ColumnFamilyHandle;
using rocksdb::Slice;
using rocksdb::Status;

Slice slice(std::string_view text) { return {text.data(), text.size()}; }
std::string_view view(const Slice& text) { return {text.data(), text.size()}; }

base::Error error_of(const Status& status, const std::string& path) {
  std::string code = "store-13";
  std::string what = "the database refused";
  if (status.IsCorruption()) {
    code = "store-10";
    what = "the database is damaged";
  } else if (status.IsNoSpace()) {
    code = "store-11";
    what = "no space is left for the database";
  } else if (status.IsIOError()) {
    code = "store-12";
    what = "the database cannot read or write its files";
  }
  return {std::move(code), fmt::format("{}: {}", what, status.ToString()), {path, 0, 0}};
}

Result<void> result_of(const Status& status, const std::string& path) {
  if (status.ok()) return {};
  return std::unexpected(error_of(status, path));
}

// A read-only database would otherwise rename the log of the one that writes.
class NoLog final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

class BackgroundErrors final : public rocksdb::EventListener {
 public:
  BackgroundErrors(std::function<void(base::Error)> report, std::string path)
      : report_(std::move(report)), path_(std::move(path)) {}
  void OnBackgroundError(rocksdb::BackgroundErrorReason /*reason*/, Status* status) override {
    if (report_) report_(error_of(*status, path_));
  }
  // After a failed write nobody knows what is on disk: only opening again finds out.
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/, Status /*status*/,
                            bool* automatic) override {
    *automatic = false;
  }

 private:
  std::function<void(base::Error)> report_;
  std::string path_;
};

rocksdb::Options database_options(const DatabaseOptions& options, Database::Access access,
                                  const std::string& path, rocksdb::Env* env) {
  rocksdb::Options out;
  out.env = env;
  out.create_if_missing = access == Database::Access::create;
  out.create_missing_column_families = access != Database::Access::read_only;
  out.paranoid_checks = true;
  // The high-water mark says how much must be there; see store/recovery.hpp.
  out.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  // Known faults of 7.8.3: false "missing WAL" when a log is synced, unreadable compressed logs.
  out.track_and_verify_wals_in_manifest = false;
  out.wal_compression = rocksdb::kNoCompression;
  out.max_total_wal_size = 3 * options.write_buffer;
  out.max_bgerror_resume_count = 0;
  out.max_open_files = options.open_files;
  out.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  out.max_background_jobs = 2;
  out.avoid_flush_during_shutdown = !options.log;
  out.bytes_per_sync = std::size_t{1} << 20U;
  out.max_manifest_file_size = std::size_t{4} << 20U;
  // No log file of its own: on a full disk its second line would abort the process (an assertion
  // in Debian's RocksDB about a file whose last write failed). Faults reach us as a Status.
  out.info_log_level = rocksdb::InfoLogLevel::FATAL_LEVEL;
  out.info_log = std::make_shared<NoLog>();
  out.stats_dump_period_sec = 0;
  out.stats_persist_period_sec = 0;
  out.listeners.push_back(std::make_shared<BackgroundErrors>(options.on_background_error, path));
  return out;
}

rocksdb::BlockBasedTableOptions table_options(std::shared_ptr<rocksdb::Cache> cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = std::move(cache);
  table.cache_index_and_filter_blocks = true;  // their memory is bounded by the cache
  table.checksum = rocksdb::kXXH3;
  table.format_version = 5;
  return table;
}

// Values of about 40 KiB that we compressed, written in key order: files never overlap, so they
// move down the levels without being rewritten.
rocksdb::ColumnFamilyOptions block_space(const DatabaseOptions& options,
                                         std::shared_ptr<rocksdb::Cache> cache) {
  rocksdb::ColumnFamilyOptions out;
  out.compression = rocksdb::kNoCompression;
  out.write_buffer_size = options.write_buffer;
  out.max_write_buffer_number = 3;
  out.target_file_size_base = std::max<std::uint64_t>(options.write_buffer, 1U << 20U);
  out.max_bytes_for_level_base = 8 * options.write_buffer;
  rocksdb::BlockBasedTableOptions table = table_options(std::move(cache));
  table.block_size = std::size_t{64} << 10U;
  out.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return out;
}

// Small beside their blocks, and as they are: in key order, and dense.
rocksdb::ColumnFamilyOptions filter_space(const DatabaseOptions& options,
                                          std::shared_ptr<rocksdb::Cache> cache) {
  DatabaseOptions small = options;
  small.write_buffer = std::max<std::size_t>(options.write_buffer / 8, 1U << 20U);
  return block_space(small, std::move(cache));
}

rocksdb::ColumnFamilyOptions state_space(const DatabaseOptions& options,
                                         std::shared_ptr<rocksdb::Cache> cache) {
  rocksdb::ColumnFamilyOptions out;
  out.compression = rocksdb::kZSTD;
  out.compression_opts.level = 1;
  out.write_buffer_size = std::max<std::size_t>(options.write_buffer / 4, 1U << 20U);
  out.max_write_buffer_number = 3;
  rocksdb::BlockBasedTableOptions table = table_options(std::move(cache));
  table.block_size = std::size_t{16} << 10U;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  // In pieces: the filter of a million keys as a whole is larger than a shard of the cache, and
  // would be read and checked again for each look-up.
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.metadata_block_size = table.block_size;
  out.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return out;
}

std::vector<rocksdb::ColumnFamilyDescriptor> all_spaces(
    const DatabaseOptions& options, const std::shared_ptr<rocksdb::Cache>& cache) {
  return {{rocksdb::kDefaultColumnFamilyName, state_space(options, cache)},
          {"blocks", block_space(options, cache)},
          {"filters", filter_space(options, cache)}};
}

Space space_of(std::string_view name) {
  if (name == "blocks") return Space::blocks;
  return name == "filters" ? Space::filters : Space::state;
}

}  // namespace

// ---- Changes

// A WriteBatch wants the handles of one open database; the order of operations is kept as given.
struct Changes::Operation {
  enum class Kind : std::uint8_t { put, remove, remove_range } kind;
  Space space;
  std::size_t first_size;
  std::size_t second_size;
};

struct Changes::Rep {
  std::vector<Operation> operations;
  std::string bytes;  // first and second text of each operation
};

Changes::Changes() : rep_(std::make_unique<Rep>()) {}
Changes::~Changes() = default;
Changes::Changes(Changes&&) noexcept = default;
Changes& Changes::operator=(Changes&&) noexcept = default;

void Changes::put(Space space, std::string_view key, std::string_view value) {
  rep_->operations.push_back({Operation::Kind::put, space, key.size(), value.size()});
  (rep_->bytes += key) += value;
}
void Changes::put(Space space, std::string_view key, std::string_view head, std::string_view rest) {
  put(space, key, head);
  rep_->operations.back().second_size += rest.size();
  rep_->bytes += rest;
}
void Changes::remove(Space space, std::string_view key) {
  rep_->operations.push_back({Operation::Kind::remove, space, key.size(), 0});
  rep_->bytes += key;
}
void Changes::remove_range(Space space, std::string_view begin, std::string_view end) {
  rep_->operations.push_back({Operation::Kind::remove_range, space, begin.size(), end.size()});
  (rep_->bytes += begin) += end;
}
void Changes::clear() {
  rep_->operations.clear();
  rep_->bytes.clear();
}
bool Changes::empty() const { return rep_->operations.empty(); }

// ---- Cursor

struct Cursor::Rep {
  std::string end;
  Slice end_slice;
  std::string path;
  std::unique_ptr<rocksdb::Iterator> iterator;
};

Cursor::Cursor(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
Cursor::Cursor(Cursor&&) noexcept = default;
Cursor& Cursor::operator=(Cursor&&) noexcept = default;
Cursor::~Cursor() = default;

void Cursor::seek(std::string_view key) { rep_->iterator->Seek(slice(key)); }
void Cursor::seek_back(std::string_view key) { rep_->iterator->SeekForPrev(slice(key)); }
void Cursor::next() { rep_->iterator->Next(); }
void Cursor::back() { rep_->iterator->Prev(); }
bool Cursor::valid() const { return rep_->iterator->Valid(); }
std::string_view Cursor::key() const { return view(rep_->iterator->key()); }
std::string_view Cursor::value() const { return view(rep_->iterator->value()); }
Result<void> Cursor::status() const { return result_of(rep_->iterator->status(), rep_->path); }

// ---- Database

struct Database::Rep {
  std::string path;
  std::unique_ptr<WalEnv> env;
  std::unique_ptr<rocksdb::DB> db;
  std::array<ColumnFamilyHandle*, 3> handles{};  // by Space; the last may be missing
  rocksdb::WriteBatch batch;                     // of the thread that writes
  rocksdb::WriteOptions write;
  std::mutex batch_mutex;

  ~Rep() {
    if (db) (void)close();
  }
  Status close() {
    for (ColumnFamilyHandle*& handle : handles) {
      if (handle != nullptr) db->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
      handle = nullptr;
    }
    const Status status = db->Close();
    db.reset();
    return status;
  }
  [[nodiscard]] ColumnFamilyHandle* of(Space space) const {
    return handles[static_cast<std::size_t>(space)];
  }
};

Database::Database(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(const std::string& path,
                                                 const DatabaseOptions& options, Access access) {
  const auto cache = rocksdb::NewLRUCache(options.cache);
  auto rep = std::make_unique<Rep>();
  rep->path = path;
  rep->env = std::make_unique<WalEnv>(
      options.env != nullptr ? options.env : rocksdb::Env::Default(), path);
  const rocksdb::Options database = database_options(options, access, path, rep->env.get());
  auto spaces = all_spaces(options, cache);
  std::vector<ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const auto open_it = [&] {
    return access == Access::read_only
               ? rocksdb::DB::OpenForReadOnly(database, path, spaces, &handles, &db)
               : rocksdb::DB::Open(database, path, spaces, &handles, &db);
  };
  Status status = open_it();
  if (access == Access::read_only && status.IsInvalidArgument()) {
    // From before there were filters. Should that not be it, the second answer says so again.
    spaces.pop_back();
    handles.clear();
    status = open_it();
  }
  if (!status.ok()) return std::unexpected(error_of(status, path));
  rep->write.disableWAL = !options.log;
  rep->db.reset(db);
  CHECK(handles.size() == spaces.size(), "RocksDB opened other spaces than it was asked for");
  std::copy(handles.begin(), handles.end(), rep->handles.begin());
  return std::unique_ptr<Database>(new Database(std::move(rep)));
}

Result<std::optional<std::string>> Database::get(Space space, std::string_view key) const {
  if (rep_->of(space) == nullptr) return std::nullopt;
  std::string value;
  const Status status = rep_->db->Get(rocksdb::ReadOptions(), rep_->of(space), slice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return std::unexpected(error_of(status, rep_->path));
  return value;
}

Result<std::vector<std::optional<std::string>>> Database::get_many(
    Space space, const std::vector<std::string>& keys) const {
  const std::vector<Slice> slices(keys.begin(), keys.end());
  std::vector<rocksdb::PinnableSlice> values(keys.size());
  std::vector<Status> statuses(keys.size());
  rep_->db->MultiGet(rocksdb::ReadOptions(), rep_->of(space), keys.size(), slices.data(),
                     values.data(), statuses.data());
  std::vector<std::optional<std::string>> out(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].IsNotFound()) continue;
    if (!statuses[i].ok()) return std::unexpected(error_of(statuses[i], rep_->path));
    out[i] = values[i].ToString();
  }
  return out;
}

Cursor Database::cursor(Space space, std::string_view end, bool sequential) const {
  auto rep = std::make_unique<Cursor::Rep>();
  rep->end = end;
  rep->end_slice = slice(rep->end);
  rep->path = rep_->path;
  rocksdb::ReadOptions options;
  if (!end.empty()) options.iterate_upper_bound = &rep->end_slice;
  if (sequential) {
    options.fill_cache = false;
    options.readahead_size = std::size_t{2} << 20U;
  }
  ColumnFamilyHandle* const handle = rep_->of(space);
  rep->iterator.reset(handle != nullptr ? rep_->db->NewIterator(options, handle)
                                        : rocksdb::NewEmptyIterator());
  return Cursor(std::move(rep));
}

Result<void> Database::write(Changes& changes) {
  const std::lock_guard lock(rep_->batch_mutex);
  rep_->batch.Clear();
  std::string_view bytes = changes.rep_->bytes;
  Status status;
  for (const Changes::Operation& operation : changes.rep_->operations) {
    const Slice first = slice(bytes.substr(0, operation.first_size));
    const Slice second = slice(bytes.substr(operation.first_size, operation.second_size));
    bytes.remove_prefix(operation.first_size + operation.second_size);
    ColumnFamilyHandle* space = rep_->of(operation.space);
    switch (operation.kind) {
      case Changes::Operation::Kind::put:
        status = rep_->batch.Put(space, first, second);
        break;
      case Changes::Operation::Kind::remove:
        status = rep_->batch.Delete(space, first);
        break;
      case Changes::Operation::Kind::remove_range:
        status = rep_->batch.DeleteRange(space, first, second);
        break;
    }
    if (!status.ok()) return std::unexpected(error_of(status, rep_->path));
  }
  base::pass(base::FaultPoint::batch_before);
  status = rep_->db->Write(rep_->write, &rep_->batch);
  base::pass(base::FaultPoint::batch_after);
  return result_of(status, rep_->path);
}

Result<void> Database::sync() { return result_of(rep_->env->sync(), rep_->path); }

Result<void> Database::flush() {
  rocksdb::FlushOptions options;
  options.wait = true;
  options.allow_write_stall = true;
  return result_of(rep_->db->Flush(options, {rep_->handles.begin(), rep_->handles.end()}),
                   rep_->path);
}

Result<void> Database::drop_files(Space space, std::string_view begin, std::string_view end) {
  const Slice first = slice(begin), last = slice(end);
  return result_of(
      rocksdb::DeleteFilesInRange(rep_->db.get(), rep_->of(space), &first, &last, false),
      rep_->path);
}

std::uint64_t Database::file_bytes(Space space) const {
  std::uint64_t bytes = 0;
  if (rep_->of(space) == nullptr) return bytes;
  rep_->db->GetIntProperty(rep_->of(space), rocksdb::DB::Properties::kLiveSstFilesSize, &bytes);
  return bytes;
}

Result<void> Database::close() { return result_of(rep_->close(), rep_->path); }

Result<void> Database::copy_to(const std::string& folder) const {
  rocksdb::Checkpoint* made = nullptr;
  Status status = rocksdb::Checkpoint::Create(rep_->db.get(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  if (status.ok()) status = checkpoint->CreateCheckpoint(folder);
  return result_of(status, folder);
}

std::vector<Database::SortedFile> Database::sorted_files() const {
  std::vector<rocksdb::LiveFileMetaData> files;
  rep_->db->GetLiveFilesMetaData(&files);
  std::vector<SortedFile> out;
  for (const rocksdb::LiveFileMetaData& file : files) {
    SortedFile& one = out.emplace_back();
    one.path = file.db_path + file.name;
    one.space = space_of(file.column_family_name);
    one.first_key = file.smallestkey;
    one.last_key = file.largestkey;
    // Written with its highest byte first.
    for (const char byte : file.file_checksum)
      one.checksum = one.checksum << 8U | static_cast<unsigned char>(byte);
  }
  return out;
}

Result<void> Database::repair(const std::string& path) {
  const DatabaseOptions options;
  const rocksdb::Options all =
      database_options(options, Access::write, path, rocksdb::Env::Default());
  return result_of(
      rocksdb::RepairDB(path, all, all_spaces(options, rocksdb::NewLRUCache(1U << 20U))), path);
}

Result<void> Database::check_sorted_file(const std::string& path) {
  rocksdb::Options options;
  options.info_log = std::make_shared<NoLog>();
  rocksdb::SstFileReader reader(options);
  Status status = reader.Open(path);
  if (status.ok()) status = reader.VerifyChecksum();
  return result_of(status, path);
}

}  // namespace tocsin::store
