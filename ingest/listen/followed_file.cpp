#include "ingest/listen/followed_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace tocsin::ingest {

namespace {

constexpr std::size_t read_size = 64 * 1024;

std::uint64_t size_of(int fd) {
  struct stat status{};
  return ::fstat(fd, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

bool same_number(const FileIdentity& a, const FileIdentity& b) {
  return a.device == b.device && a.inode == b.inode;
}

}  // namespace

FollowedFile::FollowedFile(std::string path, const Settings& settings)
    : path_(std::move(path)), settings_(settings) {}

std::optional<FollowedFile::File> FollowedFile::open(const std::string& path) const {
  // Not blocking: what has that name could be a pipe.
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) return std::nullopt;
  const auto identity = identify(fd.get());
  if (!identity) return std::nullopt;
  return File{.fd = std::move(fd),
              .identity = *identity,
              .offset = 0,
              .carry = {},
              .lines = LineCutter(settings_.max_frame, settings_.batch.frames)};
}

// The file that was read up to `position`: under its own name, or renamed to a name that begins so.
std::optional<FollowedFile::File> FollowedFile::find(const FilePosition& position) const {
  auto fits = [&](const std::optional<File>& file) {
    return file && same_number(file->identity, position.identity) &&
           begins_like(file->fd.get(), position.identity) &&
           size_of(file->fd.get()) >= position.offset;
  };
  auto file = open(path_);
  if (fits(file)) return file;
  const std::filesystem::path path(path_);
  std::error_code ignored;
  std::filesystem::directory_iterator entries(path.parent_path().empty() ? "." : path.parent_path(),
                                              ignored);
  const std::string name = path.filename();
  for (; entries != std::filesystem::directory_iterator(); entries.increment(ignored)) {
    if (!entries->path().filename().string().starts_with(name)) continue;
    file = open(entries->path());
    if (fits(file)) return file;
  }
  return std::nullopt;
}

FollowedFile::Events FollowedFile::resume(std::string_view committed) {
  Events events;
  while (!committed.empty()) {
    const std::size_t end = committed.find(';');
    const auto position = parse_file_position(committed.substr(0, end));
    committed.remove_prefix(end == std::string_view::npos ? committed.size() : end + 1);
    auto file = position ? find(*position) : std::nullopt;
    if (!file) {
      ++events.gaps;
      events.notices.push_back(fmt::format(
          "{}: the file that was read last is gone; what it got since is not read", path_));
      continue;
    }
    file->offset = position->offset;
    file->lines.start_inside_cut_line(position->inside_cut_line);
    if (!files_.empty()) files_.back().renamed = true;
    files_.push_back(std::move(*file));
  }
  return events;
}

void FollowedFile::skip_to_end() {
  auto file = open(path_);
  if (!file) return;
  file->offset = size_of(file->fd.get());
  // The middle of a line may be what is there last: it is no line.
  char last = '\n';
  if (file->offset > 0 &&
      ::pread(file->fd.get(), &last, 1, static_cast<off_t>(file->offset - 1)) == 1 && last != '\n')
    file->lines.start_inside_cut_line(true);
  files_.push_back(std::move(*file));
}

// A file that begins otherwise or is shorter than what was read was emptied and written anew
// (logrotate's copytruncate).
void FollowedFile::check_begin(File& file, Events& events, std::chrono::nanoseconds now) {
  struct stat status{};
  if (::fstat(file.fd.get(), &status) != 0) return;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const std::int64_t written = status.st_mtim.tv_sec * base::ns_per_second + status.st_mtim.tv_nsec;
  const std::uint64_t known = file.offset + file.carry.size();
  if (size == known && written == file.written) return;
  file.written = written;
  if (size < known || !begins_like(file.fd.get(), file.identity)) {
    events.notices.push_back(
        fmt::format("{}: the file was emptied; read again from its begin", path_));
    ++events.gaps;
    auto again = open(path_);
    // The begin of a line that lost its end is given as it is, before the new content.
    file.finished = true;
    file.renamed = true;
    file.incomplete = !file.carry.empty();
    file.fd.reset();
    file.changed = now;
    if (again && same_number(again->identity, file.identity)) {
      again->changed = now;
      files_.push_back(std::move(*again));
    }
    return;
  }
  // It was shorter than what the identity covers when it was opened.
  if (file.identity.head_size < identity_head) {
    if (const auto longer = identify(file.fd.get())) file.identity = *longer;
  }
}

FollowedFile::Events FollowedFile::look(std::chrono::nanoseconds now) {
  Events events;
  for (auto it = files_.begin(); it != files_.end();) {
    File& file = *it;
    const bool read_all = file.finished ? file.carry.empty()
                                        : size_of(file.fd.get()) <= file.offset + file.carry.size();
    if (file.renamed && !file.finished && read_all && now - file.changed >= settings_.grace) {
      // Nobody writes to it any more; a line without its end will not get one.
      file.finished = true;
      file.incomplete = false;
    }
    it = file.renamed && file.finished && file.carry.empty() ? files_.erase(it) : std::next(it);
  }
  if (!files_.empty() && !files_.back().renamed) check_begin(files_.back(), events, now);

  struct stat status{};
  const bool exists = ::stat(path_.c_str(), &status) == 0;
  if (!files_.empty() && !files_.back().renamed) {
    File& current = files_.back();
    if (exists && current.identity.device == status.st_dev &&
        current.identity.inode == status.st_ino)
      return events;
    current.renamed = true;
    current.changed = now;
  }
  if (!exists) return events;
  for (File& file : files_) {
    // Renamed and back again.
    if (file.finished || file.identity.device != status.st_dev ||
        file.identity.inode != status.st_ino)
      continue;
    if (&file == &files_.back()) file.renamed = false;
    return events;
  }
  if (auto file = open(path_)) {
    file->changed = now;
    files_.push_back(std::move(*file));
  }
  return events;
}

FollowedFile::Read FollowedFile::read(event::Batch& batch, event::SourceId source,
                                      base::ReceivedTime received, std::chrono::nanoseconds now) {
  Read out;
  for (File& file : files_) {
    // A later file has its turn when all before it are read to their end.
    read_one(file, batch, source, received, now, out);
    if (out.more || out.error) break;
  }
  return out;
}

void FollowedFile::read_one(File& file, event::Batch& batch, event::SourceId source,
                            base::ReceivedTime received, std::chrono::nanoseconds now, Read& out) {
  while (true) {
    if (batch.frames.size() >= settings_.batch.frames ||
        batch.text_size() >= settings_.batch.text) {
      out.more = true;
      return;
    }
    char* const text = batch.reserve_text(file.carry.size() + read_size + 1);
    std::size_t size = file.carry.size();
    if (size > 0) std::memcpy(text, file.carry.data(), size);
    if (!file.finished) {
      const ssize_t got = ::pread(file.fd.get(), text + size, read_size,
                                  static_cast<off_t>(file.offset + file.carry.size()));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) {
        out.error = errno;
        return;
      }
      if (got > 0) file.changed = now;
      size += static_cast<std::size_t>(got);
      out.bytes += static_cast<std::uint64_t>(got);
    }
    const bool grew = size > file.carry.size();
    const bool waited = !file.carry.empty() && settings_.line_timeout.count() > 0 &&
                        now - file.changed >= settings_.line_timeout;
    const bool last = file.finished || (!grew && waited);
    if (size == 0 || (!grew && !last)) {
      // Frames may have been cut off the carry by a full batch before.
      if (size == 0 || file.carry.find('\n') == std::string::npos) return;
    }
    const std::size_t frames_before = batch.frames.size();
    const std::uint64_t thrown_before = file.lines.thrown_away();
    const std::size_t used = file.lines.cut(batch, size, last, source, received);
    out.discarded_bytes += file.lines.thrown_away() - thrown_before;
    for (std::size_t i = frames_before; i < batch.frames.size(); ++i) {
      event::Frame& frame = batch.frames[i];
      ++out.frames;
      out.frame_bytes += frame.size;
      if (frame.anomalies.has(event::Anomaly::frame_truncated)) ++out.truncated;
    }
    if (file.incomplete && used == size && batch.frames.size() > frames_before)
      batch.frames.back().anomalies.set(event::Anomaly::frame_incomplete);
    file.carry.assign(text + used, size - used);
    file.offset += used;
    out.cut_bytes += used;
  }
}

std::string FollowedFile::position() const {
  std::string out;
  for (const File& file : files_) {
    if (file.finished) continue;
    if (!out.empty()) out += ';';
    out += encode({file.identity, file.offset, file.lines.inside_cut_line()});
  }
  return out;
}

}  // namespace tocsin::ingest
