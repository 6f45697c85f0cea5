// The folder that a store lives in: made safely, and held by one process at a time.
// Threads:   one
// Errors:    store-1 not a folder that a store can live in, store-2 held by another process
// Tested by: tests/store/folder_test.cpp
#pragma once

#include <cstdint>
#include <string>

#include "base/error.hpp"

namespace tocsin::store {

// <path>/lock   held while the store is open for writing; says who holds it
// <path>/mark   the high-water mark (store/mark.hpp)
// <path>/db/    RocksDB
class Folder {
 public:
  // Makes `path` (0750) when it is not there, and locks it until the Folder goes. Refused: a
  // symbolic link, a folder of another user, one that everybody may write to, and one with other
  // things than a store in it.
  [[nodiscard]] static base::Result<Folder> lock(const std::string& path);
  // Only looks: the folder of a store, or an error.
  [[nodiscard]] static base::Result<void> inspect(const std::string& path);

  Folder(Folder&& other) noexcept;
  Folder& operator=(Folder&&) = delete;
  ~Folder();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  Folder(std::string path, int descriptor) : path_(std::move(path)), lock_(descriptor) {}
  std::string path_;
  int lock_;
};

// The names in `folder` survive a power cut (their contents are another matter).
[[nodiscard]] base::Result<void> sync_names(const std::string& folder);
[[nodiscard]] std::string database_path(const std::string& folder);
[[nodiscard]] std::string mark_path(const std::string& folder);
// Does another process hold the store open for writing?
[[nodiscard]] bool is_locked(const std::string& folder);
// Sizes of all files below `folder`, as their ends say.
[[nodiscard]] std::uint64_t bytes_in(const std::string& folder);

}  // namespace tocsin::store
