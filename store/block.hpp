// The frames of one batch as one value of the event log, and back.
// Path:      event::Batch -> block -> store; store -> block -> event::Batch
// Units:     bytes; ns since 1970Z; sequence numbers
// Threads:   an encoder or decoder belongs to one thread (it keeps its zstd context); functions:
//            safe
// Errors:    store-20 damaged or foreign bytes, store-21 written by a newer version
// Source:    RFC 8878 (zstd), RFC 3720 (CRC-32C), store/chain.hpp
// Tested by: tests/store/block_test.cpp, tests/fuzz/block_fuzz.cpp
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "event/batch.hpp"
#include "store/chain.hpp"

// A block is header + segments + columns + text. Header, little-endian, 144 bytes:
//    0  2  "tb"
//    2  1  version (2)
//    3  1  flags: 1 = frames end at line feeds (no sizes column), 2 = columns are a zstd frame,
//          4 = text is a zstd frame
//    4  1  retention class
//    5  3  zero
//    8  4  frames
//   12  4  text bytes: each frame and one line feed
//   16  4  text bytes as stored
//   20  4  column bytes
//   24  4  column bytes as stored
//   28  4  CRC-32C of all that follows the header
//   32  8  least received      40  8  greatest received
//   48  8  first seq           56  8  least event time        64  8  greatest event time
//   72  4  segment bytes
//   76 32  digest: SHA-256 over the frames, where one commit brought them all; zero else
//  108 32  chain: SHA-256 over all frames of the log up to the last of this block
//  140  4  CRC-32C of bytes 0 to 139
// Segments, as varints: pairs (frames that one commit brought, run); none: one commit brought all.
// Columns, as varints: [sizes: one a frame], received: pairs (zigzag difference to the one before,
// run), sources: pairs (id, run), framing anomalies: pairs (bits, run). A pair counts for `run`
// frames: the difference of received applies to the first of them only.
namespace tocsin::store {

inline constexpr std::size_t block_header_size = 144;
inline constexpr std::uint8_t block_version = 2;
// What a block may hold; hostile bytes cannot ask for more memory than this.
inline constexpr std::size_t max_block_text = std::size_t{32} << 20U;
inline constexpr std::size_t max_block_frames = std::size_t{1} << 20U;

struct BlockInfo {
  event::Seq first_seq;
  std::uint32_t frames = 0;
  std::uint32_t text_bytes = 0;
  std::uint32_t stored_bytes = 0;  // header included
  std::uint8_t retention_class = 0;
  base::ReceivedTime min_received;
  base::ReceivedTime max_received;
  base::EventTime min_time;
  base::EventTime max_time;

  bool operator==(const BlockInfo&) const = default;
  [[nodiscard]] event::Seq end() const { return event::Seq(first_seq.value + frames); }
};

// The least and greatest event time of a batch; those of reception where no event has one.
struct TimeRange {
  base::EventTime min;
  base::EventTime max;
};
[[nodiscard]] TimeRange time_range(const event::Batch& batch);

// Compresses. Needs neither sequence numbers nor events, so that it runs in parallel, before the
// ordered stage.
class BlockEncoder {
 public:
  explicit BlockEncoder(int level = 1);
  ~BlockEncoder();
  BlockEncoder(BlockEncoder&&) noexcept;
  BlockEncoder& operator=(BlockEncoder&&) noexcept;

  // Replaces `out` by the block of all frames of `batch`; empty when it has none. At most
  // max_block_frames frames and max_block_text bytes (CHECK). `segments`: what each commit brought
  // of these frames; none: one brings them all. `filter`, where it is wanted, is replaced by the
  // block's (store/block_filter.hpp).
  void encode(const event::Batch& batch, std::string& out, std::uint8_t retention_class = 0,
              std::span<const std::uint32_t> segments = {}, std::string* filter = nullptr);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// Writes what only the ordered stage knows into an encoded block. Constant time.
void seal(std::string& block, event::Seq first_seq, TimeRange times);
// The same for what only the store knows. `block`: its header at least.
void set_chain(std::string& block, const base::Sha256& chain);
[[nodiscard]] base::Sha256 chain_of(std::string_view block);
[[nodiscard]] base::Sha256 digest_of(std::string_view block);
[[nodiscard]] base::Result<Segments> segments_of(std::string_view block);
// What the chain is behind the frames that a block was decoded to, when it is `before` there before
// them. It reads them all.
[[nodiscard]] base::Sha256 chain_over(const base::Sha256& before, const Segments& segments,
                                      const event::Batch& decoded);

// The header of a block, checked. Constant time: what follows the header is not read.
[[nodiscard]] base::Result<BlockInfo> block_info(std::string_view block);

class BlockDecoder {
 public:
  BlockDecoder();
  ~BlockDecoder();
  BlockDecoder(BlockDecoder&&) noexcept;
  BlockDecoder& operator=(BlockDecoder&&) noexcept;

  // Replaces text, frames and first_seq of `out`; its other parts are empty afterwards. After an
  // error `out` is empty.
  [[nodiscard]] base::Result<BlockInfo> decode(std::string_view block, event::Batch& out);
  // The same behind the frames that `out` has; after an error it has those and nothing else.
  [[nodiscard]] base::Result<BlockInfo> append(std::string_view block, event::Batch& out);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace tocsin::store
