// Names for the numbers of Linux audit: record types, system calls, processors, errors.
// Threads:   immutable, safe
// Errors:    an unknown number has no name: an empty view or nullptr
// Source:    linux/audit.h, libaudit.h, asm/unistd.h; *_table.inc beside this file
// Tested by: tests/ingest/decode/audit_tables_test.cpp
#pragma once

#include <cstdint>
#include <string_view>

namespace tocsin::ingest {

// Who writes a record: the kernel encodes what strangers choose, programs wrap theirs in msg='...'.
enum class AuditWriter : std::uint8_t { kernel, user };

struct AuditType {
  std::string_view name;
  std::uint16_t number = 0;
  AuditWriter writer = AuditWriter::kernel;
  bool part = false;          // mostly one of several records of its event
  std::string_view category;  // ECS event.category, or empty
  std::string_view action;    // ECS event.action, or empty
};

// nullptr when there is none of that name (upper case) or number.
[[nodiscard]] const AuditType* audit_type(std::string_view name);
[[nodiscard]] const AuditType* audit_type(std::uint32_t number);

enum class AuditArch : std::uint8_t { unknown, x86_64, i386, aarch64 };
// "c000003e" (as the kernel writes it) or "x86_64" (as auditd does).
[[nodiscard]] AuditArch audit_arch(std::string_view text);
// As auditd spells it ("x86_64", "ppc64le"); empty when the number is not known.
[[nodiscard]] std::string_view audit_arch_name(std::string_view hex);

[[nodiscard]] std::string_view audit_syscall(AuditArch arch, std::uint32_t number);
// ECS category and action of a system call that says what happened; empty for all others.
struct AuditCall {
  std::string_view name;
  std::string_view category;
  std::string_view action;
};
[[nodiscard]] const AuditCall* audit_call(std::string_view syscall);

// "EACCES" for 13.
[[nodiscard]] std::string_view audit_errno(std::uint32_t number);

}  // namespace tocsin::ingest
