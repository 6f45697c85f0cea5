// One path that is followed: the file that it names now, and those that it named before and that
// may still grow.
// Path:      a path -> lines in a batch, and the position of all its files
// Units:     bytes, ns
// Threads:   one (the inputs')
// Errors:    look() and read() give what happened; the caller counts and says it
// Tested by: tests/ingest/listen/followed_file_test.cpp
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/listen/byte_source.hpp"
#include "ingest/listen/file_position.hpp"
#include "ingest/listen/intake.hpp"
#include "ingest/listen/lines.hpp"

namespace tocsin::ingest {

class FollowedFile {
 public:
  struct Settings {
    std::size_t max_frame = 64 * 1024;
    BatchLimits batch;
    base::Nanoseconds line_timeout{0};
    base::Nanoseconds grace = std::chrono::seconds(60);  // how long a renamed file is watched
  };
  // What look() found that somebody should know.
  struct Events {
    std::size_t gaps = 0;  // bytes vanished before they were read
    std::vector<std::string> notices;
  };

  FollowedFile(std::string path, const Settings& settings);

  // Goes on where `committed` says. Files that have been renamed since are looked for beside it.
  Events resume(std::string_view committed);
  // Everything that is there already counts as read.
  void skip_to_end();

  // Looks at what the path names now: opens it when it is new, notices renaming and truncation.
  Events look(std::chrono::nanoseconds now);

  struct Read {
    bool more = false;        // the batch is full or the turn is over, and there is more to read
    std::uint64_t bytes = 0;  // that the file gave
    std::uint64_t cut_bytes = 0;  // of them and of what waited before, in lines now
    std::uint64_t frames = 0;
    std::uint64_t frame_bytes = 0;
    std::uint64_t discarded_bytes = 0;
    std::uint64_t truncated = 0;
    std::optional<int> error;  // errno
  };
  // Appends lines to the batch, the oldest file first, at most about one batch's worth.
  Read read(event::Batch& batch, event::SourceId source, base::ReceivedTime received,
            std::chrono::nanoseconds now);
  // Where all its files stand, for the commit of the batch that read() filled.
  [[nodiscard]] std::string position() const;

  [[nodiscard]] const std::string& path() const { return path_; }
  // No file is open: nothing to read until look() finds one.
  [[nodiscard]] bool empty() const { return files_.empty(); }

 private:
  struct File {
    Descriptor fd;
    FileIdentity identity;
    std::uint64_t offset = 0;  // of the first byte of carry
    std::string carry;         // the begin of a line, read already
    LineCutter lines;
    bool renamed = false;                // the path names another file by now
    bool finished = false;               // what is left of carry is all there will be
    bool incomplete = false;             // carry lost the rest of its line
    std::chrono::nanoseconds changed{};  // when it last grew, or was renamed
    std::int64_t written = 0;            // the file's own time when its begin was last compared
  };

  [[nodiscard]] std::optional<File> open(const std::string& path) const;
  [[nodiscard]] std::optional<File> find(const FilePosition& position) const;
  void check_begin(File& file, Events& events, std::chrono::nanoseconds now);
  void read_one(File& file, event::Batch& batch, event::SourceId source,
                base::ReceivedTime received, std::chrono::nanoseconds now, Read& out);

  std::string path_;
  Settings settings_;
  std::list<File> files_;  // the oldest first; the last one is what the path names, unless renamed
};

}  // namespace tocsin::ingest
