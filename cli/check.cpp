#include "cli/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/text.hpp"
#include "base/yaml.hpp"
#include "base/yaml_forest.hpp"
#include "cli/config.hpp"
#include "cli/drop_ins.hpp"
#include "cli/error_table.hpp"
#include "cli/report.hpp"
#include "cli/setup.hpp"
#include "engine/packs.hpp"
#include "event/field.hpp"
#include "event/logsource.hpp"
#include "ingest/decode/decoder_set.hpp"
#include "rules/document.hpp"
#include "rules/lint.hpp"
#include "rules/mapping.hpp"
#include "rules/rule_set.hpp"
#include "rules/value_list.hpp"

namespace tocsin::cli {

namespace {

constexpr std::string_view unknown_reference = "rules-51";

// From so many warnings on, they are counted by code as well.
constexpr std::size_t many = 20;

enum class FileKind : std::uint8_t { rule, decoder, mapping, value_lists, configuration };

struct KindKey {
  std::string_view key;
  FileKind kind;
};
constexpr auto kind_keys = std::to_array<KindKey>({{"transformations", FileKind::mapping},
                                                   {"entity", FileKind::mapping},
                                                   {"patterns", FileKind::decoder},
                                                   {"applies", FileKind::decoder},
                                                   {"lists", FileKind::value_lists},
                                                   {"inputs", FileKind::configuration},
                                                   {"channels", FileKind::configuration},
                                                   {"packs", FileKind::configuration},
                                                   {"store", FileKind::configuration},
                                                   {"engine", FileKind::configuration},
                                                   {"console", FileKind::configuration},
                                                   {"lockout", FileKind::configuration},
                                                   {"correlate", FileKind::configuration},
                                                   {"syslog", FileKind::configuration},
                                                   {"intake", FileKind::configuration}});

// By the keys of its first document; a text that is no YAML is told as what its reader would say.
FileKind kind_of(const base::Result<std::vector<base::YamlNode>>& documents) {
  if (!documents || documents->empty()) return FileKind::rule;
  const auto has = [&](const KindKey& row) { return documents->front().find(row.key) != nullptr; };
  const auto found = std::ranges::find_if(kind_keys, has);
  return found == kind_keys.end() ? FileKind::rule : found->kind;
}

void add(base::Errors& to, base::Errors from) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}

// Rules alone first; where one refers to something else, again beside the default packs.
void check_rules(const std::vector<base::SourceText>& texts,
                 const std::vector<base::SourceText>& lists,
                 const std::shared_ptr<base::DiskCache>& cache, Checked& out) {
  event::FieldTable fields;
  rules::RuleSet::Loaded loaded = rules::RuleSet::load(texts, fields, {}, lists, cache);
  const bool lacks =
      std::any_of(loaded.errors.begin(), loaded.errors.end(),
                  [](const base::Error& error) { return error.code == unknown_reference; });
  const auto share = lacks ? engine::share_folder() : std::nullopt;
  if (share) {
    std::vector<base::SourceText> all;
    static_cast<void>(engine::read_texts({*share + "/rules"}, all));
    drop_replaced(all, texts, "id");
    std::copy(texts.begin(), texts.end(), std::back_inserter(all));
    event::FieldTable all_fields;
    loaded = rules::RuleSet::load(all, all_fields, {}, lists, cache);
    std::set<std::string> own;
    for (const auto* given : {&texts, &lists}) {
      for (const base::SourceText& text : *given) own.insert(text.name);
    }
    std::erase_if(loaded.errors,
                  [&own](const base::Error& error) { return !own.contains(error.origin.name); });
    std::erase_if(loaded.warnings,
                  [&own](const base::Error& error) { return !own.contains(error.origin.name); });
  }
  out.rules = texts.size();
  add(out.errors, std::move(loaded.errors));
  add(out.warnings, std::move(loaded.warnings));
}

// What each default decoder gives, so that a field that none of them knows is found.
std::vector<rules::KnownFields> fields_of_decoders() {
  std::vector<rules::KnownFields> out;
  std::vector<base::SourceText> texts;
  const auto share = engine::share_folder();
  if (!share || !engine::read_texts({*share + "/decoders"}, texts).empty()) return out;
  for (const base::SourceText& text : texts) {
    event::FieldTable fields;
    event::LogsourceTable logsources;
    base::Errors errors;
    const auto decoder = ingest::DecoderSet::compile({&text, 1}, fields, logsources, errors);
    if (!decoder) continue;
    rules::KnownFields known;
    for (std::size_t i = 0; i < fields.size(); ++i)
      known.fields.emplace(fields.name(event::FieldId(static_cast<std::uint16_t>(i))));
    // A body of a form of its own has fields that no decoder names.
    known.complete = std::ranges::all_of(decoder->files(), [](const ingest::DecoderFile& file) {
      return std::ranges::all_of(
          file.bodies, [](ingest::BodyKind body) { return body == ingest::BodyKind::pattern; });
    });
    for (std::size_t i = 0; i < logsources.size(); ++i) {
      for (const event::Logsource& logsource :
           logsources[event::LogsourceId(static_cast<std::uint16_t>(i))]) {
        known.logsource = logsource;
        out.push_back(known);
      }
    }
  }
  return out;
}

void lint_rules(const std::vector<base::SourceText>& texts,
                const std::vector<base::SourceText>& lists,
                const std::shared_ptr<base::DiskCache>& cache, Checked& out) {
  base::Errors told;  // by check_rules
  const rules::ValueLists values = rules::ValueLists::read(lists, told);
  add(out.warnings, rules::lint(rules::read_documents(texts, values, cache), fields_of_decoders()));
}

void sort_by_place(base::Errors& errors) {
  std::ranges::stable_sort(errors, {}, [](const base::Error& error) {
    return std::tie(error.origin.name, error.origin.line, error.origin.column);
  });
}

// "  412 rules-103 Warning: ...", so that a large tree can be seen at a glance.
void print_summary(const base::Errors& warnings, std::FILE* to) {
  std::map<std::string_view, std::size_t> counts;
  for (const base::Error& warning : warnings) ++counts[warning.code];
  for (const auto& [code, count] : counts) {
    const auto row = std::ranges::find(error_rows(), code, &ErrorRow::code);
    put_line(to, fmt::format("  {:>5} {}{}", count, code,
                             row == error_rows().end() ? "" : " " + std::string(row->meaning)));
  }
}

}  // namespace

