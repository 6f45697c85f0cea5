#include "ingest/frame/json_objects.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tocsin::ingest {
namespace {

using event::Anomaly;

struct Cut {
  std::vector<std::string> frames;
  std::vector<std::uint64_t> anomalies;
  std::vector<std::uint64_t> ends;
  std::uint64_t thrown_away = 0;

  bool operator==(const Cut&) const = default;
};

// `pieces` behind one another; small batches, so that each is full several times.
Cut cut(const std::vector<std::string>& pieces, std::size_t max_frame = 1000,
        std::size_t max_frames = 3) {
  JsonObjectFramer framer(max_frame, max_frames);
  Cut out;
  event::Batch batch;
  auto take = [&] {
    for (std::size_t i = 0; i < batch.frames.size(); ++i) {
      out.frames.emplace_back(batch.raw(i));
      out.anomalies.push_back(batch.frames[i].anomalies.bits());
      EXPECT_EQ(batch.frames[i].source, event::SourceId(5));
    }
    batch.clear();
  };
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      piece.remove_prefix(
          framer.feed(piece, batch, event::SourceId(5), base::ReceivedTime(), out.ends));
      take();
    }
  }
  framer.end(batch, event::SourceId(5), base::ReceivedTime(), out.ends);
  take();
  EXPECT_EQ(framer.pending(), 0U);
  out.thrown_away = framer.thrown_away();
  return out;
}

std::uint64_t bit(Anomaly anomaly) {
  event::Anomalies set;
  set.set(anomaly);
  return set.bits();
}

TEST(JsonObjects, SeparatedOrNot) {
  const std::vector<std::string> wanted = {R"({"a":"}{"})",
                                           "{\n  \"b\": [\n    {\"c\": \"\\\"\"}\n  ]\n}", "{}"};
  for (const char* separator : {"", "\n", " , ", "\r\n\r\n"}) {
    const Cut out = cut({wanted[0] + separator + wanted[1] + separator + wanted[2]});
    EXPECT_EQ(out.frames, wanted) << separator;
    EXPECT_EQ(out.anomalies, (std::vector<std::uint64_t>{0, 0, 0}));
  }
  const Cut array = cut({"[" + wanted[0] + ",\n" + wanted[1] + "," + wanted[2] + "]\n"});
  EXPECT_EQ(array.frames, wanted);
}

TEST(JsonObjects, EverySplitGivesTheSame) {
  const std::string text =
      "[{\"a\":\"x\\\"}\",\"b\":[[1],{\"c\":{}}]},{\"d\":2}]\njunk "
      "{\"e\":[1}{\"f\":\"un\nclosed\"}\n"
      "{\"g\":1\n{\"h\":2,\n{\"i\":3}trailing";
  const Cut whole = cut({text});
  EXPECT_EQ(whole.frames.size(), whole.ends.size());
  for (std::size_t split = 0; split <= text.size(); ++split) {
    EXPECT_EQ(cut({text.substr(0, split), text.substr(split)}), whole) << split;
  }
  std::vector<std::string> bytes;
  for (const char c : text) bytes.emplace_back(1, c);
  EXPECT_EQ(cut(bytes), whole);
}

TEST(JsonObjects, ABrokenObjectDoesNotTakeTheNextWithIt) {
  const std::uint64_t incomplete = bit(Anomaly::frame_incomplete);
  Cut out = cut({"{\"a\":\"x\n{\"b\":1}"});
  EXPECT_EQ(out.frames, (std::vector<std::string>{"{\"a\":\"x", "{\"b\":1}"}));
  EXPECT_EQ(out.anomalies, (std::vector<std::uint64_t>{incomplete, 0}));
  out = cut({"{\"a\":1\n{\"b\":1}"});
  EXPECT_EQ(out.frames, (std::vector<std::string>{"{\"a\":1\n", "{\"b\":1}"}));
  out = cut({"{\"a\":1,{\"b\":1}"});
  EXPECT_EQ(out.frames, (std::vector<std::string>{"{\"a\":1,", "{\"b\":1}"}));
  out = cut({"{\"a\":[1}{\"b\":1}"});
  EXPECT_EQ(out.frames, (std::vector<std::string>{"{\"a\":[1}", "{\"b\":1}"}));
  EXPECT_EQ(out.anomalies, (std::vector<std::uint64_t>{incomplete, 0}));
}

TEST(JsonObjects, TextBetweenObjectsIsNotLost) {
  const Cut out = cut({"header line\n{\"a\":1} tail {\"b\":1}\nlast"});
  EXPECT_EQ(out.frames,
            (std::vector<std::string>{"header line", "{\"a\":1}", "tail ", "{\"b\":1}", "last"}));
  const std::uint64_t incomplete = bit(Anomaly::frame_incomplete);
  EXPECT_EQ(out.anomalies, (std::vector<std::uint64_t>{incomplete, 0, incomplete, 0, incomplete}));
}

TEST(JsonObjects, TheEndCutsWhatIsOpen) {
  const Cut out = cut({"{\"a\":1}{\"b\":"});
  EXPECT_EQ(out.frames, (std::vector<std::string>{"{\"a\":1}", "{\"b\":"}));
  EXPECT_EQ(out.anomalies[1], bit(Anomaly::frame_incomplete));
  EXPECT_TRUE(cut({" [ ] \n"}).frames.empty());
  EXPECT_TRUE(cut({}).frames.empty());
}

TEST(JsonObjects, ALongObjectIsCutAndTheNextIsWhole) {
  const std::string text = "{\"a\":\"" + std::string(100, 'x') + "\"}{\"b\":1}";
  const Cut out = cut({text}, 20);
  EXPECT_EQ(out.frames, (std::vector<std::string>{text.substr(0, 20), "{\"b\":1}"}));
  EXPECT_EQ(out.anomalies[0], bit(Anomaly::frame_truncated));
  EXPECT_EQ(out.thrown_away, 108U - 20U);
  for (std::size_t split = 0; split <= text.size(); ++split) {
    EXPECT_EQ(cut({text.substr(0, split), text.substr(split)}, 20), out) << split;
  }
}

TEST(JsonObjects, DepthNeedsNoMemory) {
  const std::string deep = "{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  const Cut out = cut({deep + "{}"}, 1000);
  EXPECT_EQ(out.frames.size(), 2U);
  EXPECT_EQ(out.frames[1], "{}");
}

TEST(JsonObjects, AReaderGoesOnWhereAFrameEnded) {
  const std::string text = "[{\"a\":1}, {\"b\":2},\n{\"c\":3}]";
  const Cut whole = cut({text});
  ASSERT_EQ(whole.ends.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    JsonObjectFramer framer;
    framer.start_at(whole.ends[i]);
    event::Batch batch;
    std::vector<std::uint64_t> ends;
    framer.feed(std::string_view(text).substr(whole.ends[i]), batch, event::SourceId(),
                base::ReceivedTime(), ends);
    ASSERT_EQ(batch.frames.size(), 2 - i);
    EXPECT_EQ(ends, std::vector<std::uint64_t>(
                        whole.ends.begin() + static_cast<std::ptrdiff_t>(i) + 1, whole.ends.end()));
  }
}

}  // namespace
}  // namespace tocsin::ingest
