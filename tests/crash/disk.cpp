#include "tests/crash/disk.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <utility>
#include <vector>

#include "tests/crash/disk_loss.hpp"

namespace tocsin::crash {

namespace {

enum class Operation : std::uint8_t { write, sync, name, cut };
constexpr std::string_view operation_names[] = {"write", "sync", "name", "cut"};

struct Disk {
  std::mutex mutex;
  DiskPlan plan;
  std::atomic<std::uint64_t> count = 0;
  std::mt19937_64 random;
  std::map<FileId, File> files;  // that were opened for writing
  std::vector<NameChange> names;
  std::uint64_t saved = 0;
};

std::atomic<Disk*> watched = nullptr;

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string absolute(const char* path) {
  std::string out;
  if (path == nullptr) return out;
  char here[PATH_MAX];
  if (path[0] != '/' && ::getcwd(here, sizeof here) != nullptr) (out = here) += '/';
  for (; *path != '\0'; ++path) {
    if (*path != '/' || out.empty() || out.back() != '/') out += *path;
  }
  return out;
}

// The disk, when it is that of this path.
Disk* disk_of(const std::string& path) {
  Disk* const disk = watched.load(std::memory_order_acquire);
  if (disk == nullptr) return nullptr;
  const std::string& folder = disk->plan.folder;
  const bool below =
      path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
  return below ? disk : nullptr;
}

std::string path_of(int fd) {
  char link[64], path[PATH_MAX];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = ::readlink(link, path, sizeof path);
  return size > 0 ? std::string(path, static_cast<std::size_t>(size)) : std::string();
}

FileId id_of(const struct stat& info) { return {info.st_dev, info.st_ino}; }

File* file_of(Disk& disk, int fd, struct stat& info) {
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return nullptr;
  const auto found = disk.files.find(id_of(info));
  return found == disk.files.end() ? nullptr : &found->second;
}

void forget(Disk& disk, const std::string& path) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0 || info.st_nlink > 1) return;
  const auto found = disk.files.find(id_of(info));
  if (found == disk.files.end()) return;
  if (found->second.fd >= 0) ::close(found->second.fd);
  disk.files.erase(found);
}

[[noreturn]] void end(Disk& disk) {
  if (disk.plan.power_cut) {
    lose(disk.files, disk.names, disk.random);
  }
  (void)::kill(::getpid(), SIGKILL);
  while (true) ::pause();
}

// ---- operations; each under the disk's mutex

enum class Step : std::uint8_t { go, fail, end_before, end_within, end_after };

Step step_of(Disk& disk, Operation operation, const std::string& path) {
  const DiskPlan& plan = disk.plan;
  if (!plan.only.empty() && plan.only != operation_names[static_cast<std::size_t>(operation)])
    return Step::go;
  if (!plan.file.empty() && path.find(plan.file) == std::string::npos) return Step::go;
  if (++disk.count != plan.at) return Step::go;
  if (plan.fail) return Step::fail;
  return static_cast<Step>(static_cast<std::uint64_t>(Step::end_before) + disk.random() % 3);
}

// Makes a change, unless the process is to end before it, or it is to fail.
template <typename Change>
auto perform(Disk& disk, Step step, const Change& change) -> decltype(change(1.0)) {
  if (step == Step::end_before) end(disk);
  if (step == Step::fail) {
    errno = EIO;
    return -1;
  }
  const auto result = change(step == Step::end_within ? 0.5 : 1.0);
  const int error = errno;
  if (step != Step::go) end(disk);
  errno = error;
  return result;
}

void note_bytes(Disk& disk, File& file, int fd, const struct stat& before, std::uint64_t begin,
                std::uint64_t size) {
  if (!disk.plan.power_cut) return;
  const auto file_before = static_cast<std::uint64_t>(before.st_size);
  if (file.fd < 0) {
    char link[64];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    file.fd = real::open(link, O_RDWR | O_CLOEXEC, 0);
  }
  Unsynced change{begin, size, file_before, {}};
  const std::uint64_t end = size == 0 ? file_before : std::min(begin + size, file_before);
  if (end > begin) {
    change.old.resize(end - begin);
    (void)!::pread(file.fd, change.old.data(), change.old.size(), static_cast<off_t>(begin));
  }
  file.changes.push_back(std::move(change));
}

