#include "search/time_span.hpp"

#include <fmt/format.h>

#include <tuple>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "search/value_test.hpp"

namespace tocsin::search {

std::string read_span(const std::string& from, const std::string& to, const std::string& last,
                      store::TimeSpan& span) {
  for (const auto& [text, bound, is_end] :
       {std::tuple(&from, &span.from, false), std::tuple(&to, &span.to, true)}) {
    if (text->empty()) continue;
    const auto time = read_time(*text);
    if (!time) {
      return fmt::format("`{}` is no time; write it as 2026-11-22T03:08:00Z or 2026-11-22",
                         base::printable(*text));
    }
    *bound = base::EventTime(is_end ? time->last : time->first);
  }
  if (last.empty()) return {};
  const auto duration = base::parse_duration(last);
  if (!duration || duration->count() <= 0)
    return fmt::format("`{}` is no duration; write it as 30m, 24h or 7d", base::printable(last));
  if (!from.empty()) return "--last and --from both say where to begin";
  span.from = base::EventTime(base::SystemClock().now().value - duration->count());
  return {};
}

}  // namespace tocsin::search
