#include "ingest/decode/decoder_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/text.hpp"
#include "base/time.hpp"

namespace tocsin::ingest {

namespace {

using base::YamlNode;
using Names = std::vector<std::string_view>;

constexpr std::array<std::string_view, 24> facilities = {
    "kern",   "user",   "mail",     "daemon", "auth",   "syslog",   "lpr",     "news",
    "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "security", "console", "solaris-cron",
    "local0", "local1", "local2",   "local3", "local4", "local5",   "local6",  "local7"};

class FileReader {
 public:
  FileReader(const std::string& file, base::Errors& errors) : file_(file), errors_(errors) {}

  void read(const YamlNode& root, DecoderFile& out) {
    out.origin = base::origin_of(file_, root);
    if (!root.is_map()) {
      error("ingest-10", "a decoder file is a map: `name:`, `applies:`, `patterns:` ...", root);
      return;
    }
    known(root, {"name", "description", "applies", "logsource", "fields", "complete", "values",
                 "keys", "patterns", "names", "unwrap", "rename"});
    out.name = required_text(root, "name");
    if (!out.name.empty() && !is_identifier(out.name)) {
      error("ingest-13", "a decoder's name has lower-case letters, digits, `-`, `_` and `.` only",
            *root.find("name"));
    }
    out.description = optional_text(root, "description");
    read_applies(root, out);
    out.logsource = logsource(root);
    out.fields = constants(root.find("fields"));
    out.complete = flag(root, "complete");
    out.names = names(root.find("names"), "names");
    out.unwrap = unwrap(root.find("unwrap"));
    out.rename = names(root.find("rename"), "rename");
    values_ = values(root.find("values"));
    keys_ = keys(root.find("keys"));
    if (const YamlNode* list = root.find("patterns"); list != nullptr && !list->is_null()) {
      if (!list->is_sequence()) {
        error("ingest-10", "`patterns:` is a list", *list);
        return;
      }
      for (const YamlNode& item : list->items) read_pattern_item(item, out);
    }
  }

 private:
  void error(const char* code, std::string sentence, const YamlNode& at) {
    errors_.push_back({code, std::move(sentence), base::origin_of(file_, at)});
  }

  void known(const YamlNode& map, std::initializer_list<std::string_view> names) {
    const Names list(names);
    for (const YamlNode::Member& member : map.members) {
      if (std::find(list.begin(), list.end(), member.key) != list.end()) continue;
      std::string sentence = fmt::format("unknown key `{}`", base::printable(member.key));
      const std::string_view meant = base::nearest(member.key, list);
      if (!meant.empty()) sentence += fmt::format("; is `{}` meant?", meant);
      errors_.push_back({"ingest-11", std::move(sentence), {file_, member.line, member.column}});
    }
  }

  static bool is_identifier(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    });
  }

  std::string text_of(const YamlNode& node, std::string_view what) {
    if (node.is_scalar()) return node.text;
    error("ingest-10", fmt::format("{} must be text", what), node);
    return {};
  }
  std::string required_text(const YamlNode& map, std::string_view key) {
    const YamlNode* node = map.find(key);
    if (node == nullptr || node->is_null() || (node->is_scalar() && node->text.empty())) {
      error("ingest-12", fmt::format("`{}:` is missing", key), node == nullptr ? map : *node);
      return {};
    }
    return text_of(*node, fmt::format("`{}:`", key));
  }
  std::string optional_text(const YamlNode& map, std::string_view key) {
    const YamlNode* node = map.find(key);
    return node == nullptr || node->is_null() ? std::string()
                                              : text_of(*node, fmt::format("`{}:`", key));
  }
  bool flag(const YamlNode& map, std::string_view key) {
    const YamlNode* node = map.find(key);
    if (node == nullptr) return false;
    const auto value = node->as_bool();
    if (!value) error("ingest-13", fmt::format("`{}:` is true or false", key), *node);
    return value.value_or(false);
  }
  // One text or a list of texts.
  std::vector<const YamlNode*> texts(const YamlNode* node, std::string_view key) {
    std::vector<const YamlNode*> out;
    if (node == nullptr || node->is_null()) return out;
    if (node->is_scalar()) return {node};
    if (!node->is_sequence()) {
      error("ingest-10", fmt::format("`{}:` is a text or a list of texts", key), *node);
      return out;
    }
    for (const YamlNode& item : node->items) {
      if (item.is_scalar()) {
        out.push_back(&item);
      } else {
        error("ingest-10", fmt::format("`{}:` is a text or a list of texts", key), item);
      }
    }
    return out;
  }