ssize_t write_bytes(int fd, const void* data, std::size_t size, off_t at, bool append) {
  const auto go = [&](std::size_t part) {
    return append ? real::write(fd, data, part) : real::pwrite(fd, data, part, at);
  };
  Disk* const disk = watched.load(std::memory_order_acquire);
  if (disk == nullptr) return go(size);
  struct stat info{};
  std::unique_lock lock(disk->mutex);
  File* const file = file_of(*disk, fd, info);
  if (file == nullptr) {
    lock.unlock();
    return go(size);
  }
  std::uint64_t begin = static_cast<std::uint64_t>(at);
  if (append) {
    const bool at_end = (::fcntl(fd, F_GETFL) & O_APPEND) != 0;
    begin = static_cast<std::uint64_t>(at_end ? info.st_size : ::lseek(fd, 0, SEEK_CUR));
  }
  return perform(*disk, step_of(*disk, Operation::write, path_of(fd)), [&](double share) {
    const auto part = static_cast<std::size_t>(static_cast<double>(size) * share);
    note_bytes(*disk, *file, fd, info, begin, part);
    return go(part);
  });
}

int cut(int fd, off_t size) {
  Disk* const disk = watched.load(std::memory_order_acquire);
  if (disk == nullptr) return real::ftruncate(fd, size);
  struct stat info{};
  const std::lock_guard lock(disk->mutex);
  File* const file = file_of(*disk, fd, info);
  if (file == nullptr || info.st_size == size) return real::ftruncate(fd, size);
  return perform(*disk, step_of(*disk, Operation::cut, path_of(fd)), [&](double) {
    if (size < info.st_size)
      note_bytes(*disk, *file, fd, info, static_cast<std::uint64_t>(size), 0);
    return real::ftruncate(fd, size);
  });
}

// The names in the folder are safe; what lay aside goes.
void names_are_safe(Disk& disk, const std::string& folder) {
  for (const NameChange& change : disk.names) {
    if (change.folder != folder || change.saved.empty()) continue;
    forget(disk, change.saved);
    (void)real::unlink(change.saved.c_str());
  }
  std::erase_if(disk.names, [&](const NameChange& change) { return change.folder == folder; });
}

int sync(int fd, long call) {
  const auto go = [&] { return static_cast<int>(::syscall(call, fd)); };
  Disk* const disk = watched.load(std::memory_order_acquire);
  if (disk == nullptr) return go();
  struct stat info{};
  if (::fstat(fd, &info) != 0) return go();
  const std::string path = path_of(fd);
  const bool folder = S_ISDIR(info.st_mode) && disk_of(path) != nullptr;
  std::unique_lock lock(disk->mutex);
  File* const file = folder ? nullptr : file_of(*disk, fd, info);
  if (!folder && file == nullptr) {
    lock.unlock();
    return go();
  }
  return perform(*disk, step_of(*disk, Operation::sync, path), [&](double) {
    const int result = go();
    if (result != 0) return result;
    if (folder) {
      names_are_safe(*disk, path);
    } else {
      file->changes.clear();
      if (file->fd >= 0) ::close(std::exchange(file->fd, -1));
    }
    return result;
  });
}

std::string aside(Disk& disk) {
  return disk.plan.folder + ".aside/" + std::to_string(++disk.saved);
}

int open_file(const char* name, int flags, mode_t mode) {
  const bool writes = (flags & O_ACCMODE) != O_RDONLY;
  const std::string path = writes ? absolute(name) : std::string();
  Disk* const disk = writes ? disk_of(path) : nullptr;
  if (disk == nullptr) return real::open(name, flags, mode);
  const std::lock_guard lock(disk->mutex);
  struct stat before{};
  const bool there = ::lstat(path.c_str(), &before) == 0;
  const auto go = [&](double) {
    std::string saved;
    // What it held until now may come back.
    if (there && (flags & O_TRUNC) != 0 && disk->plan.power_cut) {
      saved = aside(*disk);
      (void)real::rename(path.c_str(), saved.c_str());
    }
    const int fd = real::open(name, flags, mode);
    if (fd < 0) return fd;
    if ((!there || !saved.empty()) && disk->plan.power_cut) {
      disk->names.push_back(
          {NameChange::Kind::created, folder_of(path), path, {}, std::move(saved)});
    }
    struct stat info{};
    if (::fstat(fd, &info) == 0) disk->files.try_emplace(id_of(info));
    return fd;
  };
  const bool changes = !there && (flags & O_CREAT) != 0;
  return perform(*disk, changes ? step_of(*disk, Operation::name, path) : Step::go, go);
}

