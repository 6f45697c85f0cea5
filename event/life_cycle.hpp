// What people do about an alert: its status, who has it, comments, tags. It is no part of the fold:
// no alert depends on it.
// Path:      a person's request -> AlertChange, kept for ever -> LifeCycle (all changes applied)
// Units:     our own clock, ns since 1970Z; texts in bytes
// Threads:   values and pure functions
// Errors:    event-1 stored bytes that are damaged, event-2 a text that is not taken, event-3 a
//            change that the alert as it is does not allow
// Tested by: tests/event/life_cycle_test.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/time.hpp"
#include "event/alert.hpp"

namespace tocsin::event {

enum class AlertStatus : std::uint8_t { open, acknowledged, in_progress, closed };
enum class CloseReason : std::uint8_t {
  none,
  true_positive,
  false_positive,
  benign,
  duplicate,
  other
};
enum class AlertAction : std::uint8_t {
  acknowledge,
  progress,
  close,
  reopen,
  assign,
  comment,
  tag,
  untag
};
// As commands, requests and answers write them: "in_progress", "false_positive", "ack".
[[nodiscard]] std::string_view name_of(AlertStatus status);
[[nodiscard]] std::string_view name_of(CloseReason reason);
[[nodiscard]] std::string_view name_of(AlertAction action);
[[nodiscard]] std::optional<AlertStatus> parse_alert_status(std::string_view name);
[[nodiscard]] std::optional<CloseReason> parse_close_reason(std::string_view name);
[[nodiscard]] std::optional<AlertAction> parse_alert_action(std::string_view name);

inline constexpr std::size_t max_comment = 4096;
inline constexpr std::size_t max_tag = 64;
inline constexpr std::size_t max_assignee = 128;
inline constexpr std::size_t max_tags = 64;
inline constexpr std::uint32_t max_alert_changes = 1000;

// Who did it, as the system says, not as they say.
struct Actor {
  std::uint32_t uid = 0;
  std::string user;  // name of the account, empty where it has none

  bool operator==(const Actor&) const = default;
};

// What a person asks for.
struct ChangeRequest {
  AlertAction action = AlertAction::comment;
  CloseReason reason = CloseReason::none;  // of close
  std::string value;                       // the assignee (empty: nobody), the tag
  std::string text;                        // a comment, with any action

  bool operator==(const ChangeRequest&) const = default;
};

struct AlertChange {
  std::uint32_t number = 0;  // from 1, of its alert
  base::ReceivedTime at;
  Actor by;
  AlertAction action = AlertAction::comment;
  // A status, an assignee or a tag before and after; empty where the action has none.
  std::string from;
  std::string to;
  CloseReason reason = CloseReason::none;
  std::string text;

  bool operator==(const AlertChange&) const = default;
};

// What all changes of an alert come to.
struct LifeCycle {
  AlertStatus status = AlertStatus::open;
  CloseReason reason = CloseReason::none;  // why it is closed
  std::string assignee;
  std::vector<std::string> tags;  // sorted
  std::uint32_t changes = 0;
  base::ReceivedTime changed;  // when the last one was made

  bool operator==(const LifeCycle&) const = default;
};

// The change that the request means for an alert as it is now.
[[nodiscard]] base::Result<AlertChange> plan_change(const LifeCycle& now,
                                                    const ChangeRequest& request,
                                                    const Actor& actor, base::ReceivedTime at);
void apply(LifeCycle& life, const AlertChange& change);

// The alert's own JSON; one that somebody changed has the member life_cycle, too.
[[nodiscard]] std::string json_of(const Alert& alert, const LifeCycle& life);
// The same with all its changes in life_cycle.history.
[[nodiscard]] std::string json_of(const Alert& alert, const LifeCycle& life,
                                  std::span<const AlertChange> history);
// "closed (benign)": for people.
[[nodiscard]] std::string status_text(const LifeCycle& life);
// "open -> closed (benign)", "assigned to bob": for people, without its comment.
[[nodiscard]] std::string text_of(const AlertChange& change);

[[nodiscard]] std::string encode(const AlertChange& change);
[[nodiscard]] base::Result<AlertChange> decode_alert_change(std::string_view bytes);
[[nodiscard]] std::string encode(const LifeCycle& life);
[[nodiscard]] base::Result<LifeCycle> decode_life_cycle(std::string_view bytes);

}  // namespace tocsin::event
