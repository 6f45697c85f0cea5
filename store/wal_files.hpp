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
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace tocsin::store {

class WalFiles final : public rocksdb::FileSystemWrapper {
 public:
  // Of the database in `folder`: a copy of it that is made elsewhere is not its log.
  WalFiles(const std::shared_ptr<rocksdb::FileSystem>& base, std::string folder)
      : FileSystemWrapper(base),
        folder_(std::filesystem::path(std::move(folder)).lexically_normal().string()) {}
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

  const std::string folder_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Open>> open_;  // oldest first
  bool new_names_ = false;                   // in the folder, since its last sync
};

class WalEnv final : public rocksdb::EnvWrapper {
 public:
  WalEnv(rocksdb::Env* base, std::string folder);
  [[nodiscard]] rocksdb::IOStatus sync() { return files_->sync(); }

 private:
  std::shared_ptr<WalFiles> files_;
};

}  // namespace tocsin::store
