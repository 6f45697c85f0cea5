#include "store/block.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <span>

#include "base/check.hpp"
#include "base/varint.hpp"
#include "store/block_filter.hpp"
#include "store/checksum.hpp"

namespace tocsin::store {

namespace {

using base::fail;
using base::put_varint;
using base::Result;
using base::VarintReader;
using base::zigzag;
using event::Batch;
using event::Frame;
using event::Seq;

constexpr std::uint8_t flag_lines = 1;
constexpr std::uint8_t flag_columns_compressed = 2;
constexpr std::uint8_t flag_text_compressed = 4;
constexpr std::uint8_t known_flags = 7;
// Columns shorter than this are not worth a zstd frame.
constexpr std::size_t min_compressed_columns = 48;

// Where the header's members stand.
namespace at {
constexpr std::size_t version = 2, flags = 3, retention_class = 4, frames = 8, text = 12,
                      text_stored = 16, columns = 20, columns_stored = 24, body_checksum = 28,
                      min_received = 32, max_received = 40, first_seq = 48, min_time = 56,
                      max_time = 64, segments = 72, digest = 76, chain = 108, header_checksum = 140;
}  // namespace at

template <typename Number>
void put(char* header, std::size_t offset, Number value) {
  std::memcpy(header + offset, &value, sizeof value);
}

template <typename Number>
Number get(std::string_view block, std::size_t offset) {
  Number value;
  std::memcpy(&value, block.data() + offset, sizeof value);
  return value;
}

base::Error damaged(std::string_view what) {
  return {"store-20", fmt::format("a block of the event log is damaged: {}", what), {}};
}

bool came_before(const Frame& a, const Frame& b) { return a.received < b.received; }

// No frame holds a line feed, so that none needs its size told.
bool are_lines(std::string_view text, std::size_t frames) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) == frames;
}

// Does the text hold each frame followed by one line feed, in order, without gaps?
bool is_contiguous(const Batch& batch) {
  std::size_t next = batch.frames.front().offset;
  for (const Frame& frame : batch.frames) {
    if (frame.offset != next) return false;
    next += frame.size;
    if (next >= batch.text_size() || batch.text()[next] != '\n') return false;
    ++next;
  }
  return true;
}

// Calls `out(value, run)` for each run of frames with the same value.
template <typename Value, typename Out>
void for_runs(std::span<const Frame> frames, Value value_of, Out out) {
  for (std::size_t i = 0; i < frames.size();) {
    const auto value = value_of(frames[i]);
    std::size_t end = i + 1;
    while (end < frames.size() && value_of(frames[end]) == value) ++end;
    out(value, end - i);
    i = end;
  }
}

// The first difference of received is to `least`, which the header has.
void put_columns(std::span<const Frame> frames, bool with_sizes, base::ReceivedTime least,
                 std::string& out) {
  if (with_sizes) {
    for (const Frame& frame : frames) put_varint(out, frame.size);
  }
  auto before = static_cast<std::uint64_t>(least.value);
  for_runs(
      frames, [](const Frame& frame) { return static_cast<std::uint64_t>(frame.received.value); },
      [&](std::uint64_t received, std::size_t run) {
        put_varint(out, zigzag(static_cast<std::int64_t>(received - before)));
        put_varint(out, run);
        before = received;
      });
  for_runs(
      frames, [](const Frame& frame) { return frame.source.value; },
      [&](std::uint32_t source, std::size_t run) {
        put_varint(out, source);
        put_varint(out, run);
      });
  for_runs(
      frames, [](const Frame& frame) { return frame.anomalies.bits(); },
      [&](std::uint64_t bits, std::size_t run) {
        put_varint(out, bits);
        put_varint(out, run);
      });
}

// Calls `set(frame, value)` for each frame from pairs of value and run; false when they do not add
// up or `set` refuses.
template <typename Set>
bool read_runs(VarintReader& in, std::span<Frame> frames, Set set) {
  for (std::size_t i = 0; i < frames.size();) {
    const std::uint64_t value = in.number();
    const std::uint64_t run = in.number();
    if (!in.ok() || run == 0 || run > frames.size() - i) return false;
    for (const std::size_t end = i + run; i < end; ++i) {
      if (!set(frames[i], value)) return false;
    }
  }
  return true;
}

// Cuts `text` into frames; `offset` is where it stands in the batch.
bool set_places(VarintReader& in, bool lines, std::string_view text, std::size_t offset,
                std::span<Frame> frames) {
  std::size_t next = 0;
  for (Frame& frame : frames) {
    std::size_t size = 0;
    if (lines) {
      size = text.find('\n', next);
      if (size == std::string_view::npos) return false;
      size -= next;
    } else {
      size = in.number();
      if (!in.ok() || size >= text.size() - next || text[next + size] != '\n') return false;
    }
    frame.offset = static_cast<std::uint32_t>(offset + next);
    frame.size = static_cast<std::uint32_t>(size);
    next += size + 1;
  }
  return next == text.size();
}

