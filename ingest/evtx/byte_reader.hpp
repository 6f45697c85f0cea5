// Little-endian numbers and pieces of a byte string in order, each checked against its end.
// Units:     bytes
// Threads:   values
// Errors:    ok() turns false at the first piece that is not there and stays so; numbers are then 0
// Tested by: tests/ingest/evtx/byte_reader_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tocsin::ingest {

class ByteReader {
 public:
  // Reads bytes[at, end); an end behind the bytes is theirs.
  ByteReader(std::string_view bytes, std::size_t at, std::size_t end)
      : bytes_(bytes.substr(0, end)), at_(at), ok_(at <= bytes_.size()) {}
  explicit ByteReader(std::string_view bytes) : ByteReader(bytes, 0, bytes.size()) {}

  [[nodiscard]] bool ok() const { return ok_; }
  // Where the next piece begins, in the bytes given to the constructor.
  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] std::size_t left() const { return ok_ ? bytes_.size() - at_ : 0; }

  std::string_view take(std::size_t size) {
    if (size > left()) ok_ = false;
    if (!ok_) return {};
    const std::string_view piece = bytes_.substr(at_, size);
    at_ += size;
    return piece;
  }
  void skip(std::size_t size) { take(size); }

  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }

 private:
  std::uint64_t number(std::size_t size) {
    std::uint64_t out = 0;
    const std::string_view piece = take(size);
    for (std::size_t i = piece.size(); i > 0; --i) {
      out = out << 8U | static_cast<std::uint8_t>(piece[i - 1]);
    }
    return out;
  }

  std::string_view bytes_;
  std::size_t at_;
  bool ok_;
};

}  // namespace tocsin::ingest
