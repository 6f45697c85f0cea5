#include "correlate/watermark.hpp"

#include <algorithm>

namespace tocsin::correlate {

// Makes `source` the newest of the active ones.
void Watermark::touch(std::uint32_t source) {
  if (source >= sources_.size()) sources_.resize(std::size_t{source} + 1);
  if (sources_[source].heap == none) {
    activate(source);
  } else {
    unlink(source);
    append(source);
  }
}

void Watermark::activate(std::uint32_t source) {
  heap_.push_back(source);
  place(static_cast<std::uint32_t>(heap_.size() - 1), source);
  sift_up(sources_[source].heap);
  append(source);
}

void Watermark::deactivate(std::uint32_t source) {
  unlink(source);
  const std::uint32_t at = sources_[source].heap;
  sources_[source].heap = none;
  const std::uint32_t last = heap_.back();
  heap_.pop_back();
  if (last == source) return;
  place(at, last);
  sift_up(at);
  sift_down_from(sources_[last].heap);
}

void Watermark::unlink(std::uint32_t source) {
  Source& from = sources_[source];
  (from.older == none ? oldest_ : sources_[from.older].newer) = from.newer;
  (from.newer == none ? newest_ : sources_[from.newer].older) = from.older;
  from.older = from.newer = none;
}

void Watermark::append(std::uint32_t source) {
  Source& from = sources_[source];
  from.older = newest_;
  from.newer = none;
  (newest_ == none ? oldest_ : sources_[newest_].newer) = source;
  newest_ = source;
}

void Watermark::sift_down_from(std::uint32_t at) {
  const std::uint32_t source = heap_[at];
  const auto size = static_cast<std::uint32_t>(heap_.size());
  while (true) {
    std::uint32_t child = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size && sources_[heap_[child + 1]].highest < sources_[heap_[child]].highest)
      ++child;
    if (sources_[heap_[child]].highest >= sources_[source].highest) break;
    place(at, heap_[child]);
    at = child;
  }
  place(at, source);
}

void Watermark::sift_up(std::uint32_t at) {
  const std::uint32_t source = heap_[at];
  while (at > 0) {
    const std::uint32_t parent = (at - 1) / 2;
    if (sources_[heap_[parent]].highest <= sources_[source].highest) break;
    place(at, heap_[parent]);
    at = parent;
  }
  place(at, source);
}

bool Watermark::finish(event::SourceId source) {
  if (source.value >= sources_.size() || sources_[source.value].heap == none) return false;
  deactivate(source.value);
  idle_ = none;
  return settle();
}

std::int64_t Watermark::value_at(base::ReceivedTime received) const {
  const std::int64_t now = std::max(now_, received.value);
  std::int64_t lowest = std::numeric_limits<std::int64_t>::max();
  std::uint32_t i = newest_;
  for (; i != none && sources_[i].last_received >= now - idle_timeout_; i = sources_[i].older)
    lowest = std::min(lowest, sources_[i].highest);
  const bool all_idle = i == newest_;
  const std::int64_t candidate =
      all_idle ? gone_on(newest_ == none ? idle_ : newest_, now) : minus(lowest, lateness_);
  return std::max(value_, candidate);
}

std::int64_t Watermark::highest() const {
  std::int64_t highest = never;
  for (const Source& source : sources_) highest = std::max(highest, source.highest);
  return highest;
}

std::vector<Watermark::Saved> Watermark::save() const {
  std::vector<Saved> out;
  for (std::uint32_t i = 0; i < sources_.size(); ++i) {
    if (sources_[i].heap == none && sources_[i].highest != never)
      out.push_back({i, false, sources_[i].highest, sources_[i].last_received});
  }
  for (std::uint32_t i = oldest_; i != none; i = sources_[i].newer)
    out.push_back({i, true, sources_[i].highest, sources_[i].last_received});
  return out;
}

void Watermark::load(std::int64_t value, std::int64_t now, std::uint32_t idle,
                     const std::vector<Saved>& sources) {
  value_ = value;
  now_ = now;
  idle_ = idle;
  sources_.clear();
  heap_.clear();
  oldest_ = newest_ = none;
  for (const Saved& saved : sources) {
    if (saved.source >= sources_.size()) sources_.resize(std::size_t{saved.source} + 1);
    sources_[saved.source].highest = saved.highest;
    sources_[saved.source].last_received = saved.last_received;
    if (saved.active) activate(saved.source);
  }
}

}  // namespace tocsin::correlate
