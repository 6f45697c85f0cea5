// What the field names of Linux audit mean to its decoder, and those that decoder and join set.
// Threads:   pure functions
// Source:    linux-audit "Audit Event Fields"; auparse's table of encoded fields
// Tested by: tests/ingest/decode/audit_names_test.cpp
#pragma once

#include <cstdint>
#include <string_view>

#include "event/field.hpp"

namespace tocsin::ingest {

// Numbers with names of their own: NameCache keeps them as they are.
struct AuditRole {
  enum : std::uint8_t {
    none,
    argument,  // a0, a1 ...: text in EXECVE, numbers in SYSCALL
    piece,     // a1[0], a1[1] ...
    id,        // -1 is "unset"
    addr,
    apparmor,
    arch,
    arch_name,
    auid_name,
    exit,
    hostname,
    pid,
    ppid,
    res,
    rport,
    saddr,
    success,
    syscall,
    syscall_name,
    uid_name,
    // From here on the kernel or libaudit encodes the value when it has odd bytes.
    encoded,
    acct,
    cmd,
    comm,
    cwd,
    exe,
    key,
    proctitle,
  };
};

// The role of a field's name; AuditRole::none for most.
[[nodiscard]] std::uint8_t audit_role(std::string_view name);

// Names that the decoder and the join set or ask for: a table that knows them spares every batch
// from listing them.
void intern_audit_names(event::FieldTable& names);

}  // namespace tocsin::ingest
