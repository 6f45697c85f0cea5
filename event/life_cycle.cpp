#include "event/life_cycle.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/varint.hpp"

namespace tocsin::event {

using base::fail;
using base::Result;

namespace {

constexpr std::array<std::string_view, 4> status_names = {"open", "acknowledged", "in_progress",
                                                          "closed"};
constexpr std::array<std::string_view, 6> reason_names = {
    "none", "true_positive", "false_positive", "benign", "duplicate", "other"};
constexpr std::array<std::string_view, 8> action_names = {"ack",    "progress", "close", "reopen",
                                                          "assign", "comment",  "tag",   "untag"};

template <typename Enum, std::size_t size>
std::optional<Enum> parse(const std::array<std::string_view, size>& names, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::string_view name_of(AlertStatus status) {
  return status_names[static_cast<std::size_t>(status)];
}
std::string_view name_of(CloseReason reason) {
  return reason_names[static_cast<std::size_t>(reason)];
}
std::string_view name_of(AlertAction action) {
  return action_names[static_cast<std::size_t>(action)];
}
std::optional<AlertStatus> parse_alert_status(std::string_view name) {
  return parse<AlertStatus>(status_names, name);
}
std::optional<CloseReason> parse_close_reason(std::string_view name) {
  auto reason = parse<CloseReason>(reason_names, name);
  return reason == CloseReason::none ? std::nullopt : reason;
}
std::optional<AlertAction> parse_alert_action(std::string_view name) {
  return parse<AlertAction>(action_names, name);
}

namespace {

Result<void> check_text(std::string_view what, std::string_view text, std::size_t longest) {
  if (text.empty()) return fail("event-2", fmt::format("{} is empty", what));
  if (text.size() > longest) {
    return fail("event-2",
                fmt::format("{} has {} bytes, of at most {}", what, text.size(), longest));
  }
  if (base::printable(text) != text) {
    return fail("event-2",
                fmt::format("{} holds control characters or bytes that are not UTF-8", what));
  }
  return {};
}

std::unexpected<base::Error> not_allowed(std::string sentence) {
  return fail("event-3", std::move(sentence));
}

// The status that an action leads to; nothing: it leaves it as it is.
std::optional<AlertStatus> target_of(AlertAction action) {
  switch (action) {
    case AlertAction::acknowledge:
      return AlertStatus::acknowledged;
    case AlertAction::progress:
      return AlertStatus::in_progress;
    case AlertAction::close:
      return AlertStatus::closed;
    case AlertAction::reopen:
      return AlertStatus::open;
    default:
      return std::nullopt;
  }
}

Result<void> check_status(const LifeCycle& now, AlertAction action, AlertStatus target) {
  const bool closed = now.status == AlertStatus::closed;
  if (now.status == target && action != AlertAction::reopen)
    return not_allowed(fmt::format("the alert is {} already", name_of(now.status)));
  if (action == AlertAction::reopen && !closed) {
    return not_allowed(
        fmt::format("the alert is {}: only a closed one can be reopened", name_of(now.status)));
  }
  if (action != AlertAction::reopen && closed)
    return not_allowed("the alert is closed: reopen it first");
  return {};
}

Result<void> check_request(const ChangeRequest& request) {
  const bool closes = request.action == AlertAction::close;
  if (closes && request.reason == CloseReason::none) {
    return fail("event-2",
                "a reason is missing: true_positive, false_positive, benign, duplicate or other");
  }
  if (!closes && request.reason != CloseReason::none)
    return fail("event-2", "only closing has a reason");
  if (request.action == AlertAction::comment || request.reason == CloseReason::other ||
      !request.text.empty())
    TRY_VOID(check_text(
        request.reason == CloseReason::other ? "the text of reason other" : "the comment",
        request.text, max_comment));
  const bool tags = request.action == AlertAction::tag || request.action == AlertAction::untag;
  if (tags) return check_text("the tag", request.value, max_tag);
  if (request.action != AlertAction::assign && !request.value.empty())
    return fail("event-2", "only an assignment or a tag has a value");
  if (!request.value.empty()) return check_text("the assignee", request.value, max_assignee);
  return {};
}

Result<void> check_tag(const LifeCycle& now, const ChangeRequest& request) {
  const bool has = std::ranges::binary_search(now.tags, request.value);
  if (request.action == AlertAction::tag) {
    if (has) return not_allowed("the alert has that tag already");
    if (now.tags.size() >= max_tags)
      return not_allowed(fmt::format("the alert has {} tags, which is the most", max_tags));
  } else if (!has) {
    return not_allowed("the alert has no such tag");
  }
  return {};
}

}  // namespace

Result<AlertChange> plan_change(const LifeCycle& now, const ChangeRequest& request,
                                const Actor& actor, base::ReceivedTime at) {
  TRY_VOID(check_request(request));
  if (now.changes >= max_alert_changes) {
    return not_allowed(
        fmt::format("the alert was changed {} times, which is the most", max_alert_changes));
  }
  AlertChange change;
  change.number = now.changes + 1;
  change.at = at;
  change.by = actor;
  change.action = request.action;
  change.reason = request.reason;
  change.text = request.text;
  if (const auto target = target_of(request.action)) {
    TRY_VOID(check_status(now, request.action, *target));
    change.from = name_of(now.status);
    change.to = name_of(*target);
  } else if (request.action == AlertAction::assign) {
    if (request.value == now.assignee) {
      return not_allowed(now.assignee.empty() ? "the alert is assigned to nobody already"
                                              : "the alert is assigned to them already");
    }
    change.from = now.assignee;
    change.to = request.value;
  } else if (request.action != AlertAction::comment) {
    TRY_VOID(check_tag(now, request));
    (request.action == AlertAction::tag ? change.to : change.from) = request.value;
  }
  return change;
}

void apply(LifeCycle& life, const AlertChange& change) {
  life.changes = change.number;
  life.changed = change.at;
  if (const auto target = target_of(change.action)) {
    life.status = *target;
    life.reason = change.reason;
  } else if (change.action == AlertAction::assign) {
    life.assignee = change.to;
  } else if (change.action == AlertAction::tag) {
    const auto at = std::ranges::lower_bound(life.tags, change.to);
    if (at == life.tags.end() || *at != change.to) life.tags.insert(at, change.to);
  } else if (change.action == AlertAction::untag) {
    std::erase(life.tags, change.from);
  }
}

namespace {

void text_or_null(base::JsonWriter& out, std::string_view name, std::string_view text) {
  out.key(name);
  if (text.empty()) {
    out.null();
  } else {
    out.value(text);
  }
}

void write_json(const AlertChange& change, base::JsonWriter& out) {
  out.begin_object().member("number", change.number);
  out.member("at", std::string_view(base::format_rfc3339(change.at.value)));
  out.member("uid", change.by.uid);
  text_or_null(out, "user", change.by.user);
  out.member("action", name_of(change.action));
  text_or_null(out, "from", change.from);
  text_or_null(out, "to", change.to);
  text_or_null(out, "reason",
               change.reason == CloseReason::none ? std::string_view() : name_of(change.reason));
  text_or_null(out, "text", change.text);
  out.end_object();
}

void write_json(const LifeCycle& life, base::JsonWriter& out, bool whole,
                std::span<const AlertChange> history) {
  out.begin_object().member("status", name_of(life.status));
  text_or_null(out, "reason",
               life.reason == CloseReason::none ? std::string_view() : name_of(life.reason));
  text_or_null(out, "assignee", life.assignee);
  out.key("tags").begin_array();
  for (const std::string& tag : life.tags) out.value(std::string_view(tag));
  out.end_array().member("changes", life.changes);
  text_or_null(out, "changed", life.changes == 0 ? "" : base::format_rfc3339(life.changed.value));
  if (whole) {
    out.key("history").begin_array();
    for (const AlertChange& change : history) write_json(change, out);
    out.end_array();
  }
  out.end_object();
}

// A member more behind those of an object.
std::string with_life(const Alert& alert, const LifeCycle& life, bool whole,
                      std::span<const AlertChange> history) {
  std::string out = json_of(alert);
  out.back() = ',';
  out += "\"life_cycle\":";
  base::JsonWriter writer(out);
  write_json(life, writer, whole, history);
  out += '}';
  return out;
}

}  // namespace

std::string json_of(const Alert& alert, const LifeCycle& life) {
  return life.changes == 0 ? json_of(alert) : with_life(alert, life, false, {});
}

std::string json_of(const Alert& alert, const LifeCycle& life,
                    std::span<const AlertChange> history) {
  return with_life(alert, life, true, history);
}

std::string status_text(const LifeCycle& life) {
  if (life.reason == CloseReason::none) return std::string(name_of(life.status));
  return fmt::format("{} ({})", name_of(life.status), name_of(life.reason));
}

std::string text_of(const AlertChange& change) {
  switch (change.action) {
    case AlertAction::assign:
      if (change.to.empty()) return fmt::format("taken from {}", change.from);
      return change.from.empty() ? fmt::format("assigned to {}", change.to)
                                 : fmt::format("assigned to {}, was {}'s", change.to, change.from);
    case AlertAction::comment:
      return "commented";
    case AlertAction::tag:
      return fmt::format("tagged {}", change.to);
    case AlertAction::untag:
      return fmt::format("no longer tagged {}", change.from);
    default:
      break;
  }
  if (change.reason == CloseReason::none) return fmt::format("{} -> {}", change.from, change.to);
  return fmt::format("{} -> {} ({})", change.from, change.to, name_of(change.reason));
}

// ---- bytes: version (1 byte), then members in the order of the struct; numbers as varints, times
// zigzag, texts and lists with their size before them.

namespace {

constexpr char life_version = 1;

std::optional<base::VarintReader> values_of(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != life_version) return std::nullopt;
  return base::VarintReader(bytes.substr(1));
}

template <typename Enum, std::size_t size>
Enum read_enum(base::VarintReader& in, const std::array<std::string_view, size>&) {
  const std::uint64_t value = in.number();
  return static_cast<Enum>(value < size ? value : in.fault());
}

}  // namespace

std::string encode(const AlertChange& change) {
  std::string out(1, life_version);
  base::put_varint(out, change.number);
  base::put_signed(out, change.at.value);
  base::put_varint(out, change.by.uid);
  base::put_text(out, change.by.user);
  base::put_varint(out, static_cast<std::uint64_t>(change.action));
  base::put_text(out, change.from);
  base::put_text(out, change.to);
  base::put_varint(out, static_cast<std::uint64_t>(change.reason));
  base::put_text(out, change.text);
  return out;
}

Result<AlertChange> decode_alert_change(std::string_view bytes) {
  auto in = values_of(bytes);
  if (!in) return fail("event-1", "a change of an alert written by another version");
  AlertChange change;
  change.number = static_cast<std::uint32_t>(in->number());
  change.at = base::ReceivedTime(in->signed_number());
  change.by.uid = static_cast<std::uint32_t>(in->number());
  change.by.user = in->text();
  change.action = read_enum<AlertAction>(*in, action_names);
  change.from = in->text();
  change.to = in->text();
  change.reason = read_enum<CloseReason>(*in, reason_names);
  change.text = in->text();
  if (!in->done()) return fail("event-1", "the stored bytes of an alert's change are damaged");
  return change;
}

std::string encode(const LifeCycle& life) {
  std::string out(1, life_version);
  base::put_varint(out, static_cast<std::uint64_t>(life.status));
  base::put_varint(out, static_cast<std::uint64_t>(life.reason));
  base::put_text(out, life.assignee);
  base::put_varint(out, life.tags.size());
  for (const std::string& tag : life.tags) base::put_text(out, tag);
  base::put_varint(out, life.changes);
  base::put_signed(out, life.changed.value);
  return out;
}

Result<LifeCycle> decode_life_cycle(std::string_view bytes) {
  auto in = values_of(bytes);
  if (!in) return fail("event-1", "an alert's status written by another version");
  LifeCycle life;
  life.status = read_enum<AlertStatus>(*in, status_names);
  life.reason = read_enum<CloseReason>(*in, reason_names);
  life.assignee = in->text();
  for (std::uint64_t left = in->count(); left > 0; --left) life.tags.emplace_back(in->text());
  life.changes = static_cast<std::uint32_t>(in->number());
  life.changed = base::ReceivedTime(in->signed_number());
  if (!in->done()) return fail("event-1", "the stored bytes of an alert's status are damaged");
  return life;
}

}  // namespace tocsin::event
