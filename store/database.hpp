// RocksDB behind a few plain words: a few key spaces, atomic changes, cursors, errors as Result.
// Path:      store/ledger, store/store, store/reader, store/upkeep -> files in <store>/db
// Units:     bytes
// Threads:   Database: safe; Changes and Cursor: one thread
// Errors:    store-10 damaged, store-11 no space left, store-12 input/output, store-13 anything
// else
//            of RocksDB. A write that failed leaves it unknown what is on disk: open again.
// Source:    RocksDB 7.8.3; why each setting stands beside it
// Tested by: tests/store/database_test.cpp, tests/crash/store_fault_test.cpp
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace rocksdb {
class Env;
}

namespace tocsin::store {

// Blocks are large, compressed by us, and written in key order, with their filters beside them; all
// else is small and rewritten. A store from before there were filters has no space for them until
// it is opened for writing: it reads as empty.
enum class Space : std::uint8_t { state, blocks, filters };

struct DatabaseOptions {
  std::size_t write_buffer = std::size_t{32} << 20U;  // of blocks; a quarter of it for state
  std::size_t cache = std::size_t{16} << 20U;
  int open_files = 1024;        // -1: all are opened at once and stay open
  bool log = true;              // false: nothing outlasts the process
  rocksdb::Env* env = nullptr;  // tests inject faults here
  // A write in the background failed; called once a failure, from RocksDB's threads.
  std::function<void(base::Error)> on_background_error;
};

// What one write does, all of it or nothing. Reused: clear() keeps the memory.
class Changes {
 public:
  Changes();
  ~Changes();
  Changes(Changes&&) noexcept;
  Changes& operator=(Changes&&) noexcept;

  void put(Space space, std::string_view key, std::string_view value);
  // A value in two parts.
  void put(Space space, std::string_view key, std::string_view head, std::string_view rest);
  void remove(Space space, std::string_view key);
  // Keys in [begin, end).
  void remove_range(Space space, std::string_view begin, std::string_view end);
  void clear();
  [[nodiscard]] bool empty() const;

 private:
  friend class Database;
  struct Operation;
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

// Walks one space in key order over what was there when the cursor was made. Once valid() is false,
// status() tells the end from a fault: nobody may take one for the other.
class Cursor {
 public:
  Cursor(Cursor&&) noexcept;
  Cursor& operator=(Cursor&&) noexcept;
  ~Cursor();

  void seek(std::string_view key);       // first key >= `key`
  void seek_back(std::string_view key);  // last key <= `key`
  void next();
  void back();
  [[nodiscard]] bool valid() const;
  [[nodiscard]] std::string_view key() const;    // until the cursor moves
  [[nodiscard]] std::string_view value() const;  // until the cursor moves
  [[nodiscard]] base::Result<void> status() const;

 private:
  friend class Database;
  struct Rep;
  explicit Cursor(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

class Database {
 public:
  enum class Access : std::uint8_t {
    create,     // makes it when it is not there
    write,      // it must be there; recovers what the write-ahead log holds
    read_only,  // changes no file
  };
  [[nodiscard]] static base::Result<std::unique_ptr<Database>> open(const std::string& path,
                                                                    const DatabaseOptions& options,
                                                                    Access access);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  [[nodiscard]] base::Result<std::optional<std::string>> get(Space space,
                                                             std::string_view key) const;
  // Of many keys of one space at once: result[i] of keys[i].
  [[nodiscard]] base::Result<std::vector<std::optional<std::string>>> get_many(
      Space space, const std::vector<std::string>& keys) const;
  // Keys below `end` only ("" = all). `sequential`: reads ahead, leaves the cache alone.
  [[nodiscard]] Cursor cursor(Space space, std::string_view end = {},
                              bool sequential = false) const;

  // Into the write-ahead log (not synced) and visible to readers.
  [[nodiscard]] base::Result<void> write(Changes& changes);
  // All writes that returned before survive a power cut.
  [[nodiscard]] base::Result<void> sync();
  // All into sorted files, so that the write-ahead log is empty.
  [[nodiscard]] base::Result<void> flush();
  // Gives back the space of most files that only hold keys in [begin, end); which of the keys are
  // seen afterwards is open, so the caller must not look there again.
  [[nodiscard]] base::Result<void> drop_files(Space space, std::string_view begin,
                                              std::string_view end);
  // Of sorted files; what was removed counts until its file is rewritten.
  [[nodiscard]] std::uint64_t file_bytes(Space space) const;
  // Whole and consistent, in a folder that is not there yet, while others write: hard links where
  // the file system can make them.
  [[nodiscard]] base::Result<void> copy_to(const std::string& folder) const;
  struct SortedFile {
    std::string path;
    Space space;
    std::string first_key, last_key;
    std::uint32_t checksum = 0;  // CRC-32C of all its bytes when it was written
  };
  [[nodiscard]] std::vector<SortedFile> sorted_files() const;
  [[nodiscard]] base::Result<void> close();

  // From the files of a database that does not open one that does, without what they do not hold
  // any more. Changes the folder.
  [[nodiscard]] static base::Result<void> repair(const std::string& path);
  // Whether a sorted file can be read to its end; needs no database.
  [[nodiscard]] static base::Result<void> check_sorted_file(const std::string& path);

 private:
  struct Rep;
  explicit Database(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

}  // namespace tocsin::store
