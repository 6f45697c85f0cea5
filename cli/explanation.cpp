#include "cli/explanation.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/report.hpp"
#include "cli/table.hpp"
#include "correlate/group_key.hpp"
#include "correlate/watermark.hpp"

namespace tocsin::cli {

using correlate::CorrelationSpec;
using correlate::CountedEvent;
using engine::Explanation;
using engine::Verdict;

std::vector<InputSaid> inputs_of(const Explanation& said, const engine::Pipeline& pipeline) {
  std::vector<InputSaid> out;
  const CorrelationSpec& spec = said.account->spec();
  for (std::size_t i = 0; i < spec.feed_count(); ++i) {
    const correlate::Input& input = spec.input(i);
    out.push_back({&(*pipeline.rules)[input.rule], input.inner.has_value(), spec.is_until(i)});
  }
  for (const CountedEvent& event : said.counted) {
    for (const std::uint32_t input : event.inputs) {
      if (out[input].events++ == 0) out[input].first = &event;
      out[input].last = &event;
    }
  }
  return out;
}

namespace {

constexpr std::size_t groups_shown = 5;

std::string time_text(std::int64_t ns) {
  std::string text = base::format_rfc3339(ns);
  // Nanoseconds where there are any.
  if (const std::size_t zeros = text.find(".000000000"); zeros != std::string::npos)
    text.erase(zeros, 10);
  return text;
}

std::string number_text(double number) { return fmt::format("{:.15g}", number); }

std::string group_text(const CorrelationSpec& spec, std::string_view key) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : correlate::group_values(spec, key))
    parts.push_back(fmt::format("{}={}", name, value));
  return parts.empty() ? "all events" : fmt::format("{}", fmt::join(parts, " "));
}

// Its sentences.
class Words {
 public:
  Words(const Explanation& said, const engine::Pipeline& pipeline)
      : said_(said),
        spec_(said.account->spec()),
        pipeline_(pipeline),
        inputs_(inputs_of(said, pipeline)) {}

  [[nodiscard]] const std::vector<InputSaid>& inputs() const { return inputs_; }
  [[nodiscard]] const rules::Rule& rule() const { return (*pipeline_.rules)[spec_.rule]; }
  [[nodiscard]] std::string_view type() const {
    const auto& correlation = rule().correlation;
    return correlation ? rules::name_of(correlation->type) : "a rule's own alerts";
  }
  // "3 detections", "2 different values", "1 of 3 rules in their order", "a sum of 12.5".
  [[nodiscard]] std::string held() const {
    using enum correlate::CorrelationType;
    if (!said_.held.number) return counted(said_.counted.size(), "event");
    const std::string number = number_text(*said_.held.number);
    const bool one = *said_.held.number == 1;
    switch (spec_.type) {
      case event_count:
        return fmt::format("{} {}{}", number, one ? "detection" : "detections",
                           spec_.weight ? " by weight" : "");
      case value_count:
        return fmt::format("{} different {}", number, one ? "value" : "values");
      case temporal:
        return fmt::format("{} of {} rules", number, inputs_.size());
      case temporal_ordered:
        return fmt::format("{} of {} rules in their order", number, inputs_.size());
      case value_sum:
        return "a sum of " + number;
      case value_avg:
        return "an average of " + number;
      case value_median:
        return "a median of " + number;
      case value_percentile:
        if (!spec_.percentile) return number + " percent of the newest value";
        return fmt::format("{} at percentile {:g}", number, *spec_.percentile / 1000.0);
    }
    return number;
  }

  [[nodiscard]] std::string verdict() const {
    const std::string asked = correlate::condition_text(spec_);
    switch (said_.verdict) {
      case Verdict::fired:
        return fmt::format("fired: {}, {} asked for; alert {}", held(), asked,
                           to_string(said_.alert->id));
      case Verdict::amended:
        return fmt::format("amended: {}, {} asked for; alert {} of {} goes on", held(), asked,
                           to_string(said_.alert->id), time_text(said_.alert->fired_at.value));
      case Verdict::open:
        return fmt::format("nothing added: {}, {} asked for; alert {} of {} is still open", held(),
                           asked, to_string(said_.alert->id),
                           time_text(said_.alert->fired_at.value));
      case Verdict::satisfied:
        return fmt::format("true: {}, {} asked for; the rule raises no alert of its own", held(),
                           asked);
      case Verdict::waiting:
        return fmt::format("waits: {}, {} asked for; it is judged when the watermark has passed{}",
                           held(), asked,
                           said_.watermark == correlate::Watermark::never
                               ? ""
                               : ", which stands at " + time_text(said_.watermark));
      case Verdict::not_fired:
        return fmt::format("not fired: {}, {} asked for", held(), asked);
    }
    return {};
  }

