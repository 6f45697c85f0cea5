// The high-water mark: how far the store is known to be on disk. A store that is found shorter than
// its mark has lost what it had promised to keep.
// Path:      store/ledger after each sync -> <store>/mark -> store/recovery at the next start
// Units:     commits (counted from 1), sequence numbers
// Threads:   one
// Errors:    store-12 input/output (after which nothing more may be promised), store-11 no space
//            left, store-6 neither slot can be read
// Tested by: tests/store/mark_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "event/batch.hpp"

namespace tocsin::store {

// Where the log stands after a commit.
struct Position {
  std::uint64_t commit = 0;
  event::Seq seq;  // of the last frame

  bool operator==(const Position&) const = default;
};

struct Mark {
  Position position;
  bool created = false;  // the database has been made
  bool clean = false;    // it was closed, not killed

  bool operator==(const Mark&) const = default;
};

// Two slots of 64 bytes, at 0 and 4096, written in turn, so that a torn write leaves the other one:
//    0  8  "tocsinmk"
//    8  4  version (1)
//   12  4  flags: 1 = created, 2 = clean
//   16  8  generation: the greater one counts
//   24  8  commit
//   32  8  seq
//   40 20  zero
//   60  4  CRC-32C of bytes 0 to 59
class MarkFile {
 public:
  // Nothing when there is no such file. `damaged` (may be nullptr): one of the slots could not be
  // read, which a kill in the middle of a write leaves behind.
  [[nodiscard]] static base::Result<std::optional<Mark>> read(const std::string& path,
                                                              bool* damaged = nullptr);
  // Every byte of the file is as it was written; store-6 else.
  [[nodiscard]] static base::Result<void> check(const std::string& path);
  // Made when it is not there (then with `created` = false, on disk before this returns).
  [[nodiscard]] static base::Result<MarkFile> open(const std::string& path);

  MarkFile(MarkFile&& other) noexcept;
  MarkFile& operator=(MarkFile&&) = delete;
  ~MarkFile();

  [[nodiscard]] const Mark& mark() const { return mark_; }
  // On disk when this returns. Cost: one write, one fdatasync.
  [[nodiscard]] base::Result<void> write(const Mark& mark);

 private:
  MarkFile(std::string path, int descriptor) : path_(std::move(path)), file_(descriptor) {}
  std::string path_;
  int file_;
  std::uint64_t generation_ = 0;
  Mark mark_;
};

}  // namespace tocsin::store
