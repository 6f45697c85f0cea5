// Reads what stands before the fields of a Linux audit record: node, type, stamp.
// Path:      message body -> head, and the text behind it (ingest/decode/audit)
// Units:     ns since 1970Z
// Threads:   pure functions
// Errors:    false when there is no stamp as audit writes it
// Source:    kernel/audit.c (audit_log_start, kauditd_printk_skb), auditd's raw format
// Tested by: tests/ingest/decode/audit_head_test.cpp
//
//     [[UPTIME] ][audit: ][node=NAME ][type=TYPE ][msg=]audit(SECONDS.FRACTION:SERIAL)[:]
#pragma once

#include <cstdint>
#include <string_view>

#include "ingest/decode/audit_tables.hpp"

namespace tocsin::ingest {

struct AuditHead {
  std::string_view node;       // empty: none
  std::string_view type_text;  // a name, also where the record has a number that is known
  const AuditType* type = nullptr;
  bool numbered = false;  // the kernel's own log gives numbers, auditd gives names
  std::int64_t ns = 0;
  std::string_view serial;  // digits
};

// Removes the head from the front of `text`. On false both are left as they happen to be.
[[nodiscard]] bool take_audit_head(std::string_view& text, AuditHead& head);

}  // namespace tocsin::ingest
