// Reads a log file once, from where it was left to its end, as fast as the disk gives it.
// Path:      a file, .gz or .zst or not, or standard input -> event::Batch (text and frames)
// Units:     bytes; offsets count unpacked bytes
// Threads:   one
// Errors:    open(): ingest-101 to 103, ingest-104 (unknown format). While reading: next() gives
//            what could be read, then false, and error() says why it ended there
// Tested by: tests/ingest/listen/file_source_test.cpp, bench/listen_bench.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "event/batch.hpp"
#include "event/ports.hpp"
#include "ingest/frame/object_framer.hpp"
#include "ingest/listen/byte_source.hpp"
#include "ingest/listen/file_format.hpp"
#include "ingest/listen/file_position.hpp"
#include "ingest/listen/lines.hpp"

namespace tocsin::ingest {

struct FileOptions {
  std::string format = "auto";  // auto, syslog, json, json-lines, json-objects, audit, evtx, xml
  std::size_t batch_bytes = 256 * 1024;  // of text, about
  std::size_t batch_frames = 4096;       // at most
  std::size_t max_frame = 256 * 1024;    // longer lines are cut
};

// How far a long reading is, in bytes of the file itself (packed ones where it is packed).
struct FileProgress {
  std::uint64_t read = 0;
  std::uint64_t total = 0;  // 0: not known (a pipe)
};

class FileSource {
 public:
  // "-" is standard input. Reads the begin of the file, to recognise packing and format.
  [[nodiscard]] static base::Result<std::unique_ptr<FileSource>> open(
      const std::string& path, const FileOptions& options = {});
  ~FileSource();
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  // ---- before the first next()
  // The first bytes of the file, unpacked, at most 64 KiB: what its first line says shapes its
  // source. Valid until resume() or next().
  [[nodiscard]] std::string_view head() const { return ahead_; }
  // Every frame is given these; who opens the file knows them only when format() is known.
  void set_source(event::SourceId source, base::ReceivedTime received);
  // Goes on where the value of offset() was taken, when the file still begins with the same bytes
  // and is long enough; else from the begin. A packed file is unpacked up to there. True: resumed.
  [[nodiscard]] base::Result<bool> resume(std::string_view committed);

  // Clears the batch and fills it: whole lines, or whole objects. False: nothing is left (or see
  // error()). How the frames fall into batches says nothing: only their order is the file's.
  bool next(event::Batch& batch);
  [[nodiscard]] const std::optional<base::Error>& error() const { return error_; }

  // To commit with the frames given so far; nothing for a pipe.
  [[nodiscard]] std::optional<event::Offset> offset() const;
  // The same for the first `frames` frames of the batch given last only.
  [[nodiscard]] std::optional<event::Offset> offset(const event::Batch& batch,
                                                    std::size_t frames) const;
  // The key of its offsets: "file:" and the absolute path; empty for a pipe.
  [[nodiscard]] const std::string& offset_key() const { return key_; }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] FileFormat format() const { return format_; }
  [[nodiscard]] Packing packing() const { return bytes_->packing(); }
  // When the file was last written, ns since 1970Z; nothing for a pipe.
  [[nodiscard]] std::optional<std::int64_t> modified() const { return modified_; }
  [[nodiscard]] FileProgress progress() const;
  [[nodiscard]] std::uint64_t thrown_away() const {
    return lines_.thrown_away() + (objects_ ? objects_->thrown_away() : 0);
  }

 private:
  FileSource(std::string path, const FileOptions& options);
  base::Result<void> look_ahead();
  base::Result<std::size_t> read(char* out, std::size_t size);
  std::size_t fill(event::Batch& batch);
  std::size_t cut(event::Batch& batch, std::size_t size);
  std::size_t cut_objects(event::Batch& batch, std::size_t size);
  [[nodiscard]] std::string position(std::uint64_t offset, bool inside_cut_line) const;

  std::string path_;
  std::string key_;
  FileOptions options_;
  std::unique_ptr<ByteSource> bytes_;
  std::uint64_t total_ = 0;
  std::optional<std::int64_t> modified_;
  std::optional<FileIdentity> identity_;
  FileFormat format_ = FileFormat::lines;
  event::SourceId source_;
  base::ReceivedTime received_;

  LineCutter lines_;
  std::unique_ptr<ObjectFramer> objects_;   // for json_objects, xml_events and evtx
  std::string piece_;                       // the bytes that objects_ is cutting
  std::vector<std::uint64_t> object_ends_;  // offsets behind each frame of the last batch
  std::uint64_t objects_done_ = 0;          // the same of the last frame before it
  std::string ahead_;                       // read by open(), not yet taken
  std::optional<base::Error> ahead_error_;  // what ended that reading
  std::string carry_;                       // taken, not yet given
  std::uint64_t offset_ = 0;                // of the first byte of carry_
  std::uint64_t batch_begin_ = 0;           // offset of the first byte of the last batch's text
  std::size_t target_ = 0;                  // bytes to have before cutting
  bool ended_ = false;                      // no more bytes will come
  std::optional<base::Error> error_;
};

}  // namespace tocsin::ingest
