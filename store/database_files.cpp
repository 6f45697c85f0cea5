#include "store/database_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "store/carve.hpp"
#include "store/checksum.hpp"
#include "store/records.hpp"

namespace tocsin::store {

namespace {

constexpr std::size_t piece_size = 256 << 10;

class OpenFile {
 public:
  explicit OpenFile(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

FileState check_file(const Database::SortedFile& file,
                     const std::function<bool(std::size_t)>& goes_on) {
  const OpenFile open(file.path);
  if (open.get() < 0) return errno == ENOENT ? FileState::gone : FileState::unreadable;
  // What is not written back yet stays; these files are synced before they are used.
  static_cast<void>(::posix_fadvise(open.get(), 0, 0, POSIX_FADV_DONTNEED));
  std::vector<char> piece(piece_size);
  std::uint32_t checksum = 0;
  while (true) {
    const ssize_t size = ::read(open.get(), piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return FileState::unreadable;
    if (size == 0) break;
    checksum = crc32c({piece.data(), static_cast<std::size_t>(size)}, checksum);
    if (!goes_on(static_cast<std::size_t>(size))) return FileState::not_read;
  }
  return checksum == file.checksum ? FileState::as_written : FileState::changed;
}

FileFault fault_of(const Database::SortedFile& file, FileState state) {
  FileFault fault;
  fault.file = file.path;
  fault.what =
      state == FileState::changed ? "the file is not as it was written" : "the file cannot be read";
  if (file.space != Space::blocks) return fault;
  fault.first = key::block_seq(file.first_key);
  fault.last = key::block_seq(file.last_key);
  return fault;
}

std::vector<FileFault> changed_files(const Database& database) {
  std::vector<FileFault> faults;
  for (const Database::SortedFile& file : database.sorted_files()) {
    const FileState state = check_file(file);
    // They were all there when the database was opened: what is gone since was merged into others
    // by the process that writes.
    if (state == FileState::changed || state == FileState::unreadable)
      faults.push_back(fault_of(file, state));
  }
  return faults;
}

std::vector<FileFault> files_that_cannot_be_read(const std::string& database_folder) {
  std::vector<FileFault> faults;
  for (const std::string& path : sorted_files_in(database_folder)) {
    if (const auto read = Database::check_sorted_file(path); !read)
      faults.push_back({path, read.error().sentence, {}, {}});
  }
  return faults;
}

}  // namespace tocsin::store
