#include "ingest/evtx/evtx_framer.hpp"

#include <gtest/gtest.h>

#include "tests/ingest/evtx/evtx_file.hpp"
#include "tests/ingest/frame/framed.hpp"

namespace tocsin::ingest {
namespace {

// Two chunks of three records each, numbered from 1.
std::string two_chunks() {
  std::vector<std::string> chunks;
  for (std::uint64_t first = 1; first <= 4; first += 3) {
    EvtxChunk chunk;
    for (std::uint64_t id = first; id < first + 3; ++id) chunk.event(id, "a.exe");
    chunks.push_back(chunk.finished());
  }
  return evtx_file(chunks);
}

Framed framed(const std::string& file, std::size_t piece, std::size_t max_frames = 4096,
              std::uint64_t start_at = 0) {
  EvtxFramer framer(max_frames);
  framer.start_at(start_at);
  return framed_by(framer, file, piece, max_frames);
}

TEST(EvtxFramer, EachRecordIsAFrame) {
  const Framed out = framed(two_chunks(), 1 << 20);
  ASSERT_EQ(out.texts.size(), 6U);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(out.texts[i], EvtxChunk::event_json(i + 1, "a.exe"));
    EXPECT_TRUE(out.anomalies[i].empty());
    EXPECT_EQ(out.texts[i].find('\n'), std::string::npos);
  }
}

TEST(EvtxFramer, PiecesAndBatchesMakeNoDifference) {
  const std::string file = two_chunks();
  const Framed whole = framed(file, file.size());
  for (const std::size_t piece : {1UL, 7UL, 4096UL, 65535UL, 65536UL, 70000UL}) {
    for (const std::size_t max_frames : {1UL, 2UL, 3UL, 100UL}) {
      const Framed out = framed(file, piece, max_frames);
      EXPECT_EQ(out.texts, whole.texts) << piece << " " << max_frames;
      EXPECT_EQ(out.ends, whole.ends) << piece << " " << max_frames;
    }
  }
}

TEST(EvtxFramer, GoingOnAtAnyEndGivesTheRest) {
  std::string file = two_chunks();
  file += std::string(evtx_chunk_size, '\0');
  file[42] = 3;
  const Framed whole = framed(file, file.size());
  ASSERT_EQ(whole.texts.size(), 7U) << "the file's header is broken, so an empty chunk is not";
  for (std::size_t i = 0; i < whole.ends.size(); ++i) {
    const Framed out = framed(file, 5000, 2, whole.ends[i]);
    EXPECT_EQ(out.texts,
              std::vector<std::string>(whole.texts.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                       whole.texts.end()))
        << i;
  }
}

TEST(EvtxFramer, ChunksThatTheHeaderDoesNotCountAreReadToo) {
  EvtxChunk chunk;
  chunk.event(1, "a.exe");
  std::string file = evtx_file({chunk.finished()});
  chunk = EvtxChunk();
  chunk.event(2, "b.exe");
  file += chunk.finished();
  file += std::string(evtx_chunk_size, '\0');
  const Framed out = framed(file, file.size());
  ASSERT_EQ(out.texts.size(), 2U);
  EXPECT_EQ(out.texts[1], EvtxChunk::event_json(2, "b.exe"));
}

TEST(EvtxFramer, AnEmptyChunkThatIsCountedIsSaidUnlessTheFileIsInUse) {
  const std::string empty(evtx_chunk_size, '\0');
  const Framed clean = framed(evtx_file({empty}), 100000);
  ASSERT_EQ(clean.texts.size(), 1U);
  EXPECT_TRUE(clean.anomalies[0].has(event::Anomaly::evtx_damaged));
  EXPECT_EQ(framed(evtx_file({empty}, 1), 100000).texts.size(), 0U);
}

TEST(EvtxFramer, ACutFileIsReadUpToTheCut) {
  const std::string file = two_chunks();
  std::size_t records = 0;
  for (const std::size_t size :
       {10UL, 4095UL, 4096UL, 4096UL + 600, 4096UL + 65536, file.size() - 1}) {
    const Framed out = framed(file.substr(0, size), 1 << 20);
    EXPECT_GE(out.texts.size(), records) << size;
    records = out.texts.size() - (out.texts.empty() || size == 4096 ? 0 : 1);
  }
  EXPECT_EQ(framed(file.substr(0, 10), 100).texts[0],
            R"({"evtx":{"damaged":"file header","offset":0,"size":10}})");
}

}  // namespace
}  // namespace tocsin::ingest
