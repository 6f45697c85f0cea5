#include "ingest/frame/stream_framer.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/check.hpp"
#include "base/text.hpp"
#include "ingest/frame/datagram.hpp"

namespace tocsin::ingest {

using event::Anomaly;

std::string_view name_of(CloseReason reason) {
  constexpr std::array<std::string_view, static_cast<std::size_t>(CloseReason::count_)> names = {
      "none",         "bad_octet_count", "frame_too_long", "tls_on_plain_port",
      "http_request", "proxy_header"};
  const auto index = static_cast<std::size_t>(reason);
  CHECK(index < names.size(), "a reason that is not in the list");
  return names[index];
}

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool has_nul(std::string_view text) {
  return !text.empty() && std::memchr(text.data(), '\0', text.size()) != nullptr;
}

// Buffers of idle connections stay small.
constexpr std::size_t kept_capacity = 4096;

// How a connection begins that is not syslog.
struct Opening {
  std::string_view bytes;
  CloseReason reason;
};
using namespace std::string_view_literals;
constexpr std::array<Opening, 15> openings = {
    {{"\x16\x03"sv, CloseReason::tls_on_plain_port},
     {"GET /"sv, CloseReason::http_request},
     {"HEAD /"sv, CloseReason::http_request},
     {"POST /"sv, CloseReason::http_request},
     {"PUT /"sv, CloseReason::http_request},
     {"PATCH /"sv, CloseReason::http_request},
     {"DELETE /"sv, CloseReason::http_request},
     {"OPTIONS /"sv, CloseReason::http_request},
     {"OPTIONS *"sv, CloseReason::http_request},
     {"TRACE /"sv, CloseReason::http_request},
     {"CONNECT "sv, CloseReason::http_request},
     {"PRI * HTTP/2"sv, CloseReason::http_request},
     {"PROXY TCP"sv, CloseReason::proxy_header},
     {"PROXY UNKNOW"sv, CloseReason::proxy_header},
     {"\r\n\r\n\0\r\nQUIT\n"sv, CloseReason::proxy_header}}};

enum class Verdict : std::uint8_t { syslog, unsure, foreign };

Verdict judge_opening(std::string_view begin, CloseReason& reason) {
  Verdict verdict = Verdict::syslog;
  for (const Opening& opening : openings) {
    if (begin.starts_with(opening.bytes)) {
      reason = opening.reason;
      return Verdict::foreign;
    }
    if (opening.bytes.starts_with(begin)) verdict = Verdict::unsure;
  }
  return verdict;
}

}  // namespace

FeedResult StreamFramer::feed(std::string_view bytes, event::Batch& out, event::SourceId source,
                              base::ReceivedTime received, const BatchLimits& limits) {
  Feed feed{bytes, 0, out, source, received, limits};
  run(feed);
  if (state_ == State::closed) {
    counters_.discarded_bytes += feed.rest().size() + pending();
    sniffed_size_ = 0;
    partial_.clear();
    feed.at = bytes.size();
  }
  if (partial_.empty() && partial_.capacity() > kept_capacity) std::string().swap(partial_);
  return {feed.at, reason_};
}

void StreamFramer::run(Feed& feed) {
  while (!feed.done() && !feed.full()) {
    switch (state_) {
      case State::sniff:
        sniff(feed);
        break;
      case State::start:
        start(feed);
        break;
      case State::count:
        count(feed);
        break;
      case State::body:
        body(feed);
        break;
      case State::line:
        line(feed);
        break;
      case State::skip_body:
      case State::skip_line:
        skip(feed);
        break;
      case State::closed:
        return;
    }
  }
}

void StreamFramer::sniff(Feed& feed) {
  while (!feed.done()) {
    sniffed_[sniffed_size_] = feed.bytes[feed.at];
    CloseReason reason = CloseReason::none;
    const Verdict verdict = judge_opening({sniffed_.data(), sniffed_size_ + 1U}, reason);
    if (verdict == Verdict::foreign) {
      close(reason);
      return;
    }
    if (verdict == Verdict::syslog) {
      // What looked like something else so far is read again, whatever the batch holds already.
      const std::array<char, 12> held = sniffed_;
      constexpr BatchLimits no_limits{std::numeric_limits<std::size_t>::max(),
                                      std::numeric_limits<std::size_t>::max()};
      Feed again{{held.data(), sniffed_size_}, 0, feed.out, feed.source, feed.received, no_limits};
      sniffed_size_ = 0;
      state_ = State::start;
      run(again);
      counters_.discarded_bytes += again.rest().size();  // it was closed on the way
      return;
    }
    ++sniffed_size_;
    ++feed.at;
  }
}

