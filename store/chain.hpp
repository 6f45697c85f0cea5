// The hash chain over the event log: a frame that is changed, moved, added or taken out breaks it
// from there to the end, whatever checksums are made to fit.
// Path:      store/block (a digest of a commit's frames) -> store/store (the chain) -> store/check
// Units:     sequence numbers; segments: numbers of frames
// Threads:   Digester: one; functions: safe
// Errors:    none; bytes that are no segments: nothing
// Source:    FIPS 180-4 (by OpenSSL)
// Tested by: tests/store/chain_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "event/batch.hpp"

namespace tocsin::store {

// The frames that one commit brought are a segment. Blocks that are merged keep the sizes of theirs
// and not the digests, which follow from the frames: a small system commits one frame at a time.
using Segments = std::vector<std::uint32_t>;

class Digester {
 public:
  Digester();
  ~Digester();
  Digester(const Digester&) = delete;
  Digester& operator=(const Digester&) = delete;

  // Of frames as a block has them (store/block.hpp). About 1.4 bytes a nanosecond.
  [[nodiscard]] base::Sha256 digest(bool lines, base::ReceivedTime least, std::string_view columns,
                                    std::string_view text);

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

// What the chain is behind a segment whose first frame is `first`; all zero before the first.
[[nodiscard]] base::Sha256 extend(const base::Sha256& before, event::Seq first,
                                  std::uint32_t frames, const base::Sha256& digest);

// One segment: no bytes.
void put_segments(std::span<const std::uint32_t> segments, std::string& out);
// Nothing unless they are of exactly `frames` frames.
[[nodiscard]] std::optional<Segments> read_segments(std::string_view bytes, std::uint32_t frames);

}  // namespace tocsin::store
