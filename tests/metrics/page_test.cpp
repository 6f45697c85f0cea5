#include "metrics/page.hpp"

#include <gtest/gtest.h>

#include "metrics/rows.hpp"

namespace tocsin::metrics {
namespace {

TEST(PageTest, OneLineARow) {
  constexpr Row rows[] = {{"tocsin_x_total", Type::counter, "events", "Counts x.", "input"},
                          {"tocsin_y", Type::gauge, "", "Shows y.", ""}};
  const std::string page = metrics_page(rows);
  EXPECT_TRUE(page.starts_with("# Metrics\n"));
  EXPECT_NE(page.find("| `tocsin_x_total` | counter | events | input | Counts x. |\n"),
            std::string::npos);
  EXPECT_NE(page.find("| `tocsin_y` | gauge |  |  | Shows y. |\n"), std::string::npos);
}

TEST(PageTest, NamesEveryRow) {
  const std::string page = metrics_page(all_rows);
  for (const Row& each : all_rows)
    EXPECT_NE(page.find("| `" + std::string(each.name) + "` |"), std::string::npos) << each.name;
}

}  // namespace
}  // namespace tocsin::metrics
