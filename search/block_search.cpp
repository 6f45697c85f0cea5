#include "search/block_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "respond/lockout.hpp"
#include "search/evaluate.hpp"

namespace tocsin::search {

namespace {

using base::Result;
using event::Seq;

// How many blocks are read back for the time of a line that has none. A source that stated no time
// for so long has that of reception.
constexpr int most_blocks_back = 16;

}  // namespace

BlockSearch::BlockSearch(const Plan& plan, const BlockChoice& choice, const Prefilter& prefilter,
                         Decoders& decoders, const store::Store& store,
                         const event::SourceTable& sources)
    : plan_(plan),
      choice_(choice),
      prefilter_(prefilter),
      decoders_(decoders),
      store_(store),
      sources_(sources),
      filters_(store.read_filters()) {}

BlockFound BlockSearch::nothing() const {
  BlockFound found;
  if (plan_.stats != nullptr) found.figures.emplace(*plan_.stats, plan_.query.fields);
  return found;
}

Result<BlockFound> BlockSearch::search(std::span<const store::BlockInfo> blocks, Seq first) {
  BlockFound found = nothing();
  std::optional<store::LogReader> reader;
  for (const store::BlockInfo& info : blocks) {
    if (!may_match(info)) {
      ++found.skipped;
      reader.reset();
      continue;
    }
    if (!reader) reader.emplace(store_.read_log(info.first_seq));
    TRY(const bool more, reader->next_block(block_));
    if (!more) {
      return base::fail(
          "store-23",
          fmt::format("the block of frame {} is missing where its index is", info.first_seq.value));
    }
    TRY_VOID(block_decoder_.decode(block_, batch_));
    store::cut_before(batch_, first);
    found.text_bytes += info.text_bytes;
    choose(plan_.counts_only() && plan_.covers(info.min_time.value, info.max_time.value), found);
    TRY_VOID(judge(&info, {}, found));
  }
  std::ranges::sort(found.rows, stands_before);
  keep_newest(found, plan_.most_rows);
  return found;
}

bool BlockSearch::may_match(const store::BlockInfo& info) {
  if (choice_.passes_all()) return true;
  const auto filter = filters_.of(info);
  return !filter || choice_.may_match(*filter);
}

Result<BlockFound> BlockSearch::search(std::span<const event::Lockout> lockouts) {
  BlockFound found = nothing();
  batch_.clear();
  for (const event::Lockout& lockout : lockouts) {
    batch_.add_frame(respond::lockout_frame(lockout), event::SourceId(0),
                     base::ReceivedTime(lockout.time.value));
  }
  found.text_bytes = batch_.text_size();
  choose(false, found);
  TRY_VOID(judge(nullptr, lockouts, found));
  std::ranges::sort(found.rows, stands_before);
  keep_newest(found, plan_.most_rows);
  return found;
}

// By their texts alone. `counts_only`: frames that match for certain are counted here and now.
void BlockSearch::choose(bool counts_only, BlockFound& found) {
  prefilter_.scan(batch_, scratch_, passed_);
  chosen_.clear();
  std::uint64_t counted = 0;
  for (const std::uint32_t index : passed_) {
    line_.set(batch_.raw(index));
    const Truth truth = search::judge(plan_.query.filter, line_);
    if (truth == Truth::no) continue;
    if (truth == Truth::yes && counts_only) {
      ++counted;
    } else {
      chosen_.push_back({index, truth == Truth::yes});
    }
  }
  found.matched += counted;
  if (counted > 0) found.figures->add_count(counted);
}

Result<void> BlockSearch::judge(const store::BlockInfo* info,
                                std::span<const event::Lockout> lockouts, BlockFound& found) {
  known_.clear();
  frames_.swap(batch_.frames);
  const Seq first = batch_.first_seq;
  Result<void> result;
  for (std::size_t at = 0; at < chosen_.size() && result;) {
    // Up to where other decoders begin; merged blocks may reach over such a border.
    const Seq seq =
        info != nullptr ? Seq(first.value + chosen_[at].index) : lockouts[chosen_[at].index].seq;
    std::size_t end = at + 1;
    if (info != nullptr) {
      const Seq border = decoders_.next_border(seq);
      while (end < chosen_.size() && Seq(first.value + chosen_[end].index) < border) ++end;
    }
    const auto reading = decoders_.at(seq);
    if (!reading) return std::unexpected(reading.error());
    result = judge_part(**reading, std::span(chosen_).subspan(at, end - at), info, lockouts, found);
    at = end;
  }
  return result;
}

ingest::Decoder& BlockSearch::decoder_of(const Reading& reading) {
  auto& decoder = judges_[&reading];
  if (!decoder) {
    decoder = std::make_unique<ingest::Decoder>(*reading.decoders, reading.fields, sources_,
                                                reading.options);
  }
  return *decoder;
}

Result<void> BlockSearch::judge_part(const Reading& reading, std::span<const Chosen> part,
                                     const store::BlockInfo* info,
                                     std::span<const event::Lockout> lockouts, BlockFound& found) {
  // What a frame is decoded to does not depend on those beside it, so only these are.
  batch_.frames.clear();
  batch_.fields.clear();
  batch_.local_names.clear();
  batch_.arena.clear();
  for (const Chosen& chosen : part) batch_.frames.push_back(frames_[chosen.index]);
  decoder_of(reading).decode(batch_);
  found.decoded += part.size();
  for (std::size_t i = 0; i < part.size(); ++i) {
    const event::Event& event = batch_.events[i];
    const event::Frame& frame = batch_.frames[i];
    const std::uint32_t index = part[i].index;
    EventRecord record{plan_.query,
                       reading,
                       batch_,
                       event,
                       frame,
                       batch_.raw(i),
                       sources_[frame.source],
                       event.time,
                       Seq(batch_.first_seq.value + index)};
    if (info == nullptr) {
      record.at = lockouts[index].time;
      record.seq = lockouts[index].seq;
      record.k = lockouts[index].k;
    } else if (event.has_time) {
      known_[frame.source] = {index, event.time};
    } else {
      TRY(record.at, inherited(reading, index, *info));
    }
    // The index of blocks was made of these times; results come out in its order.
    if (info != nullptr) record.at = std::clamp(record.at, info->min_time, info->max_time);
    if (record.at < plan_.span.from || record.at > plan_.span.to) continue;
    if (part[i].matches || holds(plan_.query.filter, record, texts_)) take(record, found);
  }
  return {};
}

void BlockSearch::take(const EventRecord& record, BlockFound& found) {
  ++found.matched;
  if (found.figures) {
    found.figures->add(record);
    return;
  }
  found.rows.push_back(record.row(plan_.with_raw));
  // Now and then, so that few rows are kept of a block of which few are wanted.
  if (plan_.most_rows < 1'000'000 && found.rows.size() >= 2 * plan_.most_rows + 64)
    keep_newest(found, plan_.most_rows);
}

void BlockSearch::keep_newest(BlockFound& found, std::uint64_t most) const {
  if (found.rows.size() <= most) return;
  std::ranges::sort(found.rows, stands_before);
  found.rows.resize(most);
}

std::optional<base::EventTime> BlockSearch::stated_time(const Reading& reading,
                                                        std::string_view text,
                                                        const event::Frame& frame) {
  single_.clear();
  single_.add_frame(text, frame.source, frame.received, frame.anomalies);
  decoder_of(reading).decode(single_);
  if (!single_.events.front().has_time) return std::nullopt;
  return single_.events.front().time;
}

// A line without a time has that of the line before it, of its source.
Result<base::EventTime> BlockSearch::inherited(const Reading& reading, std::uint32_t index,
                                               const store::BlockInfo& info) {
  const event::Frame& frame = frames_[index];
  const auto known = known_.find(frame.source);
  const std::uint32_t least = known == known_.end() ? 0 : known->second.index + 1;
  for (std::uint32_t i = index; i-- > least;) {
    if (frames_[i].source != frame.source) continue;
    const std::string_view text(batch_.text() + frames_[i].offset, frames_[i].size);
    if (const auto time = stated_time(reading, text, frames_[i])) {
      known_[frame.source] = {index, *time};
      return *time;
    }
  }
  base::EventTime time(frame.received.value);
  if (known != known_.end()) {
    time = known->second.time;
  } else {
    TRY(const auto before, time_before(frame.source, info.first_seq));
    if (before) time = *before;
  }
  known_[frame.source] = {index, time};
  return time;
}

Result<std::optional<base::EventTime>> BlockSearch::time_before(event::SourceId source,
                                                                Seq before) {
  std::vector<store::BlockInfo> blocks;  // the last ones before it
  TRY_VOID(store_.read_index([&](const store::BlockInfo& info) {
    if (info.first_seq >= before) return false;
    if (blocks.size() == most_blocks_back) blocks.erase(blocks.begin());
    blocks.push_back(info);
    return true;
  }));
  event::Batch batch;
  const Seq first = store_.first_seq();
  for (auto info = blocks.rbegin(); info != blocks.rend(); ++info) {
    TRY_VOID(store_.read_log(std::max(info->first_seq, first)).next(batch));
    for (std::size_t i = batch.frames.size(); i-- > 0;) {
      if (batch.frames[i].source != source) continue;
      TRY(const Reading* reading, decoders_.at(batch.seq(i)));
      if (const auto time = stated_time(*reading, batch.raw(i), batch.frames[i])) return time;
    }
  }
  return std::optional<base::EventTime>();
}

}  // namespace tocsin::search
