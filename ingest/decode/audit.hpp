// Decodes one record of Linux audit, raw or enriched, as auditd, a dispatcher or the kernel's log
// gives it.
// Path:      message body -> fields, time, kind of one event (ingest/decode/decoder); parts go on
//            to ingest/decode/audit_join
// Units:     event time in ns since 1970Z, from the record's stamp
// Threads:   one AuditBody per worker
// Errors:    none; audit_invalid without fields: no record; with fields: a quote is not closed as
//            the kernel closes it, and nothing behind it is believed. audit_hex: a value that the
//            kernel would have encoded is neither quoted nor hexadecimal; it stays as written
// Source:    linux-audit "Audit Event Fields"; kernel/audit.c, kernel/auditsc.c
// Tested by: tests/ingest/decode/audit_test.cpp, tests/ingest/decode/audit_data_test.cpp,
//            audit_fuzz
//
//     [node=NAME ]type=TYPE msg=audit(SECONDS.MILLIS:SERIAL): key=value ... [msg='key=value ...']
//     [0x1D KEY="value" ...]
//
// A value is "quoted", hexadecimal when its field is one that the kernel encodes, or plain. Fields
// keep audit's own names; `syscall`, `arch` and `exit` stay numbers, and their meaning is SYSCALL,
// ARCH and EXIT, as auditd's enriched format spells them. A login id or session of -1 is "unset".
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "event/logsource.hpp"
#include "ingest/decode/body.hpp"

namespace tocsin::ingest {

class AuditBody {
 public:
  AuditBody();
  ~AuditBody();
  AuditBody(AuditBody&&) noexcept;
  AuditBody& operator=(AuditBody&&) noexcept;

  // Sets event.time, has_time and kind: `part` for a record of a type that comes with others.
  BodyResult decode(std::string_view body, BodyContext& context);

 private:
  class Record;
  struct State;
  std::unique_ptr<State> state_;
};

// What an audit event is to rules. Names for the table: ingest/decode/audit_names.
[[nodiscard]] event::Logsource audit_logsource();

}  // namespace tocsin::ingest
