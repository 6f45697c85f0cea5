#include "respond/lockout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <sstream>

#include "base/json.hpp"
#include "base/text.hpp"

namespace tocsin::respond {

namespace {

constexpr std::int64_t minute = 60 * base::ns_per_second;
constexpr std::size_t longest_account = 64;
constexpr std::size_t longest_host = 255;
constexpr std::size_t max_trips = 16;
constexpr std::size_t longest_shown = 256;  // of a name that is refused for its form

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

// a + b, kept within what a time can be.
std::int64_t later(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? (b > 0 ? std::numeric_limits<std::int64_t>::max()
                                                     : std::numeric_limits<std::int64_t>::min())
                                            : sum;
}

}  // namespace

bool is_account_name(std::string_view user) {
  if (user.empty() || user.size() > longest_account || !is_word(user.front())) return false;
  if (std::all_of(user.begin(), user.end(), is_digit)) return false;
  if (user.back() == '$') user.remove_suffix(1);
  return std::all_of(user.begin(), user.end(),
                     [](char c) { return is_word(c) || c == '.' || c == '-' || c == '@'; });
}

bool is_host_name(std::string_view host) {
  if (host.empty()) return true;
  if (host.size() > longest_host || host.front() == '-') return false;
  return std::all_of(host.begin(), host.end(),
                     [](char c) { return is_word(c) || c == '.' || c == '-' || c == ':'; });
}

LockoutPolicy::LockoutPolicy(LockoutOptions options) : options_(std::move(options)) {}

std::int64_t LockoutPolicy::end_of(const Order& order) {
  return std::max(order.until, later(order.time, minute));
}

bool LockoutPolicy::is_never_locked(std::string_view user) const {
  return std::any_of(options_.never.begin(), options_.never.end(), [&](std::string_view entry) {
    return entry.ends_with('*') ? user.starts_with(entry.substr(0, entry.size() - 1))
                                : user == entry;
  });
}

// Those before it have ended, and were ordered more than a minute ago.
std::deque<LockoutPolicy::Order>::const_iterator LockoutPolicy::not_over(std::int64_t time) const {
  return std::upper_bound(orders_.begin(), orders_.end(), time,
                          [](std::int64_t now, const Order& order) { return now < end_of(order); });
}

bool LockoutPolicy::is_locked(const LockoutRequest& request) const {
  return std::any_of(not_over(request.time.value), orders_.end(), [&](const Order& order) {
    return order.time <= request.time.value && request.time.value < order.until &&
           order.user == request.user && order.host == request.host;
  });
}

std::int64_t LockoutPolicy::orders_near(std::int64_t time) const {
  return std::count_if(not_over(time), orders_.end(), [&](const Order& order) {
    return order.counts && order.time > later(time, -minute) && order.time < later(time, minute);
  });
}

std::string_view LockoutPolicy::judge(const LockoutRequest& request, bool renewal) {
  if (!is_account_name(request.user) || !is_host_name(request.host)) return refusal::grammar;
  if (is_never_locked(request.user)) return refusal::allowlist;
  if (options_.authenticated_only && !request.authenticated) return refusal::unauthenticated;
  const std::int64_t time = request.time.value;
  for (const std::int64_t trip : trips_)
    if (time > later(trip, -minute) && time < later(trip, options_.breaker.count()))
      return refusal::breaker;
  if (renewal || orders_near(time) < options_.cap_per_minute) return {};
  if (options_.breaker.count() > 0) {
    trips_.push_back(time);
    if (trips_.size() > max_trips) trips_.pop_front();
    changed_ = true;
  }
  return refusal::cap;
}

void LockoutPolicy::remember(Order order) {
  // What still matters longest stands last.
  const auto place = not_over(end_of(order));
  orders_.insert(place, std::move(order));
  if (orders_.size() > max_orders) orders_.pop_front();
  changed_ = true;
}

event::Lockout LockoutPolicy::decide(const LockoutRequest& request) {
  const bool renewal = is_locked(request);
  event::Lockout lockout{request.seq,
                         request.k,
                         request.time,
                         std::string(base::utf8_prefix(request.user, longest_shown)),
                         std::string(base::utf8_prefix(request.host, longest_shown)),
                         request.alert.id,
                         request.alert.rule_id,
                         request.time,
                         std::string(judge(request, renewal))};
  if (!lockout.refused.empty()) return lockout;
  const std::int64_t duration =
      std::max(request.duration.value_or(options_.duration).count(), base::ns_per_second);
  lockout.until.value = later(request.time.value, duration);
  remember({request.time.value, lockout.until.value, !renewal, lockout.user, lockout.host});
  return lockout;
}

// "1" LF *( "trip" SP time LF ) *( "order" SP time SP until SP counts SP user SP host LF ), host
// "-" when there is none; the names' grammar leaves no room for blanks.
void LockoutPolicy::save(event::StateWriter& out) {
  if (!changed_) return;
  std::string value = "1\n";
  for (const std::int64_t trip : trips_) value += fmt::format("trip {}\n", trip);
  for (const Order& order : orders_)
    value += fmt::format("order {} {} {} {} {}\n", order.time, order.until, order.counts ? 1 : 0,
                         order.user, order.host.empty() ? "-" : order.host);
  out.put(state_key, value);
  changed_ = false;
}

base::Result<void> LockoutPolicy::load(std::string_view key, std::string_view value) {
  const auto damaged = [] {
    return base::fail("respond-2", "the checkpoint's state of lockouts is damaged");
  };
  if (key != state_key || !value.ends_with('\n')) return damaged();
  std::istringstream lines{std::string(value)};
  std::string line;
  if (!std::getline(lines, line) || line != "1") return damaged();
  std::deque<Order> orders;
  std::deque<std::int64_t> trips;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string word, rest;
    words >> word;
    if (std::int64_t trip = 0; word == "trip" && words >> trip) {
      trips.push_back(trip);
    } else if (Order order{}; word == "order" && words >> order.time >> order.until >>
                                                     order.counts >> order.user >> order.host) {
      if (order.host == "-") order.host.clear();
      if (!is_account_name(order.user) || !is_host_name(order.host)) return damaged();
      orders.push_back(std::move(order));
    } else {
      return damaged();
    }
    if (words >> rest || trips.size() > max_trips || orders.size() > max_orders) return damaged();
  }
  orders_ = std::move(orders);
  trips_ = std::move(trips);
  changed_ = false;
  return {};
}

std::string lockout_frame(const event::Lockout& lockout) {
  const bool ordered = lockout.refused.empty();
  std::string text;
  base::JsonWriter out(text);
  out.begin_object();
  out.member("@timestamp", std::string_view(base::format_rfc3339(lockout.time.value)));
  out.member("event.kind", "event").member("event.category", "iam").member("event.type", "change");
  out.member("event.action", ordered ? "account-locked" : "lockout-refused");
  out.member("event.outcome", ordered ? "success" : "failure");
  if (!ordered) out.member("event.reason", std::string_view(lockout.refused));
  out.member("user.name", std::string_view(lockout.user));
  if (!lockout.host.empty()) out.member("host.name", std::string_view(lockout.host));
  out.member("tocsin.alert.id", std::string_view(event::to_string(lockout.alert)));
  out.member("tocsin.rule.id", std::string_view(lockout.rule_id));
  if (ordered)
    out.member("tocsin.lockout.until", std::string_view(base::format_rfc3339(lockout.until.value)));
  out.end_object();
  return text;
}

event::Logsource lockout_logsource() { return {"", "tocsin", "lockout"}; }

}  // namespace tocsin::respond
