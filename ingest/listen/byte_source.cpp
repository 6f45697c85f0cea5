#include "ingest/listen/byte_source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace tocsin::ingest {

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

int Descriptor::release() { return std::exchange(fd_, -1); }

void Descriptor::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::string_view name_of(Packing packing) {
  switch (packing) {
    case Packing::gzip:
      return "gzip";
    case Packing::zstd:
      return "zstd";
    case Packing::plain:
      break;
  }
  return "plain";
}

Packing packing_of(std::string_view head) {
  if (head.starts_with("\x1f\x8b")) return Packing::gzip;
  if (head.starts_with("\x28\xb5\x2f\xfd")) return Packing::zstd;
  // A skippable frame: 0x184D2A50 to 0x184D2A5F, little-endian.
  if (head.size() >= 4 && (static_cast<unsigned char>(head[0]) & 0xf0U) == 0x50 &&
      head.substr(1, 3) == "\x2a\x4d\x18") {
    return Packing::zstd;
  }
  return Packing::plain;
}

base::Error file_error(std::string_view what, const std::string& path, int number) {
  return {"ingest-101", fmt::format("{}: {}", what, base::system_text(number)), {path}};
}

namespace {

// The packed side is read in pieces of this size.
constexpr std::size_t piece_size = 128 * 1024;

// The file as it is, after the bytes that were read ahead to recognise the packing.
class PlainBytes final : public ByteSource {
 public:
  PlainBytes(Descriptor fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}

  base::Result<void> look_ahead() {
    while (head_.size() < 4) {
      char bytes[4];
      TRY(const std::size_t got, system_read(bytes, 4 - head_.size()));
      if (got == 0) break;
      head_.append(bytes, got);
    }
    return {};
  }
  [[nodiscard]] const std::string& head() const { return head_; }
  [[nodiscard]] const std::string& name() const { return name_; }

  base::Result<std::size_t> read(char* out, std::size_t size) override {
    std::size_t done = 0;
    if (!head_.empty()) {
      done = std::min(size, head_.size());
      std::memcpy(out, head_.data(), done);
      head_.erase(0, done);
      if (!head_.empty()) return done;
    }
    if (size == done) return done;
    TRY(const std::size_t got, system_read(out + done, size - done));
    return done + got;
  }

  base::Result<void> skip(std::uint64_t size) override {
    const std::uint64_t from_head = std::min<std::uint64_t>(size, head_.size());
    head_.erase(0, from_head);
    size -= from_head;
    if (size == 0) return {};
    if (::lseek(fd_.get(), static_cast<off_t>(size), SEEK_CUR) >= 0) {
      raw_bytes_ += size;
      return {};
    }
    std::vector<char> waste(std::min<std::uint64_t>(size, piece_size));
    while (size > 0) {
      TRY(const std::size_t got,
          system_read(waste.data(), std::min<std::uint64_t>(size, waste.size())));
      if (got == 0) break;
      size -= got;
    }
    return {};
  }

  [[nodiscard]] std::uint64_t raw_bytes() const override { return raw_bytes_; }
  [[nodiscard]] Packing packing() const override { return Packing::plain; }

 private:
  base::Result<std::size_t> system_read(char* out, std::size_t size) {
    while (true) {
      const ssize_t got = ::read(fd_.get(), out, size);
      if (got >= 0) {
        raw_bytes_ += static_cast<std::uint64_t>(got);
        return static_cast<std::size_t>(got);
      }
      if (errno != EINTR) return std::unexpected(file_error("cannot read", name_, errno));
    }
  }

  Descriptor fd_;
  std::string name_;
  std::string head_;
  std::uint64_t raw_bytes_ = 0;
};

// What gzip and zstd share: the packed input buffer, and skipping by unpacking.
class PackedBytes : public ByteSource {
 public:
  explicit PackedBytes(std::unique_ptr<PlainBytes> file)
      : file_(std::move(file)), piece_(piece_size) {}

  base::Result<void> skip(std::uint64_t size) override {
    std::vector<char> waste(piece_size);
    while (size > 0) {
      TRY(const std::size_t got, read(waste.data(), std::min<std::uint64_t>(size, waste.size())));
      if (got == 0) break;
      size -= got;
    }
    return {};
  }
  [[nodiscard]] std::uint64_t raw_bytes() const override { return file_->raw_bytes(); }

 protected:
  // More packed bytes behind `left` unused ones at `next`; false at the end of the file.
  base::Result<bool> refill() {
    TRY(const std::size_t got, file_->read(piece_.data(), piece_.size()));
    next_ = 0;
    end_ = got;
    return got > 0;
  }
  [[nodiscard]] std::unexpected<base::Error> damaged(std::string_view why) const {
    return base::fail("ingest-102",
                      fmt::format("the {} data is damaged near byte {}: {}", name_of(packing()),
                                  file_->raw_bytes() - (end_ - next_), why),
                      {file_->name()});
  }
  [[nodiscard]] std::unexpected<base::Error> cut_short() const {
    return base::fail(
        "ingest-103",
        fmt::format("the {} data ends too early, after {} bytes; all that came before was read",
                    name_of(packing()), file_->raw_bytes()),
        {file_->name()});
  }