bool read_columns(std::string_view columns, const BlockInfo& info, bool lines,
                  std::string_view text, std::size_t offset, std::span<Frame> frames) {
  VarintReader in(columns);
  if (!set_places(in, lines, text, offset, frames)) return false;
  auto received = static_cast<std::uint64_t>(info.min_received.value);
  std::uint64_t in_run = 0;
  bool good = true;
  for (std::size_t i = 0; good && i < frames.size();) {
    received += static_cast<std::uint64_t>(in.signed_number());
    in_run = in.number();
    good = in.ok() && in_run > 0 && in_run <= frames.size() - i;
    const auto time = static_cast<std::int64_t>(received);
    good = good && time >= info.min_received.value && time <= info.max_received.value;
    for (std::uint64_t left = good ? in_run : 0; left > 0; --left, ++i)
      frames[i].received = base::ReceivedTime(time);
  }
  good = good && read_runs(in, frames, [](Frame& frame, std::uint64_t value) {
           frame.source = event::SourceId(static_cast<std::uint32_t>(value));
           return value <= std::numeric_limits<std::uint32_t>::max();
         });
  good = good && read_runs(in, frames, [](Frame& frame, std::uint64_t value) {
           frame.anomalies = event::Anomalies(value);
           return value >> event::anomaly_count == 0;
         });
  return good && in.done();
}

}  // namespace

TimeRange time_range(const Batch& batch) {
  constexpr auto low = std::numeric_limits<std::int64_t>::min();
  constexpr auto high = std::numeric_limits<std::int64_t>::max();
  TimeRange range{base::EventTime(high), base::EventTime(low)};
  for (const event::Event& event : batch.events) {
    // A line without a time that the ordered stage gave one counts with it: who looks for that time
    // has to find its block.
    if (!event.has_time && !event.anomalies.has(event::Anomaly::time_inherited)) continue;
    range.min = std::min(range.min, event.time);
    range.max = std::max(range.max, event.time);
  }
  if (range.min <= range.max) return range;
  for (const Frame& frame : batch.frames) {
    range.min = std::min(range.min, base::EventTime(frame.received.value));
    range.max = std::max(range.max, base::EventTime(frame.received.value));
  }
  return range.min <= range.max ? range : TimeRange{};
}

struct BlockEncoder::Context {
  ZSTD_CCtx* zstd = ZSTD_createCCtx();
  std::string columns;
  std::string gathered;
  std::string segments;
  Digester digester;
  FilterMaker filter_maker;

  ~Context() { ZSTD_freeCCtx(zstd); }

  // Appends `bytes` to `out`, compressed when that is shorter; says whether it was.
  bool append(std::string_view bytes, std::string& out, std::size_t least) {
    if (bytes.size() >= least) {
      const std::size_t start = out.size();
      const std::size_t room = ZSTD_compressBound(bytes.size());
      std::size_t used = 0;
      out.resize(start + room);
      used = ZSTD_compress2(zstd, out.data() + start, room, bytes.data(), bytes.size());
      CHECK(ZSTD_isError(used) == 0, "zstd failed with room for the worst case");
      out.resize(start + std::min(used, room));
      if (used < bytes.size()) return true;
      out.resize(start);
    }
    out += bytes;
    return false;
  }
};

BlockEncoder::BlockEncoder(int level) : context_(std::make_unique<Context>()) {
  CHECK(context_->zstd != nullptr, "no memory for a zstd context");
  ZSTD_CCtx_setParameter(context_->zstd, ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context_->zstd, ZSTD_c_contentSizeFlag, 0);
  ZSTD_CCtx_setParameter(context_->zstd, ZSTD_c_dictIDFlag, 0);
}
BlockEncoder::~BlockEncoder() = default;
BlockEncoder::BlockEncoder(BlockEncoder&&) noexcept = default;
BlockEncoder& BlockEncoder::operator=(BlockEncoder&&) noexcept = default;

