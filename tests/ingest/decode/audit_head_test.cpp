#include "ingest/decode/audit_head.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tocsin::ingest {
namespace {

TEST(AuditHead, AllItsPartsAreRead) {
  std::string_view text = " [ 1.5] audit: node=n type=EXECVE msg=audit(1700000000.123:45): argc=1";
  AuditHead head;
  ASSERT_TRUE(take_audit_head(text, head));
  EXPECT_EQ(head.node, "n");
  EXPECT_EQ(head.type_text, "EXECVE");
  ASSERT_NE(head.type, nullptr);
  EXPECT_EQ(head.type->number, 1309);
  EXPECT_FALSE(head.numbered);
  EXPECT_EQ(head.ns, 1'700'000'000'123'000'000);
  EXPECT_EQ(head.serial, "45");
  EXPECT_EQ(text, " argc=1");
}

TEST(AuditHead, MostPartsMayBeMissing) {
  std::string_view text = "audit(1.000000001:0)";
  AuditHead head;
  ASSERT_TRUE(take_audit_head(text, head));
  EXPECT_EQ(head.type, nullptr);
  EXPECT_EQ(head.type_text, "");
  EXPECT_EQ(head.ns, 1'000'000'001);
  EXPECT_EQ(text, "");
}

TEST(AuditHead, NumbersBecomeNamesWhereTheyAreKnown) {
  std::string_view text = "type=1400 audit(1.0:1): x";
  AuditHead head;
  ASSERT_TRUE(take_audit_head(text, head));
  EXPECT_TRUE(head.numbered);
  EXPECT_EQ(head.type_text, "AVC");
  text = "type=UNKNOWN[9999] msg=audit(1.0:1): x";
  head = {};
  ASSERT_TRUE(take_audit_head(text, head));
  EXPECT_EQ(head.type, nullptr);
  EXPECT_EQ(head.type_text, "UNKNOWN[9999]");
  text = "type=14x0 msg=audit(1.0:1): x";
  head = {};
  ASSERT_TRUE(take_audit_head(text, head));
  EXPECT_FALSE(head.numbered);
}

TEST(AuditHead, WithoutAStampThereIsNone) {
  for (const char* wrong : {"", "node=", "node=x", "type=SYSCALL", "audit", "audit(1.0:1",
                            "audit 1.0:1", "audit(1.0:x)", "audit(x.0:1)", "[ 1.5 audit(1.0:1)",
                            "[ 123456789012345678901234567890] audit(1.0:1)"}) {
    std::string_view text = wrong;
    AuditHead head;
    EXPECT_FALSE(take_audit_head(text, head)) << wrong;
  }
}

}  // namespace
}  // namespace tocsin::ingest
