#include "event/field.hpp"

#include <array>

#include "base/check.hpp"

namespace tocsin::event {

namespace {

constexpr std::array<std::string_view, field::count> known_names = {"message",
                                                                    "host.name",
                                                                    "process.name",
                                                                    "process.pid",
                                                                    "log.syslog.facility.code",
                                                                    "log.syslog.severity.code",
                                                                    "log.syslog.msgid",
                                                                    "log.repeat",
                                                                    "source.ip",
                                                                    "source.address",
                                                                    "source.port",
                                                                    "user.name",
                                                                    "event.category",
                                                                    "event.action",
                                                                    "event.outcome"};

}  // namespace

FieldTable::FieldTable() {
  for (std::string_view name : known_names) intern(name);
}

FieldId FieldTable::intern(std::string_view name) {
  if (const auto found = ids_.find(name); found != ids_.end()) return found->second;
  CHECK(names_.size() < first_local_field,
        "more field names in packs than a FieldId can tell apart");
  const FieldId id{static_cast<std::uint16_t>(names_.size())};
  names_.emplace_back(name);
  ids_.emplace(names_.back(), id);
  return id;
}

FieldId FieldTable::find(std::string_view name) const {
  const auto found = ids_.find(name);
  return found == ids_.end() ? unknown : found->second;
}

std::string_view FieldTable::name(FieldId id) const {
  CHECK(id.value < names_.size(), "a field id from another table");
  return names_[id.value];
}

}  // namespace tocsin::event
