#include "metrics/conservation.hpp"

#include <cstdlib>

namespace tocsin::metrics {

InputAccount::InputAccount(Registry& registry, std::string_view input)
    : name(input),
      received(registry.counter(row::events_received, {input})),
      received_bytes(registry.counter(row::received_bytes, {input})),
      stored(registry.counter(row::events_stored, {input})),
      in_flight(registry.gauge(row::events_in_flight, {input})),
      registry_(registry) {}

Counter InputAccount::rejected(std::string_view reason) {
  const std::lock_guard lock(mutex_);
  const Counter handle = registry_.counter(row::events_rejected, {name, reason});
  return rejected_.emplace(reason, handle).first->second;
}

Counter InputAccount::dropped(std::string_view where) {
  const std::lock_guard lock(mutex_);
  const Counter handle = registry_.counter(row::events_dropped, {name, where});
  return dropped_.emplace(where, handle).first->second;
}

std::uint64_t InputAccount::accounted() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t sum = stored.value();
  for (const auto& [reason, counter] : rejected_) sum += counter.value();
  for (const auto& [where, counter] : dropped_) sum += counter.value();
  return sum;
}

Conservation::Watched::Watched(Registry& registry, std::string_view name)
    : account(registry, name),
      violation(registry.gauge(row::conservation_violation, {name})),
      imbalance(registry.gauge(row::conservation_imbalance, {name})) {}

Conservation::Conservation(Registry& registry, Alarm alarm, ConservationOptions options)
    : registry_(registry), alarm_(std::move(alarm)), options_(options) {}

InputAccount& Conservation::input(std::string_view name) {
  const std::lock_guard lock(mutex_);
  for (Watched& input : inputs_)
    if (input.account.name == name) return input.account;
  return inputs_.emplace_back(registry_, name).account;
}

// What is missing now, and whether nothing has moved since the last look; nothing when the counters
// are not of one instant, because this thread had to wait in between. Accounted is read before
// received: what arrives in between looks like a loss for one check, never like a double count.
std::optional<std::int64_t> Conservation::observe(Watched& input, const Refresh& refresh,
                                                  bool& quiet) const {
  constexpr int tries = 8;
  std::uint64_t accounted = 0;
  for (int left = tries;; --left) {
    if (left == 0) return std::nullopt;
    accounted = input.account.accounted();
    if (refresh) refresh(input.account);
    const std::uint64_t moved = input.account.accounted() - accounted;
    if (moved <= static_cast<std::uint64_t>(options_.slack) / 4) break;
  }
  const double in_flight = input.account.in_flight.value();
  const std::uint64_t received = input.account.received.value();
  quiet = accounted == input.last_accounted && received == input.last_received &&
          in_flight == input.last_in_flight;
  input.last_accounted = accounted;
  input.last_received = received;
  input.last_in_flight = in_flight;
  return static_cast<std::int64_t>(received - accounted) - static_cast<std::int64_t>(in_flight);
}

// The imbalance that is sure: 0 while it may be frames on their way.
std::int64_t Conservation::judge(Watched& input, const Refresh& refresh) const {
  bool quiet = false;
  const std::optional<std::int64_t> observed = observe(input, refresh, quiet);
  if (!observed) return input.alarmed;
  const std::int64_t seen = *observed;
  const bool within_slack = !quiet && std::abs(seen) <= options_.slack;
  if (seen == 0 || within_slack) {
    input.wrong_in_a_row = 0;
    // A busy input that was found wrong stays wrong until a look finds it right.
    return seen == 0 ? 0 : input.alarmed;
  }
  const bool same_side = input.wrong_in_a_row > 0 && (seen > 0) == (input.nearest > 0);
  input.wrong_in_a_row = same_side ? input.wrong_in_a_row + 1 : 1;
  if (!same_side || std::abs(seen) < std::abs(input.nearest)) input.nearest = seen;
  if (quiet) input.nearest = seen;
  return input.wrong_in_a_row >= options_.confirm ? input.nearest : input.alarmed;
}

std::vector<Violation> Conservation::check(const Refresh& refresh) {
  std::vector<Violation> wrong;
  std::vector<Violation> news;
  {
    const std::lock_guard lock(mutex_);
    for (Watched& input : inputs_) {
      const std::int64_t imbalance = judge(input, refresh);
      input.imbalance.set(static_cast<double>(imbalance));
      input.violation.set(imbalance == 0 ? 0 : 1);
      if (imbalance != 0) wrong.push_back({input.account.name, imbalance});
      if (imbalance != 0 && imbalance != input.alarmed) news.push_back(wrong.back());
      input.alarmed = imbalance;
    }
  }
  if (alarm_)
    for (const Violation& violation : news) alarm_(violation);
  return wrong;
}

}  // namespace tocsin::metrics