void StreamFramer::start(Feed& feed) {
  const char first = feed.bytes[feed.at];
  if (only_lines()) {
    whole_lines(feed);
  } else if (first == '\n') {
    ++feed.at;
    ++counters_.framing_bytes;
    ++counters_.empty_lines;
  } else if (is_digit(first)) {
    digits_ = 0;
    count_ = 0;
    state_ = State::count;
  } else if (framing_ == Framing::octet_counted) {
    close(CloseReason::bad_octet_count);
  } else {
    state_ = State::line;
  }
}

// Lines that end in the fed bytes, copied from there. NULs are looked for once in all of them.
void StreamFramer::whole_lines(Feed& feed) {
  const char* at = feed.bytes.data() + feed.at;
  const char* const end = feed.bytes.data() + feed.bytes.size();
  const bool nul = has_nul(feed.rest());
  state_ = State::start;
  while (at != end && !feed.full()) {
    const auto left = static_cast<std::size_t>(end - at);
    const auto* line_feed = static_cast<const char*>(std::memchr(at, '\n', left));
    if (line_feed == nullptr || line_feed > at + limits_.max_frame) {
      state_ = State::line;
      break;
    }
    std::size_t size = static_cast<std::size_t>(line_feed - at);
    while (size > 0 && (at[size - 1] == '\r' || at[size - 1] == '\0')) --size;
    counters_.framing_bytes += static_cast<std::size_t>(line_feed + 1 - at) - size;
    if (size == 0) {
      ++counters_.empty_lines;
    } else {
      event::Anomalies anomalies;
      if (nul && has_nul({at, size})) anomalies.set(Anomaly::frame_nul);
      emit(feed, {at, size}, anomalies);
    }
    at = line_feed + 1;
  }
  feed.at = static_cast<std::size_t>(at - feed.bytes.data());
}

void StreamFramer::count(Feed& feed) {
  while (!feed.done()) {
    const char c = feed.bytes[feed.at];
    const bool after_blank = !partial_.empty() && partial_.back() == ' ';
    if (c == '<' && after_blank) {
      begin_body();
      return;
    }
    if (after_blank || (c != ' ' && !is_digit(c))) {
      not_a_count();
      return;
    }
    partial_ += c;
    ++feed.at;
    if (c == ' ') {
      if (framing_ != Framing::octet_counted) continue;
      begin_body();
      return;
    }
    if (digits_ < 11) ++digits_;
    if (digits_ <= 10) count_ = count_ * 10 + static_cast<std::uint64_t>(c - '0');
    if (must_count() && (digits_ > 10 || partial_[0] == '0')) {
      close(CloseReason::bad_octet_count);
      return;
    }
    if (partial_.size() >= keep()) {
      state_ = State::line;
      return;
    }
  }
}

void StreamFramer::not_a_count() {
  if (must_count()) {
    close(CloseReason::bad_octet_count);
  } else {
    state_ = State::line;
  }
}

void StreamFramer::begin_body() {
  if (partial_[0] == '0' || digits_ > 10) {
    close(CloseReason::bad_octet_count);
  } else if (count_ > longest()) {
    close(CloseReason::frame_too_long);
  } else {
    counters_.framing_bytes += partial_.size();
    partial_.clear();
    decided_ = true;
    counting_ = true;
    remaining_ = count_;
    state_ = State::body;
  }
}

void StreamFramer::body(Feed& feed) {
  const std::string_view rest = feed.rest();
  if (partial_.empty() && remaining_ <= keep() && remaining_ <= rest.size()) {
    feed.at += remaining_;
    state_ = State::start;
    finish(feed, rest.substr(0, remaining_));
    return;
  }
  const std::size_t room = keep() - partial_.size();
  const auto take =
      static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, std::min(room, rest.size())));
  partial_.append(rest.substr(0, take));
  feed.at += take;
  remaining_ -= take;
  if (remaining_ == 0) {
    state_ = State::start;
    finish(feed, partial_);
    partial_.clear();
  } else if (partial_.size() == keep()) {
    state_ = State::skip_body;
    finish_long(feed);
  }
}

