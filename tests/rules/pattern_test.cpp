#include "rules/pattern.hpp"

#include <gtest/gtest.h>

namespace tocsin::rules {
namespace {

// Text as it is, wildcards as < >: unlike Sigma's own form, nothing is escaped here.
std::string shown(const Pattern& pattern) {
  std::string out;
  for (const PatternPart& part : pattern.parts) {
    out += part.kind == PatternPart::Kind::any   ? "<*>"
           : part.kind == PatternPart::Kind::one ? "<?>"
                                                 : part.text;
  }
  return out;
}

TEST(PatternTest, S3EscapesAsPySigmaDoes) {
  const std::pair<const char*, const char*> cases[] = {
      {R"(\*)", R"(*)"},          {R"(\\*)", R"(\<*>)"},       {R"(\\\*)", R"(\*)"},
      {R"(\\\\)", R"(\\)"},       {R"(\\\\*)", R"(\\<*>)"},    {R"(a\b)", R"(a\b)"},
      {R"(a\\b)", R"(a\b)"},      {R"(\\srv\x)", R"(\srv\x)"}, {R"(C:\*\x)", R"(C:*\x)"},
      {R"(\\\\srv)", R"(\\srv)"}, {R"(x\)", R"(x\)"},          {R"(\?a?)", R"(?a<?>)"},
      {R"(a**b)", R"(a<*>b)"},    {R"(??)", R"(<?><?>)"},      {"", ""}};
  for (const auto& [text, expected] : cases)
    EXPECT_EQ(shown(parse_pattern(text)), expected) << text;
}

TEST(PatternTest, S4OpensAnEndOnce) {
  Pattern pattern = parse_pattern("*a");
  pattern.open_front();
  pattern.open_back();
  EXPECT_EQ(shown(pattern), "<*>a<*>");
  pattern = parse_pattern("dir\\");
  pattern.open_back();
  EXPECT_EQ(shown(pattern), "dir\\<*>");
  pattern = {};
  pattern.open_front();
  pattern.open_back();
  EXPECT_EQ(shown(pattern), "<*>");
}

TEST(PatternTest, WritesWhatItReadsBack) {
  for (const char* text : {R"(\*a\\b*c?)", R"(C:\dir\)", "", "*", R"(\\\\*)"}) {
    const Pattern pattern = parse_pattern(text);
    EXPECT_EQ(parse_pattern(to_string(pattern)), pattern) << text;
  }
}

TEST(PatternTest, KnowsPlainText) {
  EXPECT_FALSE(parse_pattern(R"(\*)").has_wildcards());
  EXPECT_EQ(parse_pattern(R"(\*)").plain(), "*");
  EXPECT_TRUE(parse_pattern("a?").has_wildcards());
  EXPECT_EQ(plain_pattern("a*").plain(), "a*");
  EXPECT_EQ(plain_pattern("").parts.size(), 0U);
}

}  // namespace
}  // namespace tocsin::rules
