#include "ingest/decode/audit_tables.hpp"

#include <gtest/gtest.h>

namespace tocsin::ingest {
namespace {

TEST(AuditTables, TypesAreFoundByNameAndByNumber) {
  for (std::uint32_t number = 0; number < 3000; ++number) {
    const AuditType* type = audit_type(number);
    if (type == nullptr) continue;
    EXPECT_EQ(type->number, number);
    EXPECT_EQ(audit_type(type->name), type);
  }
  ASSERT_NE(audit_type("USER_LOGIN"), nullptr);
  EXPECT_EQ(audit_type("USER_LOGIN")->number, 1112);
  EXPECT_EQ(audit_type("USER_LOGIN")->writer, AuditWriter::user);
  EXPECT_FALSE(audit_type("USER_LOGIN")->part);
  EXPECT_TRUE(audit_type("EXECVE")->part);
  EXPECT_EQ(audit_type(1400)->name, "AVC");
  EXPECT_EQ(audit_type(1326)->name, "SECCOMP");
  EXPECT_EQ(audit_type("user_login"), nullptr);
  EXPECT_EQ(audit_type(""), nullptr);
  EXPECT_EQ(audit_type(1), nullptr);
  EXPECT_EQ(audit_type(99999), nullptr);
}

TEST(AuditTables, SystemCallsDependOnTheProcessor) {
  EXPECT_EQ(audit_arch("c000003e"), AuditArch::x86_64);
  EXPECT_EQ(audit_arch("aarch64"), AuditArch::aarch64);
  EXPECT_EQ(audit_arch("80000015"), AuditArch::unknown);
  EXPECT_EQ(audit_arch_name("80000015"), "ppc64");
  EXPECT_EQ(audit_arch_name("deadbeef"), "");
  EXPECT_EQ(audit_syscall(AuditArch::x86_64, 0), "read");
  EXPECT_EQ(audit_syscall(AuditArch::x86_64, 59), "execve");
  EXPECT_EQ(audit_syscall(AuditArch::x86_64, 322), "execveat");
  EXPECT_EQ(audit_syscall(AuditArch::x86_64, 435), "clone3");
  EXPECT_EQ(audit_syscall(AuditArch::i386, 11), "execve");
  EXPECT_EQ(audit_syscall(AuditArch::i386, 132), "getpgid");
  EXPECT_EQ(audit_syscall(AuditArch::aarch64, 221), "execve");
  EXPECT_EQ(audit_syscall(AuditArch::aarch64, 203), "connect");
  EXPECT_EQ(audit_syscall(AuditArch::aarch64, 244), "");
  EXPECT_EQ(audit_syscall(AuditArch::x86_64, 4'000'000'000U), "");
  EXPECT_EQ(audit_syscall(AuditArch::unknown, 59), "");
}

TEST(AuditTables, CallsAndErrorsHaveNames) {
  ASSERT_NE(audit_call("execve"), nullptr);
  EXPECT_EQ(audit_call("execve")->action, "executed");
  EXPECT_EQ(audit_call("umount2")->category, "file");
  EXPECT_EQ(audit_call("getpid"), nullptr);
  EXPECT_EQ(audit_errno(13), "EACCES");
  EXPECT_EQ(audit_errno(115), "EINPROGRESS");
  EXPECT_EQ(audit_errno(0), "");
  EXPECT_EQ(audit_errno(4000), "");
  EXPECT_EQ(audit_errno(4'000'000'000U), "");
}

}  // namespace
}  // namespace tocsin::ingest
