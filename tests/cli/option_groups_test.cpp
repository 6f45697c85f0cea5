#include "cli/option_groups.hpp"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

namespace tocsin::cli {
namespace {

TEST(OptionGroupsTest, PacksTakeOnePathEachTime) {
  CLI::App app;
  PackArguments packs;
  std::vector<std::string> rest;
  add_packs(app, packs);
  app.add_option("REST", rest);
  app.parse("--rules a b --decoders c --rules=d --no-default-rules");
  EXPECT_EQ(packs.rules, (std::vector<std::string>{"a", "d"}));
  EXPECT_EQ(packs.decoders, std::vector<std::string>{"c"});
  EXPECT_EQ(rest, std::vector<std::string>{"b"});
  EXPECT_FALSE(packs.default_rules);
}

TEST(OptionGroupsTest, TimesAreCheckedWhereTheyAreWritten) {
  std::optional<std::int64_t> year;
  std::string zone, format;
  const auto parse = [&](const std::string& words) {
    CLI::App app;
    add_time(app, year, zone, format);
    app.parse(words);
  };
  parse("--year 2026 --tz +02:00 --format audit");
  EXPECT_EQ(year, 2026);
  EXPECT_EQ(zone, "+02:00");
  EXPECT_EQ(format, "audit");
  EXPECT_THROW(parse("--tz Nowhere"), CLI::ValidationError);
  EXPECT_THROW(parse("--year 12"), CLI::ValidationError);
  EXPECT_THROW(parse("--format csv"), CLI::ValidationError);
}

}  // namespace
}  // namespace tocsin::cli
