// Decides whether an alert's lock_account action locks an account, or why it does not.
// Path:      alert (correlate, by engine) -> Lockout -> store, outbox, and the pipeline again as an
//            event
// Units:     ns of event time; no wall clock, so that a replay decides the same
// Threads:   one (the ordered stage)
// Errors:    a refusal is a Lockout with `refused` set; load(): respond-2 a damaged checkpoint
// Source:    BAD-INPUT class 18
// Tested by: tests/respond/lockout_test.cpp
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "event/alert.hpp"
#include "event/logsource.hpp"
#include "event/ports.hpp"
#include "respond/options.hpp"

namespace tocsin::respond {

struct LockoutRequest {
  const event::Alert& alert;
  event::Seq seq;        // of the firing frame
  std::uint32_t k = 1;   // place of the record behind that frame
  base::EventTime time;  // of the firing event
  std::string_view user;
  std::string_view host = {};                      // may be empty: every host
  std::optional<base::Nanoseconds> duration = {};  // the rule's `for`
  bool authenticated = false;                      // the firing event's source proved who it is
};

// Why a lockout is refused, in the order in which it is judged.
namespace refusal {
inline constexpr std::string_view grammar = "grammar";      // no plain account or host name
inline constexpr std::string_view allowlist = "allowlist";  // an account that is never locked
inline constexpr std::string_view unauthenticated = "unauthenticated";
inline constexpr std::string_view breaker = "breaker";  // the cap was exceeded a short while ago
inline constexpr std::string_view cap = "cap";
inline constexpr std::string_view all[] = {grammar, allowlist, unauthenticated, breaker, cap};
}  // namespace refusal

// user = first *63( first / "." / "-" / "@" ) [ "$" ], at most 64 bytes, not all digits;
// first = ALPHA / DIGIT / "_". No byte of it means anything to a shell or an option parser, and it
// cannot be read as a number of a user.
[[nodiscard]] bool is_account_name(std::string_view user);
// ALPHA / DIGIT / "." / "-" / "_" / ":", at most 255 bytes, not beginning with "-"; or empty.
[[nodiscard]] bool is_host_name(std::string_view host);

class LockoutPolicy {
 public:
  explicit LockoutPolicy(LockoutOptions options);

  // A function of the options, the state and the request only. An order within a minute (before or
  // after: events may come late) of `cap_per_minute` others trips the breaker; an order for an
  // account that is locked already renews it and does not count.
  [[nodiscard]] event::Lockout decide(const LockoutRequest& request);

  // Checkpoint: the orders and trips that still matter, under one key when they changed since.
  void save(event::StateWriter& out);
  [[nodiscard]] base::Result<void> load(std::string_view key, std::string_view value);
  static constexpr std::string_view state_key = "lockout";

  // Orders remembered at most; the one that ends first goes first.
  static constexpr std::size_t max_orders = 4096;

 private:
  struct Order {
    std::int64_t time;
    std::int64_t until;
    bool counts;  // no renewal
    std::string user;
    std::string host;
  };
  [[nodiscard]] std::string_view judge(const LockoutRequest& request, bool renewal);
  [[nodiscard]] bool is_never_locked(std::string_view user) const;
  // When nothing depends on the order any more.
  [[nodiscard]] static std::int64_t end_of(const Order& order);
  [[nodiscard]] std::deque<Order>::const_iterator not_over(std::int64_t time) const;
  [[nodiscard]] bool is_locked(const LockoutRequest& request) const;
  [[nodiscard]] std::int64_t orders_near(std::int64_t time) const;
  void remember(Order order);

  LockoutOptions options_;
  std::deque<Order> orders_;  // ascending by end, then by arrival
  std::deque<std::int64_t> trips_;
  bool changed_ = false;
};

// The record as an event: one line of JSON with ECS names, dotted, which the JSON decoder reads
// like any other (event.category iam, event.action account-locked or lockout-refused).
[[nodiscard]] std::string lockout_frame(const event::Lockout& lockout);
// Its log source.
[[nodiscard]] event::Logsource lockout_logsource();

}  // namespace tocsin::respond
