#include "ingest/listen/lines.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace tocsin::ingest {
namespace {

using event::Anomaly;

struct Cut {
  std::string text;
  std::uint64_t anomalies;
  bool operator==(const Cut&) const = default;
};

// Gives `text` to a cutter in pieces of `piece` bytes, each batch holding one piece and the rest of
// the one before.
std::vector<Cut> cut_all(std::string_view text, std::size_t piece, std::size_t max_frame,
                         std::size_t max_frames = 1000, std::uint64_t* thrown_away = nullptr) {
  LineCutter cutter(max_frame, max_frames);
  std::vector<Cut> out;
  event::Batch batch;
  std::string carry;
  std::size_t at = 0;
  bool last = false;
  while (!last || !carry.empty()) {
    batch.clear();
    const std::string_view next = text.substr(at, piece);
    at += next.size();
    carry += next;
    last = at == text.size();
    char* room = batch.reserve_text(carry.size() + 1);
    std::memcpy(room, carry.data(), carry.size());
    const std::size_t used =
        cutter.cut(batch, carry.size(), last, event::SourceId(3), base::ReceivedTime(7));
    carry.erase(0, used);
    EXPECT_LE(batch.frames.size(), max_frames);
    std::size_t end = 0;
    for (std::size_t i = 0; i < batch.frames.size(); ++i) {
      const event::Frame& frame = batch.frames[i];
      EXPECT_EQ(frame.source, event::SourceId(3));
      EXPECT_EQ(frame.received, base::ReceivedTime(7));
      for (; end < frame.offset; ++end) EXPECT_EQ(batch.text()[end], '\n');
      end = frame.offset + frame.size;
      EXPECT_LT(end, batch.text_size());
      EXPECT_EQ(batch.text()[end], '\n');
      out.push_back({std::string(batch.raw(i)), frame.anomalies.bits()});
    }
  }
  if (thrown_away != nullptr) *thrown_away = cutter.thrown_away();
  return out;
}

std::uint64_t bits(std::initializer_list<Anomaly> list) {
  event::Anomalies out;
  for (const Anomaly anomaly : list) out.set(anomaly);
  return out.bits();
}

TEST(LinesTest, EveryLineIsAFrame) {
  const std::vector<Cut> expected = {{"one", 0}, {"two", 0}, {"", 0}, {"three", 0}};
  EXPECT_EQ(cut_all("one\ntwo\r\n\nthree\n", 100, 10), expected);
  EXPECT_EQ(cut_all("one\ntwo\r\n\nthree", 100, 10), expected);
  EXPECT_TRUE(cut_all("", 100, 10).empty());
}

TEST(LinesTest, OnlyOneCarriageReturnBelongsToTheLineEnd) {
  const std::vector<Cut> expected = {{"a\r", 0}, {"\rb", 0}, {"", 0}, {"c", 0}};
  EXPECT_EQ(cut_all("a\r\r\n\rb\n\r\nc\r", 100, 10), expected);
}

TEST(LinesTest, ALongLineKeepsItsBegin) {
  std::uint64_t thrown_away = 0;
  const std::vector<Cut> expected = {{"0123", bits({Anomaly::frame_truncated})}, {"ok", 0}};
  EXPECT_EQ(cut_all("0123456789\nok\n", 100, 4, 1000, &thrown_away), expected);
  EXPECT_EQ(thrown_away, 6U);
  EXPECT_EQ(cut_all("0123\r\n", 100, 4), (std::vector<Cut>{{"0123", 0}}));
  EXPECT_EQ(cut_all("0123456789", 3, 4), (std::vector<Cut>{expected[0]}));
}

TEST(LinesTest, NulIsMarkedOnItsLineOnly) {
  const std::string text("a\nb\0c\nd\n", 8);
  const std::vector<Cut> expected = {
      {"a", 0}, {std::string("b\0c", 3), bits({Anomaly::frame_nul})}, {"d", 0}};
  EXPECT_EQ(cut_all(text, 100, 10), expected);
  // Behind the cut it is not part of the frame.
  EXPECT_EQ(cut_all(std::string("0123\0\n", 6), 100, 4),
            (std::vector<Cut>{{"0123", bits({Anomaly::frame_truncated})}}));
}

TEST(LinesTest, NoMoreFramesThanAllowed) {
  std::string text;
  std::vector<Cut> expected;
  for (int i = 0; i < 100; ++i) {
    text += std::to_string(i) + "\n";
    expected.push_back({std::to_string(i), 0});
  }
  EXPECT_EQ(cut_all(text, 1000, 10, 7), expected);
}

// The property that files, pipes and packed files rest on.
TEST(LinesTest, PiecesMakeNoDifference) {
  std::mt19937 random(42);
  for (int round = 0; round < 400; ++round) {
    std::string text;
    const std::size_t size = random() % 60;
    for (std::size_t i = 0; i < size; ++i) text += "\n\r\0abcdefgh"[random() % 11];
    std::uint64_t thrown_whole = 0, thrown = 0;
    const auto whole = cut_all(text, text.size() + 1, 5, 1000, &thrown_whole);
    for (std::size_t piece = 1; piece < 9; ++piece) {
      ASSERT_EQ(cut_all(text, piece, 5, 1 + random() % 5, &thrown), whole)
          << testing::PrintToString(text) << " " << piece;
      ASSERT_EQ(thrown, thrown_whole) << testing::PrintToString(text) << " " << piece;
    }
  }
}

}  // namespace
}  // namespace tocsin::ingest