  std::unique_ptr<PlainBytes> file_;
  std::vector<char> piece_;
  std::size_t next_ = 0;
  std::size_t end_ = 0;
};

class GzipBytes final : public PackedBytes {
 public:
  explicit GzipBytes(std::unique_ptr<PlainBytes> file) : PackedBytes(std::move(file)) {
    ready_ = inflateInit2(&stream_, 15 + 16) == Z_OK;
  }
  ~GzipBytes() override {
    if (ready_) inflateEnd(&stream_);
  }
  GzipBytes(const GzipBytes&) = delete;
  GzipBytes& operator=(const GzipBytes&) = delete;

  base::Result<std::size_t> read(char* out, std::size_t size) override {
    if (!ready_) return damaged("no memory to unpack it");
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(size, 1U << 30U));
    const std::size_t asked = stream_.avail_out;
    while (stream_.avail_out > 0) {
      // Bytes may still wait in the decoder though all input is used.
      if (next_ == end_ && !pending_) {
        // A reader of a pipe is not kept waiting for more than there is.
        if (stream_.avail_out < asked) break;
        TRY(const bool more, refill());
        if (!more) {
          if (inside_) return cut_short();
          return 0;
        }
      }
      if (!inside_) {
        TRY(const bool another, begin_member());
        if (!another) {
          next_ = end_;
          continue;
        }
      }
      stream_.next_in = reinterpret_cast<Bytef*>(piece_.data() + next_);
      stream_.avail_in = static_cast<uInt>(end_ - next_);
      const int code = inflate(&stream_, Z_NO_FLUSH);
      next_ = end_ - stream_.avail_in;
      pending_ = code == Z_OK && stream_.avail_out == 0;
      if (code == Z_STREAM_END) {
        inside_ = false;
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        if (stream_.avail_out < asked) break;  // the fault shows again at the next call
        return damaged(stream_.msg != nullptr ? stream_.msg : "not a gzip stream");
      }
    }
    return asked - stream_.avail_out;
  }
  [[nodiscard]] Packing packing() const override { return Packing::gzip; }

 private:
  // At the border between members: zeros are padding, anything else must begin another one.
  base::Result<bool> begin_member() {
    while (next_ < end_ && members_ > 0 && piece_[next_] == 0) {
      ++next_;
      padded_ = true;
    }
    if (next_ == end_) return false;
    if (padded_ || (members_ > 0 && piece_[next_] != '\x1f'))
      return damaged("other bytes behind its end");
    if (members_ > 0) inflateReset(&stream_);
    ++members_;
    inside_ = true;
    return true;
  }

  z_stream stream_{};
  bool ready_ = false;
  bool inside_ = false;
  bool padded_ = false;
  bool pending_ = false;
  std::uint64_t members_ = 0;
};

class ZstdBytes final : public PackedBytes {
 public:
  explicit ZstdBytes(std::unique_ptr<PlainBytes> file)
      : PackedBytes(std::move(file)), stream_(ZSTD_createDStream()) {
    // What `zstd -d` itself accepts without --long: 128 MiB of window.
    if (stream_ != nullptr) ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, 27);
  }
  ~ZstdBytes() override { ZSTD_freeDStream(stream_); }
  ZstdBytes(const ZstdBytes&) = delete;
  ZstdBytes& operator=(const ZstdBytes&) = delete;

  base::Result<std::size_t> read(char* out, std::size_t size) override {
    if (stream_ == nullptr) return damaged("no memory to unpack it");
    if (!fault_.empty()) return damaged(fault_);
    ZSTD_outBuffer output{out, size, 0};
    while (output.pos < output.size) {
      if (next_ == end_ && !pending_) {
        if (output.pos > 0) break;
        TRY(const bool more, refill());
        if (!more) {
          if (inside_) return cut_short();
          return 0;
        }
      }
      ZSTD_inBuffer input{piece_.data(), end_, next_};
      const std::size_t before = output.pos;
      const std::size_t hint = ZSTD_decompressStream(stream_, &output, &input);
      next_ = input.pos;
      if (ZSTD_isError(hint) != 0) {
        fault_ = ZSTD_getErrorName(hint);
        if (output.pos > 0) break;
        return damaged(fault_);
      }
      inside_ = hint != 0;
      pending_ = inside_ && output.pos == output.size && output.pos > before;
    }
    return output.pos;
  }
  [[nodiscard]] Packing packing() const override { return Packing::zstd; }

 private:
  ZSTD_DStream* stream_;
  std::string fault_;
  bool inside_ = false;
  bool pending_ = false;
};

}  // namespace

base::Result<std::unique_ptr<ByteSource>> read_bytes(Descriptor fd, std::string name) {
  posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  auto file = std::make_unique<PlainBytes>(std::move(fd), std::move(name));
  TRY_VOID(file->look_ahead());
  switch (packing_of(file->head())) {
    case Packing::gzip:
      return std::make_unique<GzipBytes>(std::move(file));
    case Packing::zstd:
      return std::make_unique<ZstdBytes>(std::move(file));
    case Packing::plain:
      break;
  }
  return file;
}

}  // namespace tocsin::ingest
