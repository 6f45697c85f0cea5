#include "metrics/rows.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "metrics/process.hpp"
#include "tests/temporary_folder.hpp"

namespace tocsin::metrics {
namespace {

bool ends_with_any(std::string_view name, std::initializer_list<std::string_view> ends) {
  for (const std::string_view end : ends)
    if (name.ends_with(end)) return true;
  return false;
}

TEST(RowsTest, NamesFollowThePracticeOfPrometheus) {
  std::set<std::string_view> names;
  for (const Row& each : all_rows) {
    SCOPED_TRACE(each.name);
    EXPECT_TRUE(names.insert(each.name).second);
    EXPECT_TRUE(each.name.starts_with("tocsin_") || each.name.starts_with("process_"));
    for (const char c : each.name)
      EXPECT_TRUE((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_');
    EXPECT_EQ(each.type == Type::counter, each.name.ends_with("_total"));
    EXPECT_TRUE(each.unit != "seconds" || ends_with_any(each.name, {"_seconds", "_seconds_total"}));
    EXPECT_TRUE(each.unit != "bytes" || ends_with_any(each.name, {"_bytes", "_bytes_total"}));
    EXPECT_TRUE(each.help.ends_with("."));
    EXPECT_EQ(each.help.find('\n'), std::string_view::npos);
    EXPECT_EQ(each.help.find('|'), std::string_view::npos);
    for (const char c : each.labels) EXPECT_TRUE((c >= 'a' && c <= 'z') || c == '_' || c == ',');
    for (const std::string_view stranger : {"user", "host", "ip", "address", "peer"})
      EXPECT_EQ(each.labels.find(stranger), std::string_view::npos);
    for (std::size_t i = 1; i < each.buckets.size(); ++i)
      EXPECT_LT(each.buckets[i - 1], each.buckets[i]);
  }
}

// One series of every row, judged by Prometheus' own linter.
TEST(RowsTest, PromtoolFindsNothing) {
  ASSERT_EQ(std::system("command -v promtool >/dev/null 2>&1"), 0)
      << "promtool is missing: apt install prometheus";
  Registry registry(all_rows);
  const ProcessMetrics process(registry, "1.2.3");
  for (const Row& each : all_rows) {
    const auto labels =
        each.labels.empty() ? 0 : 1 + std::count(each.labels.begin(), each.labels.end(), ',');
    auto visit = [&](Registry::Labels values) {
      if (each.type == Type::counter) registry.counter(each, values).add(7);
      if (each.type == Type::gauge) registry.gauge(each, values).set(0.25);
      if (each.type == Type::histogram) registry.histogram(each, values).observe(0.25);
    };
    if (labels == 0) visit({});
    if (labels == 1) visit({"a"});
    if (labels == 2) visit({"a", "b"});
    ASSERT_LE(labels, 2);
  }
  const TemporaryFolder folder;
  const std::string path = folder.write("metrics.txt", registry.text());
  EXPECT_EQ(std::system(("promtool check metrics < " + path).c_str()), 0);
}

}  // namespace
}  // namespace tocsin::metrics
