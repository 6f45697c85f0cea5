#include "ingest/decode/find_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tocsin::ingest {
namespace {

// Compares with std::string_view on all short texts of a small alphabet, at every place.
class FindTextTest : public ::testing::Test {
 protected:
  // The text with padding that looks like a match, which must not be seen.
  static std::string padded(std::string_view text) {
    return std::string(text) + "abababababababab";
  }
};

std::string text_number(std::size_t number, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i, number /= 3) out += "ab "[number % 3];
  return out;
}

TEST_F(FindTextTest, FirstAndLastAgreeWithTheStandardLibrary) {
  for (const std::string_view wanted : {"a", "ab", "aba", "ba b", "abababababababababab"}) {
    for (std::size_t size = 0; size < 8; ++size) {
      for (std::size_t number = 0; number < 800; ++number) {
        for (const std::size_t before : {0U, 13U, 30U}) {
          const std::string text = std::string(before, 'x') + text_number(number, size);
          const std::string memory = padded(text);
          const char* at = memory.data();
          const char* end = at + text.size();
          const std::size_t first = text.find(wanted), last = text.rfind(wanted);
          const char* found = find_first(wanted, at, end);
          EXPECT_EQ(found == nullptr ? std::string::npos : static_cast<std::size_t>(found - at),
                    first)
              << '"' << text << '"';
          found = find_last(wanted, at, end);
          EXPECT_EQ(found == nullptr ? std::string::npos : static_cast<std::size_t>(found - at),
                    last)
              << '"' << text << '"';
        }
      }
    }
  }
}

TEST_F(FindTextTest, LongTextsAreSearchedWhole) {
  for (std::size_t place = 0; place < 100; ++place) {
    std::string text(120, 'x');
    text.replace(place, 20, "0123456789abcdefghij");
    const std::string memory = padded(text);
    const char* at = memory.data();
    EXPECT_EQ(find_first("0123456789abcdefghij", at, at + text.size()), at + place);
    EXPECT_EQ(find_last("0123456789abcdefghij", at, at + text.size()), at + place);
    EXPECT_EQ(find_first("0123456789abcdefghij", at, at + place + 19), nullptr);
    EXPECT_EQ(find_last("0123456789abcdefghij", at + place + 1, at + text.size()), nullptr);
  }
}

TEST_F(FindTextTest, BlanksEndWords) {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string word(size, 'w');
    for (const char* behind : {" x", "\tx", ":x", ""}) {
      const std::string memory = padded(word + behind);
      const char* end = memory.data() + size + std::string_view(behind).size();
      EXPECT_EQ(find_blank_or(':', memory.data(), end), memory.data() + size);
    }
  }
}

}  // namespace
}  // namespace tocsin::ingest
