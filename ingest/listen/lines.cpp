#include "ingest/listen/lines.hpp"

#include <cstring>

namespace tocsin::ingest {

using event::Anomaly;

namespace {

char* find_byte(char* at, int byte, std::size_t size) {
  return static_cast<char*>(std::memchr(at, byte, size));
}

}  // namespace

// `length` bytes at `line`, without the line feed that follows or will follow.
inline void LineCutter::add(event::Batch& batch, const char* text, char* line, std::size_t length,
                            std::uint32_t begin, bool any_nul, event::SourceId source,
                            base::ReceivedTime received) {
  const std::size_t with_return = length;
  if (length > 0 && line[length - 1] == '\r') {
    --length;
    line[length] = '\n';
  }
  event::Anomalies anomalies;
  if (length > max_frame_) [[unlikely]] {
    anomalies.set(Anomaly::frame_truncated);
    thrown_away_ += with_return - max_frame_;
    std::memset(line + max_frame_, '\n', length - max_frame_);
    length = max_frame_;
  }
  if (any_nul && find_byte(line, 0, length) != nullptr) anomalies.set(Anomaly::frame_nul);
  batch.frames.push_back({begin + static_cast<std::uint32_t>(line - text),
                          static_cast<std::uint32_t>(length), source, received, anomalies});
}

std::size_t LineCutter::cut(event::Batch& batch, std::size_t size, bool last,
                            event::SourceId source, base::ReceivedTime received) {
  const auto begin = static_cast<std::uint32_t>(batch.text_size());
  char* const text = batch.text() + begin;
  char* const stop = text + size;
  char* line = text;
  if (skipping_) {
    char* const feed = find_byte(text, '\n', size);
    char* const rest = feed != nullptr ? feed + 1 : stop;
    thrown_away_ += static_cast<std::size_t>((feed != nullptr ? feed : stop) - text);
    if (feed == nullptr && !last) return size;
    std::memset(text, '\n', static_cast<std::size_t>(rest - text));
    skipping_ = false;
    line = rest;
  }
  const bool any_nul =
      line < stop && find_byte(line, 0, static_cast<std::size_t>(stop - line)) != nullptr;
  while (line < stop && batch.frames.size() < max_frames_) {
    const auto left = static_cast<std::size_t>(stop - line);
    char* const feed = find_byte(line, '\n', left);
    if (feed != nullptr) [[likely]] {
      add(batch, text, line, static_cast<std::size_t>(feed - line), begin, any_nul, source,
          received);
      line = feed + 1;
      continue;
    }
    if (last) {
      line[left] = '\n';
      add(batch, text, line, left, begin, any_nul, source, received);
      batch.commit_text(size + 1);
      return size;
    }
    // One byte more could still be a carriage return.
    if (left > max_frame_ + 1) {
      // Its last byte, if a carriage return, is not taken for the end of the line.
      const std::size_t waste = left - max_frame_;
      thrown_away_ += waste;
      std::memset(line + max_frame_, '\n', waste);
      event::Anomalies anomalies;
      anomalies.set(Anomaly::frame_truncated);
      if (any_nul && find_byte(line, 0, max_frame_) != nullptr) anomalies.set(Anomaly::frame_nul);
      batch.frames.push_back({begin + static_cast<std::uint32_t>(line - text),
                              static_cast<std::uint32_t>(max_frame_), source, received, anomalies});
      skipping_ = true;
      line = stop;
    }
    break;
  }
  const auto used = static_cast<std::size_t>(line - text);
  batch.commit_text(used);
  return used;
}

}  // namespace tocsin::ingest
