// Numbers in as few bytes as they need: seven bits a byte, lowest first, the top bit says "more".
// Threads:   writers: one; readers: one
// Errors:    a reader that ran over its end or met a number of over 64 bits says so in ok()
// Source:    the encoding of Protocol Buffers and LEB128
// Tested by: tests/base/varint_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin::base {

inline void put_varint(std::string& out, std::uint64_t value) {
  char bytes[10];
  std::size_t size = 0;
  while (value >= 0x80) {
    bytes[size++] = static_cast<char>(value | 0x80U);
    value >>= 7U;
  }
  bytes[size++] = static_cast<char>(value);
  out.append(bytes, size);
}

// Small for small numbers of either sign.
[[nodiscard]] inline std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63U);
}
[[nodiscard]] inline std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1U) ^ (~(value & 1U) + 1U));
}

inline void put_signed(std::string& out, std::int64_t value) { put_varint(out, zigzag(value)); }

inline void put_text(std::string& out, std::string_view text) {
  put_varint(out, text.size());
  out += text;
}

// After the first fault every number is 0 and every text empty.
class VarintReader {
 public:
  explicit VarintReader(std::string_view in) : in_(in) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (in_.empty()) break;
      const auto byte = static_cast<unsigned char>(in_.front());
      in_.remove_prefix(1);
      if (shift == 63 && byte > 1) break;
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80) return value;
    }
    return fault();
  }
  std::int64_t signed_number() { return unzigzag(number()); }
  // Views into what the reader was given.
  std::string_view text() { return bytes(number()); }
  std::string_view bytes(std::uint64_t size) {
    if (size > in_.size()) {
      fault();
      return {};
    }
    const std::string_view value = in_.substr(0, size);
    in_.remove_prefix(size);
    return value;
  }
  // How many items follow. Each takes a byte at least, so a lie cannot ask for more memory than was
  // given.
  std::uint64_t count() {
    const std::uint64_t value = number();
    return value > in_.size() ? fault() : value;
  }
  // What was read does not fit together.
  std::uint64_t fault() {
    failed_ = true;
    in_ = {};
    return 0;
  }
  [[nodiscard]] bool ok() const { return !failed_; }
  [[nodiscard]] bool done() const { return !failed_ && in_.empty(); }
  [[nodiscard]] std::string_view rest() const { return in_; }

 private:
  std::string_view in_;
  bool failed_ = false;
};

}  // namespace tocsin::base
