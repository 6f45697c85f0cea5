// Appends rows to a file, one JSON line each.
// Path:      outbox rows -> file
// Threads:   one
// Errors:    an Outcome; after any failed write or sync the file is cut back and opened anew, and a
//            sync is never tried again on the same descriptor
// Tested by: tests/respond/file_sink_test.cpp
#pragma once

#include <sys/types.h>

#include <string>

#include "base/error.hpp"
#include "respond/sink.hpp"

namespace tocsin::respond {

// Opened at the first delivery, and again when the path names another file (rotation by renaming)
// or none. Mode 0640, never through a symbolic link.
class FileSink final : public Sink {
 public:
  explicit FileSink(const ChannelOptions& options);
  ~FileSink() override;
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  // The file's last line.
  [[nodiscard]] std::optional<std::string> last_delivered() override;
  [[nodiscard]] Outcome deliver(std::span<const event::OutboxRow> rows) override;

 private:
  [[nodiscard]] base::Result<void> open_file();
  [[nodiscard]] bool still_there() const;
  // Removes lines of ours that a crash left torn or full of zeros at the end; ends a foreign one.
  [[nodiscard]] base::Result<void> mend_end();
  void close_file();

  std::string path_;
  bool fsync_;
  int descriptor_ = -1;
};

}  // namespace tocsin::respond