  // What else would have been needed, or came.
  [[nodiscard]] std::vector<std::string> outlook() const {
    std::vector<std::string> out;
    if (said_.missing > 0) {
      out.push_back(fmt::format("{} more would have made it true{}", number_text(said_.missing),
                                said_.less_from
                                    ? fmt::format(", before {}: from then on it holds less",
                                                  time_text(said_.less_from->value))
                                    : ""));
    } else if (!said_.held.is_true) {
      if (correlate::counts_up(spec_)) out.emplace_back("it holds more than is asked for");
    } else if (said_.verdict == Verdict::not_fired) {
      out.emplace_back(spec_.by_instants
                           ? "it is judged at each instant at which the number changes, from one "
                             "timespan after the group's first event on"
                           : "it is judged at each event, and was true at none of them");
    } else if (said_.less_from) {
      out.push_back(fmt::format("without a further event it holds less from {} on",
                                time_text(said_.less_from->value)));
    }
    if (said_.next) {
      out.push_back(fmt::format("it fired later: at {}, by event {}, alert {}",
                                time_text(said_.next->fired_at.value), said_.next->fired_by.value,
                                to_string(said_.next->id)));
    }
    return out;
  }

  [[nodiscard]] std::string value_of(const CountedEvent& event) const {
    if (spec_.weight) return std::to_string(event.weight);
    return fmt::format("{}", fmt::join(event.values, "; "));
  }
  [[nodiscard]] std::string rules_of(const CountedEvent& event) const {
    std::string out;
    for (const std::uint32_t input : event.inputs)
      out += fmt::format("{}{}", out.empty() ? "" : " + ", inputs_[input].rule->title);
    return out;
  }

 private:
  const Explanation& said_;
  const CorrelationSpec& spec_;
  const engine::Pipeline& pipeline_;
  std::vector<InputSaid> inputs_;
};

class Text {
 public:
  Text(const Explanation& said, const engine::Pipeline& pipeline, const RulesAsked& asked,
       std::size_t width)
      : said_(said),
        account_(*said.account),
        spec_(said.account->spec()),
        parts_(said, pipeline),
        asked_(asked),
        width_(width) {}

  std::string write() {
    head();
    counted_events();
    if (spec_.inputs.size() > 1 || parts_.inputs().front().is_inner) rules();
    left_out();
    line("verdict  " + parts_.verdict());
    for (const std::string& more : parts_.outlook()) line("         " + more);
    return std::move(out_);
  }

 private:
  void line(const std::string& text) { out_ += base::printable(text) + "\n"; }

  void head() {
    const rules::Rule& rule = parts_.rule();
    line(fmt::format("rule     {} ({})", rule.title, rule.id));
    line(fmt::format("         {}, {} in {}", parts_.type(), correlate::condition_text(spec_),
                     base::format_duration(base::Nanoseconds(spec_.timespan))));
    if (asked_.in_force) {
      line(fmt::format("by       the packs in force then, from event {} on", asked_.from.value));
    } else {
      line(fmt::format("by       today's packs: {}", asked_.why));
    }
    line("group    " + group_text(spec_, account_.question().key));
    line(fmt::format("window   after {}, up to {}", time_text(account_.from()),
                     time_text(account_.question().at)));
    line(fmt::format("read     events {} to {}{}", said_.first.value, said_.last.value,
                     said_.whole ? "" : "; what came before is not known"));
  }

  void counted_events() {
    out_ += "\n";
    line("counted: " + counted(said_.counted.size(), "event"));
    if (said_.counted.empty()) return;
    const bool several = spec_.inputs.size() > 1;
    const bool values = spec_.weight || std::ranges::any_of(said_.counted, [](const auto& event) {
                          return !event.values.empty();
                        });
    std::vector<std::string> header{"seq", "time"};
    if (several) header.emplace_back("rule");
    if (values) header.emplace_back(spec_.weight ? "weight" : "value");
    header.emplace_back("event");
    Table table(header);
    const std::size_t shown = std::min(account_.question().lines, said_.counted.size());
    for (std::size_t i = said_.counted.size() - shown; i < said_.counted.size(); ++i) {
      const CountedEvent& event = said_.counted[i];
      std::vector<std::string> row{seq_text(event.place), time_text(event.place.time)};
      if (several) row.push_back(parts_.rules_of(event));
      if (values) row.push_back(parts_.value_of(event));
      row.push_back(event.raw);
      table.add(std::move(row));
    }
    if (shown < said_.counted.size())
      line(fmt::format("  {} older, not shown (--show)",
                       counted(said_.counted.size() - shown, "event")));
    if (shown > 0) out_ += table.text(width_);
  }

