#include "ingest/evtx/binary_value.hpp"

#include <gtest/gtest.h>

#include "tests/ingest/evtx/evtx_file.hpp"

namespace tocsin::ingest {
namespace {

std::string json(std::uint8_t type, const std::string& bytes) {
  std::string out;
  append_json_value(type, bytes, out);
  return out;
}

TEST(BinaryValue, EachTypeIsWrittenAsEvtxDumpDoes) {
  EXPECT_EQ(json(0x00, ""), "null");
  EXPECT_EQ(json(0x01, utf16("a\"\\b")), R"("a\"\\b")");
  EXPECT_EQ(json(0x02, "caf\xe9"), "\"caf\xc3\xa9\"");
  EXPECT_EQ(json(0x03, "\xff"), "-1");
  EXPECT_EQ(json(0x04, "\xff"), "255");
  EXPECT_EQ(json(0x05, "\xfe\xff"), "-2");
  EXPECT_EQ(json(0x06, "\xfe\xff"), "65534");
  EXPECT_EQ(json(0x07, number(0xffffffff, 4)), "-1");
  EXPECT_EQ(json(0x08, number(0xffffffff, 4)), "4294967295");
  EXPECT_EQ(json(0x09, number(~std::uint64_t{0}, 8)), "-1");
  EXPECT_EQ(json(0x0a, number(~std::uint64_t{0}, 8)), "18446744073709551615");
  EXPECT_EQ(json(0x0b, number(0x3fc00000, 4)), "1.5");
  EXPECT_EQ(json(0x0c, number(0x3ff8000000000000, 8)), "1.5");
  EXPECT_EQ(json(0x0c, number(0x7ff0000000000000, 8)), "null");
  EXPECT_EQ(json(0x0d, number(1, 4)), "true");
  EXPECT_EQ(json(0x0d, number(0, 4)), "false");
  EXPECT_EQ(json(0x0e, "\x01\xab"), "\"01AB\"");
  EXPECT_EQ(json(0x0f, number(0x5770385f, 4) + number(0xc22a, 2) + number(0x43e0, 2) +
                           "\xbf\x4c\x06\xf5\x69\x8f\xfb\xd9"),
            "\"5770385F-C22A-43E0-BF4C-06F5698FFBD9\"");
  EXPECT_EQ(json(0x10, number(0x1234, 4)), "\"0x1234\"");
  EXPECT_EQ(json(0x10, number(0x1234, 8)), "\"0x1234\"");
  EXPECT_EQ(json(0x11, number(test_filetime, 8)), "\"2026-01-02T03:04:05.678901Z\"");
  EXPECT_EQ(json(0x11, number(test_filetime / 10'000'000 * 10'000'000, 8)),
            "\"2026-01-02T03:04:05Z\"");
  EXPECT_EQ(json(0x11, number(0, 8)), "\"1601-01-01T00:00:00Z\"");
  EXPECT_EQ(json(0x12, number(2026, 2) + number(1, 2) + number(5, 2) + number(2, 2) + number(3, 2) +
                           number(4, 2) + number(5, 2) + number(678, 2)),
            "\"2026-01-02T03:04:05.678Z\"");
  EXPECT_EQ(json(0x13, std::string("\x01\x02\0\0\0\0\0\x05", 8) + number(32, 4) + number(544, 4)),
            "\"S-1-5-32-544\"");
  EXPECT_EQ(json(0x14, number(0x3b5e64, 4)), "\"0x3b5e64\"");
  EXPECT_EQ(json(0x15, number(0x8000000000000000, 8)), "\"0x8000000000000000\"");
}

TEST(BinaryValue, RowsOfValuesAreArrays) {
  EXPECT_EQ(json(0x81, utf16("a") + number(0, 2) + utf16("bc") + number(0, 2)), R"(["a","bc"])");
  EXPECT_EQ(json(0x81, utf16("a") + number(0, 2) + utf16("bc")), R"(["a","bc"])");
  EXPECT_EQ(json(0x81, number(0, 2)), R"([""])");
  EXPECT_EQ(json(0x81, ""), "[]");
  EXPECT_EQ(json(0x88, number(1, 4) + number(2, 4)), "[1,2]");
  EXPECT_EQ(json(0x88, number(1, 4) + "xy"), "[1]") << "what is left over is no value";
  EXPECT_EQ(json(0x8e, "ab"), R"(["0x6162"])");
}

TEST(BinaryValue, BytesThatAreNoneOfTheTypeAreShown) {
  EXPECT_EQ(json(0x08, "ab"), "\"0x6162\"");
  EXPECT_EQ(json(0x13, "\x01\x09"), "\"0x0109\"");
  EXPECT_EQ(json(0x12, std::string(16, '\xff')), "\"0x" + std::string(32, 'F') + "\"");
  EXPECT_EQ(json(0x77, "ab"), "\"0x6162\"");
  EXPECT_EQ(json(0x77, ""), "null");
  EXPECT_EQ(json(0x11, number(~std::uint64_t{0}, 8)).front(), '"');
}

TEST(BinaryValue, Utf16BecomesUtf8) {
  const auto utf8 = [](const std::string& bytes) {
    std::string out;
    append_utf8(bytes, out);
    return out;
  };
  EXPECT_EQ(utf8(number(0xe4, 2)), "\xc3\xa4");
  EXPECT_EQ(utf8(number(0x20ac, 2)), "\xe2\x82\xac");
  EXPECT_EQ(utf8(number(0xd83d, 2) + number(0xde00, 2)), "\xf0\x9f\x98\x80");
  EXPECT_EQ(utf8(number(0xd83d, 2) + number('a', 2)),
            "\xef\xbf\xbd"
            "a");
  EXPECT_EQ(utf8(number(0xde00, 2)), "\xef\xbf\xbd");
  EXPECT_EQ(utf8(number(0xd83d, 2)), "\xef\xbf\xbd");
  EXPECT_EQ(utf8(utf16("ab") + "x"), "ab");
  EXPECT_EQ(json(0x01, utf16("ab") + number(0, 2)), "\"ab\"");
}

}  // namespace
}  // namespace tocsin::ingest
