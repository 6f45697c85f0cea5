// What a disk has not synced, and how a power cut takes it away.
// Path:      tests/crash/disk.cpp notes it; lose() changes the files
// Units:     bytes
// Threads:   one at a time
// Errors:    none; a file that cannot be changed stays as it is
// Tested by: tests/crash/disk_test.cpp
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace tocsin::crash {

// What the names of libc stand for, once they are ours.
namespace real {
inline int open(const char* path, int flags, mode_t mode) {
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}
inline ssize_t write(int fd, const void* data, std::size_t size) {
  return ::syscall(SYS_write, fd, data, size);
}
inline ssize_t pwrite(int fd, const void* data, std::size_t size, off_t at) {
  return ::syscall(SYS_pwrite64, fd, data, size, at);
}
inline int ftruncate(int fd, off_t size) {
  return static_cast<int>(::syscall(SYS_ftruncate, fd, size));
}
inline int rename(const char* from, const char* to) {
  return static_cast<int>(::syscall(SYS_rename, from, to));
}
inline int unlink(const char* path) { return static_cast<int>(::syscall(SYS_unlink, path)); }
inline int mkdir(const char* path, mode_t mode) {
  return static_cast<int>(::syscall(SYS_mkdir, path, mode));
}
}  // namespace real

using FileId = std::pair<dev_t, ino_t>;

// A change of bytes that no sync followed.
struct Unsynced {
  std::uint64_t begin = 0;
  std::uint64_t size = 0;         // 0: the file was cut at `begin`
  std::uint64_t file_before = 0;  // its size
  std::string old;                // what was there, as far as there was something
};
struct File {
  int fd = -1;  // ours, while bytes are not synced
  std::vector<Unsynced> changes;
};
// A change of names that no sync of the folder followed.
struct NameChange {
  enum class Kind : std::uint8_t { created, renamed, removed } kind;
  std::string folder, path;
  std::string from;   // renamed: the name before
  std::string saved;  // what bore the name before and lies aside now
};

// Each file and each folder by its own chance; tests/crash/disk.hpp says in which ways.
void lose(const std::map<FileId, File>& files, const std::vector<NameChange>& names,
          std::mt19937_64& random);

}  // namespace tocsin::crash
