// Any text as a rule file: it loads or is refused with places, and what loads can be matched.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.hpp"
#include "rules/compiled.hpp"
#include "rules/matcher.hpp"

using namespace tocsin;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 16'384) return 0;
  const base::SourceText source{"f.yml", {reinterpret_cast<const char*>(data), size}};
  event::FieldTable fields;
  const auto loaded = rules::RuleSet::load({&source, 1}, fields);
  for (const base::Errors* list : {&loaded.errors, &loaded.warnings}) {
    for (const base::Error& error : *list) {
      CHECK(!error.code.empty() && !error.sentence.empty(), "an error says what it is");
      CHECK(error.origin.line > 0 && error.origin.column > 0, "an error says where it is");
    }
  }
  event::LogsourceTable logsources;
  std::vector<event::Logsource> all;
  for (const rules::Rule& rule : loaded.rules->rules()) all.push_back(rule.logsource);
  const event::LogsourceId every = logsources.intern(all);
  // Each field of the rules has a piece of the rules' own text as its value.
  event::Batch batch;
  batch.add_frame(source.text, event::SourceId(0), base::ReceivedTime(0));
  event::Event event;
  event.logsource = every;
  for (std::uint16_t i = 0; i < fields.size() && i < 200; ++i) {
    const std::size_t at = size == 0 ? 0 : i * 37U % size;
    batch.fields.emplace_back(event::FieldId(i), std::string_view(source.text).substr(at, i % 50));
  }
  event.field_count = static_cast<std::uint16_t>(batch.fields.size());
  batch.events.push_back(event);
  rules::Matcher matcher(loaded.rules, logsources, fields);
  matcher.match(batch);
  const std::size_t once = batch.detections.size();
  matcher.match(batch);
  CHECK(batch.detections.size() == once * 2, "the same event meets the same rules");
  return 0;
}
