#include "ingest/decode/compiled_field.hpp"

#include <gtest/gtest.h>

namespace tocsin::ingest {
namespace {

EmitSlot slot(std::string_view text, event::FieldTable& fields) {
  CaptureTarget target;
  EXPECT_FALSE(read_target(text, target));
  return emit_slot(target, fields);
}

TEST(CompiledField, TheNameDecidesWhatBecomesOfAValue) {
  event::FieldTable fields;
  EXPECT_EQ(slot("_:word", fields).use, EmitSlot::Use::nothing);
  EXPECT_EQ(slot("_verb:word", fields).use, EmitSlot::Use::nothing);
  EXPECT_EQ(slot("@time:clf", fields).use, EmitSlot::Use::time);
  EXPECT_EQ(slot("*:kv", fields).use, EmitSlot::Use::pairs);
  EXPECT_EQ(slot("user.name", fields).name, event::field::user_name);
}

TEST(CompiledField, AHostHasTwoNames) {
  event::FieldTable fields;
  const EmitSlot host = slot("source:host", fields);
  EXPECT_EQ(host.use, EmitSlot::Use::host);
  EXPECT_EQ(host.name, event::field::source_ip);
  EXPECT_EQ(host.other, event::field::source_address);
}

TEST(CompiledField, AUrlHasParts) {
  event::FieldTable fields;
  const EmitSlot url = slot("url.original:text", fields);
  EXPECT_EQ(url.use, EmitSlot::Use::url);
  EXPECT_EQ(fields.name(url.url.path), "url.path");
  const auto is = [](std::string_view target, std::string_view domain, std::string_view path,
                     std::string_view query, std::string_view extension) {
    const UrlParts parts(target);
    EXPECT_EQ(parts.domain, domain) << target;
    EXPECT_EQ(parts.path, path) << target;
    EXPECT_EQ(parts.query, query) << target;
    EXPECT_EQ(parts.extension, extension) << target;
  };
  is("/a/b.php?x=1?y#z", "", "/a/b.php", "x=1?y", "php");
  is("/a.d/b", "", "/a.d/b", "", "");
  is("/", "", "/", "", "");
  is("/?a=/b.c", "", "/", "a=/b.c", "");
  is("/a#b?c", "", "/a", "", "");
  is("http://example.org", "example.org", "", "", "");
  is("http://u:p@example.org:8080/x.EXE", "example.org", "/x.EXE", "", "EXE");
  is("https://[2001:db8::1]:8443?q", "[2001:db8::1]", "", "q", "");
  is("http://[2001:db8::1]/", "[2001:db8::1]", "/", "", "");
  is("www.example.org:443", "www.example.org", "", "", "");
  is("*", "", "", "", "");
  is("", "", "", "", "");
  is("/redirect?to=http://x.org/y", "", "/redirect", "to=http://x.org/y", "");
  is("http://", "", "", "", "");
  is(":", "", "", "", "");
}

TEST(CompiledField, NumbersAreNumbers) {
  event::FieldTable fields;
  EXPECT_EQ(slot("n:int", fields).kind, event::ValueKind::number);
  EXPECT_EQ(slot("n:port", fields).kind, event::ValueKind::number);
  EXPECT_EQ(slot("n:hex", fields).kind, event::ValueKind::text);
}

TEST(CompiledField, TheFirstCaseThatFitsCounts) {
  const event::FieldId name(7);
  ValueCases cases;
  cases.cases.emplace_back(Glob("a*"), std::vector{event::Field(name, "first")});
  cases.cases.emplace_back(Glob("ab"), std::vector{event::Field(name, "second")});
  cases.otherwise = {event::Field(name, "other")};
  EXPECT_EQ(cases.of("ab")[0].value(), "first");
  EXPECT_EQ(cases.of("b")[0].value(), "other");
}

}  // namespace
}  // namespace tocsin::ingest