void StreamFramer::line(Feed& feed) {
  const std::string_view rest = feed.rest();
  const std::size_t line_feed = rest.find('\n');
  const std::size_t take = std::min(line_feed, rest.size());
  const std::size_t room = keep() - partial_.size();
  partial_.append(rest.substr(0, std::min(take, room)));
  feed.at += std::min(take, room);
  if (take > room) {
    state_ = State::skip_line;
    line_size_ = partial_.size();
    finish_long(feed);
  } else if (line_feed != std::string_view::npos) {
    ++feed.at;
    ++counters_.framing_bytes;
    state_ = State::start;
    finish(feed, partial_);
    partial_.clear();
  }
}

void StreamFramer::skip(Feed& feed) {
  const std::string_view rest = feed.rest();
  if (state_ == State::skip_body) {
    const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, rest.size()));
    counters_.discarded_bytes += take;
    feed.at += take;
    remaining_ -= take;
    if (remaining_ == 0) state_ = State::start;
    return;
  }
  const std::uint64_t allowed = longest() - line_size_;
  const std::size_t line_feed = rest.find('\n');
  const std::size_t take = std::min(line_feed, rest.size());
  if (take > allowed) {
    close(CloseReason::frame_too_long);
    return;
  }
  counters_.discarded_bytes += take;
  line_size_ += take;
  feed.at += take;
  if (line_feed == std::string_view::npos) return;
  ++feed.at;
  ++counters_.framing_bytes;
  state_ = State::start;
}

// A frame whose end was seen, at most a little longer than the limit.
void StreamFramer::finish(Feed& feed, std::string_view raw, event::Anomalies anomalies) {
  std::string_view text = without_terminator(raw);
  counters_.framing_bytes += raw.size() - text.size();
  if (text.empty()) {
    ++counters_.empty_lines;
    return;
  }
  if (text.size() > limits_.max_frame) {
    const std::string_view kept = base::utf8_prefix(text, limits_.max_frame);
    counters_.discarded_bytes += text.size() - kept.size();
    ++counters_.truncated_frames;
    anomalies.set(Anomaly::frame_truncated);
    text = kept;
  }
  if (has_nul(text)) anomalies.set(Anomaly::frame_nul);
  emit(feed, text, anomalies);
}

// A frame of which keep() bytes are in partial_ and more is to come.
void StreamFramer::finish_long(Feed& feed) {
  event::Anomalies anomalies;
  anomalies.set(Anomaly::frame_truncated);
  const std::string_view kept = base::utf8_prefix(partial_, limits_.max_frame);
  counters_.discarded_bytes += partial_.size() - kept.size();
  ++counters_.truncated_frames;
  if (has_nul(kept)) anomalies.set(Anomaly::frame_nul);
  emit(feed, kept, anomalies);
  partial_.clear();
}

void StreamFramer::emit(Feed& feed, std::string_view text, event::Anomalies anomalies) {
  decided_ = true;
  ++counters_.frames;
  counters_.frame_bytes += text.size();
  feed.out.add_frame(text, feed.source, feed.received, anomalies);
}

void StreamFramer::close(CloseReason reason) {
  reason_ = reason;
  state_ = State::closed;
}

void StreamFramer::end(event::Batch& out, event::SourceId source, base::ReceivedTime received) {
  if (sniffed_size_ > 0) partial_.assign(sniffed_.data(), sniffed_size_);
  if (!partial_.empty()) {
    event::Anomalies anomalies;
    anomalies.set(Anomaly::frame_incomplete);
    const BatchLimits limits;
    Feed feed{{}, 0, out, source, received, limits};
    finish(feed, partial_, anomalies);
  }
  reset();
}

void StreamFramer::reset() {
  state_ = State::sniff;
  reason_ = CloseReason::none;
  decided_ = false;
  counting_ = false;
  sniffed_size_ = 0;
  std::string().swap(partial_);
}

}  // namespace tocsin::ingest
