#include "cli/replay.hpp"

#include <fmt/format.h>
#include <simdjson.h>
#include <zlib.h>

#include <vector>

#include "tests/cli/captured.hpp"
#include "tests/cli/failures.hpp"

namespace tocsin::cli {
namespace {

class ReplayTest : public testing::Test {
 protected:
  [[nodiscard]] ReplayCommand command(std::vector<std::string> files) const {
    ReplayCommand out;
    out.files = std::move(files);
    out.year = 2026;
    out.threads = 1;
    return out;
  }
  static std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> out;
    for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos;
         at = end + 1)
      out.push_back(text.substr(at, end - at));
    return out;
  }
  // The keys of one JSON object, in their order.
  static std::string keys(const std::string& line) {
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    if (parser.parse(line).get(object) != simdjson::SUCCESS) return "no JSON: " + line;
    std::string out;
    for (const auto field : object) out += (out.empty() ? "" : " ") + std::string(field.key);
    return out;
  }

  OwnPacks packs_;
  TemporaryFolder folder_;
};

TEST_F(ReplayTest, ACacheThatCannotBeUsedIsSaidAndCostsNothingButTime) {
  ReplayCommand asked = command({folder_.write("auth.log", failures(5))});
  asked.json = true;
  Captured without;
  asked.packs.cache = "";
  ASSERT_EQ(run_replay(asked, without.streams()), exit_code::ok);
  EXPECT_EQ(without.err().find("base-6"), std::string::npos) << without.err();
  Captured captured;
  asked.packs.cache = folder_.write("no_folder", "a file");
  ASSERT_EQ(run_replay(asked, captured.streams()), exit_code::ok);
  EXPECT_NE(captured.err().find("warning: "), std::string::npos) << captured.err();
  EXPECT_NE(captured.err().find("base-6: the cache cannot be used"), std::string::npos);
  EXPECT_EQ(captured.out(), without.out());
}

TEST_F(ReplayTest, EachAlertIsOneLineWithTheFieldsOfTheContractInTheirOrder) {
  ReplayCommand asked = command({folder_.write("auth.log", failures(5))});
  asked.json = true;
  Captured captured;
  ASSERT_EQ(run_replay(asked, captured.streams()), exit_code::ok) << captured.err();
  const auto alerts = lines(captured.out());
  ASSERT_EQ(alerts.size(), 2U) << captured.out();
  for (const std::string& alert : alerts) {
    EXPECT_EQ(keys(alert),
              "id rule group first_seen fired_at last_seen count total evidence late merged_into");
    EXPECT_NE(alert.find("\"first_seen\":\"2026-11-20T22:40:00.000000000Z\",\"fired_at\":"
                         "\"2026-11-20T22:40:04.000000000Z\""),
              std::string::npos)
        << alert;
    EXPECT_NE(alert.find("\"count\":5,\"total\":5,\"evidence\":[1,2,3,4,5],\"late\":false,"
                         "\"merged_into\":null}"),
              std::string::npos)
        << alert;
    const std::size_t rule = alert.find("\"rule\":");
    EXPECT_EQ(keys(alert.substr(rule + 7, alert.find("},\"group\"") + 1 - rule - 7)),
              "id title level author tags");
  }
  EXPECT_EQ(captured.err(), "");
}

TEST_F(ReplayTest, LockoutsAndDetectionsAreLinesWhereTheyAreAskedFor) {
  ReplayCommand asked = command({folder_.write("auth.log", failures(5))});
  asked.json = asked.lockouts = asked.detections = true;
  Captured captured;
  ASSERT_EQ(run_replay(asked, captured.streams()), exit_code::ok) << captured.err();
  std::string order;
  for (const std::string& line : lines(captured.out())) {
    const std::string first = keys(line).substr(0, keys(line).find(' '));
    if (!order.ends_with(first)) order += " " + first;
  }
  EXPECT_EQ(order, " detection id lockout");
  EXPECT_NE(captured.out().find("{\"detection\":{\"rule\":\""), std::string::npos);
  EXPECT_NE(captured.out().find("\"seq\":5}}\n"), std::string::npos);
}

