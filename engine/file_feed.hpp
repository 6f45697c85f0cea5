// Log files as a feed: one after the other, or merged by event time as concurrent sources.
// Path:      files, standard input -> FileSource -> Work with frames and the offsets to commit
// Units:     bytes, ns
// Threads:   one at a time; progress() from any thread
// Errors:    open(): all files at once, ingest-N; while reading: errors() after the end
// Tested by: tests/engine/file_feed_test.cpp, tests/e2e/replay_test.py
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "engine/event_copy.hpp"
#include "engine/work.hpp"
#include "event/ports.hpp"
#include "event/source.hpp"
#include "ingest/listen/file_source.hpp"

namespace tocsin::engine {

struct FileFeedOptions {
  std::vector<std::string> paths;  // "-" is standard input
  std::string format = "auto";
  std::string zone = "UTC";
  std::optional<std::int64_t> year;  // of the first line of each file, where times have none
  base::ReceivedTime now;            // the reception of what has no time of its own: a pipe
  bool sequential = false;           // parts of one log; else concurrent sources
  std::size_t batch_bytes = 256 * 1024;
  std::size_t batch_frames = 4096;
};

// Decodes a batch of one file: merging orders events by their times, and keeps them.
class FileDecoder {
 public:
  virtual ~FileDecoder() = default;
  virtual void decode(event::Batch& batch) = 0;
};

class FileFeed final : public Feed {
 public:
  // `offsets`: where each file was left, null without a store. `decoder` is needed for several
  // files that are not sequential: their batches come decoded.
  [[nodiscard]] static base::Result<std::unique_ptr<FileFeed>> open(const FileFeedOptions& options,
                                                                    event::SourceTable& sources,
                                                                    const event::Offsets* offsets,
                                                                    FileDecoder* decoder);
  ~FileFeed() override;

  [[nodiscard]] bool next(Work& work) override;
  // Before the first batch of a replay that goes on: the newest time that a file stated before its
  // offset. Merging gives it to the lines behind, which may state none.
  using StatedTime = std::function<std::optional<base::EventTime>(event::SourceId)>;
  void go_on_from(const StatedTime& stated);

  // Why files ended before their end; empty when all were read whole.
  [[nodiscard]] const base::Errors& errors() const { return errors_; }
  // Sums over all files. Threads: safe.
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }
  [[nodiscard]] std::uint64_t bytes_total() const { return bytes_total_; }

 private:
  struct File;
  FileFeed(const FileFeedOptions& options, FileDecoder* decoder);
  base::Result<void> add(const std::string& path, event::SourceTable& sources,
                         const event::Offsets* offsets);
  bool next_sequential(Work& work);
  bool next_merged(Work& work);
  bool refill(File& file, Work& work);
  File* earliest(Work& work, bool& ended);
  void end(File& file, Work& work);
  void count_progress();

  FileFeedOptions options_;
  FileDecoder* decoder_;
  EventCopy copy_;
  std::vector<std::unique_ptr<File>> files_;
  std::size_t current_ = 0;
  base::Errors errors_;
  std::atomic<std::uint64_t> bytes_read_ = 0;
  std::atomic<std::uint64_t> bytes_total_ = 0;
};

}  // namespace tocsin::engine
