#include "correlate/temporal.hpp"

#include <array>
#include <bit>
#include <vector>

#include "correlate/spec.hpp"

namespace tocsin::correlate {

namespace {

// Finds for each rule an event of its own, moving earlier choices aside where needed.
class Matching {
 public:
  explicit Matching(const std::vector<std::uint64_t>& events) : events_(events) {
    taken_by_.assign(events.size(), -1);
  }

  std::uint64_t size(std::uint32_t inputs) {
    std::uint64_t met = 0;
    for (std::uint32_t rule = 0; rule < inputs; ++rule) {
      seen_.assign(events_.size(), false);
      met += place(rule) ? 1 : 0;
    }
    return met;
  }

 private:
  bool place(std::uint32_t rule) {
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if ((events_[i] >> rule & 1U) == 0 || seen_[i]) continue;
      seen_[i] = true;
      if (taken_by_[i] < 0 || place(static_cast<std::uint32_t>(taken_by_[i]))) {
        taken_by_[i] = static_cast<int>(rule);
        return true;
      }
    }
    return false;
  }

  const std::vector<std::uint64_t>& events_;
  std::vector<int> taken_by_;
  std::vector<bool> seen_;
};

}  // namespace

void push_temporal(std::int64_t* area, const Window& window, std::uint32_t at) {
  const Entry& entry = window[at];
  const auto order = static_cast<std::int64_t>(entry.place().order);
  for (std::uint64_t rules = window.worth(at); rules != 0; rules &= rules - 1) {
    std::int64_t* newest = area + 2 * std::countr_zero(rules);
    newest[0] = entry.time;
    newest[1] = order;
  }
}

std::uint64_t met_in_any_order(const std::int64_t* area, std::uint32_t inputs, const Window& window,
                               std::uint32_t at, std::int64_t start) {
  std::uint64_t inside = 0;
  std::uint32_t met = 0;
  bool shared = false;
  for (std::uint32_t rule = 0; rule < inputs; ++rule) {
    const std::int64_t* newest = area + 2 * std::size_t{rule};
    if (newest[1] == 0 || newest[0] <= start) continue;
    for (std::uint32_t other = 0; other < rule && !shared; ++other) {
      shared = (inside >> other & 1U) != 0 && area[2 * std::size_t{other} + 1] == newest[1];
    }
    inside |= std::uint64_t{1} << rule;
    ++met;
  }
  if (!shared || met < 2) return met;
  // Each rule's newest `met` events are enough: were an older one needed, one of these would be
  // free.
  std::vector<std::uint64_t> events;
  std::array<std::uint32_t, max_inputs> found{};
  std::uint64_t wanted = inside;
  for (std::uint32_t i = at + 1; i-- > 0 && wanted != 0;) {
    if (window[i].time <= start) break;
    const std::uint64_t useful = window.worth(i) & wanted;
    if (useful == 0) continue;
    events.push_back(window.worth(i));
    for (std::uint64_t rules = useful; rules != 0; rules &= rules - 1) {
      const int rule = std::countr_zero(rules);
      if (++found[static_cast<std::size_t>(rule)] == met) wanted &= ~(std::uint64_t{1} << rule);
    }
  }
  return Matching(events).size(inputs);
}

}  // namespace tocsin::correlate
