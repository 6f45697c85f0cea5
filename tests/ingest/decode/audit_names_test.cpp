#include "ingest/decode/audit_names.hpp"

#include <gtest/gtest.h>

namespace tocsin::ingest {
namespace {

TEST(AuditNames, ArgumentsAndTheirPiecesAreKnownByForm) {
  EXPECT_EQ(audit_role("a0"), AuditRole::argument);
  EXPECT_EQ(audit_role("a215"), AuditRole::argument);
  EXPECT_EQ(audit_role("a1[0]"), AuditRole::piece);
  EXPECT_EQ(audit_role("a1_len"), AuditRole::none);
  EXPECT_EQ(audit_role("a"), AuditRole::none);
  EXPECT_EQ(audit_role("acct"), AuditRole::acct);
}

TEST(AuditNames, OnlySomeValuesAreEncoded) {
  for (const char* name :
       {"comm", "exe", "cwd", "name", "proctitle", "key", "acct", "cmd", "data"}) {
    EXPECT_GE(audit_role(name), AuditRole::encoded) << name;
  }
  for (const char* name :
       {"pid", "inode", "tty", "hostname", "addr", "res", "saddr", "a0", "NAME"}) {
    EXPECT_LT(audit_role(name), AuditRole::encoded) << name;
  }
}

TEST(AuditNames, ATableLearnsThem) {
  event::FieldTable names;
  intern_audit_names(names);
  for (const char* name : {"type", "auditd.sequence", "SYSCALL", "comm", "process.command_line"}) {
    EXPECT_NE(names.find(name), event::FieldTable::unknown) << name;
  }
}

}  // namespace
}  // namespace tocsin::ingest
