#include "ingest/listen/byte_source.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "tests/ingest/listen/test_files.hpp"

namespace tocsin::ingest {
namespace {

struct ReadAll {
  std::string text;
  std::string error;  // code, empty without an error
  std::string sentence;
};

ReadAll read_all(const std::string& path, std::size_t piece = 4096) {
  ReadAll out;
  auto bytes = read_bytes(Descriptor(::open(path.c_str(), O_RDONLY)), path);
  if (!bytes) {
    out.error = bytes.error().code;
    return out;
  }
  std::string buffer(piece, '\0');
  while (true) {
    auto got = (*bytes)->read(buffer.data(), buffer.size());
    if (!got) {
      out.error = got.error().code;
      out.sentence = got.error().sentence;
      EXPECT_EQ(got.error().origin.name, path);
      return out;
    }
    if (*got == 0) return out;
    out.text.append(buffer, 0, *got);
  }
}

class ByteSourceTest : public testing::Test {
 protected:
  ReadAll read_back(std::string_view file, std::size_t piece = 4096) {
    write_file(folder_ / "file", file);
    return read_all(folder_ / "file", piece);
  }
  TemporaryFolder folder_;
};

TEST_F(ByteSourceTest, RecognisesPackingByTheFirstBytes) {
  EXPECT_EQ(packing_of(gzip("a")), Packing::gzip);
  EXPECT_EQ(packing_of(zstd("a")), Packing::zstd);
  EXPECT_EQ(packing_of(std::string_view("\x50\x2a\x4d\x18", 4)), Packing::zstd);
  EXPECT_EQ(packing_of("Oct 11"), Packing::plain);
  EXPECT_EQ(packing_of(""), Packing::plain);
  EXPECT_EQ(packing_of("\x1f"), Packing::plain);
}

TEST_F(ByteSourceTest, PlainFilesOfEveryShortLength) {
  for (const std::string text : {"", "a", "ab", "abc", "abcd", "abcde"}) {
    for (const std::size_t piece : {1U, 2U, 3U, 64U}) {
      const ReadAll back = read_back(text, piece);
      EXPECT_EQ(back.text, text);
      EXPECT_EQ(back.error, "");
    }
  }
}

TEST_F(ByteSourceTest, PackedFilesInPiecesOfEverySize) {
  const std::string text = numbered_lines(6000);
  for (const std::string& file : {text, gzip(text), zstd(text)}) {
    for (const std::size_t piece : {7U, 4096U, 1U << 20U}) {
      const ReadAll back = read_back(file, piece);
      EXPECT_EQ(back.error, "");
      EXPECT_TRUE(back.text == text) << back.text.size();
    }
  }
}

// What unpacks to far more than one piece must come out whole although its input is used up early.
TEST_F(ByteSourceTest, HighlyPackedBytesComeOutWhole) {
  const std::string text(5'000'000, 'x');
  for (const std::string& file : {gzip(text), zstd(text)}) {
    const ReadAll back = read_back(file, 1000);
    EXPECT_EQ(back.error, "");
    EXPECT_EQ(back.text.size(), text.size());
  }
}

TEST_F(ByteSourceTest, SeveralMembersAndFramesAreOneFile) {
  const std::string a = numbered_lines(500), b = numbered_lines(500, 500);
  EXPECT_EQ(read_back(gzip(a) + gzip("") + gzip(b)).text, a + b);
  EXPECT_EQ(read_back(zstd(a) + zstd("") + zstd(b)).text, a + b);
  const std::string skippable("\x51\x2a\x4d\x18\x03\0\0\0abc", 11);
  EXPECT_EQ(read_back(skippable + zstd(a) + skippable + zstd(b)).text, a + b);
  const std::string padded = gzip(a) + std::string(1000, '\0');
  EXPECT_EQ(read_back(padded).text, a);
  EXPECT_EQ(read_back(padded).error, "");
}

TEST_F(ByteSourceTest, CutPackedFilesGiveWhatTheyHaveAndAnError) {
  const std::string text = numbered_lines(5000);
  for (const std::string& file : {gzip(text), zstd(text)}) {
    for (std::size_t size = 5; size < file.size(); size += file.size() / 23) {
      const ReadAll back = read_back(std::string_view(file).substr(0, size));
      EXPECT_EQ(back.error, "ingest-103") << size;
      EXPECT_TRUE(std::string_view(text).starts_with(back.text));
    }
    const ReadAll back = read_back(std::string_view(file).substr(0, file.size() - 1));
    EXPECT_EQ(back.error, "ingest-103");
    EXPECT_GT(back.text.size(), text.size() / 2);
  }
}

TEST_F(ByteSourceTest, DamagedPackedFilesAreRefused) {
  const std::string text = numbered_lines(5000);
  std::string packed = gzip(text);
  packed[packed.size() - 6] = static_cast<char>(packed[packed.size() - 6] ^ 1);  // the CRC
  EXPECT_EQ(read_back(packed).error, "ingest-102");
  EXPECT_EQ(read_back(packed).text, text);  // the fault is known only behind the last byte
  EXPECT_EQ(read_back(gzip(text) + "trailing words").error, "ingest-102");
  EXPECT_EQ(read_back(gzip(text) + std::string(3, '\0') + gzip(text)).error, "ingest-102");
  EXPECT_EQ(read_back(zstd(text) + "trailing words").error, "ingest-102");
  std::string flipped = zstd(text);
  flipped[4] = static_cast<char>(0xff);
  EXPECT_EQ(read_back(flipped).error, "ingest-102");
}

TEST_F(ByteSourceTest, SkipGoesToTheSameByte) {
  const std::string text = numbered_lines(3000);
  for (const std::string& file : {text, gzip(text), zstd(text)}) {
    for (const std::size_t skip : {0UL, 1UL, 4UL, 70'000UL, text.size(), text.size() + 100}) {
      write_file(folder_ / "file", file);
      auto bytes = read_bytes(Descriptor(::open((folder_ / "file").c_str(), O_RDONLY)), "file");
      ASSERT_TRUE(bytes);
      ASSERT_TRUE((*bytes)->skip(skip));
      char byte = 0;
      auto got = (*bytes)->read(&byte, 1);
      ASSERT_TRUE(got);
      EXPECT_EQ(*got, skip < text.size() ? 1U : 0U);
      if (*got == 1) {
        EXPECT_EQ(byte, text[skip]);
      }
    }
  }
}

TEST_F(ByteSourceTest, APipeGivesWhatThereIsAndSkipsByReading) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  auto feed = [&](std::string_view text) {
    ASSERT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  };
  feed("abcdefgh");
  auto bytes = read_bytes(Descriptor(ends[0]), "pipe");
  ASSERT_TRUE(bytes);
  ASSERT_TRUE((*bytes)->skip(6));
  char buffer[16];
  EXPECT_EQ((*bytes)->read(buffer, sizeof buffer), 2U);
  ::close(ends[1]);
  EXPECT_EQ((*bytes)->read(buffer, sizeof buffer), 0U);
}

TEST_F(ByteSourceTest, AFolderCannotBeRead) {
  EXPECT_EQ(read_all(folder_.path()).error, "ingest-101");
}

}  // namespace
}  // namespace tocsin::ingest
