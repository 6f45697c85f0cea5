// Any two items, condition and event: the fast matcher says what the slow one says. By lines:
//
//   f|contains|cased          key of the selection `a`
//   'text<TAB>5<TAB>~         its values: in quotes, plain, null
//   g|endswith                the selection `b`, likewise
//   'more
//   a and not b               condition
//    one<TAB>two<TAB>~        behind a blank, values of the event's field f; ~ is null
//    three                    of g
//   the raw text, to the end
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "base/text.hpp"
#include "rules/compiled.hpp"
#include "rules/diagnostics.hpp"
#include "rules/document.hpp"
#include "rules/evaluator.hpp"
#include "rules/modifier.hpp"
#include "rules/plan.hpp"
#include "tests/reference/slow_matcher.hpp"

using namespace tocsin;

namespace {

using base::YamlNode;

std::string_view cut(std::string_view& rest, char at) {
  const std::size_t end = rest.find(at);
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return part;
}

YamlNode scalar(std::string_view text) {
  YamlNode node;
  node.line = node.column = 1;
  if (text == "~") return node;
  node.kind = YamlNode::Kind::scalar;
  node.quoted = text.starts_with('\'');
  node.text = text.substr(node.quoted ? 1 : 0);
  return node;
}

YamlNode::Member member_of(std::string_view key, std::string_view values) {
  YamlNode::Member member;
  member.key = key;
  member.line = member.column = 1;
  member.value.line = member.value.column = 1;
  member.value.kind = YamlNode::Kind::sequence;
  do member.value.items.push_back(scalar(cut(values, '\t')));
  while (!values.empty());
  return member;
}

// Expressions that Hyperscan compiles in no time; the two engines' dialects are not compared.
bool has_regex(const rules::Detection& detection) {
  for (const rules::Selection& selection : detection.selections) {
    for (const rules::Value& value : selection.items[0].values) {
      if (value.kind == rules::Value::Kind::regex) return true;
    }
  }
  return false;
}
bool is_dear(std::string_view key, std::string_view values) {
  return key.find("|re") != std::string_view::npos &&
         (values.size() > 32 || values.find_first_of("{\\") != std::string_view::npos);
}

// What rule files are, valid UTF-8 without NUL, is not asked of events.
bool may_stand_in_a_file(std::string_view text) {
  return base::is_utf8(text) && text.find('\0') == std::string_view::npos;
}

struct Fields {
  std::vector<event::Field> fast;
  std::vector<reference::SlowField> slow;

  void add(event::FieldId id, const char* name, std::string_view values) {
    if (values.empty()) return;
    values.remove_prefix(1);  // so that a blank alone is one empty value
    do {
      const std::string_view value = cut(values, '\t');
      const bool is_null = value == "~";
      fast.emplace_back(id, value, is_null ? event::ValueKind::null : event::ValueKind::text);
      slow.push_back({name, std::string(value), is_null});
    } while (!values.empty());
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 2048) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::array<std::string_view, 7> lines;
  for (std::string_view& line : lines) line = cut(rest, '\n');
  const std::string raw(rest);
  for (std::size_t i = 0; i < 5; ++i) {
    if (!may_stand_in_a_file(lines[i])) return 0;
  }
  if (is_dear(lines[0], lines[1]) || is_dear(lines[2], lines[3])) return 0;

  const base::SourceText source{"f.yml", ""};
  rules::Diagnostics out(source);
  const rules::ValueLists none;
  rules::ListUse lists(none, "fuzz");
  rules::Documents documents;
  rules::RuleDocument& document = documents.rules.emplace_back();
  document.metadata.id = "rule";
  rules::Detection& detection = document.detection.emplace();
  detection.names = {"a", "b"};
  for (const std::size_t i : {0U, 2U}) {
    rules::Selection& selection = detection.selections.emplace_back();
    selection.items.push_back(rules::read_item(member_of(lines[i], lines[i + 1]), lists, out));
  }
  detection.condition = rules::read_condition(scalar(lines[4]), detection.names, out);
  if (!out.errors.empty()) return 0;

  event::FieldTable names;
  const event::FieldId f = names.intern("f"), g = names.intern("g");
  rules::Compiled compiled;
  compiled.hints.time = names.intern("@timestamp");
  rules::Formula formula = rules::formula_of(detection, compiled.pool, names);
  compiled.add(event::RuleIndex(0), document.logsource, std::move(formula));
  const event::Logsource any;
  const auto program = compiled.program_for({&any, 1});
  Fields own, constants;
  own.add(f, "f", lines[5]);
  constants.add(g, "g", lines[6]);

  rules::Evaluator evaluator;
  evaluator.prepare(*program);
  const rules::Plan general = rules::general_plan(program, names.size());
  const rules::Plan shape =
      rules::shape_plan(program, names.size(), event::LogsourceId(0), constants.fast);
  const rules::EventView view{own.fast, constants.fast, raw, std::nullopt};
  std::array<bool, 4> met{};
  std::vector<event::RuleIndex> rules;
  // Each plan twice: the second time from the cache of values.
  for (std::size_t i = 0; i < met.size(); ++i) {
    rules.clear();
    CHECK(evaluator.evaluate(i % 2 == 0 ? general : shape, 0, view, rules),
          "own fields and constants have different names");
    met[i] = !rules.empty();
    CHECK(met[i] == met[0], "plans and cache change no answer");
  }
  if (has_regex(detection)) return 0;
  reference::SlowEvent slow{{any}, own.slow, raw};
  slow.fields.insert(slow.fields.end(), constants.slow.begin(), constants.slow.end());
  CHECK(reference::SlowMatcher(documents).match(slow).empty() == !met[0],
        "the fast matcher agrees with the slow one");
  return 0;
}
