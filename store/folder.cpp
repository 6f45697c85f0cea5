#include "store/folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "base/text.hpp"

namespace tocsin::store {

namespace {

using base::fail;
using base::Result;

std::string lock_path(const std::string& folder) { return folder + "/lock"; }

Result<void> not_usable(const std::string& path, std::string_view why) {
  return fail("store-1", fmt::format("this cannot be a store's folder: {}", why), {path, 0, 0});
}

// A real folder, ours, closed to strangers; lstat, so that a planted link is seen as one.
Result<void> check_folder(const std::string& path) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) return not_usable(path, base::system_text(errno));
  if (S_ISLNK(info.st_mode)) return not_usable(path, "it is a symbolic link");
  if (!S_ISDIR(info.st_mode)) return not_usable(path, "it is not a folder");
  if (info.st_uid != ::geteuid() && ::geteuid() != 0)
    return not_usable(path, "it belongs to another user");
  if ((info.st_mode & S_IWOTH) != 0) return not_usable(path, "everybody may write to it");
  return {};
}

Result<void> check_contents(const std::string& path) {
  std::error_code error;
  bool empty = true, store = false;
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    // Sockets hold nothing: the daemon's control socket may stand in the store's folder.
    std::error_code gone;
    if (entry->is_socket(gone)) continue;
    empty = false;
    store = store || name == "lock" || name == "mark";
    if (name == "db" || name == "lock" || name == "mark") {
      if (entry->is_symlink())
        return not_usable(path, fmt::format("`{}` is a symbolic link", name));
    }
  }
  if (error) return not_usable(path, error.message());
  if (!empty && !store) return not_usable(path, "it holds other things, and no store");
  return {};
}

std::string holder(int descriptor) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(descriptor, text.data(), text.size(), 0);
  const std::string_view read(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  const auto pid = base::parse_integer(read.substr(0, read.find('\n')));
  return pid ? fmt::format("process {}", *pid) : "another process";
}

}  // namespace

std::string database_path(const std::string& folder) { return folder + "/db"; }
std::string mark_path(const std::string& folder) { return folder + "/mark"; }

Result<void> Folder::inspect(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return not_usable(path, base::system_text(errno));
  if (!S_ISDIR(info.st_mode)) return not_usable(path, "it is not a folder");
  if (::stat(database_path(path).c_str(), &info) != 0) {
    return not_usable(path, errno == ENOENT ? "there is no store in it" : base::system_text(errno));
  }
  return {};
}

Result<void> sync_names(const std::string& folder) {
  const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = directory >= 0 && ::fsync(directory) == 0;
  const int reason = errno;
  if (directory >= 0) ::close(directory);
  if (synced) return {};
  return fail(reason == ENOSPC ? "store-11" : "store-12",
              fmt::format("the folder cannot be synced: {}", base::system_text(reason)),
              {folder, 0, 0});
}

Result<Folder> Folder::lock(const std::string& path) {
  if (::mkdir(path.c_str(), 0750) == 0) {
    const std::string parent = std::filesystem::path(path).parent_path();
    TRY_VOID(sync_names(parent.empty() ? "." : parent));
  } else if (errno != EEXIST) {
    return fail("store-1",
                fmt::format("the store's folder cannot be made: {}", base::system_text(errno)),
                {path, 0, 0});
  }
  TRY_VOID(check_folder(path));
  TRY_VOID(check_contents(path));
  const int descriptor =
      ::open(lock_path(path).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
  if (descriptor < 0) {
    return fail("store-1",
                fmt::format("the store's lock cannot be opened: {}", base::system_text(errno)),
                {path, 0, 0});
  }
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const int reason = errno;
    const std::string who = holder(descriptor);
    ::close(descriptor);
    if (reason == EWOULDBLOCK) {
      return fail("store-2", fmt::format("the store is held open by {}", who), {path, 0, 0});
    }
    return fail("store-1", fmt::format("the store cannot be locked: {}", base::system_text(reason)),
                {path, 0, 0});
  }
  Folder folder(path, descriptor);
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(descriptor, 0) != 0 ||
      ::pwrite(descriptor, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    const int reason = errno;
    return fail(reason == ENOSPC ? "store-11" : "store-12",
                fmt::format("the store's lock cannot be written: {}", base::system_text(reason)),
                {path, 0, 0});
  }
  return folder;
}

Folder::Folder(Folder&& other) noexcept : path_(std::move(other.path_)), lock_(other.lock_) {
  other.lock_ = -1;
}

Folder::~Folder() {
  if (lock_ >= 0) ::close(lock_);
}

bool is_locked(const std::string& folder) {
  const int descriptor = ::open(lock_path(folder).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return false;
  const bool locked = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(descriptor);
  return locked;
}

std::uint64_t bytes_in(const std::string& folder) {
  std::uint64_t sum = 0;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator entry(folder, error), end;
       !error && entry != end; entry.increment(error)) {
    // A file that goes while we look counts nothing.
    std::error_code gone;
    const bool file = entry->is_regular_file(gone);
    const std::uintmax_t size = file ? entry->file_size(gone) : 0;
    if (!gone) sum += size;
  }
  return sum;
}

}  // namespace tocsin::store
