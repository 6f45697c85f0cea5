#include "ingest/frame/stream_framer.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "tests/ingest/test_data.hpp"

namespace tocsin::ingest {
namespace {

using event::Anomaly;
using namespace std::string_literals;

struct Outcome {
  std::vector<std::string> frames;  // "text" or "text|anomaly"
  CloseReason close = CloseReason::none;
  FramerCounters counters;
  std::size_t pending = 0;

  bool operator==(const Outcome& other) const {
    return frames == other.frames && close == other.close && pending == other.pending &&
           counters.frames == other.counters.frames &&
           counters.frame_bytes == other.counters.frame_bytes &&
           counters.discarded_bytes == other.counters.discarded_bytes &&
           counters.truncated_frames == other.counters.truncated_frames &&
           counters.empty_lines == other.counters.empty_lines;
  }
};

void take_frames(event::Batch& batch, std::vector<std::string>& frames) {
  for (std::size_t i = 0; i < batch.frames.size(); ++i) {
    std::string text(batch.raw(i));
    for (const event::AnomalyRow& row : event::anomaly_rows) {
      if (batch.frames[i].anomalies.has(row.anomaly)) text += "|" + std::string(row.name);
    }
    frames.push_back(text);
    EXPECT_EQ(batch.text()[batch.frames[i].offset + batch.frames[i].size], '\n');
  }
  batch.clear();
}

// Feeds `pieces` one after another; each lies in a block of its exact size.
Outcome feed(const std::vector<std::string>& pieces, Framing framing, FrameLimits limits,
             BatchLimits batch_limits = {}) {
  StreamFramer framer(framing, limits);
  Outcome outcome;
  event::Batch batch;
  std::size_t fed = 0;
  for (const std::string& piece : pieces) {
    const auto block = std::make_unique<char[]>(piece.size());
    std::copy(piece.begin(), piece.end(), block.get());
    std::string_view rest(block.get(), piece.size());
    while (!rest.empty()) {
      const FeedResult result =
          framer.feed(rest, batch, event::SourceId(3), base::ReceivedTime(7), batch_limits);
      for (const event::Frame& frame : batch.frames) {
        EXPECT_EQ(frame.source, event::SourceId(3));
        EXPECT_EQ(frame.received, base::ReceivedTime(7));
      }
      // A batch that was not full must not stop the framer.
      EXPECT_TRUE(result.consumed > 0 || !batch.frames.empty());
      // What comes after the reason to close is counted, not read.
      EXPECT_TRUE(outcome.close == CloseReason::none || result.close == outcome.close);
      take_frames(batch, outcome.frames);
      fed += result.consumed;
      rest.remove_prefix(result.consumed);
      outcome.close = result.close;
    }
  }
  outcome.pending = framer.pending();
  framer.end(batch, event::SourceId(3), base::ReceivedTime(7));
  EXPECT_LE(batch.frames.size(), 1U);
  outcome.counters = framer.counters();
  EXPECT_TRUE(outcome.close == CloseReason::none || batch.frames.empty());
  take_frames(batch, outcome.frames);
  // Conservation: every byte fed is in a frame, in framing, or discarded.
  const FramerCounters& c = outcome.counters;
  EXPECT_EQ(c.frame_bytes + c.framing_bytes + c.discarded_bytes, fed)
      << base::printable(pieces[0]) << " " << pieces.size() << " " << static_cast<int>(framing);
  return outcome;
}

std::vector<std::string> split_bytes(const std::string& stream) {
  std::vector<std::string> pieces;
  for (const char c : stream) pieces.emplace_back(1, c);
  return pieces;
}

// The same result whole, byte by byte, at every split point, and with batches of one frame.
Outcome feed_all_ways(const std::string& stream, Framing framing = Framing::automatic,
                      FrameLimits limits = {}) {
  Outcome whole = feed({stream}, framing, limits);
  EXPECT_EQ(whole, feed(split_bytes(stream), framing, limits)) << base::printable(stream);
  for (std::size_t at = 1; at < stream.size() && at < 4096; ++at)
    EXPECT_EQ(whole, feed({stream.substr(0, at), stream.substr(at)}, framing, limits))
        << base::printable(stream) << " split at " << at;
  EXPECT_EQ(whole, feed({stream}, framing, limits, {.text = 1 << 20, .frames = 1}));
  EXPECT_EQ(whole, feed({stream}, framing, limits, {.text = 1, .frames = 1000}));
  return whole;
}

using Frames = std::vector<std::string>;

TEST(StreamFramer, LinesEndWithLineFeedAndEmptyOnesAreSkipped) {
  const Outcome outcome = feed_all_ways("<13>one\r\n\n\r\n<14>two\n\n");
  EXPECT_EQ(outcome.frames, (Frames{"<13>one", "<14>two"}));
  EXPECT_EQ(outcome.counters.empty_lines, 3U);
}

TEST(StreamFramer, EndOfConnectionNeverGluesToTheNext) {
  StreamFramer framer;
  event::Batch batch;
  (void)framer.feed("21 <13>1 - h", batch, event::SourceId(1), base::ReceivedTime(1));
  framer.end(batch, event::SourceId(1), base::ReceivedTime(1));
  (void)framer.feed("whole\n", batch, event::SourceId(1), base::ReceivedTime(1));
  Frames frames;
  take_frames(batch, frames);
  EXPECT_EQ(frames, (Frames{"<13>1 - h|frame_incomplete", "whole"}));
}

TEST(StreamFramer, WhatIsLeftAtTheEndIsIncomplete) {
  EXPECT_EQ(feed_all_ways("<13>one\n<14>tw").frames,
            (Frames{"<13>one", "<14>tw|frame_incomplete"}));
  EXPECT_EQ(feed_all_ways("12").frames, (Frames{"12|frame_incomplete"}));
  EXPECT_EQ(feed_all_ways("GE").frames, (Frames{"GE|frame_incomplete"}));
  EXPECT_TRUE(feed_all_ways("\r").frames.empty());
}

TEST(StreamFramer, NulIsMarkedInsideAndDroppedAtTheEnd) {
  EXPECT_EQ(feed_all_ways("a\0b\nc\0\nd\n"s).frames, (Frames{"a\0b|frame_nul"s, "c", "d"}));
  EXPECT_EQ(feed_all_ways("4 <1>\0"s).frames, (Frames{"<1>"}));
}

TEST(StreamFramer, LinesThatBeginWithADigitAreLines) {
  const Outcome outcome =
      feed_all_ways("2026-11-22 up\n12x\n007 bond\n99999999999999 bottles\n5 b\n");
  EXPECT_EQ(outcome.frames,
            (Frames{"2026-11-22 up", "12x", "007 bond", "99999999999999 bottles", "5 b"}));
}

TEST(StreamFramer, AConnectionOfLinesNeverCounts) {
  // Text that a stranger chose must not swallow the lines behind it.
  const Outcome outcome = feed_all_ways("plain\n60 <13>forged\n<14>two\n");
  EXPECT_EQ(outcome.frames, (Frames{"plain", "60 <13>forged", "<14>two"}));
}

TEST(StreamFramer, AConnectionThatCountsMayMixInLinesButMustCountDigits) {
  EXPECT_EQ(feed_all_ways("6 <1>one<2>two\n6 <3>six").frames,
            (Frames{"<1>one", "<2>two", "<3>six"}));
  const Outcome outcome = feed_all_ways("6 <1>one12x\n");
  EXPECT_EQ(outcome.frames, (Frames{"<1>one"}));
  EXPECT_EQ(outcome.close, CloseReason::bad_octet_count);
  EXPECT_EQ(feed_all_ways("6 <1>one2026 began\n").close, CloseReason::bad_octet_count);
}

TEST(StreamFramer, BadOctetCountsCloseTheConnection) {
  for (const std::string& stream :
       {"0 <13>x"s, "00005 <13>x"s, std::string(1100, '0') + "200000 <13>x", "12345678901 <13>x"s,
        "18446744073709551616 <1>"s, "18446744073709551621 <1>"s}) {
    const Outcome outcome = feed_all_ways(stream);
    EXPECT_EQ(outcome.close, CloseReason::bad_octet_count) << stream;
    EXPECT_TRUE(outcome.frames.empty());
  }
  for (const std::string& stream :
       {"4294967296 <13>x"s, "4294967295 <1>"s, "2147483648 <1>"s, "2147483647 <1>"s})
    EXPECT_EQ(feed_all_ways(stream).close, CloseReason::frame_too_long) << stream;
  for (const std::string& stream : {"-5 <13>x"s, "x"s, "0"s, "12x"s, "01"s, "12345678901"s, "5\n"s})
    EXPECT_EQ(feed_all_ways(stream, Framing::octet_counted).close, CloseReason::bad_octet_count)
        << stream;
}

TEST(StreamFramer, CountedFramesNeedNoPriorityWhenTheyAreConfigured) {
  const Outcome outcome = feed_all_ways("5 hello\n3 1 2\n", Framing::octet_counted);
  EXPECT_EQ(outcome.frames, (Frames{"hello", "1 2"}));
  EXPECT_EQ(outcome.close, CloseReason::none);
}

TEST(StreamFramer, NewlineFramingReadsCountsAsText) {
  EXPECT_EQ(feed_all_ways("6 <1>one\n0 <1>\n", Framing::newline).frames,
            (Frames{"6 <1>one", "0 <1>"}));
}

TEST(StreamFramer, OtherProtocolsAreNamed) {
  EXPECT_EQ(feed_all_ways("\x16\x03\x01\x02\x00 hello"s).close, CloseReason::tls_on_plain_port);
  EXPECT_EQ(feed_all_ways("GET / HTTP/1.1\r\nHost: x\r\n\r\n").close, CloseReason::http_request);
  EXPECT_EQ(feed_all_ways("POST /log HTTP/1.1\r\n").close, CloseReason::http_request);
  EXPECT_EQ(feed_all_ways("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").close, CloseReason::http_request);
  EXPECT_EQ(feed_all_ways("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n<13>x\n").close,
            CloseReason::proxy_header);
  EXPECT_EQ(feed_all_ways("PROXY UNKNOWN\r\n").close, CloseReason::proxy_header);
  EXPECT_EQ(feed_all_ways("\r\n\r\n\0\r\nQUIT\n\x21\x11"s).close, CloseReason::proxy_header);
  EXPECT_EQ(feed_all_ways("GET / HTTP/1.1\r\n", Framing::octet_counted).close,
            CloseReason::http_request);
  for (const Framing framing : {Framing::automatic, Framing::newline})
    EXPECT_EQ(feed_all_ways("GET lost\n\r\n\0\nPROXY war\n"s, framing).frames,
              (Frames{"GET lost", "PROXY war"}));
  // Only the beginning of a connection tells its protocol.
  EXPECT_EQ(feed_all_ways("a\nGET / HTTP/1.1\n").frames, (Frames{"a", "GET / HTTP/1.1"}));
}

constexpr FrameLimits small{.max_frame = 8, .max_discard = 40};

TEST(StreamFramer, LongLinesAreCutAndTheNextOneIsWhole) {
  const Outcome outcome = feed_all_ways("12345678\nabcdefghi\n" + std::string(40, 'x') + "\nend\n",
                                        Framing::automatic, small);
  EXPECT_EQ(outcome.frames,
            (Frames{"12345678", "abcdefgh|frame_truncated", "xxxxxxxx|frame_truncated", "end"}));
  EXPECT_EQ(outcome.counters.discarded_bytes, 1U + 32U);
  EXPECT_EQ(outcome.counters.truncated_frames, 2U);
  EXPECT_EQ(feed_all_ways("12345678\r\n", Framing::newline, small).frames, (Frames{"12345678"}));
}

TEST(StreamFramer, EndlessLinesCloseTheConnection) {
  const Outcome outcome = feed_all_ways(std::string(41, 'x') + "\nend\n", Framing::newline, small);
  EXPECT_EQ(outcome.frames, (Frames{"xxxxxxxx|frame_truncated"}));
  EXPECT_EQ(outcome.close, CloseReason::frame_too_long);
}

TEST(StreamFramer, LongCountedFramesAreDrainedExactly) {
  const Outcome outcome = feed_all_ways("40 <1>" + std::string(37, 'x') + "6 <2>two9 <3>456789",
                                        Framing::automatic, small);
  EXPECT_EQ(outcome.frames,
            (Frames{"<1>xxxxx|frame_truncated", "<2>two", "<3>45678|frame_truncated"}));
  EXPECT_EQ(outcome.close, CloseReason::none);
  EXPECT_EQ(feed_all_ways("41 <1>", Framing::automatic, small).close, CloseReason::frame_too_long);
}

TEST(StreamFramer, CuttingNeverSplitsACodePoint) {
  // The eighth byte is the first of two, of three, of four.
  EXPECT_EQ(feed_all_ways("1234567\xC3\xA9 and more\n", Framing::newline, small).frames,
            (Frames{"1234567|frame_truncated"}));
  EXPECT_EQ(feed_all_ways("123456\xE2\x82\xAC and more\n", Framing::newline, small).frames,
            (Frames{"123456|frame_truncated"}));
  EXPECT_EQ(feed_all_ways("12345\xF0\x9F\x94\x94 and more\n", Framing::newline, small).frames,
            (Frames{"12345|frame_truncated"}));
  EXPECT_EQ(feed_all_ways("1234\xF0\x9F\x94\x94 and more\n", Framing::newline, small).frames,
            (Frames{"1234\xF0\x9F\x94\x94|frame_truncated"}));
}

TEST(StreamFramer, ALongRunOfDigitsIsALongLine) {
  EXPECT_EQ(feed_all_ways(std::string(30, '7') + "\nend\n", Framing::automatic, small).frames,
            (Frames{"77777777|frame_truncated", "end"}));
}

TEST(StreamFramer, AFullBatchLeavesTheRestToTheCaller) {
  StreamFramer framer;
  event::Batch batch;
  const std::string_view stream = "one\ntwo\nthree\n";
  FeedResult result = framer.feed(stream, batch, event::SourceId(1), base::ReceivedTime(1),
                                  {.text = 1000, .frames = 2});
  EXPECT_EQ(result.consumed, 8U);
  EXPECT_EQ(batch.frames.size(), 2U);
  result = framer.feed(stream.substr(8), batch, event::SourceId(1), base::ReceivedTime(1),
                       {.text = 1000, .frames = 2});
  EXPECT_EQ(result.consumed, 0U);
  batch.clear();
  result = framer.feed(stream.substr(8), batch, event::SourceId(1), base::ReceivedTime(1),
                       {.text = 1000, .frames = 2});
  EXPECT_EQ(result.consumed, 6U);
  EXPECT_EQ(batch.raw(0), "three");
}

TEST(StreamFramer, RandomStreamsDoNotDependOnTheirPieces) {
  const std::vector<std::string> atoms = {"<13>", "5 ",  "12 <", "0",           "\n",   "\r\n",
                                          "\0"s,  "abc", "77",   " ",           "\xC3", "\xC3\xA9",
                                          "<1>x", "GET", " /",   "10 <1>234567"};
  std::mt19937 random(20261122);
  for (int round = 0; round < 600; ++round) {
    std::string stream;
    const std::size_t count = 1 + random() % 24;
    for (std::size_t i = 0; i < count; ++i) stream += atoms[random() % atoms.size()];
    const auto framing = static_cast<Framing>(random() % 3);
    const Outcome whole = feed({stream}, framing, small);
    EXPECT_EQ(whole, feed(split_bytes(stream), framing, small)) << base::printable(stream);
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t size = 1 + random() % 9;
      pieces.push_back(stream.substr(at, size));
      at += size;
    }
    EXPECT_EQ(whole, feed(pieces, framing, small, {.text = 1 << 20, .frames = 1 + random() % 3}))
        << base::printable(stream);
  }
}

TEST(StreamFramer, ReasonsHaveNames) {
  EXPECT_EQ(name_of(CloseReason::tls_on_plain_port), "tls_on_plain_port");
  EXPECT_EQ(name_of(CloseReason::proxy_header), "proxy_header");
}

// Every case, whole and byte by byte: the frames, and what waits for more.
TEST(StreamFramer, FramingCorpus) {
  const auto records = test::read_records("linux/syslog_framing.ndjson");
  if (records.empty()) GTEST_SKIP() << "TOCSIN_DATA is not set";
  std::size_t cases = 0;
  for (const test::Record& record : records) {
    if (record.text("transport") != "tcp") continue;
    const Outcome outcome = feed_all_ways(record.text("stream"));
    Frames expected = record.texts("frames");
    const std::string rest = record.text("rest");
    Frames frames = outcome.frames;
    if (!rest.empty()) {
      ASSERT_FALSE(frames.empty());
      EXPECT_TRUE(frames.back().ends_with("|frame_incomplete")) << record.text("note");
      frames.pop_back();
    }
    EXPECT_EQ(frames, expected) << record.text("note");
    EXPECT_EQ(outcome.close, CloseReason::none);
    EXPECT_EQ(outcome.pending > 0, !rest.empty()) << record.text("note");
    ++cases;
  }
  EXPECT_EQ(cases, 11U);
}

}  // namespace
}  // namespace tocsin::ingest
