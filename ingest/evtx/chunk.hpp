// The records of one chunk of an EVTX file, and what of it cannot be read.
// Path:      up to 64 KiB (ingest/evtx/evtx_framer) -> JSON of one record after the other
// Units:     bytes; `end` from the begin of the chunk, offsets in texts from that of the file
// Threads:   one
// Errors:    none. What cannot be read is an entry with Anomaly::evtx_damaged that says where it
//            is; records of a chunk whose checksums are wrong have Anomaly::evtx_checksum; what is
//            sound beside it is read
// Source:    libevtx, "Chunk", "Event record"
// Tested by: tests/ingest/evtx/chunk_test.cpp, evtx_fuzz
//
//     chunk: "ElfChnk\0" first_number:8 last_number:8 first_id:8 last_id:8 size:4=128 last_record:4
//            free:4 crc_of_records:4 0:64 flags:4 crc_of_header:4 names:256 templates:128, records
//     record: 2a 2a 00 00 size:4 id:8 written:8 binary XML, size:4
//
// The header's checksum is over its bytes 0 to 119 and 128 to 511, the records' over 512 to `free`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "event/anomaly.hpp"
#include "ingest/evtx/record.hpp"

namespace tocsin::ingest {

inline constexpr std::size_t evtx_chunk_size = 64 * 1024;

// One place of a file that cannot be read, as JSON.
[[nodiscard]] std::string describe_damage(std::string_view what, std::uint64_t offset,
                                          std::uint64_t size);

class EvtxChunkReader {
 public:
  // `bytes` stand at `offset` of the file and must stay until the last next(). `is_expected`: the
  // file's header counts this chunk; if not, it may be empty.
  void begin(std::string_view bytes, std::uint64_t offset, bool is_expected);

  struct Entry {
    std::string_view json;  // valid until the next next()
    std::size_t end = 0;
    event::Anomalies anomalies;
  };
  // False: there are no more.
  [[nodiscard]] bool next(Entry& entry);

 private:
  struct Record {
    std::size_t size = 0;
    std::uint64_t id = 0;
    std::uint64_t written = 0;
  };
  [[nodiscard]] bool record_at(std::size_t at, Record& out) const;
  bool next_record(Entry& entry);
  void read_header();
  void damaged(std::string_view what, std::size_t begin, std::size_t end, Entry& entry);

  std::string_view bytes_;
  std::uint64_t offset_ = 0;
  bool is_expected_ = false;
  bool begun_ = false;
  std::size_t at_ = 0;
  std::size_t free_ = 0;  // where records end
  std::uint64_t last_id_ = 0;
  bool has_last_id_ = false;
  event::Anomalies anomalies_;  // of every record
  EvtxRecordReader records_;
  std::string json_;
};

}  // namespace tocsin::ingest
