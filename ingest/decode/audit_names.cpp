#include "ingest/decode/audit_names.hpp"

#include <algorithm>

namespace tocsin::ingest {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct RoleRow {
  std::string_view name;
  std::uint8_t role;
};
constexpr RoleRow role_rows[] = {
    {"AUID", AuditRole::auid_name},
    {"SYSCALL", AuditRole::syscall_name},
    {"ARCH", AuditRole::arch_name},
    {"UID", AuditRole::uid_name},
    {"acct", AuditRole::acct},
    {"addr", AuditRole::addr},
    {"apparmor", AuditRole::apparmor},
    {"arch", AuditRole::arch},
    {"auid", AuditRole::id},
    {"cgroup", AuditRole::encoded},
    {"cmd", AuditRole::cmd},
    {"comm", AuditRole::comm},
    {"cwd", AuditRole::cwd},
    {"data", AuditRole::encoded},
    {"denied_mask", AuditRole::encoded},
    {"device", AuditRole::encoded},
    {"dir", AuditRole::encoded},
    {"exe", AuditRole::exe},
    {"exit", AuditRole::exit},
    {"file", AuditRole::encoded},
    {"grp", AuditRole::encoded},
    {"hostname", AuditRole::hostname},
    {"info", AuditRole::encoded},
    {"key", AuditRole::key},
    {"name", AuditRole::encoded},
    {"new-disk", AuditRole::encoded},
    {"new-fs", AuditRole::encoded},
    {"new_group", AuditRole::encoded},
    {"oauid", AuditRole::id},
    {"ocomm", AuditRole::encoded},
    {"old-auid", AuditRole::id},
    {"old-disk", AuditRole::encoded},
    {"old-fs", AuditRole::encoded},
    {"old-ses", AuditRole::id},
    {"operation", AuditRole::encoded},
    {"path", AuditRole::encoded},
    {"pid", AuditRole::pid},
    {"ppid", AuditRole::ppid},
    {"proctitle", AuditRole::proctitle},
    {"profile", AuditRole::encoded},
    {"requested_mask", AuditRole::encoded},
    {"res", AuditRole::res},
    {"root_dir", AuditRole::encoded},
    {"rport", AuditRole::rport},
    {"saddr", AuditRole::saddr},
    {"sauid", AuditRole::id},
    {"ses", AuditRole::id},
    {"success", AuditRole::success},
    {"sw", AuditRole::encoded},
    {"syscall", AuditRole::syscall},
    {"vm", AuditRole::encoded},
    {"watch", AuditRole::encoded},
};

}  // namespace

std::uint8_t audit_role(std::string_view name) {
  if (name.size() >= 2 && name[0] == 'a' && is_digit(name[1])) {
    const auto* end = std::find_if_not(name.begin() + 1, name.end(), is_digit);
    if (end == name.end()) return AuditRole::argument;
    return *end == '[' ? AuditRole::piece : AuditRole::none;
  }
  for (const RoleRow& row : role_rows) {
    if (row.name == name) return row.role;
  }
  return AuditRole::none;
}

void intern_audit_names(event::FieldTable& names) {
  for (const std::string_view name : {"type",
                                      "auditd.sequence",
                                      "node",
                                      "ARCH",
                                      "SYSCALL",
                                      "EXIT",
                                      "seresult",
                                      "seperms",
                                      "family",
                                      "addr",
                                      "port",
                                      "path",
                                      "items",
                                      "saddr",
                                      "process.parent.pid",
                                      "process.executable",
                                      "process.working_directory",
                                      "process.command_line",
                                      "destination.ip",
                                      "destination.port"}) {
    names.intern(name);
  }
  for (const RoleRow& row : role_rows) names.intern(row.name);
}

}  // namespace tocsin::ingest
