// Which file it was and how far it was read: what is kept in the store to go on there later.
// Path:      an open file -> event::Offset value, and back
// Units:     bytes (unpacked)
// Threads:   pure functions
// Errors:    an empty optional for text that is none of ours
// Tested by: tests/ingest/listen/file_position_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tocsin::ingest {

// A name may come to mean another file (rotation), a file's number may be given again: so both, and
// the first bytes.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint32_t head_size = 0;  // how many first bytes the hash covers
  std::uint64_t head_hash = 0;

  bool operator==(const FileIdentity&) const = default;
};

inline constexpr std::uint32_t identity_head = 1024;

// Of the file behind `fd`, over its first min(head_size, its size) bytes; reads with pread().
// Nothing for what is no regular file.
[[nodiscard]] std::optional<FileIdentity> identify(int fd, std::uint32_t head_size = identity_head);
// The file behind `fd` begins with the bytes that `identity` names, wherever it lies now.
[[nodiscard]] bool begins_like(int fd, const FileIdentity& identity);

struct FilePosition {
  FileIdentity identity;
  std::uint64_t offset = 0;
  bool inside_cut_line = false;  // what follows up to the line feed belongs to a line given already

  bool operator==(const FilePosition&) const = default;
};
[[nodiscard]] std::string encode(const FilePosition& position);
[[nodiscard]] std::optional<FilePosition> parse_file_position(std::string_view text);

}  // namespace tocsin::ingest
