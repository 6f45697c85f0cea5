// Looks through the frames of some blocks: which match, and what is made of them.
// Path:      block -> frames -> Prefilter -> decoder -> rows or figures
// Units:     ns since 1970Z
// Threads:   one BlockSearch per worker; the Plan, Decoders and sources are shared
// Errors:    the store's: damaged blocks; decoders that do not compile any more
// Source:    docs/search.md, "How it is fast"
// Tested by: tests/search/block_search_test.cpp, tests/search/agreement_test.cpp
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.hpp"
#include "event/alert.hpp"
#include "event/batch.hpp"
#include "event/source.hpp"
#include "ingest/decode/decoder.hpp"
#include "search/aggregation.hpp"
#include "search/block_choice.hpp"
#include "search/decoders.hpp"
#include "search/event_record.hpp"
#include "search/plan.hpp"
#include "search/prefilter.hpp"
#include "search/row.hpp"
#include "store/block.hpp"
#include "store/block_filter.hpp"
#include "store/store.hpp"

namespace tocsin::search {

// What some blocks give.
struct BlockFound {
  std::vector<Row> rows;  // newest first, at most Plan::most_rows
  std::optional<Aggregation> figures;
  std::uint64_t matched = 0;
  std::uint64_t text_bytes = 0;  // looked through
  std::uint64_t decoded = 0;     // frames
  std::uint64_t skipped = 0;     // blocks, by their filters
};

class BlockSearch {
 public:
  // All must outlive this.
  BlockSearch(const Plan& plan, const BlockChoice& choice, const Prefilter& prefilter,
              Decoders& decoders, const store::Store& store, const event::SourceTable& sources);

  // Blocks that follow each other, as the index has them, so that they are read in one go. Frames
  // before `first` do not count.
  [[nodiscard]] base::Result<BlockFound> search(std::span<const store::BlockInfo> blocks,
                                                event::Seq first);
  // Records that Tocsin derived: they are events like any other.
  [[nodiscard]] base::Result<BlockFound> search(std::span<const event::Lockout> lockouts);

 private:
  // A frame that may match, or does for certain.
  struct Chosen {
    std::uint32_t index;
    bool matches;
  };
  // The newest known time of a source, and of which frame.
  struct Known {
    std::uint32_t index = 0;
    base::EventTime time;
  };

  [[nodiscard]] BlockFound nothing() const;
  bool may_match(const store::BlockInfo& info);
  void choose(bool counts_only, BlockFound& found);
  base::Result<void> judge(const store::BlockInfo* info, std::span<const event::Lockout> lockouts,
                           BlockFound& found);
  base::Result<void> judge_part(const Reading& reading, std::span<const Chosen> part,
                                const store::BlockInfo* info,
                                std::span<const event::Lockout> lockouts, BlockFound& found);
  ingest::Decoder& decoder_of(const Reading& reading);
  base::Result<base::EventTime> inherited(const Reading& reading, std::uint32_t index,
                                          const store::BlockInfo& info);
  base::Result<std::optional<base::EventTime>> time_before(event::SourceId source,
                                                           event::Seq before);
  std::optional<base::EventTime> stated_time(const Reading& reading, std::string_view text,
                                             const event::Frame& frame);
  void take(const EventRecord& record, BlockFound& found);
  void keep_newest(BlockFound& found, std::uint64_t most) const;

  const Plan& plan_;
  const BlockChoice& choice_;
  const Prefilter& prefilter_;
  Decoders& decoders_;
  const store::Store& store_;
  const event::SourceTable& sources_;

  store::FilterReader filters_;
  store::BlockDecoder block_decoder_;
  std::string block_;
  std::unordered_map<const Reading*, std::unique_ptr<ingest::Decoder>> judges_;
  PrefilterScratch scratch_;
  Scratch texts_;
  Line line_;
  event::Batch batch_;
  event::Batch single_;               // one frame, for its time
  std::vector<event::Frame> frames_;  // of the whole block, while batch_ has some of them
  std::vector<std::uint32_t> passed_;
  std::vector<Chosen> chosen_;
  std::unordered_map<event::SourceId, Known> known_;
};

}  // namespace tocsin::search
