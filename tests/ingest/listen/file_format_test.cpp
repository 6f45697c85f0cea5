#include "ingest/listen/file_format.hpp"

#include <gtest/gtest.h>

namespace tocsin::ingest {
namespace {

using enum FileFormat;

TEST(FileFormatTest, TextIsLines) {
  EXPECT_EQ(recognise(""), lines);
  EXPECT_EQ(recognise("Oct 11 22:14:15 host sshd[1]: x\n"), lines);
  EXPECT_EQ(recognise("<34>1 2026-10-11T22:14:15Z - - - - -\n"), lines);
  EXPECT_EQ(recognise("[Wed Oct 11 14:32:52 2000] [error] x\n"), lines);
  EXPECT_EQ(recognise("[    0.000000] Linux version\n"), lines);
  EXPECT_EQ(recognise("{worker-1} started\n"), lines);
  EXPECT_EQ(recognise("type=x is no audit record\n"), lines);
}

TEST(FileFormatTest, EventLogsOfWindows) {
  EXPECT_EQ(recognise(std::string_view("ElfFile\0more", 12)), evtx);
  EXPECT_EQ(recognise("ElfFile more"), lines);
  EXPECT_EQ(source_format(evtx), "json");
  EXPECT_EQ(resolve_format("evtx", ""), evtx);
}

TEST(FileFormatTest, XmlOfEvents) {
  EXPECT_EQ(recognise("<?xml version=\"1.0\"?>\r\n<Events><Event xmlns='x'>"), xml_events);
  EXPECT_EQ(recognise("\xef\xbb\xbf<Event><System>"), xml_events);
  EXPECT_EQ(recognise("<13>Jan  1 00:00:00 h p: <Event>"), lines);
  EXPECT_EQ(source_format(xml_events), "auto");
  EXPECT_EQ(resolve_format("xml", ""), xml_events);
}

TEST(FileFormatTest, AuditRecords) {
  EXPECT_EQ(recognise("type=SYSCALL msg=audit(1364481363.243:24287): arch=c000003e\n"), audit);
  EXPECT_EQ(recognise("node=a.example type=PATH msg=audit(1364481363.243:24287): item=0\n"), audit);
}

TEST(FileFormatTest, Json) {
  EXPECT_EQ(recognise("{\"a\":1}\n{\"a\":2}\n"), json_lines);
  EXPECT_EQ(recognise("\xef\xbb\xbf{\"a\":1}\r\n"), json_lines);
  EXPECT_EQ(recognise("\n  {\"a\":\"}\\\"{\"}"), json_lines);
  EXPECT_EQ(recognise("{}\n"), json_lines);
  EXPECT_EQ(recognise("{\"a\":\"a line longer than what was read"), json_lines);
  EXPECT_EQ(recognise("{\n  \"a\": 1\n}\n{\n"), json_objects);
  EXPECT_EQ(recognise("{\"a\":{\n\"b\":1}}\n"), json_objects);
  EXPECT_EQ(recognise("{\"a\":1}{\"a\":2}\n"), json_objects);
  EXPECT_EQ(recognise("[\n {\"a\":1},\n {\"a\":2}]\n"), json_objects);
}

TEST(FileFormatTest, TheOptionDecides) {
  EXPECT_EQ(resolve_format("auto", "{\"a\":1}\n"), json_lines);
  EXPECT_EQ(resolve_format("syslog", "{\"a\":1}\n"), lines);
  EXPECT_EQ(resolve_format("json", "{\n\"a\":1}\n"), json_objects);
  EXPECT_EQ(resolve_format("json", "not json"), json_lines);
  EXPECT_EQ(resolve_format("json-objects", "{\"a\":1}\n"), json_objects);
  EXPECT_EQ(resolve_format("audit", ""), audit);
  EXPECT_FALSE(resolve_format("jsonl", ""));
}

TEST(FileFormatTest, NamesForTheSource) {
  EXPECT_EQ(source_format(lines), "auto");
  EXPECT_EQ(source_format(audit), "audit");
  EXPECT_EQ(source_format(json_lines), "json");
  EXPECT_EQ(source_format(json_objects), "json");
}

}  // namespace
}  // namespace tocsin::ingest
