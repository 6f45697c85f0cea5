#include "base/options.hpp"

#include <gtest/gtest.h>

#include <array>

namespace tocsin::base {
namespace {

struct Sample {
  bool on = false;
  std::int64_t count = 3;
  std::size_t bytes = 65536;
  Nanoseconds wait = std::chrono::milliseconds(50);
  std::string mode = "group";
  std::vector<std::string> names = {"root"};
};

constexpr std::array<Option<Sample>, 6> rows = {{
    {&Sample::on, {.key = "on", .unit = "", .sentence = "Whether."}},
    {&Sample::count,
     {.key = "count", .unit = "events", .sentence = "How many.", .min = 1, .max = 9}},
    {&Sample::bytes, {.key = "bytes", .unit = "bytes", .sentence = "How large.", .min = 1024}},
    {&Sample::wait, {.key = "wait", .unit = "duration", .sentence = "How long."}},
    {&Sample::mode,
     {.key = "mode", .unit = "", .sentence = "Which.", .choices = "group|always|os"}},
    {&Sample::names, {.key = "names", .unit = "", .sentence = "Who.", .restart = false}},
}};

Errors read(std::string text, Sample& out) {
  const auto documents = parse_yaml({"c.yaml", std::move(text)});
  if (!documents) return {documents.error()};
  return read_options<Sample>(documents->front(), "c.yaml", rows, out);
}

TEST(OptionsTest, ReadsEachType) {
  Sample sample;
  EXPECT_EQ(read("on: yes\ncount: 9\nbytes: 2MiB\nwait: 2s\nmode: os\nnames: [a, b]\n", sample),
            Errors{});
  EXPECT_TRUE(sample.on);
  EXPECT_EQ(sample.count, 9);
  EXPECT_EQ(sample.bytes, std::size_t{2} << 20U);
  EXPECT_EQ(sample.wait, std::chrono::seconds(2));
  EXPECT_EQ(sample.mode, "os");
  EXPECT_EQ(sample.names, (std::vector<std::string>{"a", "b"}));
}

TEST(OptionsTest, GivesAllErrorsWithTheirPlaces) {
  Sample sample;
  const Errors errors =
      read("onn: yes\ncount: 10\nbytes: 1KB\nwait: 5\nmode: never\nnames: {a: b}\n", sample);
  ASSERT_EQ(errors.size(), 6U);
  EXPECT_EQ(to_string(errors[0]),
            "c.yaml:1:1: base-10: the option `onn` does not exist; did you mean `on`?");
  EXPECT_EQ(to_string(errors[1]), "c.yaml:2:8: base-12: `count` must be from 1 to 9");
  EXPECT_EQ(errors[2].code, "base-11");
  EXPECT_EQ(errors[3].code, "base-11");
  EXPECT_EQ(to_string(errors[4]), "c.yaml:5:7: base-13: `mode` must be one of group|always|os");
  EXPECT_EQ(errors[5].origin.line, 6U);
  EXPECT_EQ(sample.count, 3) << "a refused value must not be taken";
}

TEST(OptionsTest, TextsAndListsHaveALength) {
  constexpr std::array<Option<Sample>, 2> bounded = {{
      {&Sample::mode, {.key = "mode", .unit = "", .sentence = "Which.", .min = 2, .max = 5}},
      {&Sample::names, {.key = "names", .unit = "", .sentence = "Who.", .max = 2}},
  }};
  const auto read_bounded = [&bounded](std::string text, Sample& out) {
    const auto documents = parse_yaml({"c.yaml", std::move(text)});
    return read_options<Sample>(documents->front(), "c.yaml", bounded, out);
  };
  Sample sample;
  const Errors errors = read_bounded("mode: sixsix\nnames: [a, b, c]\n", sample);
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(to_string(errors[0]), "c.yaml:1:7: base-12: `mode` must have at most 5 bytes, not 6");
  EXPECT_EQ(errors[1].code, "base-12");
  EXPECT_NE(errors[1].sentence.find("at most 2 entries, not 3"), std::string::npos);
  EXPECT_EQ(sample.mode, "group") << "a refused value must not be taken";
  EXPECT_EQ(sample.names, std::vector<std::string>{"root"});
  EXPECT_EQ(read_bounded("mode: x\n", sample).size(), 1U);
  EXPECT_EQ(read_bounded("mode: fives\nnames: [a, b]\n", sample), Errors{});
  EXPECT_EQ(sample.mode, "fives");
  EXPECT_EQ(read_bounded("mode: ''\n", sample), Errors{}) << "empty: not set";
}

TEST(OptionsTest, SizesComeBackFromTheirText) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{1000},
                                 std::size_t{1} << 20U, std::size_t{3} << 30U}) {
    EXPECT_EQ(parse_size(format_size(size)), size);
  }
  EXPECT_EQ(parse_size("64K"), std::size_t{65536});
  EXPECT_FALSE(parse_size("9999999999999TiB"));
  EXPECT_FALSE(parse_size("KiB"));
}

TEST(OptionsTest, TheDefaultFileReadsBackAsTheDefaults) {
  const auto infos = describe_options<Sample>("sample", rows);
  const auto documents = parse_yaml({"d.yaml", options_file(infos)});
  ASSERT_TRUE(documents);
  Sample sample;
  sample.count = 7;
  EXPECT_EQ(read_options<Sample>(*documents->front().find("sample"), "d.yaml", rows, sample),
            Errors{});
  EXPECT_EQ(sample.count, 3);
  EXPECT_NE(options_page(infos).find("| `sample.mode` | group or always or os | `group` |"),
            std::string::npos);
}

TEST(OptionsTest, TheTextOfChangedOptionsReadsBackToTheSame) {
  Sample changed{true, 9, 2048, std::chrono::seconds(3), "always", {"a*", "b: \"c\""}};
  const auto documents = parse_yaml({"t.yaml", options_text<Sample>("sample", rows, changed)});
  ASSERT_TRUE(documents) << to_string(documents.error());
  Sample back;
  EXPECT_EQ(read_options<Sample>(*documents->front().find("sample"), "t.yaml", rows, back),
            Errors{});
  EXPECT_TRUE(back.on);
  EXPECT_EQ(back.count, 9);
  EXPECT_EQ(back.bytes, 2048U);
  EXPECT_EQ(back.wait, std::chrono::seconds(3));
  EXPECT_EQ(back.mode, "always");
  EXPECT_EQ(back.names, changed.names);
}

}  // namespace
}  // namespace tocsin::base