void BlockEncoder::encode(const Batch& batch, std::string& out, std::uint8_t retention_class,
                          std::span<const std::uint32_t> segments, std::string* filter) {
  out.clear();
  if (filter != nullptr) filter->clear();
  const std::vector<Frame>& frames = batch.frames;
  if (frames.empty()) return;
  CHECK(frames.size() <= max_block_frames, "a batch of more frames than a block holds");

  std::string_view text;
  if (is_contiguous(batch)) {
    const std::size_t begin = frames.front().offset;
    text = {batch.text() + begin, frames.back().offset + frames.back().size + 1 - begin};
  } else {
    context_->gathered.clear();
    for (std::size_t i = 0; i < frames.size(); ++i) {
      context_->gathered += batch.raw(i);
      context_->gathered += '\n';
    }
    text = context_->gathered;
  }
  CHECK(text.size() <= max_block_text, "a batch of more text than a block holds");
  const bool lines = are_lines(text, frames.size());
  const auto [least, greatest] = std::minmax_element(frames.begin(), frames.end(), came_before);
  context_->columns.clear();
  put_columns(frames, !lines, least->received, context_->columns);
  context_->segments.clear();
  put_segments(segments, context_->segments);
  base::Sha256 digest{};
  if (segments.size() < 2)
    digest = context_->digester.digest(lines, least->received, context_->columns, text);
  out.resize(block_header_size, '\0');
  out += context_->segments;
  std::uint8_t flags = lines ? flag_lines : 0;
  if (context_->append(context_->columns, out, min_compressed_columns))
    flags |= flag_columns_compressed;
  const std::size_t columns_stored = out.size() - block_header_size - context_->segments.size();
  if (context_->append(text, out, 1)) flags |= flag_text_compressed;
  const std::size_t text_stored =
      out.size() - block_header_size - context_->segments.size() - columns_stored;

  char* header = out.data();
  header[0] = 't';
  header[1] = 'b';
  put(header, at::version, block_version);
  put(header, at::flags, flags);
  put(header, at::retention_class, retention_class);
  put(header, at::frames, static_cast<std::uint32_t>(frames.size()));
  put(header, at::text, static_cast<std::uint32_t>(text.size()));
  put(header, at::text_stored, static_cast<std::uint32_t>(text_stored));
  put(header, at::columns, static_cast<std::uint32_t>(context_->columns.size()));
  put(header, at::columns_stored, static_cast<std::uint32_t>(columns_stored));
  put(header, at::segments, static_cast<std::uint32_t>(context_->segments.size()));
  put(header, at::digest, digest);
  put(header, at::body_checksum, crc32c(std::string_view(out).substr(block_header_size)));
  put(header, at::min_received, least->received.value);
  put(header, at::max_received, greatest->received.value);
  seal(out, batch.first_seq,
       {base::EventTime(least->received.value), base::EventTime(greatest->received.value)});
  if (filter != nullptr) {
    context_->filter_maker.make(text, static_cast<std::uint32_t>(frames.size()), out.size(),
                                *filter);
  }
}

void seal(std::string& block, event::Seq first_seq, TimeRange times) {
  CHECK(block.size() >= block_header_size, "only an encoded block can be sealed");
  char* header = block.data();
  put(header, at::first_seq, first_seq.value);
  put(header, at::min_time, times.min.value);
  put(header, at::max_time, times.max.value);
  put(header, at::header_checksum, crc32c({header, at::header_checksum}));
}

void set_chain(std::string& block, const base::Sha256& chain) {
  CHECK(block.size() >= block_header_size, "only an encoded block has a place for the chain");
  put(block.data(), at::chain, chain);
  put(block.data(), at::header_checksum, crc32c({block.data(), at::header_checksum}));
}

base::Sha256 chain_of(std::string_view block) {
  CHECK(block.size() >= block_header_size, "what has no header has no chain");
  return get<base::Sha256>(block, at::chain);
}

base::Sha256 digest_of(std::string_view block) {
  CHECK(block.size() >= block_header_size, "what has no header has no digest");
  return get<base::Sha256>(block, at::digest);
}

Result<Segments> segments_of(std::string_view block) {
  TRY(const BlockInfo info, block_info(block));
  auto segments = read_segments(
      block.substr(block_header_size, get<std::uint32_t>(block, at::segments)), info.frames);
  if (!segments) return std::unexpected(damaged("its segments are not those of its frames"));
  return *std::move(segments);
}

base::Sha256 chain_over(const base::Sha256& before, const Segments& segments,
                        const Batch& decoded) {
  Digester digester;
  std::string columns;
  base::Sha256 chain = before;
  Seq seq = decoded.first_seq;
  std::span<const Frame> left = decoded.frames;
  for (const std::uint32_t size : segments) {
    CHECK(size <= left.size(), "segments of more frames than there are");
    const std::span<const Frame> frames = left.first(size);
    left = left.subspan(size);
    const std::size_t begin = frames.front().offset;
    const std::string_view text(decoded.text() + begin,
                                frames.back().offset + frames.back().size + 1 - begin);
    const bool lines = are_lines(text, frames.size());
    const base::ReceivedTime least =
        std::min_element(frames.begin(), frames.end(), came_before)->received;
    columns.clear();
    put_columns(frames, !lines, least, columns);
    chain = extend(chain, seq, size, digester.digest(lines, least, columns, text));
    seq.value += size;
  }
  return chain;
}

