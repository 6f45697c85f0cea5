// Windows for rules that are new where a log goes on: which ones can use the past, how far it
// reaches, and the windows that a fold of it left.
// Path:      specs before, specs now -> WarmingPlan -> Correlator over the past -> WarmedWindows ->
//            the checkpoint that the correlator of today loads
// Units:     ns
// Threads:   one
// Errors:    correlate-1 specs that cannot be linked
// Source:    DESIGN section 7, Reload
// Tested by: tests/correlate/warming_test.cpp
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "correlate/spec.hpp"
#include "event/ports.hpp"

namespace tocsin::correlate {

struct WarmingPlan {
  std::vector<CorrelationSpec> specs;  // linked: new ones, and the correlations that they refer to
  std::vector<bool> is_new;            // by place in specs: was not there before
  std::int64_t reach = 0;              // what lies further back than this counts no more

  [[nodiscard]] bool empty() const { return specs.empty(); }
};

// Whether a past detection can make a difference to what the rule says now. Not where a single
// detection is enough: alerts of before are not gone on with.
[[nodiscard]] bool uses_past(const CorrelationSpec& spec);

// How far back each rule looks: its timespan and that of what it counts.
[[nodiscard]] std::vector<std::int64_t> reaches(const std::vector<CorrelationSpec>& specs);

// For what is new, not in `before` under the same content, and uses the past.
[[nodiscard]] base::Result<WarmingPlan> warming_plan(const std::vector<CorrelationSpec>& before,
                                                     const std::vector<CorrelationSpec>& now);

// Takes what a correlator over the plan's specs saves, and keeps the windows of new rules. Their
// alerts are left out: what was true in the past has been told by nobody, and nobody is told of it
// now; the next detection that is true opens an alert.
class WarmedWindows final : public event::StateWriter {
 public:
  WarmedWindows() = default;
  explicit WarmedWindows(const WarmingPlan& plan);

  void put(std::string_view key, std::string_view value) override;
  void remove(std::string_view key) override;
  void remove_prefix(std::string_view prefix) override;

  // By the keys of a checkpoint.
  [[nodiscard]] const std::map<std::string, std::string>& entries() const { return entries_; }
  // How many stand among the groups that memory keeps.
  [[nodiscard]] std::uint64_t held() const;
  // Of rules whose expected groups are not made yet, as SavedHead has them.
  [[nodiscard]] const std::vector<std::pair<base::Sha256, std::int64_t>>& beginnings() const {
    return beginnings_;
  }

 private:
  void keep_beginnings(std::string_view key, std::string_view value);

  std::map<base::Sha256, bool> kept_;  // whether its groups act without a detection
  std::map<std::string, std::string> entries_;
  std::vector<std::pair<base::Sha256, std::int64_t>> beginnings_;
};

// Passes a checkpoint on, and the windows with it, as if its correlator had had them.
class WithWindows final : public event::StateWriter {
 public:
  // Both outlive it.
  WithWindows(const WarmedWindows& windows, event::StateWriter& out)
      : windows_(windows), out_(out) {}

  void put(std::string_view key, std::string_view value) override;
  void remove(std::string_view key) override { out_.remove(key); }
  void remove_prefix(std::string_view prefix) override { out_.remove_prefix(prefix); }

 private:
  const WarmedWindows& windows_;
  event::StateWriter& out_;
};

}  // namespace tocsin::correlate