  void read_applies(const YamlNode& root, DecoderFile& out) {
    const YamlNode* applies = root.find("applies");
    if (applies == nullptr || !applies->is_map()) {
      error("ingest-12", "`applies:` is missing: it says for which messages this decoder is",
            applies == nullptr ? root : *applies);
      return;
    }
    const std::size_t before = errors_.size();
    known(*applies, {"program", "facility", "literal", "bare", "body"});
    for (const YamlNode* node : texts(applies->find("program"), "program")) {
      const std::string& name = node->text;
      const std::size_t star = name.find('*');
      if (name.empty() || (star != std::string::npos && star + 1 != name.size())) {
        error("ingest-13", "a program is a name, or the beginning of one and `*`", *node);
      }
      out.programs.push_back(name);
    }
    for (const YamlNode* node : texts(applies->find("facility"), "facility")) {
      const auto code = facility_code(node->text);
      if (code) {
        out.facilities.push_back(*code);
      } else {
        std::string sentence = fmt::format("`{}` is no facility", base::printable(node->text));
        const std::string_view meant =
            base::nearest(node->text, Names(facilities.begin(), facilities.end()));
        if (!meant.empty()) sentence += fmt::format("; is `{}` meant?", meant);
        error("ingest-13", std::move(sentence), *node);
      }
    }
    for (const YamlNode* node : texts(applies->find("body"), "body")) {
      const Names names = {"json", "audit", "cef", "key_value", "xml", "snare"};
      const auto found = std::find(names.begin(), names.end(), node->text);
      if (found == names.end()) {
        error("ingest-13", "`body:` is json, audit, cef, key_value, xml or snare", *node);
      } else {
        out.bodies.push_back(static_cast<BodyKind>(found - names.begin() + 1));
      }
    }
    out.literal = optional_text(*applies, "literal");
    out.bare = flag(*applies, "bare") || !out.literal.empty();
    if (errors_.size() == before && out.programs.empty() && out.facilities.empty() &&
        out.bodies.empty() && !out.bare) {
      error("ingest-12", "`applies:` names no program, facility, body, literal or `bare: true`",
            *applies);
    }
  }

  std::vector<event::Logsource> logsource(const YamlNode& map) {
    std::vector<event::Logsource> out;
    const YamlNode* node = map.find("logsource");
    if (node == nullptr || node->is_null()) return out;
    auto add = [&](const YamlNode& one) {
      if (!one.is_map()) {
        error("ingest-10", "`logsource:` has `category:`, `product:`, `service:`", one);
        return;
      }
      known(one, {"category", "product", "service"});
      event::Logsource source{optional_text(one, "category"), optional_text(one, "product"),
                              optional_text(one, "service")};
      if (source == event::Logsource{}) error("ingest-12", "`logsource:` is empty", one);
      out.push_back(std::move(source));
    };
    if (node->is_sequence()) {
      for (const YamlNode& item : node->items) add(item);
    } else {
      add(*node);
    }
    return out;
  }

  ConstantFields constants(const YamlNode* node) {
    ConstantFields out;
    if (node == nullptr || node->is_null()) return out;
    if (!node->is_map()) {
      error("ingest-10", "fields are a map of names and values", *node);
      return out;
    }
    for (const YamlNode::Member& member : node->members) {
      ConstantField field;
      field.name = member.key;
      if (member.value.is_null()) {
        field.removed = true;
      } else if (!member.value.is_scalar()) {
        error("ingest-10",
              fmt::format("the value of `{}` must be text, a number or a truth",
                          base::printable(member.key)),
              member.value);
      }
      field.value = member.value.text;
      if (member.value.as_integer() || member.value.as_float()) {
        field.kind = event::ValueKind::number;
      } else if (const auto truth = member.value.as_bool()) {
        field.kind = event::ValueKind::boolean;
        field.value = *truth ? "true" : "false";
      }
      out.push_back(std::move(field));
    }
    return out;
  }

  // `over` on top of `under`: the same name is replaced, ~ takes it away.
  static ConstantFields merged(ConstantFields under, const ConstantFields& over) {
    for (const ConstantField& field : over) {
      std::erase_if(under, [&](const ConstantField& one) { return one.name == field.name; });
      if (!field.removed) under.push_back(field);
    }
    return under;
  }

