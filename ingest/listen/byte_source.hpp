// Reads a file, a pipe or standard input as plain bytes; what gzip or zstd packed is unpacked.
// Path:      a path -> bytes (ingest/listen/file_source)
// Units:     bytes; offsets count unpacked bytes from the begin of the file
// Threads:   one
// Errors:    ingest-101 cannot be opened or read, ingest-102 packed data is damaged, ingest-103
//            packed data ends too early; all bytes before the fault have been given
// Source:    RFC 1952 (several members make one file), RFC 8878 (several frames, skippable frames)
// Tested by: tests/ingest/listen/byte_source_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace tocsin::ingest {

// Owns a file descriptor, closes it.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  int release();
  void reset();

 private:
  int fd_ = -1;
};

enum class Packing : std::uint8_t { plain, gzip, zstd };
[[nodiscard]] std::string_view name_of(Packing packing);
// By the first four bytes; the name of the file plays no part.
[[nodiscard]] Packing packing_of(std::string_view head);

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Puts at most `size` bytes to `out`; 0 only at the end. May give less than asked.
  [[nodiscard]] virtual base::Result<std::size_t> read(char* out, std::size_t size) = 0;
  // Goes on behind the next `size` bytes; ends early, without an error, where the bytes end.
  [[nodiscard]] virtual base::Result<void> skip(std::uint64_t size) = 0;
  // Bytes of the file itself (packed ones) read so far.
  [[nodiscard]] virtual std::uint64_t raw_bytes() const = 0;
  [[nodiscard]] virtual Packing packing() const = 0;
};

// `fd` is read from where it stands; `name` is for errors.
[[nodiscard]] base::Result<std::unique_ptr<ByteSource>> read_bytes(Descriptor fd, std::string name);

// The error for a failed system call on a file: what was tried, why not, which file.
[[nodiscard]] base::Error file_error(std::string_view what, const std::string& path, int number);

}  // namespace tocsin::ingest
