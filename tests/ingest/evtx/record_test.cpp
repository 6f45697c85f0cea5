#include "ingest/evtx/record.hpp"

#include <gtest/gtest.h>

#include "tests/ingest/evtx/evtx_file.hpp"

namespace tocsin::ingest {
namespace {

class EvtxRecordTest : public ::testing::Test {
 protected:
  // The first record's JSON, or "<broken>".
  std::string json(std::size_t index = 0) {
    reader_.begin(chunk_.bytes());
    return again(index);
  }
  std::string again(std::size_t index) {
    const std::size_t begin = chunk_.begins()[index];
    const std::size_t end =
        index + 1 < chunk_.begins().size() ? chunk_.begins()[index + 1] : chunk_.at();
    std::string out = "x";
    return reader_.append_json(begin + 24, end - 4, out) ? out.substr(1) : "<broken>" + out;
  }
  EvtxChunk chunk_;
  EvtxRecordReader reader_;
};

TEST_F(EvtxRecordTest, ValuesStandInTheirPlaces) {
  chunk_.event(17, "a.exe");
  EXPECT_EQ(json(), EvtxChunk::event_json(17, "a.exe"));
}

TEST_F(EvtxRecordTest, ATemplateOfAnotherRecordIsUsed) {
  chunk_.event(17, "a.exe");
  chunk_.event(18, "b.exe");
  EXPECT_EQ(json(1), EvtxChunk::event_json(18, "b.exe"));
  EXPECT_EQ(again(0), EvtxChunk::event_json(17, "a.exe"));
}

TEST_F(EvtxRecordTest, AnInstanceMayStandInAValue) {
  chunk_.record(1, [&] {
    // The inner fragment is written at the place where it will stand, so its size is found first.
    const auto inner = [] {
      EvtxChunk scratch;
      scratch.fragment();
      scratch.open("In", false, true);
      scratch.empty();
      scratch.put(0, 1);
      return scratch.at() - 512;
    };
    const std::size_t size = inner();
    chunk_.instance(1, {{0x21, std::string(size, '\0')}}, [&] {
      chunk_.fragment();
      chunk_.open("Out");
      chunk_.content();
      chunk_.place(0, 0x21);
      chunk_.end();
    });
    EvtxChunk& c = chunk_;
    std::string filler;
    // Written over the zeros of the value.
    const std::size_t end = c.at();
    EvtxChunk at_place = c;
    at_place.rewind(end - size);
    at_place.fragment();
    at_place.open("In", false, true);
    at_place.empty();
    at_place.put(0, 1);
    c = at_place;
  });
  EXPECT_EQ(json(), R"({"Out":{"In":null}})");
}

TEST_F(EvtxRecordTest, NullAndEmptyValues) {
  chunk_.record(1, [&] {
    chunk_.instance(1, {{0x00, ""}, {0x01, ""}, {0x21, ""}}, [&] {
      chunk_.fragment();
      chunk_.open("E", true);
      chunk_.attribute("a");
      chunk_.place(0, 0x01);
      chunk_.content();
      chunk_.simple("Null", 0, 0x01);
      chunk_.open("Optional");
      chunk_.content();
      chunk_.place(1, 0x01);
      chunk_.end();
      chunk_.open("Must");
      chunk_.content();
      chunk_.place(1, 0x01, false);
      chunk_.end();
      chunk_.place(2, 0x21);
      chunk_.end();
    });
  });
  EXPECT_EQ(json(), R"({"E":{"Null":null,"Optional":null,"Must":""}})");
}

TEST_F(EvtxRecordTest, AValueThatIsNotThereIsRefused) {
  chunk_.record(1, [&] {
    chunk_.instance(1, {{0x01, utf16("a")}}, [&] {
      chunk_.fragment();
      chunk_.open("E");
      chunk_.content();
      chunk_.place(1, 0x01);
      chunk_.end();
    });
  });
  EXPECT_EQ(json(), "<broken>x") << "and what stood before is as it was";
}

TEST_F(EvtxRecordTest, ATemplateThatNamesItselfIsRefused) {
  chunk_.record(1, [&] {
    chunk_.instance(1, {}, [&] {
      chunk_.fragment();
      chunk_.put(0x0c, 1);
      chunk_.put(1, 1);
      chunk_.put(1, 4);
      chunk_.put(chunk_.template_at(1), 4);
      chunk_.put(0, 4);
    });
  });
  EXPECT_EQ(json(), "<broken>x");
}

TEST_F(EvtxRecordTest, ValuesThatHoldTheirOwnInstanceEnd) {
  // The value of the instance is the record's own binary XML: without a bound it would never end.
  for (const std::size_t target : {512 + 24, 512 + 28}) {
    EvtxChunk chunk;
    std::size_t value_at = 0;
    chunk.record(1, [&] {
      chunk.instance(1, {{0x21, std::string(4, '\0')}}, [&] {
        chunk.fragment();
        chunk.open("E");
        chunk.content();
        chunk.place(0, 0x21);
        chunk.end();
      });
      value_at = chunk.at() - 4;
      chunk.instance(1, {{0x21, "xxxx"}}, [] {});
    });
    chunk.bytes().replace(value_at, 4, number(target, 4));
    reader_.begin(chunk.bytes());
    std::string out;
    EXPECT_FALSE(reader_.append_json(512 + 24, chunk.at() - 4, out));
  }
}

TEST_F(EvtxRecordTest, GiganticSizesAreRefused) {
  chunk_.event(17, "a.exe");
  const std::size_t definition = chunk_.template_at(7);
  for (const auto& [at, size] : {std::pair{definition + 20, 4}, std::pair{definition - 4, 4}}) {
    const std::string before = chunk_.bytes().substr(at, size);
    for (const std::uint64_t value : {0xffffffffULL, 0x7fffffffULL, 0xfff0ULL, 0x10000ULL}) {
      chunk_.bytes().replace(at, size, number(value, size));
      EXPECT_EQ(json(), "<broken>x") << at << " " << value;
    }
    chunk_.bytes().replace(at, size, before);
  }
  EXPECT_EQ(json(), EvtxChunk::event_json(17, "a.exe"));
}

TEST_F(EvtxRecordTest, ASmallRecordThatNamesALargeValueOftenIsNotWrittenOut) {
  chunk_.record(1, [&] {
    chunk_.instance(1, {{0x01, utf16(std::string(1000, 'x'))}}, [&] {
      chunk_.fragment();
      chunk_.open("E");
      chunk_.content();
      for (int i = 0; i < 2000; ++i) chunk_.place(0, 0x01);
      chunk_.end();
    });
  });
  EXPECT_EQ(json(), "<broken>x");
}

}  // namespace
}  // namespace tocsin::ingest
