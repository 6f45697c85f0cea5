#include "ingest/evtx/chunk.hpp"

#include <gtest/gtest.h>

#include "tests/ingest/evtx/evtx_file.hpp"

namespace tocsin::ingest {
namespace {

using event::Anomaly;

class EvtxChunkTest : public ::testing::Test {
 protected:
  EvtxChunkTest() {
    for (std::uint64_t id = 1; id <= 3; ++id) chunk_.event(id, "a.exe");
    bytes_ = chunk_.finished();
  }
  // A letter an entry: r a record, c one under a wrong checksum, D damage; then those texts.
  std::string entries(bool is_expected = true) {
    EvtxChunkReader reader;
    reader.begin(bytes_, 4096, is_expected);
    std::string out;
    texts_.clear();
    EvtxChunkReader::Entry entry;
    std::size_t last = 0;
    while (reader.next(entry)) {
      EXPECT_GE(entry.end, last);
      EXPECT_LE(entry.end, bytes_.size());
      last = entry.end;
      texts_.emplace_back(entry.json);
      out += entry.anomalies.has(Anomaly::evtx_damaged)    ? 'D'
             : entry.anomalies.has(Anomaly::evtx_checksum) ? 'c'
                                                           : 'r';
    }
    EXPECT_FALSE(reader.next(entry));
    return out;
  }
  void put(std::size_t at, std::uint64_t value, std::size_t size) {
    bytes_.replace(at, size, number(value, size));
  }
  EvtxChunk chunk_;
  std::string bytes_;
  std::vector<std::string> texts_;
};

TEST_F(EvtxChunkTest, RecordsAreGivenInOrder) {
  EXPECT_EQ(entries(), "rrr");
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(texts_[i], EvtxChunk::event_json(i + 1, "a.exe"));
}

TEST_F(EvtxChunkTest, AnEmptyChunkIsDamageOnlyWhereItWasCounted) {
  bytes_.assign(evtx_chunk_size, '\0');
  EXPECT_EQ(entries(true), "D");
  EXPECT_EQ(texts_[0], R"({"evtx":{"damaged":"empty chunk","offset":4096,"size":65536}})");
  EXPECT_EQ(entries(false), "");
}

TEST_F(EvtxChunkTest, WrongChecksumsAreSaid) {
  bytes_[chunk_.begins()[0] + 16] ^= 1;  // when the record was written
  EXPECT_EQ(entries(), "ccc");
  bytes_ = chunk_.finished();
  bytes_[130] ^= 1;
  EXPECT_EQ(entries(), "ccc");
}

TEST_F(EvtxChunkTest, RecordsDoNotNeedTheHeader) {
  bytes_.replace(0, 512, std::string(512, 'x'));
  EXPECT_EQ(entries(), "Dccc");
  EXPECT_EQ(texts_[0], R"({"evtx":{"damaged":"chunk header","offset":4096,"size":512}})");
}

TEST_F(EvtxChunkTest, WhereRecordsEndMayBeWrong) {
  for (const std::uint64_t free : {0ULL, 511ULL, 0xffffffffULL, 0x10001ULL}) {
    bytes_ = chunk_.finished();
    put(48, free, 4);
    EXPECT_EQ(entries(), "ccc") << free;
  }
  bytes_ = chunk_.finished();
  put(48, chunk_.begins()[2], 4);
  EXPECT_EQ(entries(), "ccc") << "a header older than the last record";
  put(48, chunk_.begins()[1], 4);
  put(chunk_.begins()[1] + 8, 77, 8);
  EXPECT_EQ(entries(), "c") << "what stands behind the end is of another time";
}

TEST_F(EvtxChunkTest, ABrokenRecordIsSaidAndTheOthersAreRead) {
  const std::size_t second = chunk_.begins()[1];
  put(second + 24 + 4, 0x1f, 1);  // no such token
  EXPECT_EQ(entries(), "cDc");
  EXPECT_EQ(texts_[1],
            R"({"@timestamp":"2026-01-02T03:04:05.678901Z","evtx":{"damaged":"record","offset":)" +
                std::to_string(4096 + second) + R"(,"size":)" +
                std::to_string(chunk_.begins()[2] - second) + R"(,"record":2}})");
}

TEST_F(EvtxChunkTest, WhatIsNoRecordIsPassedOver) {
  const std::size_t second = chunk_.begins()[1];
  for (const std::uint64_t size : {0ULL, 27ULL, 0xffffffffULL, 0x10000ULL, 64ULL}) {
    bytes_ = chunk_.finished();
    put(second + 4, size, 4);
    EXPECT_EQ(entries(), "cDc") << size;
    EXPECT_NE(texts_[1].find(R"("damaged":"records")"), std::string::npos);
  }
  bytes_.replace(second, 200, std::string(200, '\0'));
  EXPECT_EQ(entries().front(), 'c');
  bytes_ = chunk_.finished();
  bytes_.replace(512, chunk_.at() - 512, std::string(chunk_.at() - 512, '\xaa'));
  EXPECT_EQ(entries(), "D");
}

TEST_F(EvtxChunkTest, ACutChunkIsReadUpToTheCut) {
  const std::string whole = bytes_;
  bytes_ = whole.substr(0, chunk_.begins()[2] + 10);
  EXPECT_EQ(entries(), "rrD");
  bytes_ = whole.substr(0, chunk_.begins()[2]);
  EXPECT_EQ(entries(), "rrD");
  EXPECT_EQ(texts_[2], R"({"evtx":{"damaged":"end","offset":)" +
                           std::to_string(4096 + chunk_.begins()[2]) + R"(,"size":0}})");
  bytes_ = whole.substr(0, 100);
  EXPECT_EQ(entries(), "D");
  for (std::size_t size = 0; size < chunk_.at(); size += 7) {
    bytes_ = whole.substr(0, size);
    EXPECT_LE(entries().size(), 4U);
  }
}

TEST_F(EvtxChunkTest, EveryByteMayBeAnyOther) {
  const std::string whole = bytes_;
  for (std::size_t at = 0; at < chunk_.at(); ++at) {
    for (const char value : {'\0', '\xff', '\x2a', '\x0c'}) {
      bytes_ = whole;
      bytes_[at] = value;
      EXPECT_LE(entries().size(), 6U) << at;
    }
  }
}

}  // namespace
}  // namespace tocsin::ingest
