// The groups that stand in the saved state and not in memory: which they may be, when they end.
// Path:      groups that leave memory -> a look at the saved state, when one is touched again
// Units:     ns; bytes
// Threads:   one; several may read the same state
// Errors:    those of the saved state
// Source:    docs/architecture.md, Memory
// Tested by: tests/correlate/cold_groups_test.cpp, tests/correlate/spill_test.cpp
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "correlate/key_filter.hpp"
#include "event/ports.hpp"

namespace tocsin::correlate {

class ColdGroups {
 public:
  // `state` outlives the last call that reads.
  void keep_in(const event::StateSource& state) { state_ = &state; }
  [[nodiscard]] bool on() const { return state_ != nullptr; }
  [[nodiscard]] const event::StateSource& state() const { return *state_; }

  // Any key may stand in the state, until a pass has seen all.
  void suspect_all() {
    unknown_ = true;
    begin_pass();
  }
  // False: memory would hold the group.
  [[nodiscard]] bool may_hold(std::uint32_t spec, std::uint32_t hash) const {
    return unknown_ || known_.may_have(name_of(spec, hash));
  }
  // A group left memory; its window is empty from `over` on. `step`: how exact that must be.
  void add(std::uint32_t spec, std::uint32_t hash, std::int64_t over, std::int64_t step);

  // ---- A pass over the state in key order, in pieces: finds what is over, and makes the filter
  // anew from what is not. One begins when as much as half of what left memory may be over.
  [[nodiscard]] bool pass_is_due(std::int64_t watermark);
  [[nodiscard]] const std::string& pass_at() const { return at_; }
  // Seen, and not over.
  void keep(std::uint32_t spec, std::uint32_t hash, std::int64_t over, std::int64_t step);
  void pass_on_to(std::string next) { at_ = std::move(next); }
  void end_pass();

  [[nodiscard]] std::size_t bytes() const { return known_.bytes() + next_.bytes(); }

 private:
  static constexpr std::uint64_t worth_a_pass = 4096;
  using Overs = std::map<std::int64_t, std::uint64_t>;  // how many are over, by when

  static std::uint64_t name_of(std::uint32_t spec, std::uint32_t hash) {
    return std::uint64_t{spec} << 32U | hash;
  }
  static void count(Overs& overs, std::int64_t over, std::int64_t step);
  void begin_pass();

  const event::StateSource* state_ = nullptr;
  KeyFilter known_;
  bool unknown_ = false;  // known_ lacks what was saved by an earlier process
  Overs overs_;
  std::uint64_t counted_ = 0;  // in overs_, and over by now
  std::uint64_t over_ = 0;     // of these
  // While a pass goes on: what will take the place of the above.
  bool passing_ = false;
  std::string at_;
  KeyFilter next_;
  Overs next_overs_;
  std::uint64_t next_counted_ = 0;
};

}  // namespace tocsin::correlate
