#include "cli/explanation_json.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"
#include "correlate/group_key.hpp"
#include "correlate/watermark.hpp"

namespace tocsin::cli {

namespace {

using correlate::CorrelationSpec;
using correlate::CountedEvent;
using engine::Explanation;

constexpr std::size_t groups_shown = 5;

class Json {
 public:
  Json(const Explanation& said, const engine::Pipeline& pipeline, const RulesAsked& asked)
      : said_(said),
        account_(*said.account),
        spec_(said.account->spec()),
        rule_((*pipeline.rules)[said.account->spec().rule]),
        inputs_(inputs_of(said, pipeline)),
        asked_(asked),
        json_(out_) {}

  std::string write() {
    json_.begin_object();
    json_.member("rule", std::string_view(rule_.id)).member("title", std::string_view(rule_.title));
    json_.key("type");
    if (rule_.correlation) {
      json_.value(rules::name_of(rule_.correlation->type));
    } else {
      json_.null();
    }
    json_.key("rules_of").begin_object().member("in_force", asked_.in_force);
    json_.member("epoch", asked_.epoch).member("from_seq", asked_.from.value);
    json_.member("why", std::string_view(asked_.why)).end_object();
    group(account_.question().key);
    time("at", account_.question().at);
    time("after", account_.from());
    json_.member("timespan_seconds", static_cast<double>(spec_.timespan) / 1e9);
    json_.member("condition", std::string_view(correlate::condition_text(spec_)));
    json_.key("read").begin_object().member("first_seq", said_.first.value);
    json_.member("last_seq", said_.last.value).member("whole", said_.whole).end_object();
    counted_events();
    rules();
    left_out();
    verdict();
    json_.end_object();
    return std::move(out_);
  }

 private:
  void time(std::string_view name, std::int64_t ns) {
    json_.member(name, std::string_view(base::format_rfc3339(ns)));
  }
  void group(std::string_view key) {
    json_.key("group").begin_object();
    for (const auto& [name, value] : correlate::group_values(spec_, key))
      json_.member(name, std::string_view(value));
    json_.end_object();
  }
  void place(correlate::Place where) {
    json_.member("seq", where.seq().value).member("k", where.k());
    time("time", where.time);
  }

  void counted_events() {
    json_.member("counted", said_.counted.size()).key("events").begin_array();
    const std::size_t shown = std::min(account_.question().lines, said_.counted.size());
    for (std::size_t i = said_.counted.size() - shown; i < said_.counted.size(); ++i) {
      const CountedEvent& event = said_.counted[i];
      json_.begin_object();
      place(event.place);
      json_.key("rules").begin_array();
      for (const std::uint32_t input : event.inputs)
        json_.value(std::string_view(inputs_[input].rule->id));
      json_.end_array().member("weight", event.weight).key("values").begin_array();
      for (const std::string& value : event.values) json_.value(std::string_view(value));
      json_.end_array().member("raw", std::string_view(event.raw)).end_object();
    }
    json_.end_array();
  }

  void rules() {
    json_.key("rules").begin_array();
    for (const InputSaid& input : inputs_) {
      json_.begin_object().member("rule", std::string_view(input.rule->id));
      json_.member("title", std::string_view(input.rule->title));
      json_.member("correlation", input.is_inner).member("until", input.is_until);
      json_.member("events", input.events);
      if (input.first != nullptr) {
        time("first", input.first->place.time);
        time("last", input.last->place.time);
      }
      json_.end_object();
    }
    json_.end_array();
  }

  void left_out() {
    json_.key("not_counted").begin_object();
    list("too_late", account_.too_late(), true);
    list("missing_group", account_.missing_group(), false);
    list("missing_value", account_.missing_value(), false);
    json_.member("same_event", account_.again()).key("emptied");
    if (const auto emptied = account_.emptied()) {
      json_.begin_object().member("events", emptied->events);
      place(emptied->place);
      json_.end_object();
    } else {
      json_.null();
    }
    const auto others = account_.others(groups_shown);
    json_.key("other_groups").begin_object().member("detections", others.detections);
    json_.member("groups", others.groups).member("more", others.more_groups);
    json_.key("largest").begin_array();
    for (const auto& [key, number] : others.largest) {
      json_.begin_object();
      group(key);
      json_.member("detections", number).end_object();
    }
    json_.end_array().end_object();
    outside("before", account_.before());
    outside("after", account_.after());
    json_.end_object();
  }

  void list(std::string_view name, const correlate::LeftOutList& found, bool late) {
    json_.key(name).begin_object().member("events", found.total).key("first").begin_array();
    for (const correlate::LeftOut& event : found.first) {
      json_.begin_object();
      place(event.place);
      json_.member("rule", std::string_view(inputs_[event.input].rule->id));
      if (late) {
        json_.member("behind_seconds", static_cast<double>(event.behind) / 1e9);
      } else {
        json_.member("field", std::string_view(event.field));
      }
      json_.member("raw", std::string_view(event.raw)).end_object();
    }
    json_.end_array().end_object();
  }

  void outside(std::string_view name, const correlate::Account::Outside& found) {
    json_.key(name).begin_object().member("detections", found.total);
    if (found.total > 0) {
      json_.key("nearest").begin_object();
      place(found.nearest);
      json_.end_object();
    }
    json_.end_object();
  }

  void verdict() {
    json_.key("verdict").begin_object().member("state", engine::name_of(said_.verdict));
    json_.key("held");
    if (said_.held.number) {
      json_.value(*said_.held.number);
    } else {
      json_.null();
    }
    json_.member("holds", said_.held.is_true);
    json_.member("missing", said_.missing);
    if (said_.less_from) time("less_from", said_.less_from->value);
    if (said_.watermark != correlate::Watermark::never) time("watermark", said_.watermark);
    json_.member("alerts_stored", said_.alerts_stored);
    alert("alert", said_.alert);
    alert("next", said_.next);
    json_.end_object();
  }

  void alert(std::string_view name, const std::optional<event::Alert>& of) {
    json_.key(name);
    if (!of) {
      json_.null();
      return;
    }
    json_.begin_object().member("id", std::string_view(to_string(of->id)));
    json_.member("fired_by", of->fired_by.value);
    time("fired_at", of->fired_at.value);
    time("last_seen", of->last_seen.value);
    json_.member("count", of->count).member("total", of->total).member("late", of->late);
    json_.end_object();
  }

  const Explanation& said_;
  const correlate::Account& account_;
  const CorrelationSpec& spec_;
  const rules::Rule& rule_;
  std::vector<InputSaid> inputs_;
  const RulesAsked& asked_;
  std::string out_;
  base::JsonWriter json_;
};

}  // namespace

std::string explanation_json(const Explanation& said, const engine::Pipeline& pipeline,
                             const RulesAsked& asked) {
  return Json(said, pipeline, asked).write();
}

}  // namespace tocsin::cli