TEST_F(ReplayTest, StatsAreTheLastLineWhateverElseIsSaid) {
  const std::string cut = folder_.path("cut.gz");
  const gzFile packed = ::gzopen(cut.c_str(), "wb");
  ASSERT_NE(packed, nullptr);
  ::gzputs(packed, failures(3, "eve").c_str());
  ::gzclose(packed);
  std::filesystem::resize_file(cut, std::filesystem::file_size(cut) - 6);
  ReplayCommand asked = command({folder_.write("auth.log", failures(5)), cut});
  asked.json = asked.stats = true;
  asked.store = folder_.path("store");
  Captured captured;
  EXPECT_EQ(run_replay(asked, captured.streams()), exit_code::findings);
  const auto said = lines(captured.err());
  ASSERT_EQ(said.size(), 2U) << captured.err();
  EXPECT_NE(said[0].find("ingest-103"), std::string::npos) << said[0];
  EXPECT_TRUE(keys(said[1]).starts_with(
      "events decoded detections alerts seconds events_per_second cpu_seconds max_rss_bytes "
      "stored_bytes"))
      << said[1];
  EXPECT_TRUE(said[1].starts_with("{\"events\":8,\"decoded\":8,\"detections\":")) << said[1];
  EXPECT_EQ(said[1].find("\"stored_bytes\":0,"), std::string::npos) << said[1];
}

TEST_F(ReplayTest, PeopleGetATable) {
  Captured captured;
  ASSERT_EQ(run_replay(command({folder_.write("auth.log", failures(5))}), captured.streams()),
            exit_code::ok);
  EXPECT_NE(captured.out().find("Brute force against one account over ssh  user.name=bob"),
            std::string::npos)
      << captured.out();
  EXPECT_NE(captured.err().find("5 events, 2 alerts, 1 lockout in "), std::string::npos)
      << captured.err();
}

TEST_F(ReplayTest, TheSameCommandAgainGoesOn) {
  ReplayCommand asked = command({folder_.write("auth.log", failures(5))});
  asked.store = folder_.path("store");
  Captured first, again;
  ASSERT_EQ(run_replay(asked, first.streams()), exit_code::ok) << first.err();
  ASSERT_EQ(run_replay(asked, again.streams()), exit_code::ok) << again.err();
  EXPECT_NE(again.err().find("went on behind the 5 events that the store had"), std::string::npos)
      << again.err();
}

TEST_F(ReplayTest, WhatCannotBeDoneIsToldWithItsExitCode) {
  const std::string log = folder_.write("auth.log", failures(1));
  auto expect = [](const ReplayCommand& asked, int code, const std::string& text) {
    Captured captured;
    EXPECT_EQ(run_replay(asked, captured.streams()), code) << captured.err();
    EXPECT_NE(captured.err().find(text), std::string::npos) << captured.err();
    EXPECT_EQ(captured.out(), "");
  };
  expect(command({folder_.path("none")}), exit_code::findings, "ingest-101");
  expect(command({folder_.path()}), exit_code::findings, "Is a directory");
  ReplayCommand asked = command({log});
  asked.packs.rules = {folder_.path("none.yml")};
  expect(asked, exit_code::invalid, "engine-1");
  asked = command({log});
  asked.config = folder_.path("none.yaml");
  expect(asked, exit_code::invalid, "base-5");
  asked.config = folder_.write("bad.yaml", "correlate:\n  latenes: 5s\n");
  expect(asked, exit_code::invalid, "bad.yaml:2:3: base-10");
  asked = command({log});
  asked.store = log;
  expect(asked, exit_code::findings, "it is not a folder");
  asked.store = folder_.path("no/such/parent");
  expect(asked, exit_code::findings, "store-1");
}

TEST_F(ReplayTest, RubbishIsEventsToo) {
  std::string rubbish;
  for (int i = 0; i < 4096; ++i) rubbish += static_cast<char>(i * 7);
  ReplayCommand asked = command({folder_.write("rubbish", rubbish), folder_.write("empty", "")});
  asked.json = true;
  Captured captured;
  EXPECT_EQ(run_replay(asked, captured.streams()), exit_code::ok) << captured.err();
}

}  // namespace
}  // namespace tocsin::cli
