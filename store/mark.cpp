#include "store/mark.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "base/fault_point.hpp"
#include "store/checksum.hpp"
#include "store/folder.hpp"

namespace tocsin::store {

namespace {

using base::fail;
using base::Result;

constexpr std::size_t slot_size = 64;
constexpr off_t slot_distance = 4096;
constexpr std::uint32_t version = 1;
constexpr std::uint32_t flag_created = 1, flag_clean = 2;

using Slot = std::array<char, slot_size>;

struct Content {
  std::uint64_t generation = 0;
  Mark mark;
};

template <typename Number>
void put(Slot& slot, std::size_t offset, Number value) {
  std::memcpy(slot.data() + offset, &value, sizeof value);
}
template <typename Number>
Number get(const Slot& slot, std::size_t offset) {
  Number value;
  std::memcpy(&value, slot.data() + offset, sizeof value);
  return value;
}

Slot encode(const Content& content) {
  Slot slot{};
  std::memcpy(slot.data(), "tocsinmk", 8);
  put(slot, 8, version);
  put(slot, 12, (content.mark.created ? flag_created : 0) | (content.mark.clean ? flag_clean : 0));
  put(slot, 16, content.generation);
  put(slot, 24, content.mark.position.commit);
  put(slot, 32, content.mark.position.seq.value);
  put(slot, 60, crc32c({slot.data(), 60}));
  return slot;
}

std::optional<Content> decode(const Slot& slot) {
  if (std::memcmp(slot.data(), "tocsinmk", 8) != 0 || get<std::uint32_t>(slot, 8) != version ||
      get<std::uint32_t>(slot, 60) != crc32c({slot.data(), 60})) {
    return std::nullopt;
  }
  Content content;
  const auto flags = get<std::uint32_t>(slot, 12);
  content.generation = get<std::uint64_t>(slot, 16);
  content.mark.created = (flags & flag_created) != 0;
  content.mark.clean = (flags & flag_clean) != 0;
  content.mark.position.commit = get<std::uint64_t>(slot, 24);
  content.mark.position.seq = event::Seq(get<std::uint64_t>(slot, 32));
  return content;
}

base::Error io_error(const std::string& path, int number) {
  return {
      number == ENOSPC ? "store-11" : "store-12",
      fmt::format("the high-water mark cannot be read or written: {}", base::system_text(number)),
      {path, 0, 0}};
}

Result<Content> read_slots(int file, const std::string& path, bool* damaged) {
  std::optional<Content> best;
  bool bad = false;
  for (off_t slot_index : {0, 1}) {
    Slot slot{};
    const ssize_t size = ::pread(file, slot.data(), slot.size(), slot_index * slot_distance);
    if (size < 0) return std::unexpected(io_error(path, errno));
    const auto content = decode(slot);
    bad = bad || !content;
    if (content && (!best || content->generation > best->generation)) best = content;
  }
  if (damaged != nullptr) *damaged = bad;
  if (!best) {
    return fail("store-6",
                "the high-water mark is damaged, so nobody can say whether the store is whole; "
                "`tocsin store salvage` saves what is there",
                {path, 0, 0});
  }
  return *best;
}

}  // namespace

Result<std::optional<Mark>> MarkFile::read(const std::string& path, bool* damaged) {
  if (damaged != nullptr) *damaged = false;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) {
    if (errno == ENOENT) return std::nullopt;
    return std::unexpected(io_error(path, errno));
  }
  const auto content = read_slots(file, path, damaged);
  ::close(file);
  if (!content) return std::unexpected(content.error());
  return content->mark;
}

Result<void> MarkFile::check(const std::string& path) {
  bool damaged = false;
  TRY(const auto mark, read(path, &damaged));
  if (!mark) return fail("store-6", "the high-water mark is missing", {path, 0, 0});
  if (damaged) {
    return fail("store-6",
                "one of the two slots of the high-water mark is damaged; the other holds",
                {path, 0, 0});
  }
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  std::size_t other = 0;
  for (std::size_t at = slot_size; at < bytes.size(); ++at)
    other += at < slot_distance && bytes[at] != 0 ? 1 : 0;
  if (bytes.size() != slot_distance + slot_size || other != 0) {
    return fail("store-6", "the high-water mark holds bytes that nobody wrote", {path, 0, 0});
  }
  return {};
}

Result<MarkFile> MarkFile::open(const std::string& path) {
  struct stat info{};
  const bool exists = ::lstat(path.c_str(), &info) == 0;
  // A new mark gets its name only once it is on disk whole.
  const std::string name = exists ? path : path + ".new";
  const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | (exists ? 0 : O_CREAT | O_TRUNC);
  const int file = ::open(name.c_str(), flags, 0640);
  if (file < 0) return std::unexpected(io_error(path, errno));
  MarkFile out(path, file);
  if (exists) {
    TRY(const Content content, read_slots(file, path, nullptr));
    out.generation_ = content.generation;
    out.mark_ = content.mark;
    return out;
  }
  TRY_VOID(out.write({}));
  TRY_VOID(out.write({}));
  if (::rename(name.c_str(), path.c_str()) != 0) return std::unexpected(io_error(path, errno));
  TRY_VOID(sync_names(path.substr(0, path.rfind('/'))));
  return out;
}

Result<void> MarkFile::write(const Mark& mark) {
  const Slot slot = encode({generation_ + 1, mark});
  const off_t place = static_cast<off_t>((generation_ + 1) % 2) * slot_distance;
  const ssize_t size = ::pwrite(file_, slot.data(), slot.size(), place);
  if (size != static_cast<ssize_t>(slot.size()))
    return std::unexpected(io_error(path_, size < 0 ? errno : ENOSPC));
  base::pass(base::FaultPoint::mark_unsynced);
  if (::fdatasync(file_) != 0) return std::unexpected(io_error(path_, errno));
  ++generation_;
  mark_ = mark;
  return {};
}

MarkFile::MarkFile(MarkFile&& other) noexcept
    : path_(std::move(other.path_)),
      file_(other.file_),
      generation_(other.generation_),
      mark_(other.mark_) {
  other.file_ = -1;
}

MarkFile::~MarkFile() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace tocsin::store
