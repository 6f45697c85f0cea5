#include "cli/coverage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/report.hpp"
#include "cli/setup.hpp"

namespace tocsin::cli {

namespace {

bool are_digits(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](unsigned char c) { return c >= '0' && c <= '9'; });
}

// "T1059.001" for attack.t1059.001; empty for what is no technique.
std::string technique_of(std::string_view tag) {
  constexpr std::string_view space = "attack.t";
  if (!tag.starts_with(space)) return {};
  const std::string_view rest = tag.substr(space.size());
  const std::string_view number = rest.substr(0, rest.find('.'));
  const bool has_part = number.size() < rest.size();
  if (number.size() != 4 || !are_digits(number)) return {};
  if (has_part && (rest.size() != 8 || !are_digits(rest.substr(5)))) return {};
  return "T" + std::string(rest);
}

// Groups, software and the like have a letter and a number.
bool is_tactic(std::string_view tag) {
  constexpr std::string_view space = "attack.";
  if (!tag.starts_with(space) || tag.size() < space.size() + 2) return false;
  return std::isdigit(static_cast<unsigned char>(tag[space.size() + 1])) == 0 &&
         !are_digits(tag.substr(tag.size() - 1));
}

constexpr std::size_t most_titles = 50;

// One title a line; what is long beyond use is counted.
std::string comment_of(const std::vector<std::string>& titles) {
  std::string out;
  for (std::size_t i = 0; i < std::min(titles.size(), most_titles); ++i)
    out += (out.empty() ? "" : "\n") + titles[i];
  if (titles.size() > most_titles) out += fmt::format("\nand {} more", titles.size() - most_titles);
  return out;
}

}  // namespace

Coverage coverage_of(std::span<const rules::Rule> rules) {
  Coverage out;
  for (const rules::Rule& rule : rules) {
    std::set<std::string> techniques, tactics;
    for (const std::string& tag : rule.tags) {
      if (std::string technique = technique_of(tag); !technique.empty()) {
        techniques.insert(std::move(technique));
      } else if (is_tactic(tag)) {
        tactics.insert(tag.substr(tag.find('.') + 1));
      }
    }
    for (const std::string& technique : techniques) out.techniques[technique].push_back(rule.title);
    if (!techniques.empty()) {
      ++out.tagged;
    } else if (tactics.empty()) {
      ++out.untagged;
    } else {
      for (const std::string& tactic : tactics) ++out.tactics[tactic];
    }
  }
  return out;
}

std::string layer_json(const Coverage& coverage, std::string_view name) {
  std::size_t most = 1;
  for (const auto& [technique, titles] : coverage.techniques) most = std::max(most, titles.size());
  std::string text;
  base::JsonWriter out(text);
  out.begin_object().member("name", name);
  out.key("versions").begin_object().member("layer", "4.5").member("navigator", "5.1.0");
  out.end_object().member("domain", "enterprise-attack");
  out.member("description", "Sigma rules by technique; the score is the number of rules");
  out.member("sorting", 3).member("hideDisabled", false).key("techniques").begin_array();
  for (const auto& [technique, titles] : coverage.techniques) {
    out.begin_object().member("techniqueID", std::string_view(technique));
    out.member("score", titles.size()).member("comment", std::string_view(comment_of(titles)));
    out.member("enabled", true).end_object();
  }
  out.end_array().key("gradient").begin_object().key("colors").begin_array();
  out.value("#e8f4ff").value("#08519c").end_array();
  out.member("minValue", 0).member("maxValue", most).end_object();
  out.end_object();
  return text;
}

int run_coverage(const CoverageCommand& command, const Streams& streams) {
  const LoadedSetup loaded = load_setup(command.packs, {});
  print_errors(streams.err, loaded.errors, "error");
  if (!loaded.setup.pipeline) return exit_code_of(loaded.errors, exit_code::invalid);
  const rules::RuleSet& rules = *loaded.setup.pipeline->rules;
  const Coverage coverage = coverage_of(rules.rules());
  const std::string layer = layer_json(coverage, command.name);
  if (command.output.empty()) {
    put_line(streams.out, layer);
  } else if (const auto error = write_file(command.output, layer + '\n')) {
    print_errors(streams.err, {*error}, "error");
    return exit_code_of({*error}, exit_code::findings);
  }
  put_line(streams.err,
           fmt::format("{}: {} with a technique, {} techniques in all",
                       counted(rules.size(), "rule"), coverage.tagged, coverage.techniques.size()));
  for (const auto& [tactic, count] : coverage.tactics) {
    put_line(streams.err, base::printable(fmt::format("  {} with the tactic {} alone",
                                                      counted(count, "rule"), tactic)));
  }
  if (coverage.untagged > 0)
    put_line(streams.err, fmt::format("  {} without either", counted(coverage.untagged, "rule")));
  return loaded.errors.empty() ? exit_code::ok : exit_code_of(loaded.errors, exit_code::invalid);
}

}  // namespace tocsin::cli
