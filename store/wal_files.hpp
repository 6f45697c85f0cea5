// The files of RocksDB's write-ahead log, made safe by us: DB::SyncWAL() ends the process when
// another thread's write has just failed, since Debian's RocksDB is built with its assertions and
// one of them forbids touching a file after that. Nothing that we could lock keeps the two apart.
// Path:      RocksDB -> WalEnv -> the file system of `base`
// Threads:   safe; a sync beside a write holds neither up
// Errors:    rocksdb::IOStatus
// Source:    RocksDB 7.8.3, WritableFileWriter::SyncWithoutFlush
// Tested by: tests/store/wal_files_test.cpp, tests/crash/store_fault_test.cpp
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace tocsin::store {

class WalFiles final : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;
  [[nodiscard]] const char* Name() const override { return "tocsin.WalFiles"; }

  // All that was written to the log before the call, and the names of its files. A file that
  // RocksDB has closed is not looked at: what it held is in tables, or nobody owes it.
  [[nodiscard]] rocksdb::IOStatus sync();

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* context) override;

 private:
  class File;
  // What a file shares with a sync under way, which may outlast it.
  struct Open {
    std::mutex mutex;  // of a sync, and of the end of the file
    rocksdb::FSWritableFile* file = nullptr;
    std::atomic<bool> written = false;  // since the last sync
  };
  void forget(const std::shared_ptr<Open>& open);

  std::mutex mutex_;
  std::vector<std::shared_ptr<Open>> open_;  // oldest first
  std::string new_names_in_;                 // the folder, until it is synced
};

class WalEnv final : public rocksdb::EnvWrapper {
 public:
  explicit WalEnv(rocksdb::Env* base);
  [[nodiscard]] rocksdb::IOStatus sync() { return files_->sync(); }

 private:
  std::shared_ptr<WalFiles> files_;
};

}  // namespace tocsin::store
