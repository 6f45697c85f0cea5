#include "metrics/page.hpp"

#include <fmt/format.h>

namespace tocsin::metrics {

namespace {

std::string_view name_of(Type type) {
  switch (type) {
    case Type::counter:
      return "counter";
    case Type::gauge:
      return "gauge";
    case Type::histogram:
      return "histogram";
  }
  return "";
}

}  // namespace

std::string metrics_page(std::span<const Row> rows) {
  std::string out =
      "# Metrics\n\n"
      "Served at `/metrics` in the Prometheus text format. Label values come from the "
      "configuration "
      "and the rules only: the name of an input, the id of a rule; never from what was "
      "received.\n\n"
      "| Name | Type | Unit | Labels | Meaning |\n|---|---|---|---|---|\n";
  for (const Row& row : rows)
    out += fmt::format("| `{}` | {} | {} | {} | {} |\n", row.name, name_of(row.type), row.unit,
                       row.labels, row.help);
  return out;
}

}  // namespace tocsin::metrics