  std::vector<ValueMap> values(const YamlNode* node) {
    std::vector<ValueMap> out;
    if (node == nullptr || node->is_null()) return out;
    if (!node->is_sequence()) {
      error("ingest-10", "`values:` is a list of `of:` and `is:`", *node);
      return out;
    }
    for (const YamlNode& item : node->items) {
      if (!item.is_map()) {
        error("ingest-10", "`values:` is a list of `of:` and `is:`", item);
        continue;
      }
      known(item, {"of", "is", "otherwise"});
      ValueMap map;
      map.origin = base::origin_of(file_, item);
      map.of = required_text(item, "of");
      const YamlNode* is = item.find("is");
      if (is == nullptr || !is->is_map()) {
        error("ingest-12", "`is:` is missing: a map of values and the fields that each sets",
              is == nullptr ? item : *is);
      } else {
        for (const YamlNode::Member& member : is->members) {
          map.cases.emplace_back(member.key, constants(&member.value));
        }
      }
      map.otherwise = constants(item.find("otherwise"));
      out.push_back(std::move(map));
    }
    return out;
  }

  std::vector<KeyMapping> keys(const YamlNode* node) {
    std::vector<KeyMapping> out;
    if (node == nullptr || node->is_null()) return out;
    if (!node->is_map()) {
      error("ingest-10", "`keys:` is a map of keys and field names", *node);
      return out;
    }
    for (const YamlNode::Member& member : node->members) {
      KeyMapping mapping;
      mapping.key = member.key;
      const std::string text = text_of(member.value, "a field's name");
      if (auto problem = read_target(text, mapping.target)) {
        error("ingest-20", problem->sentence, member.value);
      }
      const CaptureType type = mapping.target.type;
      if (type == CaptureType::last || is_time(type) || type == CaptureType::quoted ||
          type == CaptureType::bracketed || type == CaptureType::key_value) {
        error("ingest-13",
              "the type of a key is word, dash, text, int, number, hex, port, ip or host",
              member.value);
      }
      out.push_back(std::move(mapping));
    }
    return out;
  }

  std::vector<Join> joins(const YamlNode& node, const DecoderPattern& pattern) {
    std::vector<Join> out;
    if (!node.is_map() || pattern.when.empty()) {
      error("ingest-10", "`join:` is a map of fields, beside `when:`", node);
      return out;
    }
    for (const YamlNode::Member& member : node.members) {
      Join join{member.key, {}, {}};
      if (!member.value.is_map()) {
        error("ingest-10", "a joined field is a map of `of:` and `begins:`", member.value);
        continue;
      }
      known(member.value, {"of", "begins"});
      if (auto parts = read_template(required_text(member.value, "of"))) {
        join.parts = *std::move(parts);
      } else {
        error("ingest-13",
              "`of:` is a text with fields in it, as '{ObjectName}\\{ObjectValueName}'",
              member.value);
      }
      if (const YamlNode* begins = member.value.find("begins")) {
        if (!begins->is_map()) error("ingest-10", "`begins:` is a map of texts", *begins);
        for (const YamlNode::Member& front : begins->members)
          join.begins.emplace_back(front.key, text_of(front.value, "what stands instead"));
      }
      out.push_back(std::move(join));
    }
    return out;
  }

  std::vector<Unwrapping> unwrap(const YamlNode* node) {
    std::vector<Unwrapping> out;
    if (node == nullptr || node->is_null()) return out;
    const auto add = [&](const YamlNode& item) {
      Unwrapping one;
      if (item.is_map()) {
        known(item, {"prefix", "capital", "escaped"});
        one.prefix = required_text(item, "prefix");
        one.capital = flag(item, "capital");
        one.escaped = flag(item, "escaped");
      } else {
        one.prefix = item.text;
      }
      if (one.prefix.ends_with('.')) one.prefix.pop_back();
      if (one.prefix.empty()) error("ingest-13", "an entry of `unwrap:` has no prefix", item);
      out.push_back(std::move(one));
    };
    if (!node->is_sequence()) add(*node);
    for (const YamlNode& item : node->items) add(item);
    return out;
  }

