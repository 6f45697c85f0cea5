// What is not decoded changes nothing: the back-test with and without skipping, over stores of many
// kinds of lines and rules that are made by chance.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <random>
#include <string>
#include <vector>

#include "engine/backtest.hpp"
#include "tests/engine/epoch_fixture.hpp"

namespace tocsin::engine {
namespace {

// Every example line of every decoder, from which logs are mixed.
const std::vector<std::string>& example_lines() {
  static const std::vector<std::string> lines = [] {
    std::vector<std::string> out;
    for (const ingest::DecoderFile& file : default_setup().pipeline->decoders->files()) {
      for (const ingest::DecoderPattern& pattern : file.patterns) {
        for (const ingest::DecoderExample& example : pattern.examples) {
          if (example.text.find('\n') != std::string::npos) continue;
          out.push_back(example.is_body ? "<86>Nov 20 22:00:00 web01 " + example.program +
                                              "[811]: " + example.text
                                        : example.text);
        }
      }
    }
    return out;
  }();
  return lines;
}

class BacktestSkippingTest : public EpochTest {
 protected:
  static constexpr std::int64_t last_day_s = 1798675200;  // 2026-12-31: lines of old days are late

  struct Told {
    std::vector<std::string> alerts, lockouts;
    std::vector<std::uint64_t> detections;
    bool operator==(const Told&) const = default;
  };

  Told run(const engine::Setup& setup, bool skip, store::TimeSpan span = {}) {
    BacktestRequest request;
    request.packs = setup.packs;
    for (const rules::Rule& rule : setup.pipeline->rules->rules()) request.rules.push_back(rule.id);
    request.skip = skip;
    request.span = span;
    request.threads = 2;
    const auto store = store::Store::open_read_only(path("store"));
    EXPECT_TRUE(store);
    const auto result = backtest(**store, request);
    EXPECT_TRUE(result) << (result ? std::string() : base::to_string(result.error()));
    Told told;
    if (!result) return told;
    for (const event::Alert& alert : result->alerts) told.alerts.push_back(event::json_of(alert));
    for (const event::Lockout& lockout : result->lockouts)
      told.lockouts.push_back(event::json_of(lockout));
    for (const BacktestRule& rule : result->rules) told.detections.push_back(rule.detections);
    if (skip) skipped_ += result->skipped;
    EXPECT_TRUE(skip || result->skipped == 0U);
    alerts_ += result->alerts.size();
    return told;
  }

  // Lines of all kinds; some begin with a time, which mostly goes on, of one of three files.
  void make_store(std::mt19937& random) {
    std::vector<std::string> logs(3);
    std::int64_t second = 0;
    for (int i = 0; i < 1500; ++i) {
      second += random() % 20;
      const std::int64_t at =
          random() % 30 == 0 ? second - static_cast<std::int64_t>(random() % 100) : second;
      std::string line = example_lines()[random() % example_lines().size()];
      if (random() % 3 == 0) line = failures(random() % 2 == 0 ? "bob" : "eve", 0, 1);
      while (!line.empty() && line.back() == '\n') line.pop_back();
      // In place of the time of a syslog header.
      const std::size_t header = line.find("Nov 20 22:");
      if (header != std::string::npos) {
        const std::int64_t of_day = std::max<std::int64_t>(at, 0) % 86400;
        line.replace(
            header, 15,
            fmt::format("Dec 31 {:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60));
      }
      logs[random() % logs.size()] += line + "\n";
    }
    std::vector<std::string> paths;
    for (std::size_t i = 0; i < logs.size(); ++i)
      paths.push_back(write("log" + std::to_string(i) + ".log", logs[i]));
    ReplayOptions options = options_for(paths, path("store"));
    EngineTest::run(options, setup_of_rules(std::string(refused_rule)));
  }

  // A field that some decoder fixes, or that lines hold; a log source that fits or does not.
  static std::string some_rule(std::mt19937& random, int number) {
    const std::vector<std::string> logsources = {"{product: linux, service: sshd}",
                                                 "{product: linux}",
                                                 "{category: authentication}",
                                                 "{product: linux, service: cron}",
                                                 "{category: webserver}",
                                                 "{product: linux, service: auditd}",
                                                 "{category: process_creation, product: linux}",
                                                 "{product: linux, service: sudo}"};
    const std::vector<std::string> selections = {
        "{event.outcome: failure}",
        "{event.action: logged-in}",
        "{user.name|contains: o}",
        "{process.name: sshd}",
        "['password', 'session']",
        "{message|contains: 'for'}",
        "{host.name: web01}",
        "{event.category: authentication, event.outcome: success}",
        "{event.category|exists: true}",
        "{tocsin.anomaly|exists: true}",
        "{source.ip|cidr: 203.0.113.0/24}",
        "{log.syslog.facility.code: 10}",
        "{event.outcome: null}",
        "{process.pid|gt: 100}"};
    const auto any = [&random](const std::vector<std::string>& of) {
      return of[random() % of.size()];
    };
    const std::vector<std::string> conditions = {"a", "a and b", "a or b", "a and not b", "not a"};
    std::string rule = fmt::format(
        "---\ntitle: R{0}\nid: 00000000-0000-4000-8000-0000000001{0:02}\nname: r{0}\nlevel: {1}\n"
        "logsource: {2}\ndetection:\n  a: {3}\n  b: {4}\n  condition: {5}\n",
        number, random() % 4 == 0 ? "low" : "high", any(logsources), any(selections),
        any(selections), any(conditions));
    if (random() % 3 != 0) return rule;
    const std::vector<std::string> counts = {"event_count\n  condition: {gte: 3}",
                                             "event_count\n  condition: {lt: 2}",
                                             "value_count\n  condition: {gte: 2, field: user.name}",
                                             "event_count\n  condition: {gte: 2, lte: 6}"};
    rule += fmt::format(
        "---\ntitle: C{0}\nid: 00000000-0000-4000-8000-0000000002{0:02}\nlevel: "
        "high\ncorrelation:\n"
        "  rules: [r{0}]\n  group-by: [{1}]\n  timespan: {2}m\n  type: {3}\n",
        number, random() % 2 == 0 ? "host.name" : "user.name", 1 + random() % 30, any(counts));
    if (random() % 4 == 0) rule += "tocsin: {actions: [{lock_account: {user: user.name}}]}\n";
    return rule;
  }

  std::uint64_t skipped_ = 0;
  std::uint64_t alerts_ = 0;
};

TEST_F(BacktestSkippingTest, ChangesNothing) {
  std::mt19937 random(5);
  make_store(random);
  for (int round = 0; round < 20; ++round) {
    std::string rules;
    const int count = 2 + static_cast<int>(random() % 4);
    for (int i = 0; i < count; ++i) rules += some_rule(random, i);
    SCOPED_TRACE(rules);
    const engine::Setup setup = setup_of_rules(rules);
    store::TimeSpan span;
    if (round % 3 == 0) span.from = base::EventTime((last_day_s + 4000) * base::ns_per_second);
    ASSERT_EQ(run(setup, true, span), run(setup, false, span));
  }
  EXPECT_GT(skipped_, 5'000U) << "what is compared must have been skipped";
  EXPECT_GT(alerts_, 50U);
}

TEST_F(BacktestSkippingTest, OfTheDefaultPacks) {
  std::mt19937 random(6);
  make_store(random);
  ASSERT_EQ(run(default_setup(), true), run(default_setup(), false));
  EXPECT_GT(alerts_, 10U);
}

}  // namespace
}  // namespace tocsin::engine
