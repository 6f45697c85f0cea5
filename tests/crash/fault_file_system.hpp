// A file system under RocksDB that fails when it is told to, and can lose what was not synced.
// Threads:   safe
// Tested by: the crash tests that use it
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/system_clock.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>

namespace tocsin::store {

class FaultFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  enum class Operation : std::uint8_t { create, write, sync, read };
  struct Plan {
    Operation operation = Operation::write;
    std::uint64_t at = 0;   // the at-th operation of that kind fails, counted from 1; 0: none
    bool for_good = false;  // and all after it
    bool no_space = false;
  };

  FaultFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  [[nodiscard]] const char* Name() const override { return "FaultFileSystem"; }

  void set(Plan plan) {
    const std::lock_guard lock(mutex_);
    plan_ = plan;
    for (std::uint64_t& count : counts_) count = 0;
  }
  [[nodiscard]] std::uint64_t count(Operation operation) {
    const std::lock_guard lock(mutex_);
    return counts_[static_cast<std::size_t>(operation)];
  }

  // From now on nothing reaches a file.
  void cut_power() {
    const std::lock_guard lock(mutex_);
    dark_ = true;
  }
  void restore_power() {
    const std::lock_guard lock(mutex_);
    dark_ = false;
  }
  // Takes from each file a random part of what was written since its last sync, or writes over it.
  void lose_unsynced(std::mt19937_64& random) {
    const std::lock_guard lock(mutex_);
    for (const auto& [path, file] : files_) {
      std::error_code gone;
      const std::uint64_t size = std::filesystem::file_size(path, gone);
      if (gone || size <= file.synced) continue;
      const std::uint64_t kept = file.synced + random() % (size - file.synced + 1);
      std::filesystem::resize_file(path, kept, gone);
      // Pages that never reached the disk: the size did.
      if (random() % 3 == 0) std::filesystem::resize_file(path, size, gone);
    }
  }

  rocksdb::IOStatus before(Operation operation) {
    const std::lock_guard lock(mutex_);
    if (dark_ && operation != Operation::read) return rocksdb::IOStatus::IOError("no power");
    const std::uint64_t now = ++counts_[static_cast<std::size_t>(operation)];
    if (plan_.at == 0 || plan_.operation != operation) return rocksdb::IOStatus::OK();
    if (now != plan_.at && !(plan_.for_good && now > plan_.at)) return rocksdb::IOStatus::OK();
    return plan_.no_space ? rocksdb::IOStatus::NoSpace("injected")
                          : rocksdb::IOStatus::IOError("injected");
  }
  void synced(const std::string& path, std::uint64_t size) {
    const std::lock_guard lock(mutex_);
    files_[path].synced = size;
  }

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus NewRandomAccessFile(const std::string& path,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                        rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                      rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override {
    if (auto status = before(Operation::create); !status.ok()) return status;
    const std::lock_guard lock(mutex_);
    if (const auto place = files_.find(from); place != files_.end()) {
      files_[to] = place->second;
      files_.erase(from);
    }
    return target()->RenameFile(from, to, options, context);
  }
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override {
    const std::lock_guard lock(mutex_);
    if (dark_) return rocksdb::IOStatus::IOError("no power");
    files_.erase(path);
    return target()->DeleteFile(path, options, context);
  }

 private:
  struct File {
    std::uint64_t synced = 0;
  };
  std::mutex mutex_;
  Plan plan_;
  std::uint64_t counts_[4] = {};
  bool dark_ = false;
  std::map<std::string, File> files_;
};

class FaultWritableFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultWritableFile(std::unique_ptr<rocksdb::FSWritableFile>&& file, std::string path,
                    FaultFileSystem& system)
      : FSWritableFileOwnerWrapper(std::move(file)), path_(std::move(path)), system_(system) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* context) override {
    auto status = system_.before(FaultFileSystem::Operation::write);
    if (status.ok()) status = FSWritableFileOwnerWrapper::Append(data, options, context);
    if (status.ok()) size_ += data.size();
    return status;
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo& /*verification*/,
                           rocksdb::IODebugContext* context) override {
    return Append(data, options, context);
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* context) override {
    const std::uint64_t size = size_;
    auto status = system_.before(FaultFileSystem::Operation::sync);
    if (status.ok()) status = FSWritableFileOwnerWrapper::Sync(options, context);
    if (status.ok()) system_.synced(path_, size);
    return status;
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* context) override {
    return Sync(options, context);
  }
  // It would cut the preallocated room off, which a power cut leaves in place.
  rocksdb::IOStatus Truncate(std::uint64_t size, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* context) override {
    return FSWritableFileOwnerWrapper::Truncate(size, options, context);
  }

 private:
  const std::string path_;
  FaultFileSystem& system_;
  std::atomic<std::uint64_t> size_ = 0;
};

class FaultRandomAccessFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  FaultRandomAccessFile(std::unique_ptr<rocksdb::FSRandomAccessFile>&& file,
                        FaultFileSystem& system)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), system_(system) {}
  rocksdb::IOStatus Read(std::uint64_t offset, std::size_t size, const rocksdb::IOOptions& options,
                         rocksdb::Slice* result, char* scratch,
                         rocksdb::IODebugContext* context) const override {
    if (auto status = system_.before(FaultFileSystem::Operation::read); !status.ok()) return status;
    return FSRandomAccessFileOwnerWrapper::Read(offset, size, options, result, scratch, context);
  }

 private:
  FaultFileSystem& system_;
};

class FaultSequentialFile final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  FaultSequentialFile(std::unique_ptr<rocksdb::FSSequentialFile>&& file, FaultFileSystem& system)
      : FSSequentialFileOwnerWrapper(std::move(file)), system_(system) {}
  rocksdb::IOStatus Read(std::size_t size, const rocksdb::IOOptions& options,
                         rocksdb::Slice* result, char* scratch,
                         rocksdb::IODebugContext* context) override {
    if (auto status = system_.before(FaultFileSystem::Operation::read); !status.ok()) return status;
    return FSSequentialFileOwnerWrapper::Read(size, options, result, scratch, context);
  }

 private:
  FaultFileSystem& system_;
};

inline rocksdb::IOStatus FaultFileSystem::NewWritableFile(
    const std::string& path, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* file, rocksdb::IODebugContext* context) {
  if (auto status = before(Operation::create); !status.ok()) return status;
  std::unique_ptr<rocksdb::FSWritableFile> real;
  auto status = target()->NewWritableFile(path, options, &real, context);
  if (!status.ok()) return status;
  {
    const std::lock_guard lock(mutex_);
    files_[path] = File();
  }
  *file = std::make_unique<FaultWritableFile>(std::move(real), path, *this);
  return status;
}

inline rocksdb::IOStatus FaultFileSystem::NewRandomAccessFile(
    const std::string& path, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSRandomAccessFile>* file, rocksdb::IODebugContext* context) {
  std::unique_ptr<rocksdb::FSRandomAccessFile> real;
  auto status = target()->NewRandomAccessFile(path, options, &real, context);
  if (status.ok()) *file = std::make_unique<FaultRandomAccessFile>(std::move(real), *this);
  return status;
}

inline rocksdb::IOStatus FaultFileSystem::NewSequentialFile(
    const std::string& path, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSSequentialFile>* file, rocksdb::IODebugContext* context) {
  std::unique_ptr<rocksdb::FSSequentialFile> real;
  auto status = target()->NewSequentialFile(path, options, &real, context);
  if (status.ok()) *file = std::make_unique<FaultSequentialFile>(std::move(real), *this);
  return status;
}

// RocksDB sleeps a second after a failed write in the background; here it does not.
class ShortSleeps final : public rocksdb::SystemClockWrapper {
 public:
  ShortSleeps() : SystemClockWrapper(rocksdb::SystemClock::Default()) {}
  [[nodiscard]] const char* Name() const override { return "ShortSleeps"; }
  void SleepForMicroseconds(int time) override {
    SystemClockWrapper::SleepForMicroseconds(std::min(time, 2000));
  }
};

class FaultEnv final : public rocksdb::EnvWrapper {
 public:
  explicit FaultEnv(const std::shared_ptr<FaultFileSystem>& system)
      : EnvWrapper(rocksdb::NewCompositeEnv(system)) {
    file_system_ = system;
    system_clock_ = std::make_shared<ShortSleeps>();
  }
};

}  // namespace tocsin::store
