#include "store/wal_files.hpp"

#include <algorithm>
#include <utility>

namespace tocsin::store {

using rocksdb::IOStatus;

class WalFiles::File final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  File(std::unique_ptr<rocksdb::FSWritableFile>&& file, WalFiles& files, std::shared_ptr<Open> open)
      : FSWritableFileOwnerWrapper(std::move(file)), files_(files), open_(std::move(open)) {
    open_->file = target();
  }
  ~File() override { files_.forget(open_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                  rocksdb::IODebugContext* context) override {
    auto status = FSWritableFileOwnerWrapper::Append(data, options, context);
    open_->written = true;
    return status;
  }
  IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                  const rocksdb::DataVerificationInfo& verification,
                  rocksdb::IODebugContext* context) override {
    auto status = FSWritableFileOwnerWrapper::Append(data, options, verification, context);
    open_->written = true;
    return status;
  }
  IOStatus Close(const rocksdb::IOOptions& options, rocksdb::IODebugContext* context) override {
    files_.forget(open_);
    return FSWritableFileOwnerWrapper::Close(options, context);
  }

 private:
  WalFiles& files_;
  std::shared_ptr<Open> open_;
};

IOStatus WalFiles::NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                   std::unique_ptr<rocksdb::FSWritableFile>* file,
                                   rocksdb::IODebugContext* context) {
  auto status = FileSystemWrapper::NewWritableFile(path, options, file, context);
  if (!status.ok() || !path.ends_with(".log")) return status;
  auto open = std::make_shared<Open>();
  const std::lock_guard lock(mutex_);
  *file = std::make_unique<File>(std::move(*file), *this, open);
  open_.push_back(std::move(open));
  new_names_in_ = path.substr(0, path.rfind('/'));
  return status;
}

void WalFiles::forget(const std::shared_ptr<Open>& open) {
  {
    const std::lock_guard lock(mutex_);
    std::erase(open_, open);
  }
  const std::lock_guard lock(open->mutex);
  open->file = nullptr;
}

IOStatus WalFiles::sync() {
  std::vector<std::shared_ptr<Open>> all;
  std::string folder;
  {
    const std::lock_guard lock(mutex_);
    all = open_;
    folder = new_names_in_;
  }
  for (const std::shared_ptr<Open>& open : all) {
    // Held for the sync: who finds the file not written since waits for the one that is under way.
    const std::lock_guard lock(open->mutex);
    if (open->file == nullptr || !open->written.exchange(false)) continue;
    if (auto status = open->file->Sync(rocksdb::IOOptions(), nullptr); !status.ok()) {
      open->written = true;
      return status;
    }
  }
  if (folder.empty()) return IOStatus::OK();
  std::unique_ptr<rocksdb::FSDirectory> directory;
  auto status = NewDirectory(folder, rocksdb::IOOptions(), &directory, nullptr);
  if (status.ok()) status = directory->Fsync(rocksdb::IOOptions(), nullptr);
  if (!status.ok()) return status;
  const std::lock_guard lock(mutex_);
  if (open_ == all) new_names_in_.clear();
  return status;
}

WalEnv::WalEnv(rocksdb::Env* base)
    : EnvWrapper(base), files_(std::make_shared<WalFiles>(base->GetFileSystem())) {
  file_system_ = files_;
  system_clock_ = base->GetSystemClock();
}

}  // namespace tocsin::store
