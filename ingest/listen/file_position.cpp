#include "ingest/listen/file_position.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "base/hash.hpp"

namespace tocsin::ingest {

namespace {

// Positions outlive the process: a fixed seed, unlike tables.
constexpr std::uint64_t head_seed = 0x746f6373696e;

std::optional<std::uint64_t> hash_of_head(int fd, std::uint32_t size) {
  std::array<char, identity_head> bytes;
  std::size_t have = 0;
  while (have < size) {
    const ssize_t got = ::pread(fd, bytes.data() + have, size - have, static_cast<off_t>(have));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    have += static_cast<std::size_t>(got);
  }
  return base::keyed_hash({bytes.data(), have}, head_seed);
}

}  // namespace

std::optional<FileIdentity> identify(int fd, std::uint32_t head_size) {
  struct stat status{};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  FileIdentity identity;
  identity.device = status.st_dev;
  identity.inode = status.st_ino;
  identity.head_size = static_cast<std::uint32_t>(std::min<std::uint64_t>(
      std::min(head_size, identity_head), static_cast<std::uint64_t>(status.st_size)));
  const auto hash = hash_of_head(fd, identity.head_size);
  if (!hash) return std::nullopt;
  identity.head_hash = *hash;
  return identity;
}

bool begins_like(int fd, const FileIdentity& identity) {
  if (identity.head_size > identity_head) return false;
  const auto hash = hash_of_head(fd, identity.head_size);
  return hash && *hash == identity.head_hash;
}

// "1 DEVICE INODE HEAD_SIZE HASH OFFSET CUT", numbers in base 16 but for the last two.
std::string encode(const FilePosition& position) {
  const FileIdentity& identity = position.identity;
  return fmt::format("1 {:x} {:x} {:x} {:016x} {} {:d}", identity.device, identity.inode,
                     identity.head_size, identity.head_hash, position.offset,
                     position.inside_cut_line);
}

std::optional<FilePosition> parse_file_position(std::string_view text) {
  std::array<std::uint64_t, 7> numbers{};
  constexpr std::array<int, 7> bases = {10, 16, 16, 16, 16, 10, 10};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0 && (at == end || *at++ != ' ')) return std::nullopt;
    const auto [next, error] = std::from_chars(at, end, numbers[i], bases[i]);
    if (error != std::errc()) return std::nullopt;
    at = next;
  }
  if (at != end || numbers[0] != 1 || numbers[3] > identity_head || numbers[6] > 1)
    return std::nullopt;
  FilePosition position;
  position.identity = {numbers[1], numbers[2], static_cast<std::uint32_t>(numbers[3]), numbers[4]};
  position.offset = numbers[5];
  position.inside_cut_line = numbers[6] == 1;
  return position;
}

}  // namespace tocsin::ingest
