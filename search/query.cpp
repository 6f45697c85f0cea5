#include "search/query.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.hpp"

namespace tocsin::search {

OwnName own_name(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, OwnName>, 7> names = {{
      {"@timestamp", OwnName::timestamp},
      {"event.original", OwnName::original},
      {"tocsin.seq", OwnName::seq},
      {"tocsin.received", OwnName::received},
      {"tocsin.source", OwnName::source},
      {"tocsin.peer", OwnName::peer},
      {"tocsin.decoder", OwnName::decoder},
  }};
  for (const auto& [own, number] : names) {
    if (own == name) return number;
  }
  return OwnName::none;
}

FieldNumber field_number(Query& query, std::string_view name) {
  for (std::size_t i = 0; i < query.fields.size(); ++i) {
    if (query.fields[i].name == name) return static_cast<FieldNumber>(i);
  }
  CHECK(query.fields.size() < UINT16_MAX, "the parser bounds what a query names");
  query.fields.push_back(
      {std::string(name), own_name(name), name.find('*') != std::string_view::npos});
  return static_cast<FieldNumber>(query.fields.size() - 1);
}

TimeBounds time_bounds(const Expression& filter) {
  TimeBounds bounds;
  if (filter.kind == Expression::Kind::conjunction) {
    for (const Expression& part : filter.parts) {
      const TimeBounds of_part = time_bounds(part);
      bounds.from = std::max(bounds.from, of_part.from);
      bounds.to = std::min(bounds.to, of_part.to);
    }
  } else if (filter.kind == Expression::Kind::disjunction) {
    bounds = {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()};
    for (const Expression& part : filter.parts) {
      const TimeBounds of_part = time_bounds(part);
      bounds.from = std::min(bounds.from, of_part.from);
      bounds.to = std::max(bounds.to, of_part.to);
    }
  } else if (filter.kind == Expression::Kind::time) {
    if (filter.test.range.from) bounds.from = filter.test.range.from->time;
    if (filter.test.range.to) bounds.to = filter.test.range.to->time;
  }
  return bounds;
}

}  // namespace tocsin::search
