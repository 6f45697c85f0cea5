#include "cli/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "base/yaml.hpp"
#include "base/yaml_forest.hpp"
#include "cli/config.hpp"
#include "cli/report.hpp"
#include "cli/setup.hpp"
#include "engine/packs.hpp"
#include "event/field.hpp"
#include "event/logsource.hpp"
#include "ingest/decode/decoder_set.hpp"
#include "rules/document.hpp"
#include "rules/rule_set.hpp"

namespace tocsin::cli {

namespace {

constexpr std::string_view unknown_reference = "rules-51";

enum class FileKind : std::uint8_t { rule, decoder, value_lists, configuration };

// By the keys of its first document; a text that is no YAML is told as what its reader would say.
FileKind kind_of(const base::Result<std::vector<base::YamlNode>>& documents) {
  if (!documents || documents->empty()) return FileKind::rule;
  const base::YamlNode& first = documents->front();
  for (const char* key : {"patterns", "applies"}) {
    if (first.find(key) != nullptr) return FileKind::decoder;
  }
  if (first.find("lists") != nullptr) return FileKind::value_lists;
  for (const char* key : {"inputs", "channels", "packs", "store", "engine", "console", "lockout",
                          "correlate", "syslog", "intake"}) {
    if (first.find(key) != nullptr) return FileKind::configuration;
  }
  return FileKind::rule;
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

}  // namespace

Checked check_paths(const std::vector<std::string>& paths, const std::vector<std::string>& lists,
                    const std::shared_ptr<base::DiskCache>& cache) {
  Checked out;
  std::vector<base::SourceText> texts, decoders, rule_texts, list_texts;
  add(out.errors, engine::read_texts(lists, list_texts));
  add(out.errors, engine::read_texts(paths, texts));
  // With the limits of rules, so that what is kept here serves their reader.
  base::YamlForest forest(texts, rules::document_limits, cache);
  std::vector<FileKind> kinds;
  for (std::size_t i = 0; i < texts.size(); ++i) kinds.push_back(kind_of(forest.take(i)));
  forest.keep();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    base::SourceText& text = texts[i];
    switch (kinds[i]) {
      case FileKind::rule:
        rule_texts.push_back(std::move(text));
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
  if (!rule_texts.empty() || !list_texts.empty()) check_rules(rule_texts, list_texts, cache, out);
  std::stable_sort(out.errors.begin(), out.errors.end(),
                   [](const base::Error& a, const base::Error& b) {
                     return std::tie(a.origin.name, a.origin.line, a.origin.column) <
                            std::tie(b.origin.name, b.origin.line, b.origin.column);
                   });
  return out;
}

int run_check(const CheckCommand& command, const Streams& streams) {
  const Checked checked = check_paths(command.paths, command.lists, open_cache());
  if (command.json) {
    print_errors_json(streams.out, checked.errors, "error");
    print_errors_json(streams.out, checked.warnings, "warning");
  } else {
    for (const base::Error& error : checked.errors)
      put_line(streams.out, base::printable(to_string(error)));
    for (const base::Error& warning : checked.warnings)
      put_line(streams.out, base::printable(to_string(warning)) + " (warning)");
  }
  put_line(streams.err, fmt::format("{}, {}, {}: {}, {}", counted(checked.rules, "rule file"),
                                    counted(checked.decoders, "decoder"),
                                    counted(checked.configurations, "configuration"),
                                    counted(checked.errors.size(), "error"),
                                    counted(checked.warnings.size(), "warning")));
  return checked.errors.empty() ? exit_code::ok : exit_code_of(checked.errors, exit_code::invalid);
}

}  // namespace tocsin::cli
