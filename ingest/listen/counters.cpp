#include "ingest/listen/counters.hpp"

#include "base/check.hpp"

namespace tocsin::ingest {

std::string_view name_of(Rejected reason) {
  constexpr std::array<std::string_view, rejected_count> names = {"empty_datagram", "stopped"};
  CHECK(reason < Rejected::count_, "a reason that is not in the list");
  return names[static_cast<std::size_t>(reason)];
}

std::string_view name_of(Ended reason) {
  constexpr std::array<std::string_view, ended_count> names = {
      "by_peer",  "by_error",           "idle",          "frame_deadline",
      "too_many", "too_many_of_a_peer", "no_descriptor", "stopping"};
  const auto index = static_cast<std::size_t>(reason);
  constexpr auto first_of_framer = static_cast<std::size_t>(Ended::bad_octet_count);
  CHECK(index < ended_count, "a reason that is not in the list");
  if (index < first_of_framer) return names[index];
  return name_of(static_cast<CloseReason>(index - first_of_framer + 1));
}

Ended ended_by(CloseReason reason) {
  CHECK(reason != CloseReason::none, "no reason to close");
  constexpr auto first_of_framer = static_cast<std::size_t>(Ended::bad_octet_count);
  static_assert(ended_count - first_of_framer == static_cast<std::size_t>(CloseReason::count_) - 1);
  return static_cast<Ended>(first_of_framer + static_cast<std::size_t>(reason) - 1);
}

}  // namespace tocsin::ingest
