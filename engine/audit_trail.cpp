#include "engine/audit_trail.hpp"

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/time.hpp"

namespace tocsin::engine {

std::string json_of(const AuditRecord& record, base::ReceivedTime at) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object();
  json.member("@timestamp", std::string_view(base::format_rfc3339(at.value)));
  json.member("event.kind", "event").member("event.category", record.category);
  json.member("event.action", record.action);
  json.member("event.outcome", record.success ? "success" : "failure");
  if (record.by) {
    json.member("user.id", std::string_view(std::to_string(record.by->uid)));
    if (!record.by->user.empty()) json.member("user.name", std::string_view(record.by->user));
  }
  for (const auto& [name, value] : record.more) json.member(name, std::string_view(value));
  json.member("message", std::string_view(record.message));
  json.end_object();
  return text;
}

AuditRecord audit_record(const store::StoredAlert& changed, const event::ChangeRequest& request,
                         const event::Actor& by) {
  const std::string_view what = event::name_of(request.action);
  AuditRecord record{.category = "process", .action = "alert-changed", .by = by, .message = {}};
  record.message = fmt::format("alert {}: {}, now {}", event::to_string(changed.alert.id), what,
                               event::status_text(changed.life));
  record.more = {{"tocsin.alert.id", event::to_string(changed.alert.id)},
                 {"tocsin.rule.id", changed.alert.rule_id},
                 {"tocsin.alert.change", std::string(what)},
                 {"tocsin.alert.status", std::string(event::name_of(changed.life.status))}};
  if (request.reason != event::CloseReason::none)
    record.more.emplace_back("tocsin.alert.reason", event::name_of(request.reason));
  if (!request.value.empty()) record.more.emplace_back("tocsin.alert.value", request.value);
  if (!request.text.empty()) record.more.emplace_back("tocsin.alert.comment", request.text);
  return record;
}

AuditTrail::AuditTrail(bool on, const base::Clock& clock,
                       std::function<void(const std::string&)> say)
    : on_(on), clock_(clock), say_(std::move(say)) {}

void AuditTrail::record(const AuditRecord& record) {
  if (!on_) return;
  std::string text = json_of(record, clock_.now());
  if (!events_.put(text)) say_("the audit trail has no room for: " + text);
}

}  // namespace tocsin::engine
