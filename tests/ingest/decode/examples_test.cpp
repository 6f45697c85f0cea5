#include "ingest/decode/examples.hpp"

#include <gtest/gtest.h>

#include "tests/ingest/decode/library.hpp"

namespace tocsin::ingest {
namespace {

TEST(Examples, AllOfTheLibraryHold) {
  const Compiled compiled(library_texts());
  compiled.expect_no_errors();
  ASSERT_TRUE(compiled.set);
  const ExampleResult result = run_examples(*compiled.set, compiled.fields);
  for (const base::Error& error : result.errors) ADD_FAILURE() << base::to_string(error);
  EXPECT_GE(result.examples, compiled.set->pattern_count());
}

TEST(Examples, WhatIsNotMetIsSaidWithItsPlace) {
  const std::vector<base::SourceText> texts = {
      {"x.yaml",
       "name: x\n"
       "applies: {program: x}\n"
       "patterns:\n"
       "  - name: one\n"
       "    match: 'hello <user.name>'\n"
       "    examples:\n"
       "      - {body: hello bob, fields: {user.name: eve}}\n"
       "      - {body: hello bob, fields: {source.ip: 192.0.2.1}}\n"
       "      - {body: hello bob, absent: user.name}\n"
       "      - {body: goodbye bob}\n"
       "      - {body: hi bob}\n"
       "      - {body: hello bob, time: 2026-01-02T00:00:00Z}\n"
       "      - {body: hello bob, time: 2026-01-01T00:00:00Z}\n"
       "  - name: two\n"
       "    match: 'hi <user.name>'\n"
       "    examples: [{body: hi bob}]\n"}};
  const Compiled compiled(texts);
  compiled.expect_no_errors();
  ASSERT_TRUE(compiled.set);
  const ExampleResult result = run_examples(*compiled.set, compiled.fields);
  EXPECT_EQ(result.examples, 8U);
  std::vector<std::string> said;
  for (const base::Error& error : result.errors) said.push_back(base::to_string(error));
  const std::vector<std::string> expected = {
      "x.yaml:7:9: ingest-40: example: `user.name` is `bob`, `eve` is expected",
      "x.yaml:8:9: ingest-40: example: `source.ip` is not there, `192.0.2.1` is expected",
      "x.yaml:9:9: ingest-40: example: `user.name` is `bob`, and should not be there",
      "x.yaml:10:9: ingest-40: example: `one` does not fit",
      "x.yaml:11:9: ingest-40: example: `two` of `x` fits instead of `one`",
      "x.yaml:12:9: ingest-40: example: the time is 2026-01-01T00:00:00.000000000Z"};
  EXPECT_EQ(said, expected);
}

}  // namespace
}  // namespace tocsin::ingest