  std::vector<std::pair<std::string, std::vector<std::string>>> names(const YamlNode* node,
                                                                      std::string_view key) {
    std::vector<std::pair<std::string, std::vector<std::string>>> out;
    if (node == nullptr || node->is_null()) return out;
    if (!node->is_map()) {
      error("ingest-10",
            fmt::format("`{}:` is a map of names and the fields that each stands for", key), *node);
      return out;
    }
    for (const YamlNode::Member& member : node->members) {
      std::vector<std::string> fields;
      for (const YamlNode* field : texts(&member.value, member.key)) fields.push_back(field->text);
      out.emplace_back(member.key, std::move(fields));
    }
    return out;
  }

  std::vector<BodyWhen> when(const YamlNode& node) {
    std::vector<BodyWhen> out;
    if (!node.is_map() || node.members.empty()) {
      error("ingest-10", "`when:` is a map of fields and the values that they may have", node);
      return out;
    }
    for (const YamlNode::Member& member : node.members) {
      BodyWhen condition;
      condition.name = member.key;
      for (const YamlNode* value : texts(&member.value, member.key)) {
        condition.values.push_back(value->text);
      }
      if (condition.values.empty()) {
        error("ingest-12", fmt::format("no value for `{}`", base::printable(member.key)),
              member.value);
      }
      out.push_back(std::move(condition));
    }
    return out;
  }

  // The place of byte `offset` of a scalar, where it is written on one line.
  base::Origin inside(const YamlNode& node, std::size_t offset) const {
    base::Origin out = base::origin_of(file_, node);
    if (node.text.find('\n') == std::string::npos) {
      out.column += static_cast<std::uint32_t>(offset) + (node.quoted ? 1U : 0U);
    }
    return out;
  }

  void read_pattern_item(const YamlNode& item, DecoderFile& file) {
    if (!item.is_map()) {
      error("ingest-10", "a pattern is a map: `name:`, `match:`, `fields:`, `examples:`", item);
      return;
    }
    known(item, {"name", "match", "when", "regex", "literal", "groups", "fields", "logsource",
                 "values", "keys", "join", "examples"});
    DecoderPattern out;
    out.origin = base::origin_of(file_, item);
    out.name = required_text(item, "name");
    for (const DecoderPattern& other : file.patterns) {
      if (!out.name.empty() && other.name == out.name) {
        error("ingest-13", fmt::format("a second pattern `{}`", base::printable(out.name)),
              *item.find("name"));
      }
    }
    read_match(item, file, out);
    out.fields = merged(file.fields, constants(item.find("fields")));
    out.logsource = item.find("logsource") == nullptr ? file.logsource : logsource(item);
    out.values = values_;
    for (ValueMap& map : values(item.find("values"))) {
      check_value_map(map, out);
      out.values.push_back(std::move(map));
    }
    out.keys = keys_;
    for (KeyMapping& mapping : keys(item.find("keys"))) out.keys.push_back(std::move(mapping));
    if (const YamlNode* join = item.find("join")) out.joins = joins(*join, out);
    read_examples(item, file, out);
    file.patterns.push_back(std::move(out));
  }

  void read_match(const YamlNode& item, const DecoderFile& file, DecoderPattern& out) {
    const YamlNode* match = item.find("match");
    const YamlNode* regex = item.find("regex");
    const YamlNode* conditions = item.find("when");
    const int count = (match != nullptr) + (regex != nullptr);
    if (count > 1 || (conditions == nullptr ? count == 0 : regex != nullptr)) {
      error("ingest-12", "a pattern has one of `match:`, `regex:` and `when:`", item);
      return;
    }
    if ((conditions != nullptr) != !file.bodies.empty()) {
      error("ingest-13", "`when:` is for the patterns of `applies: body`, and only for them", item);
      return;
    }
    if (conditions != nullptr) out.when = when(*conditions);
    for (const YamlNode* node : texts(match, "match")) {
      Pattern pattern;
      if (auto problem = read_pattern(node->text, pattern)) {
        errors_.push_back({"ingest-20", problem->sentence, inside(*node, problem->offset)});
      } else {
        out.matches.push_back(std::move(pattern));
      }
    }
    if (regex == nullptr) {
      for (const char* key : {"literal", "groups"}) {
        if (const YamlNode* node = item.find(key)) {
          error("ingest-13", fmt::format("`{}:` goes with `regex:` only", key), *node);
        }
      }
      return;
    }
    out.regex = text_of(*regex, "`regex:`");
    out.literal = required_text(item, "literal");
    if (!out.literal.empty() && out.literal.size() < 3) {
      error("ingest-13", "`literal:` needs at least 3 bytes", *item.find("literal"));
    }
    for (const YamlNode* node : texts(item.find("groups"), "groups")) {
      CaptureTarget target;
      if (auto problem = read_target(node->text, target)) {
        errors_.push_back({"ingest-20", problem->sentence, inside(*node, problem->offset)});
      }
      out.groups.push_back(std::move(target));
    }
    if (out.groups.size() > max_captures) {
      error("ingest-13", fmt::format("more than {} groups", max_captures), item);
    }
  }

