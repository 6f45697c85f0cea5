// The files of a database as files: which of them are not as they were written.
// Path:      store/check, engine/scrubber
// Threads:   pure functions
// Errors:    none: what cannot be read is a fault
// Tested by: tests/store/check_test.cpp
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "event/batch.hpp"
#include "store/database.hpp"

namespace tocsin::store {

// Frames that may be concerned, where the file holds blocks and the list of files says which; 0:
// none or not known.
struct FileFault {
  std::string file;
  std::string what;
  event::Seq first = {};
  event::Seq last = {};
};

enum class FileState : std::uint8_t { as_written, changed, unreadable, gone, not_read };
// By the checksum of the whole file that was noted when it was written. It is read from the disk,
// not from what the system's memory holds of it. `goes_on(bytes)` is asked behind each piece; when
// it says no: not_read.
[[nodiscard]] FileState check_file(
    const Database::SortedFile& file,
    const std::function<bool(std::size_t)>& goes_on = [](std::size_t) { return true; });
[[nodiscard]] FileFault fault_of(const Database::SortedFile& file, FileState state);

// All files of a database that are not as they were written.
[[nodiscard]] std::vector<FileFault> changed_files(const Database& database);
// Of a database that does not open: by what each file says of itself.
[[nodiscard]] std::vector<FileFault> files_that_cannot_be_read(const std::string& database_folder);

}  // namespace tocsin::store