int make_folder(const char* name, mode_t mode) {
  const std::string path = absolute(name);
  Disk* const disk = disk_of(path);
  if (disk == nullptr || ::access(name, F_OK) == 0) return real::mkdir(name, mode);
  const std::lock_guard lock(disk->mutex);
  return perform(*disk, step_of(*disk, Operation::name, path), [&](double) {
    const int result = real::mkdir(name, mode);
    if (result == 0 && disk->plan.power_cut)
      disk->names.push_back({NameChange::Kind::created, folder_of(path), path, {}, {}});
    return result;
  });
}

int change_name(const char* from, const char* to) {
  const std::string path = absolute(to);
  Disk* const disk = disk_of(path);
  if (disk == nullptr) return real::rename(from, to);
  const std::lock_guard lock(disk->mutex);
  return perform(*disk, step_of(*disk, Operation::name, path), [&](double) {
    std::string saved;
    if (disk->plan.power_cut && ::access(to, F_OK) == 0) {
      saved = aside(*disk);
      (void)real::rename(to, saved.c_str());
    }
    if (saved.empty()) forget(*disk, path);
    const int result = real::rename(from, to);
    if (result == 0 && disk->plan.power_cut) {
      disk->names.push_back(
          {NameChange::Kind::renamed, folder_of(path), path, absolute(from), std::move(saved)});
    }
    return result;
  });
}

int remove_name(const char* name) {
  const std::string path = absolute(name);
  Disk* const disk = disk_of(path);
  if (disk == nullptr || ::access(name, F_OK) != 0) return real::unlink(name);
  const std::lock_guard lock(disk->mutex);
  return perform(*disk, step_of(*disk, Operation::name, path), [&](double) {
    if (!disk->plan.power_cut) {
      forget(*disk, path);
      return real::unlink(name);
    }
    std::string saved = aside(*disk);
    const int result = real::rename(name, saved.c_str());
    if (result == 0) {
      disk->names.push_back(
          {NameChange::Kind::removed, folder_of(path), path, {}, std::move(saved)});
    }
    return result;
  });
}

}  // namespace

void watch_disk(const DiskPlan& plan) {
  static Disk disk;
  disk.plan = plan;
  disk.count = 0;
  disk.random.seed(plan.seed);
  if (plan.power_cut) (void)real::mkdir((plan.folder + ".aside").c_str(), 0700);
  watched.store(&disk, std::memory_order_release);
}

std::uint64_t disk_operations() {
  const Disk* const disk = watched.load(std::memory_order_acquire);
  return disk == nullptr ? 0 : disk->count.load();
}

bool parse_disk_plan(std::string_view text, DiskPlan& plan) {
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) return false;
    const std::string_view key = part.substr(0, equals);
    const std::string value(part.substr(equals + 1));
    const std::uint64_t number = std::strtoull(value.c_str(), nullptr, 10);
    if (key == "folder") {
      plan.folder = value;
    } else if (key == "only") {
      plan.only = value;
    } else if (key == "file") {
      plan.file = value;
    } else if (key == "at") {
      plan.at = number;
    } else if (key == "seed") {
      plan.seed = number;
    } else if (key == "power_cut") {
      plan.power_cut = number != 0;
    } else if (key == "fail") {
      plan.fail = number != 0;
    } else {
      return false;
    }
  }
  return !plan.folder.empty();
}

}  // namespace tocsin::crash

// ---- the names that a program and its libraries find before those of libc

namespace disk = tocsin::crash;

extern "C" {

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return disk::open_file(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return disk::open_file(path, flags, mode);
}
int __open_2(const char* path, int flags) { return disk::open_file(path, flags, 0); }
int __open64_2(const char* path, int flags) { return disk::open_file(path, flags, 0); }
ssize_t write(int fd, const void* data, size_t size) {
  return disk::write_bytes(fd, data, size, 0, true);
}
ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  return disk::write_bytes(fd, data, size, at, false);
}
ssize_t pwrite64(int fd, const void* data, size_t size, off_t at) {
  return disk::write_bytes(fd, data, size, at, false);
}
int ftruncate(int fd, off_t size) noexcept { return disk::cut(fd, size); }
int ftruncate64(int fd, off_t size) noexcept { return disk::cut(fd, size); }
int fsync(int fd) { return disk::sync(fd, SYS_fsync); }
int fdatasync(int fd) { return disk::sync(fd, SYS_fdatasync); }
int rename(const char* from, const char* to) noexcept { return disk::change_name(from, to); }
int unlink(const char* path) noexcept { return disk::remove_name(path); }
int mkdir(const char* path, mode_t mode) noexcept { return disk::make_folder(path, mode); }
}