  static std::string seq_text(correlate::Place place) {
    return place.k() == 0 ? std::to_string(place.seq().value)
                          : fmt::format("{}.{}", place.seq().value, place.k());
  }

  void rules() {
    out_ += "\n";
    line(spec_.type == correlate::CorrelationType::temporal_ordered ? "rules, in their order:"
                                                                    : "rules:");
    for (const InputSaid& input : parts_.inputs()) {
      if (input.is_until) continue;
      if (input.events == 0) {
        line(fmt::format("  no   {}{}", input.rule->title,
                         input.is_inner ? ": never true" : ": met by none"));
      } else {
        line(fmt::format("  yes  {}: {} {}, {}{}", input.rule->title,
                         input.is_inner ? "true" : "met",
                         input.events == 1 ? "once" : fmt::format("{} times", input.events),
                         time_text(input.first->place.time),
                         input.events == 1 ? "" : " to " + time_text(input.last->place.time)));
      }
    }
  }

  void left_out() {
    std::string before = std::exchange(out_, {});
    list(
        account_.too_late(),
        [](const correlate::LeftOut& event) {
          return fmt::format("{} behind the watermark",
                             base::format_duration(base::Nanoseconds(event.behind)));
        },
        "too late");
    list(
        account_.missing_group(),
        [](const correlate::LeftOut& event) {
          return event.field.empty() ? "" : "no " + event.field;
        },
        "without a group-by field");
    list(
        account_.missing_value(),
        [](const correlate::LeftOut& event) {
          return event.field.empty() ? "" : "no " + event.field;
        },
        "without the value that counts");
    if (const auto emptied = account_.emptied())
      line(fmt::format("  {} before {} emptied the window at {}", counted(emptied->events, "event"),
                       parts_.inputs().back().rule->title, time_text(emptied->place.time)));
    if (account_.again() > 0)
      line(fmt::format("  {} of an event that is counted already",
                       counted(account_.again(), "detection")));
    const auto others = account_.others(groups_shown);
    if (others.detections > 0) {
      std::string largest;
      for (const auto& [key, number] : others.largest)
        largest +=
            fmt::format("{}{} {}", largest.empty() ? "" : ", ", group_text(spec_, key), number);
      line(fmt::format("  {} of {}{}: {}{}", counted(others.detections, "detection"),
                       others.more_groups ? "more than " : "",
                       counted(others.groups, "other group"), largest,
                       others.groups > others.largest.size() ? ", ..." : ""));
    }
    outside(account_.before(), "before the window, the last at");
    outside(account_.after(), "after the window, the first at");
    const std::string found = std::exchange(out_, std::move(before));
    out_ += found.empty() ? "\nnot counted: nothing\n\n" : "\nnot counted:\n" + found + "\n";
  }

  void outside(const correlate::Account::Outside& found, std::string_view where) {
    if (found.total == 0) return;
    line(fmt::format("  {} of this group {} {}", counted(found.total, "detection"), where,
                     time_text(found.nearest.time)));
  }

  template <typename Why>
  void list(const correlate::LeftOutList& found, const Why& why, std::string_view what) {
    if (found.total == 0) return;
    line(fmt::format("  {} {}", counted(found.total, "event"), what));
    for (const correlate::LeftOut& event : found.first) {
      const std::string reason = why(event);
      line(fmt::format("    {}  {}  {}{}{}", seq_text(event.place), time_text(event.place.time),
                       reason, reason.empty() || event.raw.empty() ? "" : "  ", event.raw));
    }
    if (found.total > found.first.size())
      line(fmt::format("    and {} more", found.total - found.first.size()));
  }

  const Explanation& said_;
  const correlate::Account& account_;
  const CorrelationSpec& spec_;
  Words parts_;
  const RulesAsked& asked_;
  std::size_t width_;
  std::string out_;
};

}  // namespace

std::string explanation_text(const Explanation& said, const engine::Pipeline& pipeline,
                             const RulesAsked& asked, std::size_t width) {
  return Text(said, pipeline, asked, width).write();
}

}  // namespace tocsin::cli
