// Every log source that SigmaHQ's rules name is reached by some decoder, by itself or by a mapping
// pack, or stands in docs/sigma.md with the reason why not; the table there is what the packs say.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>

#include "rules/document.hpp"
#include "rules/variant.hpp"
#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

using Tuple = std::tuple<std::string, std::string, std::string>;

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

// One row of the table: how many rules, and what gives them events.
struct Row {
  std::size_t rules = 0;
  std::set<std::string> by;  // decoders; "decoder by mapping"
};

class LogsourcesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* data = std::getenv("TOCSIN_DATA");
    if (data == nullptr) GTEST_SKIP() << "TOCSIN_DATA is not set";
    std::vector<base::SourceText> rules, packs;
    ASSERT_TRUE(read_texts({std::string(data) + "/sigma/rules"}, rules).empty());
    ASSERT_TRUE(read_texts({tocsin::source_folder() + "/rules/mappings"}, packs).empty());
    base::Errors errors;
    mappings_ = rules::read_mappings(packs, errors);
    ASSERT_TRUE(errors.empty());
    find_decoders();
    for (const rules::RuleDocument& rule : rules::read_documents(rules).rules) add(rule);
  }

  void find_decoders() {
    const Pipeline& pipeline = *default_setup().pipeline;
    for (std::uint32_t i = 1; i < pipeline.decoders->shape_count(); ++i) {
      const ingest::Shape& shape = pipeline.decoders->shape(event::ShapeId(i));
      for (const event::Logsource& logsource : pipeline.logsources[shape.logsource])
        given_.emplace_back(logsource, shape.decoder);
    }
  }

  void reach(const event::Logsource& wanted, const std::string& mapping, Row& row) const {
    for (const auto& [logsource, decoder] : given_) {
      if (wanted.covers(logsource))
        row.by.insert(mapping.empty() ? decoder : fmt::format("{} by {}", decoder, mapping));
    }
  }

  void add(const rules::RuleDocument& rule) {
    const event::Logsource& own = rule.logsource;
    Row& row = rows_[{own.category, own.product, own.service}];
    ++row.rules;
    if (row.rules == 1) reach(own, "", row);
    for (const rules::MappingPack& pack : mappings_.packs) {
      const auto variant = rules::variant_of(pack, rule, {});
      if (variant && variant->logsource != own) reach(variant->logsource, pack.name, row);
    }
  }

  [[nodiscard]] static std::string line_of(const Tuple& tuple, const Row& row) {
    std::string by;
    std::size_t shown = 0;
    for (const std::string& one : row.by) {
      if (++shown == 4 && row.by.size() > 4) {
        by += fmt::format(" and {} more", row.by.size() - 3);
        break;
      }
      by += (by.empty() ? "" : ", ") + one;
    }
    const auto& [category, product, service] = tuple;
    return fmt::format("| {} | {} | {} | {} | {} |", or_dash(category), or_dash(product),
                       or_dash(service), row.rules, by);
  }

  std::vector<std::pair<event::Logsource, std::string>> given_;
  rules::Mappings mappings_;
  std::map<Tuple, Row> rows_;
};

TEST_F(LogsourcesTest, TheTableInTheDocumentationIsTrue) {
  const auto page = base::read_source(tocsin::source_folder() + "/docs/sigma.md");
  ASSERT_TRUE(page);
  std::size_t unreached = 0;
  for (const auto& [tuple, row] : rows_) {
    const std::string line = line_of(tuple, row);
    if (std::getenv("TOCSIN_VERBOSE") != nullptr) std::printf("%s\n", line.c_str());
    if (!row.by.empty()) {
      EXPECT_NE(page->text.find(line + "\n"), std::string::npos) << line;
      continue;
    }
    ++unreached;
    // A row that ends with a reason.
    const std::string begin = line.substr(0, line.size() - 2);
    const std::size_t at = page->text.find("\n" + begin + "no: ");
    EXPECT_NE(at, std::string::npos) << line << " is reached by nothing, and has no reason";
  }
  EXPECT_EQ(unreached, 0U);
}

}  // namespace
}  // namespace tocsin::engine
