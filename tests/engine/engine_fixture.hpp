// A folder, the default packs compiled once, and short ways to replay lines and read the result.
// Threads:   one
// Tested by: the tests that use it
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "engine/packs.hpp"
#include "engine/replay.hpp"
#include "store/store.hpp"
#include "tests/source_folder.hpp"
#include "tests/temporary_folder.hpp"

namespace tocsin::engine {

inline constexpr std::string_view brute_force_user = "58d413bc-f31c-5391-934c-ddde1f5624cc";

// The packs that the product ships.
inline const Setup& default_setup() {
  static const Setup setup = [] {
    Setup made;
    EXPECT_TRUE(
        read_texts({tocsin::source_folder() + "/ingest/decoders"}, made.packs.decoders).empty());
    EXPECT_TRUE(read_texts({tocsin::source_folder() + "/rules/packs"}, made.packs.rules).empty());
    made.pipeline = build_pipeline(made.packs).pipeline;
    return made;
  }();
  return setup;
}

inline std::shared_ptr<const Setup> shared_setup() {
  static const auto setup = std::make_shared<const Setup>(default_setup());
  return setup;
}

// `count` refused passwords of `user`, one each second from minute `minute` past 22:00 on.
inline std::string failures(std::string_view user, int minute, int count) {
  std::string lines;
  for (int i = 0; i < count; ++i) {
    char time[32];
    std::snprintf(time, sizeof time, "Nov 20 22:%02d:%02d", minute + i / 60, i % 60);
    lines += std::string(time) + " web01 sshd[811]: Failed password for " + std::string(user) +
             " from 203.0.113.7 port 50022 ssh2\n";
  }
  return lines;
}

class Collected final : public ReplayListener {
 public:
  void on_alert(const event::Alert& alert) override {
    alerts.push_back(event::json_of(alert));
    rules.push_back(alert.rule_id);
  }
  void on_lockout(const event::Lockout& lockout) override {
    lockouts.push_back(event::json_of(lockout));
  }
  [[nodiscard]] std::size_t of_rule(std::string_view rule) const {
    return static_cast<std::size_t>(std::count(rules.begin(), rules.end(), rule));
  }
  std::vector<std::string> alerts;
  std::vector<std::string> lockouts;
  std::vector<std::string> rules;
  ReplayStats stats;
};

class EngineTest : public testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }
  std::string write(const std::string& name, const std::string& text) const {
    return folder_.write(name, text);
  }
  std::string append(const std::string& name, const std::string& text) const {
    return folder_.append(name, text);
  }
  [[nodiscard]] static ReplayOptions options_for(std::vector<std::string> paths,
                                                 std::string store = {}) {
    ReplayOptions options;
    options.files.paths = std::move(paths);
    options.files.year = 2026;
    options.store = std::move(store);
    return options;
  }
  static Collected run(const ReplayOptions& options, const engine::Setup& setup = default_setup()) {
    Collected collected;
    const base::ManualClock clock;
    const auto result = replay(setup, options, collected, clock);
    EXPECT_TRUE(result) << (result ? std::string() : base::to_string(result.error()));
    if (result) {
      collected.stats = result->stats;
      EXPECT_TRUE(result->file_errors.empty());
    }
    return collected;
  }
  static std::unique_ptr<store::Store> open(const std::string& path) {
    auto opened = store::Store::open(path);
    EXPECT_TRUE(opened) << (opened ? std::string() : base::to_string(opened.error()));
    return opened ? *std::move(opened) : nullptr;
  }
  static std::vector<std::string> stored_alerts(const store::Store& store) {
    std::vector<std::string> alerts;
    EXPECT_TRUE(store.read_alerts({}, [&alerts](const store::StoredAlert& stored) {
      alerts.push_back(event::json_of(stored.alert));
      return true;
    }));
    return alerts;
  }
  const TemporaryFolder folder_;
};

}  // namespace tocsin::engine
