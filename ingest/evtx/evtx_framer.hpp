// Cuts an EVTX file (the Windows event log) into its records, each a frame of JSON on one line.
// Path:      bytes of a file (ingest/listen) -> frames (event::Batch)
// Units:     bytes
// Threads:   one a file
// Errors:    none; see ingest/evtx/chunk. A file header that is broken or cut is an entry too
// Source:    libevtx, "File header"
// Tested by: tests/ingest/evtx/evtx_framer_test.cpp,
//            tests/ingest/evtx/evtx_data_test.cpp, evtx_fuzz
//
//     "ElfFile\0" first_chunk:8 last_chunk:8 next_id:8 size:4=128 minor:2 major:2 block:2=4096
//     chunks:2 0:76 flags:4 crc:4, up to byte 4096; then chunks of 64 KiB
#pragma once

#include <string>

#include "ingest/evtx/chunk.hpp"
#include "ingest/frame/object_framer.hpp"

namespace tocsin::ingest {

class EvtxFramer final : public ObjectFramer {
 public:
  explicit EvtxFramer(std::size_t max_frames = 4096, std::size_t max_bytes = 512 * 1024)
      : max_frames_(max_frames), max_bytes_(max_bytes) {}

  std::size_t feed(std::string_view bytes, event::Batch& out, event::SourceId source,
                   base::ReceivedTime received, std::vector<std::uint64_t>& ends) override;
  void end(event::Batch& out, event::SourceId source, base::ReceivedTime received,
           std::vector<std::uint64_t>& ends) override;

  // The begin of the file: its header says how many chunks there are. Those before the place are
  // passed over.
  [[nodiscard]] std::uint64_t first_byte(std::uint64_t /*offset*/) const override { return 0; }
  void start_at(std::uint64_t offset) override { resumed_at_ = offset; }
  [[nodiscard]] std::size_t pending() const override { return piece_.size(); }

 private:
  struct To {
    event::Batch& out;
    event::SourceId source;
    base::ReceivedTime received;
    std::vector<std::uint64_t>& ends;
  };
  [[nodiscard]] bool is_full(const event::Batch& out) const;
  void add(std::string_view json, event::Anomalies anomalies, std::uint64_t end, const To& to);
  void read_header(const To& to);
  void begin_chunk();
  bool give(const To& to);

  std::size_t max_frames_;
  std::size_t max_bytes_;
  std::string piece_;             // the file's header or a chunk
  std::uint64_t begin_ = 0;       // of piece_
  std::uint64_t resumed_at_ = 0;  // frames up to here were given before
  std::uint64_t chunks_ = 0;      // that the file's header counts
  bool is_dirty_ = false;         // the header may be older than the file
  bool reading_ = false;          // piece_ is complete, and chunk_ reads it
  EvtxChunkReader chunk_;
};

}  // namespace tocsin::ingest
