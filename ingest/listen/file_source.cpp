#include "ingest/listen/file_source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "ingest/evtx/evtx_framer.hpp"
#include "ingest/frame/json_objects.hpp"
#include "ingest/frame/xml_events.hpp"

namespace tocsin::ingest {

namespace {

// Enough to see the first line of any sane log.
constexpr std::size_t look_ahead_size = 64 * 1024;
constexpr std::size_t smallest_target = 16 * 1024;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

std::string absolute(const std::string& path) {
  char* const real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr) return path;
  std::string out = real;
  std::free(real);
  return out;
}

}  // namespace

FileSource::FileSource(std::string path, const FileOptions& options)
    : path_(std::move(path)),
      options_(options),
      lines_(options.max_frame, options.batch_frames),
      target_(options.batch_bytes) {}

FileSource::~FileSource() = default;

base::Result<std::unique_ptr<FileSource>> FileSource::open(const std::string& path,
                                                           const FileOptions& options) {
  std::unique_ptr<FileSource> out(new FileSource(path, options));
  const bool standard_input = path == "-";
  Descriptor fd(standard_input ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                               : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return std::unexpected(file_error("cannot open", path, errno));
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0)
    return std::unexpected(file_error("cannot look at", path, errno));
  if (S_ISDIR(status.st_mode)) return std::unexpected(file_error("cannot read", path, EISDIR));
  if (S_ISREG(status.st_mode)) {
    out->total_ = static_cast<std::uint64_t>(status.st_size);
    out->modified_ = status.st_mtim.tv_sec * base::ns_per_second + status.st_mtim.tv_nsec;
    out->identity_ = identify(fd.get());
    if (!standard_input) out->key_ = "file:" + absolute(path);
  }
  TRY(out->bytes_, read_bytes(std::move(fd), path));
  TRY_VOID(out->look_ahead());
  const auto format = resolve_format(options.format, out->ahead_);
  if (!format) {
    return base::fail("ingest-104",
                      fmt::format("unknown format \"{}\": auto, syslog, json, json-lines, "
                                  "json-objects, audit, evtx or xml",
                                  options.format),
                      {path});
  }
  out->format_ = *format;
  if (out->ahead_.starts_with(byte_order_mark)) {
    out->ahead_.erase(0, byte_order_mark.size());
    out->offset_ = byte_order_mark.size();
  }
  if (*format == FileFormat::json_objects) {
    out->objects_ = std::make_unique<JsonObjectFramer>(options.max_frame, options.batch_frames);
  } else if (*format == FileFormat::evtx) {
    out->objects_ = std::make_unique<EvtxFramer>(options.batch_frames);
  } else if (*format == FileFormat::xml_events) {
    out->objects_ = std::make_unique<XmlEventFramer>(options.max_frame, options.batch_frames);
  }
  if (out->objects_) {
    out->objects_->start_at(out->offset_);
    out->objects_done_ = out->offset_;
  }
  return out;
}

// A pipe is read until its first line is there, a file until there is enough of it.
base::Result<void> FileSource::look_ahead() {
  while (ahead_.size() < look_ahead_size) {
    const std::size_t have = ahead_.size();
    ahead_.resize(look_ahead_size);
    auto got = bytes_->read(ahead_.data() + have, look_ahead_size - have);
    ahead_.resize(have + (got ? *got : 0));
    if (!got) {
      // What was read before the fault is still given.
      if (ahead_.empty()) return std::unexpected(std::move(got).error());
      ahead_error_ = std::move(got).error();
      break;
    }
    if (*got == 0 || (total_ == 0 && ahead_.find('\n') != std::string::npos)) break;
  }
  return {};
}

base::Result<std::size_t> FileSource::read(char* out, std::size_t size) {
  if (!ahead_.empty()) {
    const std::size_t part = std::min(size, ahead_.size());
    std::memcpy(out, ahead_.data(), part);
    ahead_.erase(0, part);
    return part;
  }
  if (ahead_error_) return std::unexpected(*ahead_error_);
  return bytes_->read(out, size);
}

void FileSource::set_source(event::SourceId source, base::ReceivedTime received) {
  source_ = source;
  received_ = received;
}

