#include "store/manifest.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>

#include "store/checksum.hpp"

namespace tocsin::store {

namespace {

using base::Result;

constexpr std::size_t block = 32768;
constexpr std::size_t header = 7;
constexpr unsigned kind_first = 2, kind_middle = 3;

struct Record {
  std::size_t begin = 0;
  std::size_t end = 0;
  unsigned kind = 0;
  bool good = false;
};

Record record_at(std::string_view file, std::size_t at) {
  std::uint32_t stored = 0;
  std::memcpy(&stored, file.data() + at, 4);
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(file[at + i]); };
  const std::size_t size = byte(4) | static_cast<std::size_t>(byte(5)) << 8U;
  Record record{at, at + header + size, byte(6), false};
  if (record.end > file.size() || record.end > at / block * block + block) return record;
  // RocksDB writes checksums of its logs turned and moved, so that one of another is another.
  const std::uint32_t sum = crc32c(file.substr(at + 6, 1 + size));
  record.good = stored == ((sum >> 15U) | (sum << 17U)) + 0xa282ead8U;
  return record;
}

// Where the record begins that was not finished; nothing: all are whole, or it is not that.
std::optional<std::size_t> unfinished(std::string_view file) {
  // Behind this all is zero.
  const std::size_t written = file.find_last_not_of('\0') + 1;  // npos + 1 = 0
  std::size_t whole = 0;  // where the last record of all its parts ended
  for (std::size_t at = 0; at < written;) {
    const std::size_t left = block - at % block;
    if (left < header) {
      at += left;
      continue;
    }
    if (at + header > file.size()) return std::nullopt;  // it ends there: RocksDB passes it over
    const Record record = record_at(file, at);
    if (!record.good) {
      // Zeros up to the end, from within the record on.
      const bool torn = written < file.size() && written <= std::max(record.end, at + header);
      return torn ? std::optional(whole) : std::nullopt;
    }
    at = record.end;
    if (record.kind != kind_first && record.kind != kind_middle) whole = at;
  }
  return std::nullopt;
}

Result<std::string> read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (in.bad())
    return base::fail("store-12", "the database's list of files cannot be read", {path, 0, 0});
  return bytes;
}

Result<void> cut(const std::string& path, std::size_t size) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  const bool done =
      file >= 0 && ::ftruncate(file, static_cast<off_t>(size)) == 0 && ::fsync(file) == 0;
  const int error = errno;
  if (file >= 0) ::close(file);
  if (done) return {};
  return base::fail("store-12",
                    fmt::format("the database's list of files has an unfinished record that cannot "
                                "be cut off: {}",
                                std::strerror(error)),
                    {path, 0, 0});
}

}  // namespace

Result<bool> cut_unfinished_record(const std::string& database) {
  TRY(std::string name, read(database + "/CURRENT"));
  while (!name.empty() && name.back() == '\n') name.pop_back();
  if (!name.starts_with("MANIFEST-") || name.find('/') != std::string::npos) return false;
  const std::string path = database + "/" + name;
  TRY(const std::string file, read(path));
  const auto begin = unfinished(file);
  if (!begin) return false;
  TRY_VOID(cut(path, *begin));
  return true;
}

}  // namespace tocsin::store
