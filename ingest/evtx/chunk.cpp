#include "ingest/evtx/chunk.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>

#include "ingest/evtx/binary_value.hpp"
#include "ingest/evtx/byte_reader.hpp"

namespace tocsin::ingest {

namespace {

using event::Anomaly;

constexpr std::string_view magic{"ElfChnk\0", 8};
constexpr std::string_view record_magic{"\x2a\x2a\0\0", 4};
constexpr std::size_t header_size = 512;  // with names and templates
constexpr std::size_t record_head = 4 + 4 + 8 + 8;
constexpr std::size_t record_tail = 4;
constexpr std::uint8_t filetime_type = 0x11;

std::uint32_t crc_of(std::string_view first, std::string_view second = {}) {
  const auto add = [](uLong crc, std::string_view bytes) {
    // No bytes at a null pointer would begin the sum anew.
    if (bytes.empty()) return crc;
    return crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  };
  return static_cast<std::uint32_t>(add(add(0, first), second));
}

bool is_zero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

}  // namespace

std::string describe_damage(std::string_view what, std::uint64_t offset, std::uint64_t size) {
  return fmt::format(R"({{"evtx":{{"damaged":"{}","offset":{},"size":{}}}}})", what, offset, size);
}

void EvtxChunkReader::begin(std::string_view bytes, std::uint64_t offset, bool is_expected) {
  bytes_ = bytes;
  offset_ = offset;
  is_expected_ = is_expected;
  begun_ = false;
  at_ = free_ = 0;
  has_last_id_ = false;
  anomalies_ = {};
  records_.begin(bytes);
}

void EvtxChunkReader::damaged(std::string_view what, std::size_t begin, std::size_t end,
                              Entry& entry) {
  json_ = describe_damage(what, offset_ + begin, end - begin);
  entry = {.json = json_, .end = end, .anomalies = {}};
  entry.anomalies.set(Anomaly::evtx_damaged);
}

// Sets where records end; anomalies_ says whether the checksums hold.
void EvtxChunkReader::read_header() {
  ByteReader in(bytes_, 44 + 4, header_size);
  const std::size_t free = in.u32();
  const std::uint32_t crc_of_records = in.u32();
  in.skip(64 + 4);
  const std::uint32_t crc_of_header = in.u32();
  const bool sound = free >= header_size && free <= evtx_chunk_size;
  free_ = sound ? free : evtx_chunk_size;
  const bool whole = free_ <= bytes_.size();
  if (!sound || crc_of(bytes_.substr(0, 120), bytes_.substr(128, 384)) != crc_of_header ||
      (whole && crc_of(bytes_.substr(header_size, free_ - header_size)) != crc_of_records)) {
    anomalies_.set(Anomaly::evtx_checksum);
  }
}

bool EvtxChunkReader::next(Entry& entry) {
  if (begun_) return next_record(entry);
  begun_ = true;
  if (is_zero(bytes_)) {
    at_ = bytes_.size();
    if (!is_expected_ || bytes_.empty()) return false;
    damaged("empty chunk", 0, bytes_.size(), entry);
    return true;
  }
  if (bytes_.size() < header_size) {
    at_ = bytes_.size();
    damaged("chunk header", 0, bytes_.size(), entry);
    return true;
  }
  at_ = header_size;
  if (bytes_.starts_with(magic)) {
    read_header();
    return next_record(entry);
  }
  // Records do not need the header.
  free_ = evtx_chunk_size;
  anomalies_.set(Anomaly::evtx_checksum);
  damaged("chunk header", 0, header_size, entry);
  return true;
}

bool EvtxChunkReader::record_at(std::size_t at, Record& out) const {
  ByteReader in(bytes_, at, bytes_.size());
  if (in.take(record_magic.size()) != record_magic) return false;
  out.size = in.u32();
  out.id = in.u64();
  out.written = in.u64();
  if (!in.ok() || out.size < record_head + record_tail || out.size > bytes_.size() - at) {
    return false;
  }
  ByteReader tail(bytes_, at + out.size - record_tail, at + out.size);
  return tail.u32() == out.size;
}

bool EvtxChunkReader::next_record(Entry& entry) {
  const std::size_t end = std::min(free_, bytes_.size());
  Record record;
  const std::size_t begin = at_;
  // Behind the end only what goes on where the records stop: the header may be older than they are,
  // and what stands further behind may be of an earlier use of the chunk.
  const bool goes_on = begin < bytes_.size() && record_at(begin, record) &&
                       (begin < end || (has_last_id_ && record.id == last_id_ + 1));
  if (goes_on) {
    at_ = begin + record.size;
    last_id_ = record.id;
    has_last_id_ = true;
    json_.clear();
    if (records_.append_json(begin + record_head, at_ - record_tail, json_)) {
      entry = {.json = json_, .end = at_, .anomalies = anomalies_};
      return true;
    }
    damaged("record", begin, at_, entry);
    std::string time;
    const std::string_view written = bytes_.substr(begin + 16, 8);
    append_json_value(filetime_type, written, time);
    json_.insert(1, fmt::format(R"("@timestamp":{},)", time));
    json_.insert(json_.size() - 2, fmt::format(R"(,"record":{})", record.id));
    entry.json = json_;
    return true;
  }
  if (begin >= end) {
    at_ = bytes_.size();
    if (free_ <= bytes_.size() || begin >= free_) return false;
    free_ = bytes_.size();
    damaged("end", begin, bytes_.size(), entry);
    return true;
  }
  // To the next record that is whole. Without a sound header zeros mean that there is no more.
  std::size_t at = begin;
  do {
    at = bytes_.find(record_magic, at + 1);
  } while (at < end && !record_at(at, record));
  at_ = std::min(at, end);
  if (at_ == end && is_zero(bytes_.substr(begin, end - begin)) && free_ == evtx_chunk_size) {
    return next_record(entry);
  }
  const bool is_cut = at_ == bytes_.size() && free_ > at_;
  if (is_cut) free_ = at_;
  damaged(is_cut ? "end" : "records", begin, at_, entry);
  return true;
}

}  // namespace tocsin::ingest
