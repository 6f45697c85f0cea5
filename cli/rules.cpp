#include "cli/rules.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <set>
#include <tuple>
#include <vector>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "cli/decode.hpp"
#include "cli/report.hpp"
#include "cli/rule_meter.hpp"
#include "cli/setup.hpp"
#include "cli/table.hpp"

namespace tocsin::cli {

namespace {

rules::Level level_of(std::string_view word) {
  for (const rules::Level level :
       {rules::Level::low, rules::Level::medium, rules::Level::high, rules::Level::critical}) {
    if (rules::name_of(level) == word) return level;
  }
  return rules::Level::informational;
}

bool has_tag(const rules::Rule& rule, std::string_view wanted) {
  return std::ranges::any_of(rule.tags, [&](std::string_view tag) {
    return tag.starts_with(wanted) && (tag.size() == wanted.size() || tag[wanted.size()] == '.');
  });
}

bool is_wanted(const rules::Rule& rule, const RulesCommand& command) {
  if (!command.logsource.empty() && !is_of(rule.logsource, command.logsource)) return false;
  if (!command.tag.empty() && !has_tag(rule, command.tag)) return false;
  return command.level.empty() || rule.level >= level_of(command.level);
}

// What a rule is tried on: its log source, or the kind of a correlation.
std::string scope_of(const rules::Rule& rule) {
  return rule.is_correlation() ? std::string(name_of(rule.correlation->type))
                               : logsource_text(rule.logsource);
}

// Techniques alone, as "t1110 t1110.003": the rest of the tags is in the JSON.
std::string techniques_of(const rules::Rule& rule) {
  std::string out;
  for (const std::string_view tag : rule.tags) {
    if (tag.starts_with("attack.t") && tag.size() > 8 && tag[8] >= '0' && tag[8] <= '9')
      out += (out.empty() ? "" : " ") + std::string(tag.substr(7));
  }
  return out;
}

double cost_of(const Measured& measured, const rules::Rule& rule) {
  const auto found = measured.ns_per_event.find(rule.origin.name);
  return found == measured.ns_per_event.end() ? 0 : found->second;
}

struct Row {
  const rules::Rule* rule;
  std::uint64_t hits = 0;
  std::uint64_t evaluations = 0;
};

double per_million(std::uint64_t evaluations, const Measured& measured) {
  if (measured.events == 0) return 0;
  return static_cast<double>(evaluations) * 1e6 / static_cast<double>(measured.events);
}

void print_json(const Row& row, const Measured* measured, std::FILE* to) {
  const rules::Rule& rule = *row.rule;
  std::string line;
  base::JsonWriter out(line);
  const auto list = [&out](std::string_view key, const std::vector<std::string>& values) {
    out.key(key).begin_array();
    for (const std::string& value : values) out.value(std::string_view(value));
    out.end_array();
  };
  out.begin_object().member("id", std::string_view(rule.id));
  out.member("name", std::string_view(rule.name)).member("title", std::string_view(rule.title));
  out.member("level", rules::name_of(rule.level)).member("status", std::string_view(rule.status));
  out.member("author", std::string_view(rule.author)).key("logsource").begin_object();
  for (const auto& [key, part] : {std::pair("category", &rule.logsource.category),
                                  std::pair("product", &rule.logsource.product),
                                  std::pair("service", &rule.logsource.service)}) {
    if (!part->empty()) out.member(key, std::string_view(*part));
  }
  out.end_object();
  if (rule.is_correlation()) out.member("correlation", name_of(rule.correlation->type));
  list("tags", rule.tags);
  out.member("alerts", rule.alerts).member("tests", rule.tests.size());
  out.member("file", std::string_view(rule.origin.name)).member("line", rule.origin.line);
  if (measured != nullptr && !rule.is_correlation()) {
    out.member("hits", row.hits).member("evaluations", row.evaluations);
    out.member("evaluations_per_million", per_million(row.evaluations, *measured));
    out.member("ns_per_event", cost_of(*measured, rule));
  }
  out.end_object();
  put_line(to, line);
}

void print_table(const std::vector<Row>& rows, const Measured* measured, std::FILE* to) {
  std::vector<std::string> header{"level", "log source", "techniques", "title", "author", "id"};
  if (measured != nullptr) header.insert(header.begin(), {"hits", "evaluated/M", "ns/event"});
  Table table(header);
  for (const auto& [rule, hits, evaluations] : rows) {
    std::vector<std::string> row{std::string(rules::name_of(rule->level)),
                                 scope_of(*rule),
                                 techniques_of(*rule),
                                 rule->title,
                                 rule->author,
                                 rule->id};
    if (measured != nullptr) {
      const bool counts = !rule->is_correlation();
      row.insert(row.begin(),
                 {counts ? std::to_string(hits) : "-",
                  counts ? fmt::format("{:.0f}", per_million(evaluations, *measured)) : "-",
                  counts ? fmt::format("{:.0f}", cost_of(*measured, *rule)) : "-"});
    }
    table.add(std::move(row));
  }
  put(to, table.text(terminal_width(::fileno(to))));
}

Measured measure(const RulesCommand& command, const engine::Setup& setup,
                 const std::vector<const rules::Rule*>& wanted) {
  std::set<std::string> files;
  for (const rules::Rule* rule : wanted) {
    if (!rule->is_correlation()) files.insert(rule->origin.name);
  }
  engine::FileFeedOptions options;
  options.paths = command.events;
  options.format = command.format;
  options.zone = command.zone;
  options.year = command.year;
  options.now = base::SystemClock().now();
  options.sequential = true;
  const std::vector<std::string> names(files.begin(), files.end());
  return measure_rules(setup, options, names);
}

}  // namespace

bool is_of(const event::Logsource& logsource, std::string_view words) {
  while (!words.empty()) {
    const std::size_t slash = words.find('/');
    const std::string_view word = words.substr(0, slash);
    words.remove_prefix(slash == words.npos ? words.size() : slash + 1);
    if (word != logsource.category && word != logsource.product && word != logsource.service)
      return false;
  }
  return true;
}

int run_rules(const RulesCommand& command, const Streams& streams) {
  const LoadedSetup loaded = load_setup(command.packs, {});
  print_errors(streams.err, loaded.errors, "error");
  if (!loaded.setup.pipeline) return exit_code_of(loaded.errors, exit_code::invalid);
  const rules::RuleSet& rules = *loaded.setup.pipeline->rules;
  std::vector<const rules::Rule*> wanted;
  for (const rules::Rule& rule : rules.rules()) {
    if (is_wanted(rule, command)) wanted.push_back(&rule);
  }
  Measured measured;
  const bool measures = !command.events.empty();
  if (measures) measured = measure(command, loaded.setup, wanted);
  std::vector<Row> rows;
  for (const rules::Rule* rule : wanted) {
    const auto index = static_cast<std::size_t>(rule - rules.rules().data());
    rows.push_back(measures ? Row{rule, measured.hits[index], measured.evaluations[index]}
                            : Row{rule});
  }
  std::ranges::stable_sort(rows, [&](const auto& a, const auto& b) {
    if (a.hits != b.hits) return a.hits > b.hits;
    return std::tuple(b.rule->level, scope_of(*a.rule), a.rule->title) <
           std::tuple(a.rule->level, scope_of(*b.rule), b.rule->title);
  });
  const Measured* const shown = measures ? &measured : nullptr;
  if (command.json) {
    for (const Row& row : rows) print_json(row, shown, streams.out);
  } else if (!rows.empty()) {
    print_table(rows, shown, streams.out);
  }
  const std::string over = measures
                               ? fmt::format(" over {}, costs over {} of them",
                                             counted(measured.events, "event"), measured.sample)
                               : std::string();
  put_line(streams.err,
           fmt::format("{} of {}{}", rows.size(), counted(rules.size(), "rule"), over));
  print_errors(streams.err, measured.errors, "error");
  if (!loaded.errors.empty()) return exit_code_of(loaded.errors, exit_code::invalid);
  return measured.errors.empty() ? exit_code::ok
                                 : exit_code_of(measured.errors, exit_code::findings);
}

}  // namespace tocsin::cli
