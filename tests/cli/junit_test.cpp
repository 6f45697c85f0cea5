#include "cli/junit.hpp"

#include <gtest/gtest.h>

namespace tocsin::cli {
namespace {

TEST(JunitTest, WhatXmlCannotHoldIsReplacedAndMarkupIsEscaped) {
  EXPECT_EQ(xml_escaped("a<b>&\"c\"\n\t"), "a&lt;b&gt;&amp;&quot;c&quot;&#10;&#9;");
  EXPECT_EQ(xml_escaped(std::string_view("\0\x1b\x7f\xff", 4)),
            "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(xml_escaped("\xEF\xBF\xBF é"), "\xEF\xBF\xBD é");
}

TEST(JunitTest, OneSuiteAFileAndOneCaseATest) {
  using std::chrono::milliseconds;
  const std::vector<engine::PackTestResult> results{
      {"id-1", "Rule <one>", "good", {"a.yml", 5, 3}, {}, milliseconds(2)},
      {"id-1",
       "Rule <one>",
       "bad",
       {"a.yml", 9, 3},
       {"1 alerts expected, 0 counted"},
       milliseconds(3)},
      {"id-2", "Rule two", "good", {"b.yml", 5, 3}, {}, milliseconds(1)}};
  EXPECT_EQ(junit_xml(results),
            R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="tocsin test" tests="3" failures="1" errors="0" time="0.006000">
  <testsuite name="a.yml" tests="2" failures="1" errors="0" time="0.005000">
    <testcase classname="Rule &lt;one&gt;" name="good" file="a.yml" line="5" time="0.002000"/>
    <testcase classname="Rule &lt;one&gt;" name="bad" file="a.yml" line="9" time="0.003000">
      <failure message="1 alerts expected, 0 counted">a.yml:9: rule id-1: 1 alerts expected, 0 counted</failure>
    </testcase>
  </testsuite>
  <testsuite name="b.yml" tests="1" failures="0" errors="0" time="0.001000">
    <testcase classname="Rule two" name="good" file="b.yml" line="5" time="0.001000"/>
  </testsuite>
</testsuites>
)");
}

TEST(JunitTest, NoTestIsAnEmptyList) {
  EXPECT_EQ(junit_xml({}),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"tocsin test\" "
            "tests=\"0\" failures=\"0\" errors=\"0\" time=\"0.000000\">\n</testsuites>\n");
}

}  // namespace
}  // namespace tocsin::cli
