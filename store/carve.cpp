#include "store/carve.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "store/chain.hpp"

namespace tocsin::store {

namespace {

// A file as bytes, for as long as this lives.
class Mapped {
 public:
  explicit Mapped(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    struct stat info{};
    if (::fstat(file, &info) == 0 && info.st_size > 0) {
      size_ = static_cast<std::size_t>(info.st_size);
      void* const at = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
      if (at != MAP_FAILED) data_ = static_cast<const char*>(at);
    }
    ::close(file);
  }
  ~Mapped() {
    if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
  }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;
  [[nodiscard]] std::string_view bytes() const {
    return data_ == nullptr ? std::string_view() : std::string_view(data_, size_);
  }

 private:
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

// The size that the header at the front of `bytes` gives its block, if there is one.
std::optional<std::size_t> block_size(std::string_view bytes) {
  if (bytes.size() < block_header_size) return std::nullopt;
  const auto number = [&](std::size_t offset) {
    std::uint32_t value = 0;
    bytes.copy(reinterpret_cast<char*>(&value), sizeof value, offset);
    return std::uint64_t{value};
  };
  const std::uint64_t size = block_header_size + number(16) + number(24) + number(72);
  if (size > bytes.size()) return std::nullopt;
  return size;
}

// Keys as numbers of a fixed length, so that there is a middle of two.
constexpr std::size_t key_bytes = 24;
using Number = std::array<std::uint8_t, key_bytes>;

Number number_of(std::string_view key) {
  Number number{};
  std::copy_n(key.begin(), std::min(key.size(), key_bytes), number.begin());
  return number;
}
std::string key_of(const Number& number) {
  return {reinterpret_cast<const char*>(number.data()), number.size()};
}
// `number` + 2^bit; nothing when there is no such number.
std::optional<Number> plus(Number number, std::size_t bit) {
  unsigned carry = 1U << bit % 8;
  for (std::size_t i = key_bytes - 1 - bit / 8 + 1; i-- > 0 && carry > 0;) {
    carry += number[i];
    number[i] = static_cast<std::uint8_t>(carry);
    carry >>= 8U;
  }
  return carry > 0 ? std::nullopt : std::optional(number);
}

bool can_read(const Database& database, Space space, const std::string& key) {
  Cursor cursor = database.cursor(space);
  cursor.seek(key);
  return cursor.status().has_value();
}

}  // namespace

std::vector<CarvedBlock> carve_blocks(const std::string& file) {
  const Mapped mapped(file);
  const std::string_view bytes = mapped.bytes();
  const std::string_view start("tb\x02", 3);
  std::vector<CarvedBlock> found;
  BlockDecoder decoder;
  event::Batch batch;
  for (std::size_t at = bytes.find(start); at != std::string_view::npos;
       at = bytes.find(start, at)) {
    const auto size = block_size(bytes.substr(at));
    const std::string_view block = size ? bytes.substr(at, *size) : std::string_view();
    const auto info = size ? block_info(block) : base::fail("store-20", "no header");
    if (!info || !decoder.decode(block, batch)) {
      ++at;
      continue;
    }
    found.push_back({*info, at, *size});
    at += *size;
  }
  return found;
}

bool read_piece(const std::string& file, std::uint64_t offset, std::uint64_t size,
                std::string& out) {
  const Mapped mapped(file);
  const std::string_view bytes = mapped.bytes();
  if (offset > bytes.size() || size > bytes.size() - offset) return false;
  out.assign(bytes.substr(offset, size));
  return true;
}

std::vector<std::string> sorted_files_in(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".sst") paths.push_back(entry->path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// Steps that double find a readable key, halving finds the first behind the same damaged place.
std::optional<std::string> beyond_damage(const Database& database, Space space,
                                         std::string_view from) {
  const Number start = number_of(from);
  Number bad = start;
  std::optional<std::size_t> readable;
  for (std::size_t bit = 0; bit < key_bytes * 8 && !readable; ++bit) {
    const auto next = plus(start, bit);
    if (!next) return std::nullopt;
    if (can_read(database, space, key_of(*next))) {
      readable = bit;
    } else {
      bad = *next;
    }
  }
  if (!readable) return std::nullopt;
  // `bad` + 2^bit is readable or beyond it, for ever smaller bits.
  Number good = *plus(start, *readable);
  for (std::size_t bit = *readable; bit-- > 0;) {
    const auto middle = plus(bad, bit);
    if (!middle || *middle >= good) continue;
    if (can_read(database, space, key_of(*middle))) {
      good = *middle;
    } else {
      bad = *middle;
    }
  }
  return key_of(good);
}

}  // namespace tocsin::store
