#include "ingest/listen/notices.hpp"

#include <fmt/format.h>

namespace tocsin::ingest {

void Notices::say(std::string_view input, std::string_view kind, std::string_view text) {
  if (!sink_) return;
  const std::chrono::nanoseconds now = clock_.monotonic();
  auto [place, added] = spoken_.try_emplace(fmt::format("{}\x1f{}", input, kind));
  Spoken& spoken = place->second;
  if (added || now - spoken.since >= period) {
    if (spoken.unsaid > 0)
      sink_(fmt::format("input {}: {} more notices of this kind ({})", input, spoken.unsaid, kind));
    spoken = {now, 0, 0};
  }
  if (spoken.said == burst) {
    ++spoken.unsaid;
    return;
  }
  ++spoken.said;
  sink_(fmt::format("input {}: {}", input, text));
}

}  // namespace tocsin::ingest
