#include "store/reader.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tocsin::store {

namespace {

using base::fail;
using base::Result;
using event::Seq;

base::Error gap(Seq expected, Seq found) {
  return {"store-23",
          fmt::format("the event log has a gap: frame {} is missing, the next one is {}",
                      expected.value, found.value),
          {}};
}

base::Error cut_off(Seq expected, Seq end) {
  return {"store-23",
          fmt::format("the event log is cut off: frames {} to {} are missing", expected.value,
                      end.value - 1),
          {}};
}

}  // namespace

void cut_before(event::Batch& batch, Seq first) {
  if (first <= batch.first_seq) return;
  const std::uint64_t surplus =
      std::min<std::uint64_t>(first.value - batch.first_seq.value, batch.frames.size());
  batch.frames.erase(batch.frames.begin(),
                     batch.frames.begin() + static_cast<std::ptrdiff_t>(surplus));
  batch.first_seq.value += surplus;
}

LogReader::LogReader(const Database& database, const Totals& totals, Seq from,
                     std::optional<TimeSpan> span)
    : blocks_(database.cursor(Space::blocks, {}, !span)),
      span_(span),
      from_(std::max(from, totals.first_seq)),
      end_(totals.next_seq) {
  if (span) index_.emplace(database.cursor(Space::state, key::after("i"), true));
}

// At the block that holds `from`.
Result<bool> LogReader::start() {
  started_ = true;
  Cursor& cursor = index_ ? *index_ : blocks_;
  const std::string wanted = index_ ? key::index(from_) : key::block(from_);
  cursor.seek_back(wanted);
  TRY_VOID(cursor.status());
  const bool before = cursor.valid() && (!index_ || cursor.key().front() == 'i');
  if (before) {
    TRY(const BlockInfo info,
        index_ ? decode_block_info(Seq(key::last_number(cursor.key())), cursor.value())
               : block_info(cursor.value()));
    if (info.end() > from_) {
      expected_ = info.first_seq;
      return true;
    }
  }
  cursor.seek(wanted);
  TRY_VOID(cursor.status());
  if (!cursor.valid()) {
    if (from_ < end_) return std::unexpected(cut_off(from_, end_));
    return false;
  }
  expected_ = Seq(key::last_number(cursor.key()));
  if (expected_ != from_) return std::unexpected(gap(from_, expected_));
  return true;
}

Result<bool> LogReader::step() {
  if (ended_) return false;
  if (index_) return step_by_index();
  if (!started_) {
    TRY(const bool any, start());
    if (!any) {
      ended_ = true;
      return false;
    }
  } else {
    blocks_.next();
  }
  if (!blocks_.valid()) {
    TRY_VOID(blocks_.status());
    ended_ = true;
    if (expected_ < end_) return std::unexpected(cut_off(expected_, end_));
    return false;
  }
  TRY(const BlockInfo info, block_info(blocks_.value()));
  if (info.first_seq != expected_ || key::block_seq(blocks_.key()) != expected_)
    return std::unexpected(gap(expected_, info.first_seq));
  expected_ = info.end();
  return true;
}

Result<bool> LogReader::step_by_index() {
  if (!started_) {
    TRY(const bool any, start());
    if (!any) {
      ended_ = true;
      return false;
    }
  } else {
    index_->next();
  }
  for (; index_->valid(); index_->next()) {
    const Seq first(key::last_number(index_->key()));
    TRY(const BlockInfo info, decode_block_info(first, index_->value()));
    if (first != expected_) return std::unexpected(gap(expected_, first));
    expected_ = info.end();
    if (info.max_time < span_->from || info.min_time > span_->to) continue;
    blocks_.seek(key::block(first));
    TRY_VOID(blocks_.status());
    if (!blocks_.valid() || key::block_seq(blocks_.key()) != first)
      return std::unexpected(cut_off(first, info.end()));
    return true;
  }
  TRY_VOID(index_->status());
  ended_ = true;
  if (expected_ < end_) return std::unexpected(cut_off(expected_, end_));
  return false;
}

Result<bool> LogReader::next_block(std::string& block) {
  TRY(const bool more, step());
  if (more) block.assign(blocks_.value());
  return more;
}

Result<bool> LogReader::next(event::Batch& out) {
  out.clear();
  TRY(const bool more, step());
  if (!more) return false;
  TRY_VOID(decoder_.decode(blocks_.value(), out));
  cut_before(out, from_);
  return true;
}

}  // namespace tocsin::store
