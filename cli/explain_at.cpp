#include "cli/explain_at.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/config.hpp"
#include "cli/explanation.hpp"
#include "cli/explanation_json.hpp"
#include "cli/report.hpp"
#include "cli/rule_choice.hpp"
#include "cli/setup.hpp"
#include "cli/table.hpp"

namespace tocsin::cli {

namespace {

int refuse(const Streams& streams, const std::string& sentence) {
  put_line(streams.err, "tocsin explain: " + sentence);
  return exit_code::usage;
}

int fail(const Streams& streams, const base::Error& error) {
  print_errors(streams.err, {error}, "error");
  const bool is_usage =
      error.code == "engine-20" || error.code == "engine-21" || error.code == "engine-22";
  return is_usage ? exit_code::usage : exit_code_of({error}, exit_code::findings);
}

// NAME=VALUE, each name once; an empty sentence when all is well.
std::string read_group(const std::vector<std::string>& words, event::GroupValues& out) {
  for (const std::string& word : words) {
    const std::size_t equal = word.find('=');
    if (equal == std::string::npos || equal == 0)
      return fmt::format("--group {}: write NAME=VALUE, as user.name=bob", base::printable(word));
    const std::string name = word.substr(0, equal);
    if (std::ranges::find(out, name, &std::pair<std::string, std::string>::first) != out.end())
      return fmt::format("--group {} is given twice", base::printable(name));
    out.emplace_back(name, word.substr(equal + 1));
  }
  return {};
}

// The rule that is meant, and the setup that it is of.
struct Chosen {
  engine::Setup setup;
  event::RuleIndex rule;
  RulesAsked asked;
};

class Choice {
 public:
  Choice(const ExplainCommand& command, const Streams& streams)
      : command_(command), streams_(streams) {}

  // An exit code when there is no such rule.
  int choose(engine::Setup then, const store::Epoch& epoch, Chosen& out) {
    out.asked.epoch = epoch.number;
    out.asked.from = epoch.from;
    const bool is_file = names_a_file(command_.rule);
    if (!is_file) {
      const auto meant = rules_meant(*then.pipeline->rules, command_.rule);
      if (!meant.empty()) return take(std::move(then), meant.front(), out);
    }
    PackArguments packs = command_.packs;
    if (is_file) packs.rules.push_back(command_.rule);
    LoadedSetup today = load_setup(packs, then.fold);
    if (!today.setup.pipeline) return refuse_packs(today.errors);
    const rules::RuleSet& rules = *today.setup.pipeline->rules;
    const auto meant = rules_meant(rules, command_.rule);
    if (meant.empty() && is_file && !today.errors.empty()) return refuse_packs(today.errors);
    if (meant.empty()) return refuse(streams_, no_such_rule(rules, command_.rule));
    if (meant.size() > 1)
      return refuse(streams_, fmt::format("{} has several rules: name one by its id, and the file "
                                          "with --rules",
                                          base::printable(command_.rule)));
    const rules::Rule& rule = rules[meant.front()];
    const auto known = then.pipeline->rules->find(rule.id);
    if (known && (*then.pipeline->rules)[*known].content == rule.content)
      return take(std::move(then), *known, out);
    out.asked.in_force = false;
    out.asked.why =
        known ? "another form of the rule was in force then" : "the rule was not in force then";
    today.setup.fold = then.fold;
    return take(std::move(today.setup), meant.front(), out);
  }

 private:
  static int take(engine::Setup setup, event::RuleIndex rule, Chosen& out) {
    out.setup = std::move(setup);
    out.rule = rule;
    return exit_code::ok;
  }
  int refuse_packs(const base::Errors& errors) {
    print_errors(streams_.err, errors, "error");
    return exit_code_of(errors, exit_code::invalid);
  }

  const ExplainCommand& command_;
  const Streams& streams_;
};

}  // namespace

int run_explain_at(const ExplainCommand& command, const Streams& streams) {
  const auto at = base::parse_rfc3339(command.at, true);
  if (!at)
    return refuse(streams, fmt::format("`{}` is no time; write it as 2026-11-22T03:08:00Z",
                                       base::printable(command.at)));
  engine::ExplainRequest request;
  request.at = base::EventTime(*at);
  request.whole = command.whole;
  request.lines = command.show;
  request.threads =
      command.threads != 0 ? command.threads : std::max(1U, std::thread::hardware_concurrency());
  if (const std::string wrong = read_group(command.group, request.group); !wrong.empty())
    return refuse(streams, wrong);
  const auto store = store::Store::open_read_only(store_folder(command.store));
  if (!store) return fail(streams, store.error());
  const auto then = engine::rules_then(**store, request.at);
  if (!then) return fail(streams, then.error());
  auto setup = engine::load_epoch(**store, then->epoch);
  if (!setup) return fail(streams, setup.error());
  Chosen chosen;
  if (const int code = Choice(command, streams).choose(*std::move(setup), then->epoch, chosen);
      code != exit_code::ok)
    return code;
  request.rule = chosen.rule;
  request.in_force = chosen.asked.in_force;
  const auto said = engine::explain(**store, chosen.setup, request);
  if (!said) return fail(streams, said.error());
  if (command.json) {
    put_line(streams.out, explanation_json(*said, *chosen.setup.pipeline, chosen.asked));
  } else {
    put(streams.out, explanation_text(*said, *chosen.setup.pipeline, chosen.asked,
                                      terminal_width(::fileno(streams.out))));
  }
  return exit_code::ok;
}

}  // namespace tocsin::cli
