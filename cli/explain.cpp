#include "cli/explain.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "cli/decode.hpp"
#include "cli/event_reader.hpp"
#include "cli/explain_at.hpp"
#include "cli/explain_text.hpp"
#include "cli/report.hpp"
#include "cli/rule_choice.hpp"
#include "cli/setup.hpp"
#include "cli/table.hpp"
#include "rules/explain.hpp"

namespace tocsin::cli {

namespace {

// The detection rules behind a rule, itself or all that a correlation refers to, each once.
void collect(const rules::RuleSet& rules, event::RuleIndex rule,
             std::vector<event::RuleIndex>& out) {
  const auto& correlation = rules[rule].correlation;
  if (correlation) {
    for (const rules::CorrelationInput& input : correlation->inputs)
      collect(rules, input.rule, out);
  } else if (std::ranges::find(out, rule) == out.end()) {
    out.push_back(rule);
  }
}

// The files that say what is asked of these rules: their own, and those with filters.
std::vector<base::SourceText> files_of(const rules::RuleSet& rules,
                                       const std::vector<event::RuleIndex>& meant,
                                       const std::vector<base::SourceText>& texts) {
  std::set<std::string_view> names;
  for (const event::RuleIndex rule : meant) {
    std::vector<event::RuleIndex> behind;
    collect(rules, rule, behind);
    for (const event::RuleIndex one : behind) names.insert(rules[one].origin.name);
  }
  std::vector<base::SourceText> out;
  for (const base::SourceText& text : texts) {
    if (names.contains(text.name) || text.text.starts_with("filter:") ||
        text.text.find("\nfilter:") != std::string::npos)
      out.push_back(text);
  }
  return out;
}

// What is wrong with them was told when the setup was loaded.
rules::ValueLists lists_of(const engine::Setup& setup) {
  base::Errors told;
  return rules::ValueLists::read(setup.packs.lists, told);
}

rules::Mappings mappings_of(const engine::Setup& setup) {
  base::Errors told;
  return rules::read_mappings(setup.packs.mappings, told);
}

// Explains events one after the other.
class Teller {
 public:
  Teller(const ExplainCommand& command, const engine::Setup& setup,
         std::vector<event::RuleIndex> meant, const Streams& streams)
      : command_(command),
        pipeline_(*setup.pipeline),
        rules_(*setup.pipeline->rules),
        explainer_(files_of(rules_, meant, setup.packs.rules), setup.pipeline->fields,
                   lists_of(setup), mappings_of(setup)),
        meant_(std::move(meant)),
        streams_(streams) {
    style_.colour = may_colour(::fileno(streams.out));
    style_.all = command.all;
  }

  void tell(const event::Batch& batch, std::size_t index) {
    ++events_;
    bool met = false;
    if (!command_.json) print_event(batch.events[index]);
    for (const event::RuleIndex rule : meant_) met = tell(rule, batch, index) || met;
    met_ += met ? 1 : 0;
  }

  void finish() {
    put_line(streams_.err, fmt::format("{}, {} met", counted(events_, "event"), met_));
  }

 private:
  struct Judged {
    event::RuleIndex rule;
    rules::Explanation explanation;
    [[nodiscard]] bool met() const { return explanation.fits && explanation.met; }
  };

  bool tell(event::RuleIndex rule, const event::Batch& batch, std::size_t index) {
    const event::Event& event = batch.events[index];
    std::vector<event::RuleIndex> behind;
    collect(rules_, rule, behind);
    std::vector<Judged> judged;
    judged.reserve(behind.size());
    for (const event::RuleIndex one : behind) {
      judged.push_back(
          {one, explainer_.explain(rules_[one].id, pipeline_.logsources[event.logsource], batch,
                                   event, batch.raw(index))});
    }
    if (command_.json) {
      print_json(rule, judged, event);
    } else {
      print_text(rule, judged, batch, event);
    }
    return std::ranges::any_of(judged, &Judged::met);
  }

  // ---- for people
  void print_event(const event::Event& event) {
    if (events_ > 1) put_line(streams_.out, "");
    put_line(streams_.out,
             fmt::format("event {}  {}  log source {}", events_,
                         event.has_time ? base::format_rfc3339(event.time.value) : "no time",
                         base::printable(logsource_text(event, pipeline_))));
  }

  void print_rule(event::RuleIndex index) {
    const rules::Rule& rule = rules_[index];
    put_line(streams_.out, base::printable(fmt::format("rule  {} ({})", rule.title, rule.id)));
  }

  void print_text(event::RuleIndex rule, const std::vector<Judged>& judged,
                  const event::Batch& batch, const event::Event& event) {
    print_rule(rule);
    const auto& correlation = rules_[rule].correlation;
    if (correlation) {
      put_line(streams_.out,
               fmt::format("     a correlation, {}, over {}", name_of(correlation->type),
                           counted(judged.size(), "rule")));
    }
    for (const Judged& one : judged) {
      if (correlation) print_rule(one.rule);
      const rules::Explanation& said = one.explanation;
      put_line(streams_.out, tree_line(said.fits, 0,
                                       fmt::format("log source {}{}",
                                                   base::printable(logsource_text(said.logsource)),
                                                   said.mapped ? ", by a mapping pack" : ""),
                                       style_));
      put(streams_.out, tree_text(said.tree, style_));
      put_line(streams_.out, "     " + verdict_text(said));
    }
    if (correlation) print_group(*correlation, judged, batch, event);
  }

