// The reference page of the metrics, made from their rows.
// Path:      rows -> docs/reference/metrics.md
// Threads:   pure function
// Tested by: tests/metrics/page_test.cpp
#pragma once

#include <span>
#include <string>

#include "metrics/registry.hpp"

namespace tocsin::metrics {

// Markdown: a heading, what all have in common, and a table with one line a row.
[[nodiscard]] std::string metrics_page(std::span<const Row> rows);

}  // namespace tocsin::metrics
