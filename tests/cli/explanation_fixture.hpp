// An explanation made by hand, for the tests of how it is shown.
// Threads:   one
// Tested by: the tests that use it
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "cli/explanation.hpp"
#include "correlate/correlator.hpp"

namespace tocsin::cli {

// Two rules of which one event each is counted for bob; what came of eve and of a hostile stranger
// is not. Asked for: both rules, in their order, within a minute, at second 100.
class ExplanationTest : public testing::Test {
 protected:
  static constexpr const char* pack =
      "title: First\nid: aaaaaaaa-1111-4111-8111-111111111111\nname: first\n"
      "logsource: {product: linux}\ndetection: {sel: {a: x}, condition: sel}\n"
      "---\n"
      "title: Second\nid: bbbbbbbb-1111-4111-8111-111111111111\nname: second\n"
      "logsource: {product: linux}\ndetection: {sel: {a: y}, condition: sel}\n"
      "---\n"
      "title: Both\nid: cccccccc-1111-4111-8111-111111111111\nname: both\n"
      "correlation:\n  type: temporal_ordered\n  rules: [first, second]\n  group-by: [user.name]\n"
      "  timespan: 1m\n";

  ExplanationTest() : pipeline_(build_pipeline_of(pack)) {
    const auto& specs = pipeline_->specs;
    for (std::uint32_t i = 0; i < specs.size(); ++i) {
      if (specs[i].id.starts_with("cccc")) spec_ = i;
    }
    correlator_ = std::make_unique<correlate::Correlator>(specs, correlate::Options{});
    said_.account = std::make_unique<correlate::Account>(
        correlator_->specs()[spec_], pipeline_->fields,
        correlate::Question{spec_, "bob", 100 * base::ns_per_second, 20});
    correlator_->set_tap(said_.account.get());
    said_.first = event::Seq(1);
    said_.last = event::Seq(9);
  }

  static std::shared_ptr<const engine::Pipeline> build_pipeline_of(const char* text) {
    engine::PackTexts packs;
    packs.rules = {{"pack.yml", text}};
    auto built = engine::build_pipeline(packs);
    EXPECT_TRUE(built.errors.empty());
    return built.pipeline;
  }
  void event(std::uint64_t seq, std::int64_t seconds, std::string_view rule, std::string_view user,
             std::string_view raw = "a line") {
    event::Batch batch;
    batch.first_seq = event::Seq(seq);
    batch.add_frame(raw, event::SourceId(1), {});
    event::Event event;
    event.time = base::EventTime(seconds * base::ns_per_second);
    if (!user.empty()) {
      batch.fields.emplace_back(event::field::user_name, batch.arena.copy(user));
      event.field_count = 1;
    }
    batch.events.push_back(event);
    batch.detections.push_back({0, *pipeline_->rules->find(rule)});
    correlator_->on_event(
        {event::Seq(seq), 0, event.time, event::SourceId(1), {}, &batch, batch.events.data()},
        batch.detections);
  }
  void measure() {
    said_.counted = said_.account->counted();
    said_.held = correlate::held_by(said_.account->spec(), said_.counted);
    said_.missing = 2 - said_.held.number.value_or(0);
  }

  std::shared_ptr<const engine::Pipeline> pipeline_;
  std::uint32_t spec_ = 0;
  std::unique_ptr<correlate::Correlator> correlator_;
  engine::Explanation said_;
  RulesAsked asked_{true, 0, event::Seq(1), ""};
};

}  // namespace tocsin::cli