Checked check_paths(const std::vector<std::string>& paths, const std::vector<std::string>& lists,
                    const std::shared_ptr<base::DiskCache>& cache, bool lint) {
  Checked out;
  std::vector<base::SourceText> texts, decoders, mappings, rule_texts, list_texts;
  add(out.errors, engine::read_texts(lists, list_texts));
  add(out.errors, engine::read_texts(paths, texts));
  // With the limits of rules, so that what is kept here serves their reader.
  base::YamlForest forest(texts, rules::document_limits, cache);
  std::vector<FileKind> kinds;
  kinds.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) kinds.push_back(kind_of(forest.take(i)));
  forest.keep();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    base::SourceText& text = texts[i];
    switch (kinds[i]) {
      case FileKind::rule:
        rule_texts.push_back(std::move(text));
        break;
      case FileKind::mapping:
        mappings.push_back(std::move(text));
        break;
      case FileKind::decoder:
        decoders.push_back(std::move(text));
        break;
      case FileKind::value_lists:
        list_texts.push_back(std::move(text));
        break;
      case FileKind::configuration:
        ++out.configurations;
        add(out.errors, read_config(text).errors);
        break;
    }
  }
  if (!decoders.empty()) {
    event::FieldTable fields;
    event::LogsourceTable logsources;
    static_cast<void>(ingest::DecoderSet::compile(decoders, fields, logsources, out.errors));
    out.decoders = decoders.size();
  }
  static_cast<void>(rules::read_mappings(mappings, out.errors));
  out.mappings = mappings.size();
  if (!rule_texts.empty() || !list_texts.empty()) check_rules(rule_texts, list_texts, cache, out);
  if (!rule_texts.empty() && lint) lint_rules(rule_texts, list_texts, cache, out);
  sort_by_place(out.errors);
  sort_by_place(out.warnings);
  return out;
}

int run_check(const CheckCommand& command, const Streams& streams) {
  const Checked checked = check_paths(command.paths, command.lists, open_cache(), command.lint);
  if (command.json) {
    print_errors_json(streams.out, checked.errors, "error");
    print_errors_json(streams.out, checked.warnings, "warning");
  } else {
    for (const base::Error& error : checked.errors)
      put_line(streams.out, base::printable(to_string(error)));
    for (const base::Error& warning : checked.warnings)
      put_line(streams.out, base::printable(to_string(warning)) + " (warning)");
  }
  if (checked.warnings.size() >= many) print_summary(checked.warnings, streams.err);
  const std::string mappings =
      checked.mappings == 0 ? "" : counted(checked.mappings, "mapping pack") + ", ";
  put_line(streams.err, fmt::format("{}, {}, {}{}: {}, {}", counted(checked.rules, "rule file"),
                                    counted(checked.decoders, "decoder"), mappings,
                                    counted(checked.configurations, "configuration"),
                                    counted(checked.errors.size(), "error"),
                                    counted(checked.warnings.size(), "warning")));
  if (!checked.errors.empty()) return exit_code_of(checked.errors, exit_code::invalid);
  return command.strict && !checked.warnings.empty() ? exit_code::findings : exit_code::ok;
}

}  // namespace tocsin::cli
