#include "ingest/listen/options.hpp"

#include <gtest/gtest.h>

namespace tocsin::ingest {
namespace {

TEST(InputOptionsTest, ReadFromYaml) {
  const base::SourceText source{"tocsin.yaml",
                                "name: dmz\n"
                                "type: tcp\n"
                                "address: '::'\n"
                                "port: 601\n"
                                "framing: octet-counted\n"
                                "max_frame: 8KiB\n"
                                "frame_timeout: 5s\n"};
  const auto nodes = base::parse_yaml(source);
  ASSERT_TRUE(nodes);
  InputOptions input;
  EXPECT_TRUE(base::read_options((*nodes)[0], source.name, input_option_rows(), input).empty());
  EXPECT_EQ(input.name, "dmz");
  EXPECT_EQ(input.type, "tcp");
  EXPECT_EQ(input.port, 601);
  EXPECT_EQ(input.max_frame, 8192U);
  EXPECT_EQ(input.frame_timeout, std::chrono::seconds(5));
  EXPECT_TRUE(check_input(input).empty());
}

TEST(InputOptionsTest, RefusesWhatTheRowsForbid) {
  const base::SourceText source{"tocsin.yaml", "type: sctp\nport: 70000\nprot: 1\n"};
  InputOptions input;
  const auto nodes = base::parse_yaml(source);
  EXPECT_EQ(base::read_options((*nodes)[0], source.name, input_option_rows(), input).size(), 3U);
}

TEST(InputOptionsTest, EveryMistakeIsNamed) {
  auto mistakes = [](auto change) {
    InputOptions input;
    input.name = "a";
    change(input);
    const base::Errors errors = check_input(input);
    for (const base::Error& error : errors) {
      EXPECT_EQ(error.code, "ingest-109");
      EXPECT_EQ(error.origin.name, "input " + input.name);
    }
    return errors.size();
  };
  EXPECT_EQ(mistakes([](InputOptions&) {}), 0U);
  EXPECT_EQ(mistakes([](InputOptions& i) { i.name = ""; }), 1U);
  EXPECT_EQ(mistakes([](InputOptions& i) { i.type = "sctp"; }), 1U);
  EXPECT_EQ(mistakes([](InputOptions& i) { i.framing = "lf"; }), 1U);
  EXPECT_EQ(mistakes([](InputOptions& i) { i.format = "xml"; }), 1U);
  EXPECT_EQ(mistakes([](InputOptions& i) { i.port = 65'536; }), 1U);
  EXPECT_EQ(mistakes([](InputOptions& i) { i.type = "unix-stream"; }), 1U);
  EXPECT_EQ(mistakes([](InputOptions& i) { i.type = "file"; }), 1U);
  EXPECT_EQ(mistakes([](InputOptions& i) { i.type = "journald"; }), 0U);
  EXPECT_EQ(mistakes([](InputOptions& i) { i.socket_mode = "0888"; }), 1U);
  EXPECT_EQ(mistakes([](InputOptions& i) {
              i.framing = "x";
              i.format = "y";
            }),
            2U);
}

TEST(InputOptionsTest, NamesDiffer) {
  InputOptions a;
  a.name = "a";
  InputOptions b = a;
  EXPECT_EQ(check_inputs({a, b}).size(), 1U);
  b.name = "b";
  EXPECT_TRUE(check_inputs({a, b}).empty());
}

TEST(InputOptionsTest, DefaultsAreWithinTheBounds) {
  for (const auto& info : base::describe_options("inputs", input_option_rows()))
    EXPECT_FALSE(info.text.sentence.empty()) << info.key;
  EXPECT_EQ(input_option_rows().size(), 20U);
}

}  // namespace
}  // namespace tocsin::ingest
