#include "rules/extension.hpp"

#include <gtest/gtest.h>

#include "rules/diagnostics.hpp"

namespace tocsin::rules {
namespace {

struct Read {
  Extension extension;
  std::vector<std::string> errors;
};

Read read(const std::string& yaml) {
  const base::SourceText source{"e.yml", yaml};
  const auto documents = base::parse_yaml(source);
  EXPECT_TRUE(documents) << yaml;
  Diagnostics out(source);
  Read result{read_extension(documents->at(0), out), {}};
  for (const base::Error& error : out.errors) result.errors.push_back(base::to_string(error));
  return result;
}
using Errors = std::vector<std::string>;

TEST(ExtensionTest, ReadsActionsWithTheirOptionsBesideThem) {
  const Read r = read(
      "tocsin:\n  actions: [lock_account]\n  user: target.name\n  host: host.name\n  for: 2h\n");
  EXPECT_EQ(r.errors, Errors{});
  ASSERT_EQ(r.extension.lock_account.size(), 1U);
  EXPECT_EQ(r.extension.lock_account[0].user, "target.name");
  EXPECT_EQ(r.extension.lock_account[0].host, "host.name");
  EXPECT_EQ(r.extension.lock_account[0].duration, std::chrono::hours(2));
}

TEST(ExtensionTest, ReadsActionsWithTheirOptionsInside) {
  const Read r = read("tocsin:\n  actions:\n    - lock_account: {user: u, for: 5m}\n");
  EXPECT_EQ(r.errors, Errors{});
  EXPECT_EQ(r.extension.lock_account.at(0).user, "u");
  EXPECT_EQ(r.extension.lock_account.at(0).host, "");
  EXPECT_EQ(r.extension.lock_account.at(0).duration, std::chrono::minutes(5));
  const Read defaults = read("tocsin: {actions: lock_account}\n");
  EXPECT_EQ(defaults.extension.lock_account.at(0).user, "user.name");
  EXPECT_EQ(defaults.extension.lock_account.at(0).duration, std::chrono::minutes(30));
}

TEST(ExtensionTest, ReadsWhatAlertsAsk) {
  const Read r = read(
      "tocsin: {group: [a, b], timespan: 1h, realert: 15m, weight: log.repeat, alert: false}\n");
  EXPECT_EQ(r.errors, Errors{});
  EXPECT_EQ(r.extension.group, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(r.extension.timespan, std::chrono::hours(1));
  EXPECT_EQ(r.extension.realert, std::chrono::minutes(15));
  EXPECT_EQ(r.extension.weight, "log.repeat");
  EXPECT_EQ(r.extension.alert, false);
  EXPECT_FALSE(read("title: x\n").extension.group);
}

TEST(ExtensionTest, ReadsWhichGroupsThereMustBe) {
  const Read r = read("tocsin:\n  expect: Hosts\n");
  EXPECT_EQ(r.errors, Errors{});
  EXPECT_EQ(r.extension.expect, "Hosts");
  EXPECT_EQ(r.extension.expect_origin.line, 2U);
  EXPECT_EQ(r.extension.expect_origin.column, 11U);
  EXPECT_EQ(read("tocsin: {expect: [a]}\n").errors.size(), 1U);
}

TEST(ExtensionTest, ReadsTests) {
  const Read r = read(
      "tocsin:\n  tests:\n    - name: one\n      lines: [a, b]\n      matches: 2\n"
      "    - lines: |\n        a\n        b\n\n        c\n      match: false\n      year: 2026\n"
      "      alerts: 0\n      lockouts: 1\n      format: json\n");
  EXPECT_EQ(r.errors, Errors{});
  ASSERT_EQ(r.extension.tests.size(), 2U);
  EXPECT_EQ(r.extension.tests[0].matches, 2U);
  EXPECT_EQ(r.extension.tests[1].lines, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(r.extension.tests[1].match, false);
  EXPECT_EQ(r.extension.tests[1].year, 2026);
  EXPECT_EQ(r.extension.tests[1].alerts, 0U);
  EXPECT_EQ(r.extension.tests[1].lockouts, 1U);
  EXPECT_EQ(r.extension.tests[1].format, "json");
  EXPECT_EQ(r.extension.tests[1].origin.line, 6U);
}

TEST(ExtensionTest, RefusesUnknownKeysWithTheNearest) {
  EXPECT_EQ(read("tocsin: {action: [lock_account]}\n").errors,
            Errors{"e.yml:1:10: rules-4: `action` is not known in `tocsin`; did you mean "
                   "`actions`?"});
  EXPECT_EQ(read("tocsin: {actions: [{lock_account: {fro: 5m}}]}\n").errors,
            Errors{"e.yml:1:36: rules-4: `fro` is not known in `lock_account`; did you mean "
                   "`for`?"});
  EXPECT_EQ(read("tocsin: {tests: [{lines: [a], match: true, aliases: 1}]}\n").errors.size(), 1U);
}

TEST(ExtensionTest, RefusesWhatMeansNothing) {
  EXPECT_EQ(read("tocsin: x\n").errors.size(), 1U);
  EXPECT_EQ(read("tocsin: {for: 5m}\n").errors,
            Errors{"e.yml:1:10: rules-61: `for` belongs to an action, and there is no `actions`"});
  EXPECT_EQ(read("tocsin: {actions: [kill]}\n").errors.size(), 1U);
  EXPECT_EQ(read("tocsin: {actions: [lock_account, lock_account]}\n").errors.size(), 1U);
  EXPECT_EQ(read("tocsin: {actions: [lock_account], for: 5}\n").errors.size(), 1U);
  EXPECT_EQ(read("tocsin: {timespan: 0}\n").errors.size(), 1U);
  EXPECT_EQ(read("tocsin: {tests: [{lines: [a]}]}\n").errors.size(), 1U);
  EXPECT_EQ(read("tocsin: {tests: [{match: true}]}\n").errors.size(), 1U);
  EXPECT_EQ(read("tocsin: {tests: [{lines: [a], matches: -1}]}\n").errors.size(), 1U);
  EXPECT_EQ(read("tocsin: {tests: x}\n").errors.size(), 1U);
  EXPECT_EQ(read("tocsin: {tests: [x]}\n").errors.size(), 1U);
}

}  // namespace
}  // namespace tocsin::rules
