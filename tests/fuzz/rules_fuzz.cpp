// Any text as rule files: read and linked, or refused with places. What the rules then say of
// events is match_fuzz.cpp's business; compiling is a thousand times dearer than reading.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "rules/rule_set.hpp"

using namespace tocsin;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 16'384) return 0;
  const base::SourceText source{"f.yml", {reinterpret_cast<const char*>(data), size}};
  // Regular expressions are compiled where they are read: minutes of Hyperscan, not of ours.
  if (source.text.find("|re") != std::string::npos) return 0;
  event::FieldTable fields;
  // Any text may be given for value lists, too.
  const std::array<base::SourceText, 2> lists = {
      {{"l.yml", "lists: {x: [a, 'b*'], y: []}"}, {"g.yml", source.text}}};
  const auto loaded = rules::RuleSet::load({&source, 1}, fields, {}, lists);
  for (const base::Errors* list : {&loaded.errors, &loaded.warnings}) {
    for (const base::Error& error : *list) {
      CHECK(!error.code.empty() && !error.sentence.empty(), "an error says what it is");
      CHECK(error.origin.line > 0 && error.origin.column > 0, "an error says where it is");
    }
  }
  for (std::size_t i = 0; i < loaded.rules->size(); ++i) {
    const event::RuleIndex index(static_cast<std::uint32_t>(i));
    const rules::Rule& rule = (*loaded.rules)[index];
    CHECK(loaded.rules->find(rule.id) == index, "a rule is found by its id");
    if (!rule.correlation) continue;
    CHECK(rule.correlation->inputs.size() == rule.correlation->rules.size(),
          "each input is linked");
    const rules::CountRange& condition = rule.correlation->condition;
    CHECK(condition.at_least > 0 || condition.by_instants,
          "what silence satisfies is judged by instants");
  }
  return 0;
}
