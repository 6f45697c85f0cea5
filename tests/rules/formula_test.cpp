#include "rules/formula.hpp"

#include <gtest/gtest.h>

namespace tocsin::rules {
namespace {

using Kind = Node::Kind;

class FormulaTest : public ::testing::Test {
 protected:
  Formula formula(const std::string& detection) {
    const base::SourceText source{"f.yml",
                                  "title: t\nlogsource: {product: p}\ndetection:\n" + detection};
    const Documents documents = read_documents({&source, 1});
    EXPECT_TRUE(documents.errors.empty()) << base::to_string(documents.errors.at(0));
    return formula_of(*documents.rules.at(0).detection, pool, fields);
  }
  // The tree in brackets; predicates by their text.
  [[nodiscard]] std::string shown(std::span<const Node> nodes, std::size_t at = 0) const {
    const Node& node = nodes[at];
    if (node.kind == Kind::truth) return node.value != 0 ? "yes" : "no";
    if (node.kind == Kind::predicate) return pool[node.value].text;
    std::string out = node.kind == Kind::all_of   ? "(and"
                      : node.kind == Kind::any_of ? "(or"
                                                  : "(not";
    for (std::size_t child = at + 1; child < at + node.value; child += nodes[child].size())
      out += " " + shown(nodes, child);
    return out + ")";
  }
  std::string decided(const Formula& formula, std::initializer_list<Known> known) {
    return shown(simplified(formula, std::vector<Known>(known)));
  }

  PredicatePool pool;
  event::FieldTable fields;
};

TEST_F(FormulaTest, PoolsPredicatesOfAllRules) {
  const Formula one = formula("  a: {f: x, g: y}\n  condition: a\n");
  const Formula two = formula("  a: {f: X}\n  b: {h: y}\n  condition: a or not b\n");
  EXPECT_EQ(shown(one), "(and x y)");
  EXPECT_EQ(shown(two), "(or x (not y))");
  EXPECT_EQ(pool.size(), 3U);
}

TEST_F(FormulaTest, BuildsItemsAsSigmaMeansThem) {
  EXPECT_EQ(shown(formula("  a: {f: [x, y]}\n  condition: a\n")), "(or x y)");
  EXPECT_EQ(shown(formula("  a: {f|contains|all: [x, y]}\n  condition: a\n")), "(and x y)");
  EXPECT_EQ(shown(formula("  a: {f|neq: [x, y]}\n  condition: a\n")), "(not (or x y))");
  EXPECT_EQ(shown(formula("  a: {f|contains|neq|all: [x, y]}\n  condition: a\n")),
            "(not (and x y))");
  EXPECT_EQ(shown(formula("  a: {f|exists: false}\n  condition: a\n")), "(not )");
  EXPECT_EQ(shown(formula("  a: {f|contains|windash: '-x'}\n  condition: a\n")).substr(0, 10),
            "(or -x /x ");
}

TEST_F(FormulaTest, SimplifiesByWhatIsKnown) {
  const Formula f = formula("  a: {f: x, g: y}\n  b: {h: z}\n  condition: a or not b\n");
  using enum Known;
  EXPECT_EQ(decided(f, {open, open, open}), "(or (and x y) (not z))");
  EXPECT_EQ(decided(f, {yes, open, open}), "(or y (not z))");
  EXPECT_EQ(decided(f, {no, open, open}), "(not z)");
  EXPECT_EQ(decided(f, {no, open, yes}), "no");
  EXPECT_EQ(decided(f, {open, open, no}), "yes");
  EXPECT_EQ(decided(f, {yes, open, yes}), "y");
  EXPECT_EQ(decided(f, {yes, yes, yes}), "yes");
}

TEST_F(FormulaTest, ChoosesTheRarestRequiredPredicates) {
  const Formula f = formula("  a: {f: [x, y], g: z}\n  b: {h: w}\n  condition: a and not b\n");
  using Set = std::vector<std::uint32_t>;
  const std::uint32_t by_values[] = {2, 2, 5, 1};
  EXPECT_EQ(required(f, by_values), (Set{0, 1}));
  const std::uint32_t by_single[] = {2, 4, 5, 1};
  EXPECT_EQ(required(f, by_single), (Set{2})) << "x or y together weigh more than z";
  const std::uint32_t impossible[] = {no_gate, 4, no_gate, 1};
  EXPECT_EQ(required(f, impossible), Set{}) << "and w is negated";
}

TEST_F(FormulaTest, RequiresThroughDoubleNegation) {
  const Formula f = formula("  a: {f: x}\n  b: {g: y}\n  condition: not (not a or b)\n");
  const std::uint32_t weight[] = {9, 1};
  EXPECT_EQ(required(f, weight), std::vector<std::uint32_t>{0});
  const Formula none = formula("  b: {g: y}\n  condition: not b\n");
  EXPECT_EQ(required(none, weight), std::vector<std::uint32_t>{});
}

TEST_F(FormulaTest, BothJoins) {
  const Formula a = formula("  a: {f: x}\n  condition: a\n");
  const Formula b = formula("  a: {g: [y, z]}\n  condition: not a\n");
  EXPECT_EQ(shown(both(a, b)), "(and x (not (or y z)))");
}

}  // namespace
}  // namespace tocsin::rules