Result<BlockInfo> block_info(std::string_view block) {
  if (block.size() < block_header_size || block[0] != 't' || block[1] != 'b')
    return std::unexpected(damaged("no header"));
  if (get<std::uint32_t>(block, at::header_checksum) !=
      crc32c(block.substr(0, at::header_checksum)))
    return std::unexpected(damaged("the header's checksum is wrong"));
  const auto version = get<std::uint8_t>(block, at::version);
  if (version > block_version) {
    return fail("store-21", fmt::format("a block of the event log has version {}; this program "
                                        "reads up to version {}",
                                        version, block_version));
  }
  const auto stored = std::uint64_t{get<std::uint32_t>(block, at::segments)} +
                      get<std::uint32_t>(block, at::columns_stored) +
                      get<std::uint32_t>(block, at::text_stored);
  BlockInfo info;
  info.first_seq = event::Seq(get<std::uint64_t>(block, at::first_seq));
  info.frames = get<std::uint32_t>(block, at::frames);
  info.text_bytes = get<std::uint32_t>(block, at::text);
  info.stored_bytes = static_cast<std::uint32_t>(block.size());
  info.retention_class = get<std::uint8_t>(block, at::retention_class);
  info.min_received = base::ReceivedTime(get<std::int64_t>(block, at::min_received));
  info.max_received = base::ReceivedTime(get<std::int64_t>(block, at::max_received));
  info.min_time = base::EventTime(get<std::int64_t>(block, at::min_time));
  info.max_time = base::EventTime(get<std::int64_t>(block, at::max_time));
  // No frame is without its line feed; 46 bytes are the most that the columns need for one.
  const bool plausible =
      version == block_version && (get<std::uint8_t>(block, at::flags) & ~known_flags) == 0 &&
      info.frames > 0 && info.frames <= max_block_frames && info.text_bytes >= info.frames &&
      info.text_bytes <= max_block_text &&
      get<std::uint32_t>(block, at::columns) <= std::uint64_t{info.frames} * 64 &&
      stored == block.size() - block_header_size && info.min_received <= info.max_received;
  if (!plausible) return std::unexpected(damaged("the header's numbers do not fit"));
  return info;
}

struct BlockDecoder::Context {
  ZSTD_DCtx* zstd = ZSTD_createDCtx();
  std::string columns;

  ~Context() { ZSTD_freeDCtx(zstd); }

  // Exactly `size` bytes at `out`.
  bool expand(std::string_view stored, bool compressed, char* out, std::size_t size) {
    if (!compressed) {
      if (stored.size() != size) return false;
      if (size > 0) std::memcpy(out, stored.data(), size);
      return true;
    }
    return ZSTD_decompressDCtx(zstd, out, size, stored.data(), stored.size()) == size;
  }
};

BlockDecoder::BlockDecoder() : context_(std::make_unique<Context>()) {
  CHECK(context_->zstd != nullptr, "no memory for a zstd context");
}
BlockDecoder::~BlockDecoder() = default;
BlockDecoder::BlockDecoder(BlockDecoder&&) noexcept = default;
BlockDecoder& BlockDecoder::operator=(BlockDecoder&&) noexcept = default;

Result<BlockInfo> BlockDecoder::decode(std::string_view block, Batch& out) {
  out.clear();
  auto info = append(block, out);
  if (info) out.first_seq = info->first_seq;
  return info;
}

Result<BlockInfo> BlockDecoder::append(std::string_view block, Batch& out) {
  TRY(const BlockInfo info, block_info(block));
  if (crc32c(block.substr(block_header_size)) != get<std::uint32_t>(block, at::body_checksum))
    return std::unexpected(damaged("the checksum is wrong"));
  const std::string_view body =
      block.substr(block_header_size + get<std::uint32_t>(block, at::segments));
  const auto flags = get<std::uint8_t>(block, at::flags);
  const auto columns_stored = get<std::uint32_t>(block, at::columns_stored);

  context_->columns.resize(get<std::uint32_t>(block, at::columns));
  char* text = out.reserve_text(info.text_bytes);
  if (!context_->expand(body.substr(0, columns_stored), (flags & flag_columns_compressed) != 0,
                        context_->columns.data(), context_->columns.size()) ||
      !context_->expand(body.substr(columns_stored), (flags & flag_text_compressed) != 0, text,
                        info.text_bytes)) {
    return std::unexpected(damaged("it does not expand to its size"));
  }
  const std::size_t first = out.frames.size();
  out.frames.resize(first + info.frames);
  if (!read_columns(context_->columns, info, (flags & flag_lines) != 0, {text, info.text_bytes},
                    out.text_size(), std::span(out.frames).subspan(first))) {
    out.frames.resize(first);
    return std::unexpected(damaged("its columns do not fit its text"));
  }
  out.commit_text(info.text_bytes);
  return info;
}

}  // namespace tocsin::store
