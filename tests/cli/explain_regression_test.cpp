// explain says what the engine does: on real events and the rules made for them, and on near misses
// made from these, of which it names the one leaf that differs.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

#include "cli/event_reader.hpp"
#include "engine/packs.hpp"
#include "engine/pipeline.hpp"
#include "rules/explain.hpp"
#include "rules/matcher.hpp"
#include "tests/cli/captured.hpp"

namespace tocsin::cli {
namespace {

struct RegressionCase {
  std::string rule;  // id
  std::string path;  // of its file
  std::string event;
};

// A value in the JSON text of an event put in place of that of `field`.
std::string with(const std::string& event, const std::string& field, const std::string& value) {
  const std::size_t key = event.find("\"" + field + "\":\"");
  if (key == std::string::npos) return event;
  const std::size_t begin = key + field.size() + 4;
  std::size_t end = begin;
  while (event[end] != '"') end += event[end] == '\\' ? 2 : 1;
  return event.substr(0, begin) + value + event.substr(end);
}

class ExplainRegressionTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* data = std::getenv("TOCSIN_DATA");
    if (data == nullptr) GTEST_SKIP() << "TOCSIN_DATA is not set";
    const std::string root = std::string(data) + "/sigma/";
    std::ifstream in(root + "regression/events.ndjson");
    simdjson::dom::parser parser;
    for (std::string line; std::getline(in, line);) {
      const simdjson::dom::element record = parser.parse(line);
      const simdjson::dom::element event = record["event"];
      cases_.push_back({std::string(std::string_view(record["rule_id"])),
                        root + "rules/" + std::string(std::string_view(record["rule"])),
                        event.is_string() ? std::string(std::string_view(event))
                                          : std::string(simdjson::minify(event))});
    }
    ASSERT_GT(cases_.size(), 100U);
    engine::PackTexts packs;
    std::set<std::string> paths;
    for (const RegressionCase& one : cases_) paths.insert(one.path);
    ASSERT_TRUE(engine::read_texts({paths.begin(), paths.end()}, packs.rules).empty());
    ASSERT_TRUE(
        engine::read_texts({tocsin::source_folder() + "/ingest/decoders"}, packs.decoders).empty());
    ASSERT_TRUE(
        engine::read_texts({tocsin::source_folder() + "/rules/mappings"}, packs.mappings).empty());
    pipeline_ = engine::build_pipeline(packs).pipeline;
    ASSERT_TRUE(pipeline_);
    base::Errors errors;
    explainer_ =
        std::make_unique<rules::Explainer>(packs.rules, pipeline_->fields, rules::ValueLists{},
                                           rules::read_mappings(packs.mappings, errors));
    ASSERT_TRUE(errors.empty());
    matcher_ = std::make_unique<rules::Matcher>(pipeline_->rules, pipeline_->logsources,
                                                pipeline_->fields);
  }

  // Calls `look` with the one event that the text is.
  void decoded(const std::string& text,
               const std::function<void(const event::Batch&, const event::Event&)>& look) {
    EventReader reader(
        {.join = true, .year = 2026}, pipeline_,
        [&](const event::Batch& batch, std::size_t index) { look(batch, batch.events[index]); });
    reader.add(text);
    reader.end();
  }
  rules::Explanation explain(const std::string& rule, const std::string& text) {
    rules::Explanation out;
    decoded(text, [&](const event::Batch& batch, const event::Event& event) {
      out = explainer_->explain(rule, pipeline_->logsources[event.logsource], batch, event,
                                batch.raw(0));
    });
    return out;
  }

  std::vector<RegressionCase> cases_;
  std::shared_ptr<const engine::Pipeline> pipeline_;
  std::unique_ptr<rules::Explainer> explainer_;
  std::unique_ptr<rules::Matcher> matcher_;
};

TEST_F(ExplainRegressionTest, SaysOfEachRuleAndEachEventWhatTheMatcherSays) {
  std::size_t pairs = 0, met_pairs = 0;
  for (const RegressionCase& one : cases_) {
    decoded(one.event, [&](const event::Batch& batch, const event::Event& event) {
      std::vector<event::RuleIndex> met;
      matcher_->match_event(batch, event, batch.raw(0), met);
      for (std::uint32_t i = 0; i < pipeline_->rules->size(); ++i) {
        const rules::Rule& rule = pipeline_->rules->rules()[i];
        const rules::Explanation said = explainer_->explain(
            rule.id, pipeline_->logsources[event.logsource], batch, event, batch.raw(0));
        const bool is_met = std::ranges::binary_search(met, event::RuleIndex(i));
        EXPECT_EQ(said.met && said.fits, is_met) << rule.title;
        EXPECT_EQ(said.met, said.tree.met) << rule.title;
        EXPECT_EQ(said.differing == 0, said.met) << rule.title;
        ++pairs;
        met_pairs += is_met ? 1 : 0;
      }
    });
  }
  EXPECT_GT(pairs, 10'000U);
  EXPECT_GE(met_pairs, 95U);
}

TEST_F(ExplainRegressionTest, NamesTheOneLeafInWhichANearMissDiffers) {
  struct NearMiss {
    const char* rule;
    const char* field;
    const char* leaf;
  };
  for (const NearMiss& near : std::vector<NearMiss>{
           {"7090adee-82e2-4269-bd59-80691e7c6338", "ParentImage",
            "ParentImage ends with '\\cmd.exe'"},
           {"43e32da2-fdd0-4156-90de-50dfd62636f9", "Image", "Image ends with '\\Dism.exe'"},
           {"e56d3073-83ff-4021-90fe-c658e0709e72", "CommandLine",
            "CommandLine contains one of 2 values"},
           {"9d7ca793-f6bd-471c-8d0f-11e68b2f0d2f", "CommandLine",
            "CommandLine contains 'computersystem'"},
           {"944e8941-f6f6-4ee8-ac05-1c224e923c0e", "Details", "Details ends with '.dll'"}}) {
    const auto found = std::ranges::find(cases_, near.rule, &RegressionCase::rule);
    ASSERT_NE(found, cases_.end()) << near.rule;
    const rules::Explanation hit = explain(near.rule, found->event);
    EXPECT_TRUE(hit.met) << near.rule;
    EXPECT_TRUE(differing_leaves(hit).empty());
    const rules::Explanation miss = explain(near.rule, with(found->event, near.field, "nearly"));
    EXPECT_FALSE(miss.met) << near.rule;
    EXPECT_EQ(differing_leaves(miss), std::vector<std::string>{near.leaf});
    EXPECT_FALSE(miss.others) << near.rule;
  }
}

}  // namespace
}  // namespace tocsin::cli
