#include "engine/live_observer.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "engine/stages.hpp"
#include "metrics/rows.hpp"
#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {
namespace {

namespace row = metrics::row;

class LiveObserverTest : public testing::Test {
 protected:
  metrics::Registry registry_{metrics::all_rows};
  metrics::Conservation conservation_{registry_, [](const metrics::Violation&) {}};
  event::SourceTable sources_;
  base::ManualClock clock_;
  std::shared_ptr<const rules::RuleSet> rules_ = default_setup().pipeline->rules;
  LiveObserver observer_{registry_, conservation_, sources_, rules_, clock_};
};

TEST_F(LiveObserverTest, CountsWhatABatchWasAndCaused) {
  const event::SourceId one = sources_.intern({.input = "one", .peer = {}});
  const event::SourceId two = sources_.intern({.input = "two", .peer = {}});
  Work work;
  work.batch.first_seq = event::Seq(1);
  for (const event::SourceId id : {one, one, two}) work.batch.add_frame("x", id, {});
  clock_.advance(std::chrono::seconds(2));
  const event::RuleIndex rule(0);
  const std::string id = (*rules_)[rule].id;
  Output out;
  out.late = 2;
  out.detections = {{rule, event::Seq(1), {}}, {rule, event::Seq(2), {}}};
  event::Alert alert;
  alert.fired_by = event::Seq(2);
  ChangedAlert changed;
  changed.alert = &alert;
  changed.rule = rule;
  changed.opened = true;
  out.alerts.push_back(changed);
  changed.opened = false;
  out.alerts.push_back(changed);
  event::Lockout lockout;
  out.lockouts.push_back(lockout);
  lockout.refused = "cap";
  out.lockouts.push_back(lockout);
  observer_.on_applied(work, out);
  EXPECT_EQ(conservation_.input("one").stored.value(), 2U);
  EXPECT_EQ(conservation_.input("two").stored.value(), 1U);
  EXPECT_EQ(registry_.counter(row::detections, {id}).value(), 2U);
  EXPECT_EQ(registry_.counter(row::alerts, {id, rules::name_of((*rules_)[rule].level)}).value(),
            1U);
  EXPECT_EQ(registry_.counter(row::alerts_amended, {id}).value(), 1U);
  EXPECT_EQ(registry_.counter(row::events_late).value(), 2U);
  EXPECT_EQ(registry_.counter(row::lockouts_ordered).value(), 1U);
  EXPECT_EQ(registry_.counter(row::lockouts_refused, {"cap"}).value(), 1U);
  EXPECT_EQ(registry_.histogram(row::pipeline_latency, {"commit"}).count(), 3U);
  EXPECT_EQ(registry_.histogram(row::pipeline_latency, {"durable"}).count(), 0U);
  EXPECT_EQ(registry_.histogram(row::pipeline_latency, {"alert"}).count(), 0U) << "not safe yet";
  observer_.on_durable(event::Seq(2), std::chrono::milliseconds(1));
  EXPECT_EQ(registry_.histogram(row::pipeline_latency, {"durable"}).count(), 0U);
  observer_.on_durable(event::Seq(3), std::chrono::milliseconds(1));
  EXPECT_EQ(registry_.histogram(row::pipeline_latency, {"durable"}).count(), 3U);
  EXPECT_EQ(registry_.histogram(row::pipeline_latency, {"alert"}).count(), 1U);
  EXPECT_EQ(registry_.histogram(row::store_sync_seconds).count(), 2U);
  EXPECT_DOUBLE_EQ(registry_.histogram(row::pipeline_latency, {"alert"}).sum(), 2.0);
}

TEST_F(LiveObserverTest, ChannelsHearOfCommittedRowsOnly) {
  std::size_t heard = 0;
  observer_.on_rows([&heard](std::span<const event::OutboxRow> rows) { heard += rows.size(); });
  store::Commit commit;
  commit.blocks = {"four", "bytes"};
  observer_.on_committed(commit, std::chrono::milliseconds(2));
  EXPECT_EQ(heard, 0U);
  commit.outbox.resize(2);
  observer_.on_committed(commit, std::chrono::milliseconds(2));
  EXPECT_EQ(heard, 2U);
  EXPECT_EQ(registry_.counter(row::store_writes).value(), 2U);
  EXPECT_EQ(registry_.counter(row::store_written_bytes).value(), 18U);
}

TEST_F(LiveObserverTest, ChannelsAreWokenOnceWhenTheirRowsAreSafe) {
  int woken = 0;
  observer_.on_safe([&woken] { ++woken; });
  observer_.on_durable(event::Seq(1), {});
  EXPECT_EQ(woken, 0) << "nobody is owed anything";
  store::Commit commit;
  commit.outbox.resize(2);
  observer_.on_committed(commit, {});
  observer_.on_durable(event::Seq(2), {});
  observer_.on_durable(event::Seq(3), {});
  EXPECT_EQ(woken, 1);
}

TEST_F(LiveObserverTest, WhatWasSafeBeforeItWasToldIsObservedAtOnce) {
  observer_.on_durable(event::Seq(7), {});
  Work work;
  work.batch.first_seq = event::Seq(7);
  work.batch.add_frame("x", sources_.intern({.input = "one", .peer = {}}), {});
  observer_.on_applied(work, Output());
  EXPECT_EQ(registry_.histogram(row::pipeline_latency, {"durable"}).count(), 1U);
}

TEST_F(LiveObserverTest, ShowsTheWindowsAndTheWatermark) {
  FoldOptions options;
  options.correlate.window_bytes = 1;
  Sequence sequence(default_setup().pipeline, sources_, options);
  Work work;
  work.batch.first_seq = event::Seq(1);
  const event::SourceId source = sources_.intern({.input = "one", .peer = {}});
  const base::ReceivedTime received(base::ns_per_second * 1'800'000'000);
  std::istringstream lines(failures("bob", 40, 3));
  for (std::string line; std::getline(lines, line);) work.batch.add_frame(line, source, received);
  Stages(default_setup().pipeline, sources_, {}, false).process(work);
  Output out;
  sequence.apply(work, out);
  observer_.on_applied(work, out);
  observer_.on_state(sequence);
  EXPECT_EQ(registry_.gauge(row::correlation_groups, {brute_force_user}).value(), 1);
  EXPECT_GT(registry_.gauge(row::correlation_bytes, {brute_force_user}).value(), 0);
  EXPECT_EQ(registry_.counter(row::correlation_over_limit).value(),
            sequence.correlator().counters().over_limit);
  EXPECT_GT(registry_.counter(row::correlation_over_limit).value(), 0U);
  EXPECT_EQ(registry_.gauge(row::correlation_memory).value(),
            static_cast<double>(sequence.correlator().bytes()));
  EXPECT_EQ(registry_.gauge(row::correlation_memory_limit).value(), 1);
  EXPECT_EQ(registry_.counter(row::correlation_spilled).value(), 0U);
  EXPECT_GT(registry_.gauge(row::watermark_lag).value(), 0);
  observer_.on_store_error("write");
  EXPECT_EQ(registry_.counter(row::store_errors, {"write"}).value(), 1U);
}

TEST_F(LiveObserverTest, CountsWhatDecodersKnew) {
  ingest::DecodeCounters counters;
  counters.decoded = 3;
  counters.anomalies[0] = 1;
  observer_.on_decoded(counters);
  EXPECT_EQ(registry_.counter(row::events_decoded).value(), 3U);
  EXPECT_EQ(registry_.counter(row::anomalies, {event::anomaly_rows[0].name}).value(), 1U);
}

}  // namespace
}  // namespace tocsin::engine
