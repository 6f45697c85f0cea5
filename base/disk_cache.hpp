// A folder of things that were dear to make, by name of what they were made of; any of them may be
// gone or damaged at any time, and is made again then.
// Units:     sizes in bytes
// Threads:   safe; so are several processes over one folder
// Errors:    none: what cannot be read is not there, what cannot be written is not kept; fault()
//            says why (base-6), once
// Source:    an entry is: the magic of 8 bytes, its name of 32, the length of the rest and a
//            keyed_hash of it (8 bytes each, in the order of this machine), the rest
// Tested by: tests/base/disk_cache_test.cpp
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/hash.hpp"

namespace tocsin::base {

class DiskCache {
 public:
  static constexpr std::size_t default_size = std::size_t{256} << 20U;

  // An empty folder keeps nothing. Another is made by the first write, for its owner alone; one
  // that someone else owns or may write to is not used. Beyond `most_bytes`, what was used longest
  // ago goes.
  explicit DiskCache(std::string folder, std::size_t most_bytes = default_size);
  ~DiskCache();
  DiskCache(const DiskCache&) = delete;
  DiskCache& operator=(const DiskCache&) = delete;

  // `name` must cover whatever the content depends on.
  [[nodiscard]] std::optional<std::string> read(const Sha256& name);
  void write(const Sha256& name, std::string_view content);

  // The first reason for which nothing could be kept.
  [[nodiscard]] std::optional<Error> fault() const;

 private:
  void open(bool make);
  bool write_new(const std::string& file, const Sha256& name, std::string_view content);
  void trim();
  void report(std::string sentence);

  const std::string path_;
  const std::size_t most_bytes_;
  mutable std::mutex mutex_;
  int folder_ = -1;
  std::size_t written_ = 0;  // since the folder was trimmed
  std::optional<Error> fault_;
};

// Where the cache of this user is: $CACHE_DIRECTORY, else tocsin in $XDG_CACHE_HOME, else
// ~/.cache/tocsin; empty where none of them is known.
[[nodiscard]] std::string cache_folder();

}  // namespace tocsin::base
