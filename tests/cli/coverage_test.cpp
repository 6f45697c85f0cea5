#include "cli/coverage.hpp"

#include <simdjson.h>

#include "tests/cli/captured.hpp"

namespace tocsin::cli {
namespace {

rules::Rule rule(std::string title, std::vector<std::string> tags) {
  rules::Rule out;
  out.title = std::move(title);
  out.tags = std::move(tags);
  return out;
}

TEST(CoverageTest, TechniquesAreCountedOnceARuleAndTacticsWhereThereIsNoTechnique) {
  const std::vector<rules::Rule> rules{
      rule("a", {"attack.t1110", "attack.t1110.003", "attack.credential-access", "cve.2021-1"}),
      rule("b", {"attack.t1110", "attack.t1110"}),
      rule("c", {"attack.defense-evasion", "attack.g0016", "attack.s0139"}),
      rule("d", {"attack.t11", "attack.t1110.03", "car.2013-01-002"}), rule("e", {})};
  const Coverage coverage = coverage_of(rules);
  ASSERT_EQ(coverage.techniques.size(), 2U);
  EXPECT_EQ(coverage.techniques.at("T1110"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(coverage.techniques.at("T1110.003"), std::vector<std::string>{"a"});
  EXPECT_EQ(coverage.tactics, (std::map<std::string, std::size_t>{{"defense-evasion", 1}}));
  EXPECT_EQ(coverage.tagged, 2U);
  EXPECT_EQ(coverage.untagged, 2U);
}

TEST(CoverageTest, TheLayerIsOneObjectOfTheFormat) {
  Coverage coverage;
  coverage.techniques = {{"T1110", {"a \"quoted\" title", "b"}},
                         {"T1059", std::vector<std::string>(60, "x")}};
  simdjson::dom::parser parser;
  const simdjson::padded_string text(layer_json(coverage, "Mine"));
  const simdjson::dom::element layer = parser.parse(text);
  EXPECT_EQ(std::string_view(layer["name"]), "Mine");
  EXPECT_EQ(std::string_view(layer["versions"]["layer"]), "4.5");
  EXPECT_EQ(std::string_view(layer["domain"]), "enterprise-attack");
  EXPECT_EQ(std::uint64_t(layer["gradient"]["maxValue"]), 60U);
  const simdjson::dom::element first = layer["techniques"].at(0);
  EXPECT_EQ(std::string_view(first["techniqueID"]), "T1059");
  EXPECT_EQ(std::uint64_t(first["score"]), 60U);
  EXPECT_TRUE(std::string_view(first["comment"]).ends_with("\nand 10 more"));
  EXPECT_EQ(std::string_view(layer["techniques"].at(1)["comment"]), "a \"quoted\" title\nb");
}

TEST(CoverageTest, TheFileIsWrittenOrTheReasonIsTold) {
  const OwnPacks packs;
  const TemporaryFolder folder;
  CoverageCommand command;
  command.output = folder / "layer.json";
  Captured well, ill;
  EXPECT_EQ(run_coverage(command, well.streams()), exit_code::ok) << well.err();
  EXPECT_EQ(well.out(), "");
  EXPECT_NE(read_file(command.output).find("\"techniqueID\":\"T1110\""), std::string::npos);
  EXPECT_NE(well.err().find(" with a technique, "), std::string::npos) << well.err();
  command.output = folder / "none/layer.json";
  EXPECT_EQ(run_coverage(command, ill.streams()), exit_code::findings);
  EXPECT_NE(ill.err().find("cli-5: cannot be written: No such file"), std::string::npos);
}

}  // namespace
}  // namespace tocsin::cli
