#include "store/database_files.hpp"

#include <filesystem>
#include <fstream>
#include <optional>

#include "store/carve.hpp"
#include "store/checksum.hpp"
#include "store/records.hpp"

namespace tocsin::store {

namespace {

std::optional<std::uint32_t> checksum_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::vector<char> piece(std::size_t{1} << 20U);
  std::uint32_t checksum = 0;
  while (file) {
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    checksum = crc32c({piece.data(), static_cast<std::size_t>(file.gcount())}, checksum);
  }
  return file.bad() ? std::nullopt : std::optional(checksum);
}

}  // namespace

std::vector<FileFault> changed_files(const Database& database) {
  std::vector<FileFault> faults;
  for (const Database::SortedFile& file : database.sorted_files()) {
    const auto checksum = checksum_of_file(file.path);
    if (checksum == file.checksum) continue;
    // They were all there when the database was opened: what is gone since was merged into others
    // by the process that writes.
    std::error_code error;
    if (!checksum && !std::filesystem::exists(file.path, error) && !error) continue;
    FileFault& fault = faults.emplace_back();
    fault.file = file.path;
    fault.what = checksum ? "the file is not as it was written" : "the file cannot be read";
    if (file.space != Space::blocks) continue;
    fault.first = key::block_seq(file.first_key);
    fault.last = key::block_seq(file.last_key);
  }
  return faults;
}

std::vector<FileFault> files_that_cannot_be_read(const std::string& database_folder) {
  std::vector<FileFault> faults;
  for (const std::string& path : sorted_files_in(database_folder)) {
    if (const auto read = Database::check_sorted_file(path); !read)
      faults.push_back({path, read.error().sentence, {}, {}});
  }
  return faults;
}

}  // namespace tocsin::store
