// Finds what is whole in damaged files: blocks by their own checksums, keys behind a damaged place.
// Path:      files of a damaged database -> store/salvage
// Units:     bytes
// Threads:   pure functions
// Errors:    none: what cannot be read is not found
// Tested by: tests/store/carve_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/block.hpp"
#include "store/database.hpp"

namespace tocsin::store {

struct CarvedBlock {
  BlockInfo info;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

// Every block of the event log that stands somewhere in the file and is whole.
[[nodiscard]] std::vector<CarvedBlock> carve_blocks(const std::string& file);
[[nodiscard]] bool read_piece(const std::string& file, std::uint64_t offset, std::uint64_t size,
                              std::string& out);
// Sorted files of a database, in the order of their names.
[[nodiscard]] std::vector<std::string> sorted_files_in(const std::string& folder);

// The cursor of a space fails at `from`: a key behind that from which it does not. Nothing: there
// is none.
[[nodiscard]] std::optional<std::string> beyond_damage(const Database& database, Space space,
                                                       std::string_view from);

}  // namespace tocsin::store
