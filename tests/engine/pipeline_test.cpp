#include "engine/pipeline.hpp"

#include <gtest/gtest.h>

#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

TEST(PipelineTest, TheDefaultPacksCompileWithoutErrors) {
  const BuiltPipeline built = build_pipeline(default_setup().packs);
  for (const base::Error& error : built.errors) ADD_FAILURE() << base::to_string(error);
  ASSERT_TRUE(built.pipeline);
  EXPECT_GT(built.pipeline->rules->size(), 20U);
  EXPECT_FALSE(built.pipeline->specs.empty());
}

TEST(PipelineTest, ABadRuleIsLeftOutAndTheOthersWork) {
  PackTexts packs = default_setup().packs;
  packs.rules.push_back({"bad.yml", "title: Without a condition\n"});
  const BuiltPipeline built = build_pipeline(packs);
  EXPECT_FALSE(built.errors.empty());
  ASSERT_TRUE(built.pipeline);
  EXPECT_EQ(built.pipeline->rules->size(), default_setup().pipeline->rules->size());
}

TEST(PipelineTest, ErrorsOfDecodersAndRulesComeTogether) {
  PackTexts packs = default_setup().packs;
  packs.decoders.push_back({"bad.yaml", "unheard_of: 1\n"});
  packs.rules.push_back({"bad.yml", "title: Without a condition\n"});
  const BuiltPipeline built = build_pipeline(packs);
  EXPECT_FALSE(built.pipeline);
  bool decoder = false, rule = false;
  for (const base::Error& error : built.errors) {
    decoder = decoder || error.origin.name == "bad.yaml";
    rule = rule || error.origin.name == "bad.yml";
  }
  EXPECT_TRUE(decoder);
  EXPECT_TRUE(rule);
}

}  // namespace
}  // namespace tocsin::engine