base::Result<bool> FileSource::resume(std::string_view committed) {
  const auto position = parse_file_position(committed);
  if (!position || !identity_) return false;
  const Descriptor fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd || !begins_like(fd.get(), position->identity)) return false;
  if (bytes_->packing() == Packing::plain && position->offset > total_) return false;
  const std::uint64_t wanted = objects_ ? objects_->first_byte(position->offset) : position->offset;
  if (wanted < offset_) return false;
  const std::uint64_t from_ahead = std::min<std::uint64_t>(wanted - offset_, ahead_.size());
  ahead_.erase(0, from_ahead);
  offset_ += from_ahead;
  if (offset_ < wanted) {
    TRY_VOID(bytes_->skip(wanted - offset_));
    offset_ = wanted;
  }
  lines_.start_inside_cut_line(position->inside_cut_line);
  batch_begin_ = offset_;
  if (objects_) {
    objects_->start_at(position->offset);
    objects_done_ = position->offset;
  }
  return true;
}

// Puts what was carried over and new bytes behind the text of the batch; returns how many.
std::size_t FileSource::fill(event::Batch& batch) {
  const std::size_t wanted =
      std::max(target_, carry_.size() + std::min(smallest_target, options_.batch_bytes));
  char* const text = batch.reserve_text(wanted + 1);
  std::size_t have = carry_.size();
  if (have > 0) std::memcpy(text, carry_.data(), have);
  if (!ended_) {
    auto got = read(text + have, wanted - have);
    if (!got) {
      error_ = std::move(got).error();
      ended_ = true;
    } else {
      have += *got;
      ended_ = *got == 0;
    }
  }
  return have;
}

std::size_t FileSource::cut(event::Batch& batch, std::size_t size) {
  const bool open_end = size > 0 && batch.text()[size - 1] != '\n';
  const bool inside_cut_line = lines_.inside_cut_line();
  const std::size_t used = lines_.cut(batch, size, ended_, source_, received_);
  // A line that a fault cut off is not whole.
  if (ended_ && error_ && open_end && used == size && !inside_cut_line && !batch.frames.empty())
    batch.frames.back().anomalies.set(event::Anomaly::frame_incomplete);
  return used;
}

// Objects are copied, each with a line feed behind it, as no line of the file may end there.
std::size_t FileSource::cut_objects(event::Batch& batch, std::size_t size) {
  piece_.assign(batch.text(), size);
  if (!object_ends_.empty()) objects_done_ = object_ends_.back();
  object_ends_.clear();
  const std::size_t used = objects_->feed(piece_, batch, source_, received_, object_ends_);
  if (ended_ && used == size && batch.frames.size() < options_.batch_frames) {
    objects_->end(batch, source_, received_, object_ends_);
  }
  carry_.assign(piece_, used);
  return used;
}

bool FileSource::next(event::Batch& batch) {
  batch.clear();
  while (!ended_ || !carry_.empty() || (objects_ && objects_->pending() > 0)) {
    const std::size_t size = fill(batch);
    batch_begin_ = offset_;
    const std::size_t used = objects_ ? cut_objects(batch, size) : cut(batch, size);
    if (!objects_) carry_.assign(batch.text() + used, size - used);
    offset_ += used;
    if (batch.frames.empty()) {
      batch.clear();
      continue;
    }
    // So many bytes as the next frames will likely have, so that little is carried over.
    if (batch.frames.size() >= options_.batch_frames) {
      target_ = std::clamp(used + used / 8, std::min(smallest_target, options_.batch_bytes),
                           options_.batch_bytes);
    } else {
      target_ = options_.batch_bytes;
    }
    return true;
  }
  return false;
}

std::string FileSource::position(std::uint64_t offset, bool inside_cut_line) const {
  return encode({*identity_, offset, inside_cut_line});
}

std::optional<event::Offset> FileSource::offset() const {
  if (key_.empty() || !identity_) return std::nullopt;
  if (objects_) {
    return event::Offset{
        key_, position(object_ends_.empty() ? objects_done_ : object_ends_.back(), false)};
  }
  return event::Offset{key_, position(offset_, lines_.inside_cut_line())};
}

std::optional<event::Offset> FileSource::offset(const event::Batch& batch,
                                                std::size_t frames) const {
  if (frames >= batch.frames.size()) return offset();
  if (key_.empty() || !identity_) return std::nullopt;
  if (objects_) {
    return event::Offset{key_,
                         position(frames == 0 ? objects_done_ : object_ends_[frames - 1], false)};
  }
  return event::Offset{key_, position(batch_begin_ + batch.frames[frames].offset, false)};
}

FileProgress FileSource::progress() const { return {bytes_->raw_bytes(), total_}; }

}  // namespace tocsin::ingest
