#include "engine/wanted_shapes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/engine/epoch_fixture.hpp"

namespace tocsin::engine {
namespace {

// Of the shapes that the shipped decoders have, those that the rule leaves.
std::vector<std::string> wanted_by(const std::string& logsource, const std::string& selection) {
  const Setup setup =
      setup_of_rules("title: T\nid: 00000000-0000-4000-8000-000000000001\nlogsource: " + logsource +
                     "\ndetection: {selection: " + selection + ", condition: selection}\n");
  const std::vector<bool> wanted = find_wanted_shapes(*setup.pipeline);
  EXPECT_EQ(wanted.size(), setup.pipeline->decoders->shape_count());
  std::vector<std::string> out;
  for (std::uint32_t i = 0; i < wanted.size(); ++i) {
    const ingest::Shape& shape = setup.pipeline->decoders->shape(event::ShapeId(i));
    if (wanted[i]) out.push_back(shape.decoder + "/" + shape.pattern);
  }
  return out;
}

bool has_decoder(const std::vector<std::string>& shapes, const std::string& decoder) {
  return std::ranges::any_of(
      shapes, [&](const std::string& shape) { return shape.starts_with(decoder + "/"); });
}

TEST(WantedShapes, ALogSourceLeavesItsDecoders) {
  const auto wanted = wanted_by("{product: linux, service: sshd}", "{user.name: bob}");
  EXPECT_TRUE(has_decoder(wanted, "sshd"));
  EXPECT_FALSE(has_decoder(wanted, "cron"));
}

TEST(WantedShapes, WhatAPatternFixesIsDecided) {
  const auto refused = wanted_by("{product: linux, service: sshd}",
                                 "{event.action: logged-in, event.outcome: failure}");
  const auto any = wanted_by("{product: linux, service: sshd}", "{source.ip: 192.0.2.1}");
  EXPECT_FALSE(refused.empty());
  EXPECT_LT(refused.size(), any.size());
}

TEST(WantedShapes, AnyTextMayHoldAKeyword) {
  const auto wanted = wanted_by("{product: linux}", "['password']");
  EXPECT_TRUE(has_decoder(wanted, "sshd"));
  EXPECT_TRUE(has_decoder(wanted, "cron"));
}

// Where a line may say fields of any name, it may be part of an audit event, whatever is asked.
TEST(WantedShapes, WhatIsMetByNothingLeavesLinesOfAnyFields) {
  const auto wanted = wanted_by("{product: nowhere}", "{user.name: bob}");
  EXPECT_FALSE(has_decoder(wanted, "sshd"));
  EXPECT_FALSE(has_decoder(wanted, "sudo"));
  EXPECT_LT(wanted.size(), wanted_by("{product: linux}", "{user.name: bob}").size());
}

}  // namespace
}  // namespace tocsin::engine
