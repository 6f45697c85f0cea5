#include "respond/file_sink.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/text.hpp"

namespace tocsin::respond {

namespace {

constexpr mode_t mode = 0640;
constexpr std::size_t tail_limit = 4 << 20;  // longer than what we write before a sync
constexpr std::string_view line_start = "{\"id\":\"";

std::unexpected<base::Error> io_error(const std::string& path, std::string_view what) {
  return base::fail("respond-3", fmt::format("{}: {}", what, base::system_text(errno)),
                    {path, 0, 0});
}

// The last `tail_limit` bytes; empty when there are none or they cannot be read.
std::string read_tail(int descriptor, off_t size) {
  const off_t from =
      size > static_cast<off_t>(tail_limit) ? size - static_cast<off_t>(tail_limit) : 0;
  std::string tail(static_cast<std::size_t>(size - from), '\0');
  std::size_t got = 0;
  while (got < tail.size()) {
    const ssize_t n =
        pread(descriptor, tail.data() + got, tail.size() - got, from + static_cast<off_t>(got));
    if (n <= 0) break;
    got += static_cast<std::size_t>(n);
  }
  tail.resize(got);
  return tail;
}

// The beginning of a line of ours, as far as it goes.
bool begins_as_ours(std::string_view line) {
  return line.starts_with(line_start.substr(0, std::min(line.size(), line_start.size())));
}

// A power cut can leave zeros where lines never reached the disk, and whole lines behind them.
// Where the line of the first zero begins; nothing: there is none, or not all from there on is
// ours.
std::optional<std::size_t> begin_of_hole(std::string_view tail) {
  const std::size_t zero = tail.find('\0');
  if (zero == std::string_view::npos) return std::nullopt;
  const std::size_t begin = tail.rfind('\n', zero) + 1;  // npos + 1 = 0
  for (std::size_t at = begin; at < tail.size();) {
    const std::size_t end = std::min(tail.find('\n', at), tail.size());
    const std::string_view line = tail.substr(at, end - at);
    if (!begins_as_ours(line.substr(0, line.find('\0')))) return std::nullopt;
    at = end + 1;
  }
  return begin;
}

// Makes a new file's name as durable as its content.
void sync_folder(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == 0 ? "/" : path.substr(0, slash);
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  (void)::fsync(descriptor);
  close(descriptor);
}

}  // namespace

FileSink::FileSink(const ChannelOptions& options) : path_(options.path), fsync_(options.fsync) {}

FileSink::~FileSink() { close_file(); }

void FileSink::close_file() {
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = -1;
}

bool FileSink::still_there() const {
  struct stat ours{}, there{};
  return descriptor_ >= 0 && fstat(descriptor_, &ours) == 0 && lstat(path_.c_str(), &there) == 0 &&
         ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

base::Result<void> FileSink::open_file() {
  if (still_there()) return {};
  close_file();
  // Not blocking: a pipe without a reader would hold the open; it is refused below anyway.
  descriptor_ =
      open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode);
  if (descriptor_ < 0) return io_error(path_, "cannot be opened");
  struct stat status{};
  if (fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
    close_file();
    return base::fail("respond-3", "is no plain file", {path_, 0, 0});
  }
  if (fsync_) sync_folder(path_);
  auto mended = mend_end();
  if (!mended) close_file();
  return mended;
}

base::Result<void> FileSink::mend_end() {
  struct stat status{};
  if (fstat(descriptor_, &status) != 0) return io_error(path_, "cannot be looked at");
  if (status.st_size == 0) return {};
  const std::string tail = read_tail(descriptor_, status.st_size);
  if (tail.empty()) return io_error(path_, "cannot be read");
  const std::optional<std::size_t> hole = begin_of_hole(tail);
  if (!hole && tail.back() == '\n') return {};
  const std::size_t line =
      hole.value_or(tail.rfind('\n') + 1);  // npos + 1 is 0: the tail is one line
  const std::size_t torn = tail.size() - line;
  const bool ours = (hole || begins_as_ours(std::string_view(tail).substr(line))) &&
                    (line > 0 || static_cast<off_t>(tail.size()) == status.st_size);
  if (ours) {
    if (ftruncate(descriptor_, status.st_size - static_cast<off_t>(torn)) != 0)
      return io_error(path_, "its torn end cannot be removed");
  } else if (tail.back() != '\n' && write(descriptor_, "\n", 1) != 1) {
    return io_error(path_, "cannot be written");
  }
  return {};
}

std::optional<std::string> FileSink::last_delivered() {
  struct stat status{};
  if (lstat(path_.c_str(), &status) != 0) {
    if (errno == ENOENT) return "";
    return std::nullopt;
  }
  if (!open_file() || fstat(descriptor_, &status) != 0) return std::nullopt;
  std::string tail = read_tail(descriptor_, status.st_size);
  if (tail.empty() && status.st_size > 0) return std::nullopt;
  if (tail.empty() || tail.back() != '\n') return "";
  tail.pop_back();
  return tail.substr(tail.rfind('\n') + 1);
}

Outcome FileSink::deliver(std::span<const event::OutboxRow> rows) {
  if (auto opened = open_file(); !opened) return {0, base::to_string(opened.error()), false};
  std::string text;
  for (const event::OutboxRow& row : rows) {
    text += row.body;
    text += '\n';
  }
  struct stat before{};
  if (fstat(descriptor_, &before) != 0) return {0, base::system_text(errno), false};
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t n = write(descriptor_, text.data() + written, text.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    written += static_cast<std::size_t>(n);
  }
  const bool whole = written == text.size();
  if (whole && (!fsync_ || fdatasync(descriptor_) == 0)) return {rows.size(), {}, false};
  const auto error = io_error(path_, whole ? "cannot be synced" : "cannot be written");
  // What came of this attempt is removed, so that the next one leaves no line twice or torn.
  const bool cut = ftruncate(descriptor_, before.st_size) == 0;
  close_file();
  return {0, base::to_string(error.error()) + (cut ? "" : " (and a torn line is left)"), false};
}

}  // namespace tocsin::respond
