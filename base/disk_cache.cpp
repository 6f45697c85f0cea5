#include "base/disk_cache.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

namespace tocsin::base {

namespace {

constexpr std::uint64_t hash_seed = 0x746f6373696e3031;
constexpr std::string_view unfinished = ".new-";
constexpr std::time_t an_hour = 3600;

struct Header {
  std::array<char, 8> magic{'t', 'o', 'c', 's', 'i', 'n', 'c', '1'};
  Sha256 name{};
  std::uint64_t size = 0;
  std::uint64_t hash = 0;

  bool operator==(const Header&) const = default;
};
static_assert(sizeof(Header) == 8 + 32 + 8 + 8);

Header header_of(const Sha256& name, std::string_view content) {
  return {.name = name, .size = content.size(), .hash = keyed_hash(content, hash_seed)};
}

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

bool read_all(int fd, char* to, std::size_t size) {
  while (size > 0) {
    const ssize_t got = ::read(fd, to, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

bool write_all(int fd, const char* from, std::size_t size) {
  while (size > 0) {
    const ssize_t put = ::write(fd, from, size);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    from += put;
    size -= static_cast<std::size_t>(put);
  }
  return true;
}

std::string file_of(const Sha256& name) { return to_hex(name.data(), name.size()); }

bool is_entry(std::string_view file) {
  return file.size() == 64 && file.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// systemd writes several folders with colons between them; the first one is ours.
std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  const std::string_view text = value != nullptr ? value : "";
  return std::string(text.substr(0, text.find(':')));
}

}  // namespace

std::string cache_folder() {
  if (std::string folder = variable("CACHE_DIRECTORY"); !folder.empty()) return folder;
  // Those that are not absolute are to be ignored, says the standard of $XDG_CACHE_HOME.
  if (const std::string folder = variable("XDG_CACHE_HOME"); folder.starts_with('/'))
    return folder + "/tocsin";
  const std::string home = variable("HOME");
  return home.starts_with('/') ? home + "/.cache/tocsin" : std::string();
}

DiskCache::DiskCache(std::string folder, std::size_t most_bytes)
    : path_(std::move(folder)), most_bytes_(most_bytes) {
  open(false);
}

DiskCache::~DiskCache() {
  if (written_ > 0) trim();
  if (folder_ >= 0) ::close(folder_);
}

void DiskCache::report(std::string sentence) {
  if (!fault_) fault_ = Error{"base-6", std::move(sentence), {path_}};
}

void DiskCache::open(bool make) {
  if (path_.empty() || folder_ >= 0 || fault_) return;
  if (make) {
    // ~/.cache, or what stands in its place; a home that is not there is none to make. What went
    // wrong shows when the folder is opened.
    const std::string parent = std::filesystem::path(path_).parent_path();
    if (!parent.empty()) ::mkdir(parent.c_str(), 0700);
    ::mkdir(path_.c_str(), 0700);
  }
  const int fd = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    if (make || errno != ENOENT) report("the cache cannot be used: " + system_text(errno));
    return;
  }
  struct stat status = {};
  if (::fstat(fd, &status) != 0 || status.st_uid != ::geteuid() || (status.st_mode & 022U) != 0) {
    ::close(fd);
    report("the cache is not used, because the folder is another user's or open to others");
    return;
  }
  folder_ = fd;
}

std::optional<std::string> DiskCache::read(const Sha256& name) {
  {
    const std::lock_guard lock(mutex_);
    if (folder_ < 0) return std::nullopt;
  }
  const std::string file_name = file_of(name);
  const File file(
      ::openat(folder_, file_name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status = {};
  if (file.fd() < 0 || ::fstat(file.fd(), &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_uid != ::geteuid())
    return std::nullopt;
  std::array<char, sizeof(Header)> head;
  const auto size = static_cast<std::size_t>(std::max<off_t>(status.st_size, 0));
  if (size < head.size() || !read_all(file.fd(), head.data(), head.size())) return std::nullopt;
  std::string content(size - head.size(), '\0');
  if (!read_all(file.fd(), content.data(), content.size())) return std::nullopt;
  Header header;
  std::memcpy(&header, head.data(), head.size());
  if (header != header_of(name, content)) return std::nullopt;
  // When it was used last, to the hour.
  if (std::time(nullptr) - status.st_mtime > an_hour) ::futimens(file.fd(), nullptr);
  return content;
}

bool DiskCache::write_new(const std::string& file, const Sha256& name, std::string_view content) {
  const File made(
      ::openat(folder_, file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (made.fd() < 0) return false;
  const Header header = header_of(name, content);
  std::array<char, sizeof(Header)> head;
  std::memcpy(head.data(), &header, head.size());
  return write_all(made.fd(), head.data(), head.size()) &&
         write_all(made.fd(), content.data(), content.size());
}

void DiskCache::write(const Sha256& name, std::string_view content) {
  const std::lock_guard lock(mutex_);
  open(true);
  // One that would drive out all others is not worth it.
  if (folder_ < 0 || content.size() > most_bytes_ / 2) return;
  const std::string file = file_of(name);
  const std::string draft = fmt::format("{}{}-{}", unfinished, ::getpid(), file);
  ::unlinkat(folder_, draft.c_str(), 0);  // of a process of this number that was killed
  if (!write_new(draft, name, content) ||
      ::renameat(folder_, draft.c_str(), folder_, file.c_str()) != 0) {
    report("the cache cannot be written: " + system_text(errno));
    ::unlinkat(folder_, draft.c_str(), 0);
    return;
  }
  written_ += content.size() + sizeof(Header);
  if (written_ > most_bytes_ / 4) trim();
}

void DiskCache::trim() {
  struct Entry {
    std::time_t used;
    std::string file;
    std::size_t size;
  };
  written_ = 0;
  const int fd = ::openat(folder_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  const auto close = [](DIR* folder) { ::closedir(folder); };
  const std::unique_ptr<DIR, decltype(close)> folder(::fdopendir(fd), close);
  if (!folder) {
    ::close(fd);
    return;
  }
  std::vector<Entry> entries;
  std::size_t sum = 0;
  while (const dirent* const at = ::readdir(folder.get())) {
    const std::string file = at->d_name;
    struct stat status = {};
    const bool is_draft = file.starts_with(unfinished);
    if ((!is_draft && !is_entry(file)) ||
        ::fstatat(folder_, file.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
      continue;
    if (!is_draft) {
      entries.push_back({status.st_mtime, file, static_cast<std::size_t>(status.st_size)});
      sum += entries.back().size;
    } else if (std::time(nullptr) - status.st_mtime > an_hour) {
      ::unlinkat(folder_, file.c_str(), 0);
    }
  }
  std::ranges::sort(entries, [](const Entry& a, const Entry& b) {
    return std::tie(a.used, a.file) < std::tie(b.used, b.file);
  });
  for (const Entry& entry : entries) {
    if (sum <= most_bytes_) break;
    if (::unlinkat(folder_, entry.file.c_str(), 0) == 0) sum -= entry.size;
  }
}

std::optional<Error> DiskCache::fault() const {
  const std::lock_guard lock(mutex_);
  return fault_;
}

}  // namespace tocsin::base
