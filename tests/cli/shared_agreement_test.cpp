// Fast and slow matcher say the same of all of Sigma's rules and all real events at hand, as they
// are decoded. TOCSIN_LONG=1: every rule and every event; otherwise a sample of both.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cli/event_reader.hpp"
#include "engine/packs.hpp"
#include "engine/pipeline.hpp"
#include "rules/document.hpp"
#include "rules/matcher.hpp"
#include "tests/cli/captured.hpp"
#include "tests/reference/slow_matcher.hpp"

namespace tocsin::cli {
namespace {

namespace fs = std::filesystem;
using reference::SlowEvent;

class SharedAgreementTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* data = std::getenv("TOCSIN_DATA");
    if (data == nullptr) GTEST_SKIP() << "TOCSIN_DATA is not set";
    data_ = data;
    const char* is_long = std::getenv("TOCSIN_LONG");
    step_ = is_long != nullptr && *is_long == '1' ? 1 : 12;
    engine::PackTexts packs;
    std::vector<base::SourceText> rules;
    ASSERT_TRUE(engine::read_texts({(data_ / "sigma/rules").string()}, rules).empty());
    for (std::size_t i = 0; i < rules.size(); i += step_) packs.rules.push_back(rules[i]);
    packs.lists = {{"lists.yml", "lists: {known_cdcs: [dc01, '*.example.org']}\n"}};
    ASSERT_TRUE(
        engine::read_texts({tocsin::source_folder() + "/ingest/decoders"}, packs.decoders).empty());
    pipeline_ = engine::build_pipeline(packs).pipeline;
    ASSERT_TRUE(pipeline_);
    base::Errors errors;
    documents_ = rules::read_documents(packs.rules, rules::ValueLists::read(packs.lists, errors));
    ASSERT_EQ(documents_.rules.size(), packs.rules.size());
    slow_ = std::make_unique<reference::SlowMatcher>(documents_);
    matcher_ = std::make_unique<rules::Matcher>(pipeline_->rules, pipeline_->logsources,
                                                pipeline_->fields);
  }

  // The events of a file, one a line; of the regression cases, what is inside the line.
  [[nodiscard]] std::vector<std::string> events_of(const fs::path& path) const {
    std::vector<std::string> out;
    std::ifstream in(path);
    simdjson::dom::parser parser;
    for (std::string line; std::getline(in, line);) {
      simdjson::dom::element record, event;
      if (parser.parse(line).get(record) == simdjson::SUCCESS &&
          record["event"].get(event) == simdjson::SUCCESS && record["rule_id"].error() == 0) {
        line = event.is_string() ? std::string(std::string_view(event))
                                 : std::string(simdjson::minify(event));
      }
      out.push_back(line);
    }
    return out;
  }

  void compare(const event::Batch& batch, std::size_t index) {
    const event::Event& event = batch.events[index];
    std::vector<event::RuleIndex> met;
    matcher_->match_event(batch, event, batch.raw(index), met);
    std::vector<std::string> fast;
    for (const event::RuleIndex rule : met) fast.push_back((*pipeline_->rules)[rule].id);
    std::ranges::sort(fast);
    SlowEvent same;
    const auto logsources = pipeline_->logsources[event.logsource];
    same.logsources.assign(logsources.begin(), logsources.end());
    same.raw = batch.raw(index);
    const auto add = [&](const event::Field& field) {
      same.fields.push_back({std::string(batch.name_of(field, pipeline_->fields)),
                             std::string(field.value()), field.kind == event::ValueKind::null});
    };
    std::ranges::for_each(batch.own_fields(event), add);
    std::ranges::for_each(event::Batch::constant_fields(event), add);
    EXPECT_EQ(fast, slow_->match(same)) << same.raw;
    for (const rules::RuleDocument& rule : documents_.rules) {
      pairs_ += std::ranges::any_of(same.logsources, [&](const event::Logsource& logsource) {
        return rule.logsource.covers(logsource);
      });
    }
    met_ += fast.size();
    ++events_;
  }

  fs::path data_;
  std::size_t step_ = 1;
  std::shared_ptr<const engine::Pipeline> pipeline_;
  rules::Documents documents_;
  std::unique_ptr<reference::SlowMatcher> slow_;
  std::unique_ptr<rules::Matcher> matcher_;
  std::size_t events_ = 0, pairs_ = 0, met_ = 0;
};

TEST_F(SharedAgreementTest, OfAllRulesAndAllEventsBothMatchersSayTheSame) {
  std::vector<fs::path> files;
  for (const char* folder : {"windows", "sigma/regression", "cloud", "audit", "linux"}) {
    for (const auto& entry : fs::recursive_directory_iterator(data_ / folder)) {
      if (entry.path().extension() == ".ndjson") files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  ASSERT_GT(files.size(), 20U);
  std::size_t line = 0;
  for (const fs::path& file : files) {
    EventReader reader(
        {.join = true, .year = 2026}, pipeline_,
        [&](const event::Batch& batch, std::size_t index) { compare(batch, index); });
    for (const std::string& text : events_of(file)) {
      if (++line % step_ == 0) reader.add(text);
    }
    reader.end();
    if (HasFailure()) break;
  }
  fmt::print("{} rules, {} events of {} files, {} pairs of one log source, {} of them met\n",
             documents_.rules.size(), events_, files.size(), pairs_, met_);
  EXPECT_GT(events_, 100U);
  EXPECT_GT(pairs_, 100U);
}

}  // namespace
}  // namespace tocsin::cli
