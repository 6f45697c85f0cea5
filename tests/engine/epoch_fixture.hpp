// A log that is judged by one setup after the other, as starts with changed packs leave it.
// Threads:   one
// Tested by: the tests that use it
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/committer.hpp"
#include "engine/recovery.hpp"
#include "engine/stages.hpp"
#include "tests/engine/checked.hpp"
#include "tests/engine/engine_fixture.hpp"

namespace tocsin::engine {

// The shipped decoders and these rules.
inline engine::Setup setup_of_rules(const std::string& rules) {
  engine::Setup setup;
  setup.packs.decoders = default_setup().packs.decoders;
  setup.packs.rules = {{"rules.yml", rules}};
  BuiltPipeline built = build_pipeline(setup.packs);
  for (const base::Error& error : built.errors) ADD_FAILURE() << base::to_string(error);
  setup.pipeline = std::move(built.pipeline);
  return setup;
}

// A refused password, which does not alert by itself.
inline constexpr std::string_view refused_rule =
    "title: Refused password\nid: 00000000-0000-4000-8000-000000000001\nname: refused\n"
    "level: low\nlogsource: {product: linux, service: sshd}\n"
    "detection:\n  selection: {event.action: logged-in, event.outcome: failure}\n"
    "  condition: selection\n";

// At least `count` of them for one user.
inline std::string counting_rule(int number, int count, std::string_view timespan = "10m",
                                 std::string_view more = "") {
  char id[64];
  std::snprintf(id, sizeof id, "00000000-0000-4000-8000-%012d", number);
  return "---\ntitle: Counts\nid: " + std::string(id) +
         "\nlevel: high\ncorrelation:\n  type: event_count\n  rules: [refused]\n"
         "  group-by: [user.name]\n  timespan: " +
         std::string(timespan) + "\n  condition: {gte: " + std::to_string(count) + "}\n" +
         std::string(more);
}

class EpochTest : public EngineTest {
 protected:
  static constexpr std::int64_t begin_s = 1795190400;  // 2026-11-20 16:00:00

  class Silent final : public Observer {
   public:
    void on_applied(const Work&, const Output&) override {}
  };

  // Refused passwords of `user`, one a second, from second `from` past 16:00:00 on.
  static std::string refused(std::string_view user, int from, int count) {
    std::string lines;
    for (int i = from; i < from + count; ++i) {
      char time[32];
      std::snprintf(time, sizeof time, "Nov 20 %02d:%02d:%02d", 16 + i / 3600, i / 60 % 60, i % 60);
      lines += std::string(time) + " web01 sshd[811]: Failed password for " + std::string(user) +
               " from 203.0.113.7 port 50022 ssh2\n";
    }
    return lines;
  }

  // Past 16:00:00, of the first line.
  static std::int64_t second_of(std::string_view lines) {
    const auto two = [lines](std::size_t at) {
      return std::stoi(std::string(lines.substr(at, 2)));
    };
    return (two(7) - 16) * 3600 + two(10) * 60 + two(13);
  }

  // A start by `setup`, then the lines in batches of `size`, received when they say; then a stop.
  void feed(const engine::Setup& setup, std::string_view lines, std::size_t size = 3) {
    const auto store = open_store();
    feed(*store, setup, lines, size);
  }
  void feed(store::Store& store, const engine::Setup& setup, std::string_view lines,
            std::size_t size = 3) {
    event::SourceTable sources;
    auto recovered = recover(store, sources, setup, 1);
    ASSERT_TRUE(recovered) << base::to_string(recovered.error());
    EXPECT_FALSE(recovered->not_warmed) << base::to_string(*recovered->not_warmed);
    event::Source source;
    source.input = "test";
    source.transport = event::Transport::tcp;
    const event::SourceId id = sources.intern(source);
    Silent silent;
    const base::ManualClock clock;
    Committer committer(*recovered->sequence, &store, sources, clock, silent, {},
                        std::move(recovered->epoch));
    Stages stages(setup.pipeline, sources, setup.fold, true);
    Work work;
    while (!lines.empty()) {
      work.clear();
      work.batch.first_seq = event::Seq(store.last_seq().value + 1);
      for (std::size_t i = 0; i < size && !lines.empty(); ++i) {
        const std::size_t end = lines.find('\n');
        received_ = base::ReceivedTime((begin_s + second_of(lines)) * base::ns_per_second);
        work.batch.add_frame(lines.substr(0, end), id, received_);
        lines.remove_prefix(end + 1);
      }
      stages.process(work);
      ASSERT_TRUE(committer.apply(work));
    }
    ASSERT_TRUE(committer.checkpoint());
  }
  [[nodiscard]] std::unique_ptr<store::Store> open_store() const {
    auto opened = store::Store::open(path("store"), store_options_);
    EXPECT_TRUE(opened) << (opened ? std::string() : base::to_string(opened.error()));
    return opened ? *std::move(opened) : nullptr;
  }
  // Sequence numbers of the frames that fired alerts of the rule with this number.
  static std::vector<std::uint64_t> fired_by(const store::Store& store, int number) {
    std::vector<std::uint64_t> fired;
    char id[64];
    std::snprintf(id, sizeof id, "00000000-0000-4000-8000-%012d", number);
    EXPECT_TRUE(store.read_alerts({.fired = {}, .rule_id = id}, [&](const store::StoredAlert& a) {
      fired.push_back(a.alert.fired_by.value);
      return true;
    }));
    return fired;
  }
  [[nodiscard]] std::vector<std::uint64_t> fired_by(int number) const {
    return fired_by(*open_store(), number);
  }
  void expect_same() const { check(*open_store()); }

  store::StoreOptions store_options_;
  base::ReceivedTime received_;
};

}  // namespace tocsin::engine
