#include "ingest/frame/json_objects.hpp"

#include <algorithm>

namespace tocsin::ingest {

namespace {

// Brackets inside each other that are told apart; deeper ones are only counted.
constexpr std::size_t max_depth = 1024;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

void JsonObjectFramer::begin(State state) {
  state_ = state;
  broken_ = state == State::text;
  in_string_ = escaped_ = truncated_ = false;
  previous_ = 0;
  open_.clear();
  deeper_ = 0;
  partial_.clear();
}

// An opening bracket inside an object: a value, so it stands behind a colon, or in an array.
JsonObjectFramer::Step JsonObjectFramer::open(char c) {
  const bool in_array = deeper_ == 0 && !open_.empty() && open_.back() == '[';
  const bool allowed = deeper_ > 0 || previous_ == ':' ||
                       (in_array && (previous_ == '[' || previous_ == ',')) ||
                       (open_.empty() && previous_ == 0);
  if (!allowed && c == '{') {
    broken_ = true;
    return Step::end_before;
  }
  if (open_.size() < max_depth) {
    open_.push_back(c);
  } else {
    ++deeper_;
  }
  previous_ = c;
  return Step::go_on;
}

JsonObjectFramer::Step JsonObjectFramer::step(char c) {
  if (in_string_) {
    if (c == '\n') {
      broken_ = true;
      return Step::end_before;
    }
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      in_string_ = false;
      previous_ = '"';
    }
    return Step::go_on;
  }
  switch (c) {
    case '"':
      in_string_ = true;
      return Step::go_on;
    case '{':
    case '[':
      return open(c);
    case '}':
    case ']':
      previous_ = c;
      if (deeper_ > 0) {
        --deeper_;
        return Step::go_on;
      }
      if ((open_.back() == '{') != (c == '}')) {
        broken_ = true;
        return Step::end_here;
      }
      open_.pop_back();
      return open_.empty() ? Step::end_here : Step::go_on;
    default:
      if (!is_blank(c)) previous_ = c;
      return Step::go_on;
  }
}

std::size_t JsonObjectFramer::feed(std::string_view bytes, event::Batch& out,
                                   event::SourceId source, base::ReceivedTime received,
                                   std::vector<std::uint64_t>& ends) {
  std::size_t at = 0;
  std::size_t first = 0;  // of the frame at hand, in `bytes`
  auto keep = [&](std::size_t end) {
    const std::size_t size = end - first;
    const std::size_t room = max_frame_ - std::min(max_frame_, partial_.size());
    partial_.append(bytes.substr(first, std::min(size, room)));
    if (size > room) {
      truncated_ = true;
      thrown_away_ += size - room;
    }
  };
  auto end_frame = [&](std::size_t end) {
    event::Anomalies anomalies;
    std::string_view frame = bytes.substr(first, end - first);
    if (!partial_.empty() || frame.size() > max_frame_) {
      keep(end);
      frame = partial_;
    }
    if (broken_) anomalies.set(event::Anomaly::frame_incomplete);
    if (truncated_) anomalies.set(event::Anomaly::frame_truncated);
    out.add_frame(frame, source, received, anomalies);
    ends.push_back(offset_ + end);
    begin(State::between);
  };

  while (at < bytes.size() && out.frames.size() < max_frames_) {
    const char c = bytes[at];
    if (state_ == State::between) {
      if (is_blank(c) || c == ',' || c == '[' || c == ']' || c == '\0') {
        ++at;
        continue;
      }
      begin(c == '{' ? State::object : State::text);
      first = at;
      if (state_ == State::text) ++at;
      continue;
    }
    if (state_ == State::text) {
      if (c == '\n' || c == '{') {
        end_frame(at);
      } else {
        ++at;
      }
      continue;
    }
    switch (step(c)) {
      case Step::go_on:
        ++at;
        break;
      case Step::end_here:
        end_frame(++at);
        break;
      case Step::end_before:
        end_frame(at);
        break;
    }
  }
  if (state_ != State::between) keep(at);
  offset_ += at;
  return at;
}

void JsonObjectFramer::end(event::Batch& out, event::SourceId source, base::ReceivedTime received,
                           std::vector<std::uint64_t>& ends) {
  if (state_ != State::between) {
    event::Anomalies anomalies;
    anomalies.set(event::Anomaly::frame_incomplete);
    if (truncated_) anomalies.set(event::Anomaly::frame_truncated);
    out.add_frame(partial_, source, received, anomalies);
    ends.push_back(offset_);
  }
  begin(State::between);
}

}  // namespace tocsin::ingest
