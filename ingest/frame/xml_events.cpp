#include "ingest/frame/xml_events.hpp"

#include <algorithm>

namespace tocsin::ingest {

namespace {

// A piece that is this many times as long as a frame may be is cut there, ended or not.
constexpr std::size_t longest = 16;
constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view event_end = "</Event>";
constexpr std::string_view cdata = "<![CDATA[";
constexpr std::string_view cdata_end = "]]>";

// What stands between events: its first bytes, and its last.
struct Layout {
  std::string_view begin;
  std::string_view end;
};
constexpr Layout layouts[] = {{"<?", "?>"}, {"<!--", "-->"}, {"<Events", ">"}, {"</Events", ">"}};

}  // namespace

XmlEventFramer::Piece XmlEventFramer::front() {
  const std::string_view text = left();
  if (const std::size_t size = std::min(text.find_first_not_of(blanks), text.size()); size > 0) {
    return {Piece::Kind::layout, size};
  }
  for (const Layout& layout : layouts) {
    if (!text.starts_with(layout.begin)) continue;
    const std::size_t end = text.find(layout.end, layout.begin.size());
    if (end == std::string_view::npos) return {};
    return {Piece::Kind::layout, end + layout.end.size()};
  }
  constexpr std::string_view event = "<Event";
  if (text.size() <= event.size()) {
    // Too short to tell what it will be.
    if (event.starts_with(text) ||
        std::any_of(std::begin(layouts), std::end(layouts),
                    [&](const Layout& layout) { return layout.begin.starts_with(text); })) {
      return {};
    }
  } else if (text.starts_with(event) &&
             (text[event.size()] == '>' || blanks.find(text[event.size()]) != blanks.npos)) {
    return front_event();
  }
  const std::size_t end = text.find_first_of("<\n", 1);
  if (end == std::string_view::npos) return {};
  return {Piece::Kind::text, end};
}

// The end of the event's text, which does not stand inside CDATA.
XmlEventFramer::Piece XmlEventFramer::front_event() {
  const std::string_view text = left();
  for (std::size_t at = seen_;;) {
    at = text.find('<', at);
    if (at == std::string_view::npos) {
      seen_ = text.size();
      return {};
    }
    seen_ = at;
    const std::string_view rest = text.substr(at);
    if (rest.starts_with(event_end)) return {Piece::Kind::event, at + event_end.size()};
    if (rest.starts_with(cdata)) {
      const std::size_t end = rest.find(cdata_end, cdata.size());
      if (end == std::string_view::npos) return {};
      at += end + cdata_end.size();
      continue;
    }
    if (event_end.starts_with(rest) || cdata.starts_with(rest)) return {};
    ++at;
  }
}

void XmlEventFramer::drop(std::size_t size) {
  at_ += size;
  seen_ = 0;
}

bool XmlEventFramer::give_front(bool is_end, const To& to) {
  const std::size_t limit = longest * max_frame_;
  Piece piece = front();
  event::Anomalies anomalies;
  const bool is_open = piece.kind == Piece::Kind::open;
  if (is_open ? left().size() >= limit : piece.size > limit) {
    piece = {Piece::Kind::text, limit};
  } else if (is_open) {
    if (!is_end || left().empty()) return false;
    piece = {Piece::Kind::text, left().size()};
  }
  if (piece.kind != Piece::Kind::layout) {
    if (piece.kind == Piece::Kind::text) anomalies.set(event::Anomaly::frame_incomplete);
    if (piece.size > max_frame_) {
      anomalies.set(event::Anomaly::frame_truncated);
      thrown_away_ += piece.size - max_frame_;
    }
    to.out.add_frame(left().substr(0, std::min(piece.size, max_frame_)), to.source, to.received,
                     anomalies);
    to.ends.push_back(begin_ + at_ + piece.size);
  }
  drop(piece.size);
  return true;
}

bool XmlEventFramer::give(bool is_end, const To& to) {
  bool more = true;
  while (to.out.frames.size() < max_frames_ && (more = give_front(is_end, to))) {
  }
  held_.erase(0, at_);
  begin_ += at_;
  at_ = 0;
  return !more;
}

std::size_t XmlEventFramer::feed(std::string_view bytes, event::Batch& out, event::SourceId source,
                                 base::ReceivedTime received, std::vector<std::uint64_t>& ends) {
  const To to{out, source, received, ends};
  if (!give(false, to)) return 0;
  held_.append(bytes);
  give(false, to);
  return bytes.size();
}

void XmlEventFramer::end(event::Batch& out, event::SourceId source, base::ReceivedTime received,
                         std::vector<std::uint64_t>& ends) {
  give(true, {out, source, received, ends});
}

}  // namespace tocsin::ingest