  // Where an event counts for a correlation: the values that it is grouped by.
  void print_group(const rules::Correlation& correlation, const std::vector<Judged>& judged,
                   const event::Batch& batch, const event::Event& event) {
    const auto met = std::ranges::count_if(judged, &Judged::met);
    put_line(streams_.out,
             fmt::format("     met by this event: {} of {}", met, counted(judged.size(), "rule")));
    for (const rules::CorrelationInput& input : correlation.inputs) {
      const auto counts = [&](const Judged& one) { return one.rule == input.rule && one.met(); };
      if (input.group.empty() || std::ranges::none_of(judged, counts)) continue;
      std::vector<std::string> group;
      for (const event::FieldId field : input.group) {
        const event::Field* value = batch.find(event, field);
        group.push_back(fmt::format(
            "{}={}", pipeline_.fields.name(field),
            value == nullptr ? "(missing, so that it does not count)" : value->value()));
      }
      put_line(streams_.out, base::printable(fmt::format("     group {}", fmt::join(group, " "))));
      return;
    }
  }

  // ---- JSON
  void print_json(event::RuleIndex index, const std::vector<Judged>& judged,
                  const event::Event& event) {
    const rules::Rule& rule = rules_[index];
    std::string line;
    base::JsonWriter out(line);
    out.begin_object().member("event", events_).key("time");
    if (event.has_time) {
      out.value(std::string_view(base::format_rfc3339(event.time.value)));
    } else {
      out.null();
    }
    out.key("event_logsource").begin_array();
    for (const event::Logsource& logsource : pipeline_.logsources[event.logsource])
      out.value(std::string_view(logsource_text(logsource)));
    out.end_array();
    if (rule.is_correlation()) {
      out.member("rule", std::string_view(rule.id)).member("title", std::string_view(rule.title));
      out.member("correlation", name_of(rule.correlation->type)).key("rules").begin_array();
      for (const Judged& one : judged) {
        out.begin_object();
        write(one, out);
        out.end_object();
      }
      out.end_array();
    } else {
      write(judged.front(), out);
    }
    out.end_object();
    put_line(streams_.out, line);
  }

  void write(const Judged& one, base::JsonWriter& out) {
    const rules::Rule& rule = rules_[one.rule];
    out.member("rule", std::string_view(rule.id)).member("title", std::string_view(rule.title));
    out.member("logsource", std::string_view(logsource_text(one.explanation.logsource)));
    out.member("mapped", one.explanation.mapped).member("logsource_fits", one.explanation.fits);
    out.member("condition_met", one.explanation.met);
    out.member("met", one.met()).key("differ").begin_array();
    for (const std::string& leaf : differing_leaves(one.explanation))
      out.value(std::string_view(leaf));
    out.end_array().member("others", one.explanation.others).key("tree");
    write_tree(one.explanation.tree, out);
  }

  const ExplainCommand& command_;
  const engine::Pipeline& pipeline_;
  const rules::RuleSet& rules_;
  rules::Explainer explainer_;
  std::vector<event::RuleIndex> meant_;
  const Streams& streams_;
  ExplainStyle style_;
  std::uint64_t events_ = 0;
  std::uint64_t met_ = 0;
};

}  // namespace

int run_explain(const ExplainCommand& command, const Streams& streams) {
  if (!command.at.empty()) return run_explain_at(command, streams);
  PackArguments packs = command.packs;
  if (names_a_file(command.rule)) packs.rules.push_back(command.rule);
  const LoadedSetup loaded = load_setup(packs, {});
  // Mistakes of other rules hold up nothing.
  const auto refuse = [&](const base::Errors& errors) {
    print_errors(streams.err, errors, "error");
    return exit_code_of(errors, exit_code::invalid);
  };
  if (!loaded.setup.pipeline) return refuse(loaded.errors);
  const rules::RuleSet& rules = *loaded.setup.pipeline->rules;
  const std::vector<event::RuleIndex> meant = rules_meant(rules, command.rule);
  if (meant.empty()) {
    if (!loaded.errors.empty()) return refuse(loaded.errors);
    put_line(streams.err, "tocsin explain: " + no_such_rule(rules, command.rule));
    return exit_code::usage;
  }
  Teller teller(command, loaded.setup, meant, streams);
  EventReader reader(
      {true, command.year, command.zone, command.format}, loaded.setup.pipeline,
      [&](const event::Batch& batch, std::size_t index) { teller.tell(batch, index); });
  for (const std::string& line : command.lines) reader.add(line);
  const base::Errors errors =
      command.files.empty() ? base::Errors() : reader.read_files(command.files);
  if (command.lines.empty() && command.files.empty()) {
    if (::isatty(::fileno(streams.in)) != 0)
      put_line(streams.err, "tocsin: events are read from the keyboard; Ctrl-D ends them");
    reader.read_lines(streams.in);
  }
  reader.end();
  teller.finish();
  print_errors(streams.err, errors, "error");
  return errors.empty() ? exit_code::ok : exit_code_of(errors, exit_code::findings);
}

}  // namespace tocsin::cli