  static bool captures(const std::vector<Element>& elements, std::string_view name) {
    return std::any_of(elements.begin(), elements.end(), [&](const Element& element) {
      return (element.kind == Element::Kind::capture && element.target.name == name) ||
             captures(element.group, name);
    });
  }

  void check_value_map(const ValueMap& map, const DecoderPattern& pattern) {
    bool found = map.of.empty() || !pattern.when.empty() ||
                 (pattern.matches.empty() && pattern.regex.empty());
    for (const Pattern& match : pattern.matches) found = found || captures(match.elements, map.of);
    for (const CaptureTarget& group : pattern.groups) found = found || group.name == map.of;
    if (!found) {
      errors_.push_back(
          {"ingest-13",
           fmt::format("no capture of this pattern is called `{}`", base::printable(map.of)),
           map.origin});
    }
  }

  void read_examples(const YamlNode& item, const DecoderFile& file, DecoderPattern& out) {
    const YamlNode* list = item.find("examples");
    if (list == nullptr || !list->is_sequence() || list->items.empty()) {
      error("ingest-12", "a pattern needs `examples:`, a list of lines and the fields expected",
            list == nullptr ? item : *list);
      return;
    }
    for (const YamlNode& node : list->items) {
      if (!node.is_map()) {
        error("ingest-10", "an example is a map: `line:` or `body:`, and `fields:`", node);
        continue;
      }
      known(node, {"line", "body", "program", "fields", "absent", "time"});
      DecoderExample example;
      example.origin = base::origin_of(file_, node);
      example.is_body = node.find("body") != nullptr;
      if (example.is_body == (node.find("line") != nullptr)) {
        error("ingest-12", "an example has either `line:` or `body:`", node);
        continue;
      }
      example.text = required_text(node, example.is_body ? "body" : "line");
      example.program = optional_text(node, "program");
      if (example.program.empty() && !file.programs.empty()) example.program = file.programs[0];
      if (const YamlNode* fields = node.find("fields"); fields != nullptr && fields->is_map()) {
        for (const YamlNode::Member& member : fields->members) {
          example.fields.emplace_back(member.key, text_of(member.value, "a value"));
        }
      } else if (fields != nullptr && !fields->is_null()) {
        error("ingest-10", "`fields:` is a map of names and values", *fields);
      }
      for (const YamlNode* name : texts(node.find("absent"), "absent")) {
        example.absent.push_back(name->text);
      }
      example.time = optional_text(node, "time");
      if (!example.time.empty() && !base::parse_rfc3339(example.time)) {
        error("ingest-13", "`time:` is written as 2026-01-31T12:00:00Z", *node.find("time"));
      }
      out.examples.push_back(std::move(example));
    }
  }

  const std::string& file_;
  base::Errors& errors_;
  std::vector<ValueMap> values_;
  std::vector<KeyMapping> keys_;
};

}  // namespace

std::optional<int> facility_code(std::string_view name) {
  const auto found = std::find(facilities.begin(), facilities.end(), name);
  if (found == facilities.end()) return std::nullopt;
  return static_cast<int>(found - facilities.begin());
}

std::optional<DecoderFile> read_decoder(const base::SourceText& source, base::Errors& errors) {
  return read_decoder(source, base::parse_yaml(source), errors);
}

std::optional<DecoderFile> read_decoder(const base::SourceText& source,
                                        base::Result<std::vector<base::YamlNode>> documents,
                                        base::Errors& errors) {
  if (!documents) {
    errors.push_back(std::move(documents).error());
    return std::nullopt;
  }
  if (documents->empty()) documents->emplace_back();
  if (documents->size() > 1) {
    errors.push_back({"ingest-10", "a decoder file is one document",
                      base::origin_of(source.name, (*documents)[1])});
    return std::nullopt;
  }
  const std::size_t before = errors.size();
  DecoderFile out;
  FileReader(source.name, errors).read(documents->front(), out);
  if (errors.size() != before) return std::nullopt;
  return out;
}

}  // namespace tocsin::ingest
