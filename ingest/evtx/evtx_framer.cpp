#include "ingest/evtx/evtx_framer.hpp"

#include <zlib.h>

#include <algorithm>

#include "ingest/evtx/byte_reader.hpp"

namespace tocsin::ingest {

namespace {

constexpr std::string_view magic{"ElfFile\0", 8};
constexpr std::uint64_t header_block = 4096;
constexpr std::uint32_t dirty_flag = 1;

}  // namespace

bool EvtxFramer::is_full(const event::Batch& out) const {
  return out.frames.size() >= max_frames_ || out.text_size() >= max_bytes_;
}

void EvtxFramer::add(std::string_view json, event::Anomalies anomalies, std::uint64_t end,
                     const To& to) {
  if (end <= resumed_at_) return;
  to.out.add_frame(json, to.source, to.received, anomalies);
  to.ends.push_back(end);
}

void EvtxFramer::read_header(const To& to) {
  ByteReader in(piece_);
  const bool is_evtx = in.take(magic.size()) == magic;
  in.skip(42 - magic.size());
  chunks_ = in.u16();
  in.skip(76);
  is_dirty_ = (in.u32() & dirty_flag) != 0;
  const std::uint32_t crc = in.u32();
  const bool sound = in.ok() && is_evtx &&
                     crc32_z(0, reinterpret_cast<const Bytef*>(piece_.data()), 120) == uLong{crc};
  if (sound) return;
  chunks_ = 0;
  event::Anomalies anomalies;
  anomalies.set(event::Anomaly::evtx_damaged);
  add(describe_damage("file header", 0, piece_.size()), anomalies, piece_.size(), to);
}

// The entries of the chunk at hand; true when there are no more.
bool EvtxFramer::give(const To& to) {
  EvtxChunkReader::Entry entry;
  while (!is_full(to.out)) {
    if (!chunk_.next(entry)) {
      begin_ += piece_.size();
      piece_.clear();
      reading_ = false;
      return true;
    }
    add(entry.json, entry.anomalies, begin_ + entry.end, to);
  }
  return false;
}

std::size_t EvtxFramer::feed(std::string_view bytes, event::Batch& out, event::SourceId source,
                             base::ReceivedTime received, std::vector<std::uint64_t>& ends) {
  const To to{out, source, received, ends};
  std::size_t used = 0;
  for (;;) {
    if (reading_ && !give(to)) return used;
    const std::size_t wanted = begin_ == 0 ? header_block : evtx_chunk_size;
    const std::size_t part = std::min(wanted - piece_.size(), bytes.size() - used);
    piece_.append(bytes.substr(used, part));
    used += part;
    if (piece_.size() < wanted || is_full(out)) return used;
    if (begin_ == 0) {
      read_header(to);
      begin_ = header_block;
      piece_.clear();
      continue;
    }
    begin_chunk();
  }
}

void EvtxFramer::begin_chunk() {
  if (begin_ + piece_.size() <= resumed_at_) {
    begin_ += piece_.size();
    piece_.clear();
    return;
  }
  const std::uint64_t index = (begin_ - header_block) / evtx_chunk_size;
  chunk_.begin(piece_, begin_, index < chunks_ && !is_dirty_);
  reading_ = true;
}

void EvtxFramer::end(event::Batch& out, event::SourceId source, base::ReceivedTime received,
                     std::vector<std::uint64_t>& ends) {
  const To to{out, source, received, ends};
  if (piece_.empty() || reading_) return;
  if (begin_ == 0) {
    read_header(to);
    begin_ = header_block;
    piece_.clear();
    return;
  }
  begin_chunk();
  if (reading_) give(to);
}

}  // namespace tocsin::ingest
