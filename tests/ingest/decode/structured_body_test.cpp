#include "ingest/decode/structured_body.hpp"

#include <gtest/gtest.h>

namespace tocsin::ingest {
namespace {

TEST(StructuredBody, FormsAreKnownByTheirBeginning) {
  EXPECT_EQ(recognise_body("{\"a\":1}"), BodyKind::json);
  EXPECT_EQ(recognise_body("@cee: {\"a\":1}"), BodyKind::json);
  EXPECT_EQ(recognise_body("CEF:0|a|b|c|d|e|5|"), BodyKind::cef);
  EXPECT_EQ(recognise_body("LEEF:1.0|a|b|c|d|"), BodyKind::cef);
  EXPECT_EQ(recognise_body("type=AVC msg=audit(1.2:3): x=y"), BodyKind::audit);
  EXPECT_EQ(recognise_body("node=h type=AVC msg=audit(1.2:3): x=y"), BodyKind::audit);
  EXPECT_EQ(recognise_body("audit: type=1400 audit(1.2:3): x=y"), BodyKind::audit);
  EXPECT_EQ(recognise_body("[   17.25] audit: type=1400 audit(1.2:3): x=y"), BodyKind::audit);
}

TEST(StructuredBody, OtherTextIsNone) {
  for (const char* text :
       {"", "text", "type=x", "type=x msg=other", "[   17.25] usb 1-1: x",
        "[17] type=AVC msg=audit(1.2:3):", "CE", "@time", "audit daemon", "x {"}) {
    EXPECT_EQ(recognise_body(text), std::nullopt) << text;
  }
}

TEST(StructuredBody, PairsBeginWithAKey) {
  EXPECT_TRUE(looks_like_pairs("date=2026-01-01 time=1"));
  EXPECT_TRUE(looks_like_pairs("a.b-c_d="));
  EXPECT_FALSE(looks_like_pairs("=x"));
  EXPECT_FALSE(looks_like_pairs("a b=c"));
  EXPECT_FALSE(looks_like_pairs("key"));
  EXPECT_FALSE(looks_like_pairs(""));
}

TEST(StructuredBody, EachFormIsReadByItsOwnCode) {
  event::FieldTable names;
  LocalNames locals;
  const BodyNames body_names;
  StructuredBodies bodies(body_names);
  const auto fields = [&](BodyKind kind, std::string_view body) {
    event::Batch batch;
    event::Event event;
    BodyContext context{batch, event, names, locals};
    locals.forget();
    EXPECT_EQ(bodies.decode(kind, body, context), BodyResult::decoded) << body;
    return event.field_count;
  };
  EXPECT_EQ(fields(BodyKind::json, "@cee: {\"a\":1,\"b\":2}"), 2);
  EXPECT_EQ(fields(BodyKind::key_value, "a=1 b=2 c=3"), 3);
  EXPECT_GT(fields(BodyKind::cef, "CEF:0|vendor|product|1|100|name|5|src=192.0.2.1"), 3);
  EXPECT_GT(fields(BodyKind::audit, "type=LOGIN msg=audit(1.2:3): pid=1 uid=0 res=1"), 2);
}

TEST(StructuredBody, ABodyOfAnotherFormIsInvalidAndAddsNothing) {
  event::FieldTable names;
  LocalNames locals;
  const BodyNames body_names;
  StructuredBodies bodies(body_names);
  for (const BodyKind kind :
       {BodyKind::pattern, BodyKind::json, BodyKind::audit, BodyKind::cef, BodyKind::key_value}) {
    event::Batch batch;
    event::Event event;
    BodyContext context{batch, event, names, locals};
    EXPECT_EQ(bodies.decode(kind, "no such thing", context), BodyResult::invalid);
    EXPECT_EQ(event.field_count, 0);
  }
}

}  // namespace
}  // namespace tocsin::ingest
