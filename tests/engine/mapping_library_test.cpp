// The mapping packs in the tree: each of their tests holds, through the decoders in the tree.
#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "engine/sequence.hpp"
#include "engine/stages.hpp"
#include "rules/mapping.hpp"
#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

struct Stated {
  rules::MappingTest test;
  std::string title;  // what the rule is called here
};

// The rules that come of the lines, by title.
std::set<std::string> met_by(const engine::Setup& setup, const std::vector<std::string>& lines) {
  event::SourceTable sources;
  event::Source source;
  source.input = "test";
  source.year_from = base::days_from_civil(2026, 1, 1) * 86400 * base::ns_per_second;
  Work work;
  work.batch.first_seq = event::Seq(1);
  const event::SourceId id = sources.intern(source);
  for (const std::string& line : lines)
    work.batch.add_frame(line, id, base::ReceivedTime(source.year_from));
  Stages stages(setup.pipeline, sources, setup.fold, false);
  stages.process(work);
  Sequence sequence(setup.pipeline, sources, setup.fold);
  Output out;
  sequence.apply(work, out);
  sequence.finish(out);
  std::set<std::string> titles;
  for (const Output::Met& met : out.detections)
    titles.insert((*setup.pipeline->rules)[met.rule].title);
  return titles;
}

TEST(MappingLibraryTest, EveryTestOfEveryPackHolds) {
  engine::Setup setup;
  setup.packs.decoders = default_setup().packs.decoders;
  ASSERT_TRUE(
      read_texts({tocsin::source_folder() + "/rules/mappings"}, setup.packs.mappings).empty());
  base::Errors errors;
  const rules::Mappings mappings = rules::read_mappings(setup.packs.mappings, errors);
  for (const base::Error& error : errors) ADD_FAILURE() << base::to_string(error);
  std::vector<Stated> stated;
  for (const rules::MappingPack& pack : mappings.packs) {
    EXPECT_TRUE(pack.transformations.empty() || !pack.tests.empty()) << pack.name;
    for (const rules::MappingTest& test : pack.tests) {
      // Titles tell the rules of all packs apart.
      const std::string title = pack.name + ": " + test.name;
      base::SourceText rule = test.rule;
      const std::size_t at = rule.text.find("title: ");
      ASSERT_NE(at, std::string::npos) << title;
      rule.text.replace(at, rule.text.find('\n', at) - at, "title: \"" + title + "\"");
      setup.packs.rules.push_back(std::move(rule));
      stated.push_back({test, title});
    }
  }
  BuiltPipeline built = build_pipeline(setup.packs);
  for (const base::Error& error : built.errors) ADD_FAILURE() << base::to_string(error);
  setup.pipeline = std::move(built.pipeline);
  ASSERT_TRUE(setup.pipeline);
  ASSERT_EQ(setup.pipeline->rules->size(), stated.size());
  for (const Stated& one : stated) {
    EXPECT_EQ(met_by(setup, one.test.lines).contains(one.title), one.test.match)
        << one.test.origin.name << ":" << one.test.origin.line << ": " << one.test.name;
  }
}

}  // namespace
}  // namespace tocsin::engine
