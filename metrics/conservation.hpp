// Checks that nothing vanishes: received = stored + rejected + dropped + in flight, for each input.
// Path:      listeners, engine count -> check() once a second -> gauges, alarm
// Units:     frames; received is counted at the read call, stored at the commit, in flight by
// looking
//            into the queues, so that the sum can fail
// Threads:   InputAccount: safe; Conservation: input() and check() safe, the alarm runs in check()
// Errors:    none; an imbalance sets gauges and calls the alarm
// Tested by: tests/metrics/conservation_test.cpp
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/registry.hpp"
#include "metrics/rows.hpp"

namespace tocsin::metrics {

// The counters of one input. Owned by Conservation; a reference stays valid as long as that.
class InputAccount {
 public:
  InputAccount(Registry& registry, std::string_view input);

  const std::string name;
  const Counter received;
  const Counter received_bytes;
  const Counter stored;
  // Frames on their way, counted by looking (the engine): in queues, in stages, and in a listener's
  // open batch, which may wait for long when a queue is full.
  const Gauge in_flight;

  // Handles to keep: `reason` and `where` are words of the code, not of the input.
  [[nodiscard]] Counter rejected(std::string_view reason);
  [[nodiscard]] Counter dropped(std::string_view where);

  // Stored + rejected + dropped.
  [[nodiscard]] std::uint64_t accounted() const;

 private:
  Registry& registry_;
  mutable std::mutex mutex_;
  std::map<std::string, Counter, std::less<>> rejected_;
  std::map<std::string, Counter, std::less<>> dropped_;
};

struct ConservationOptions {
  // Checks in a row that must agree before an alarm: counters of different stages are not read at
  // one instant.
  std::uint32_t confirm = 3;
  // While frames keep coming: what an open batch may hold unseen. Once an input is quiet, every
  // single frame must be accounted for.
  std::int64_t slack = 8192;
};

struct Violation {
  std::string input;
  std::int64_t imbalance = 0;  // > 0: lost without a counter; < 0: counted twice
};

class Conservation {
 public:
  using Alarm = std::function<void(const Violation&)>;
  // The alarm is called when an input's sum goes wrong, and again when the imbalance has changed.
  Conservation(Registry& registry, Alarm alarm, ConservationOptions options = {});

  // The account of that name, made when there is none.
  [[nodiscard]] InputAccount& input(std::string_view name);

  // Copies what others count into an account; called right before its sum is read.
  using Refresh = std::function<void(InputAccount&)>;
  // Judges every input; to be called at a steady pace (each second). Returns those that are wrong.
  // An input whose counters ran away while they were read is judged the next time.
  std::vector<Violation> check(const Refresh& refresh = {});

 private:
  struct Watched {
    Watched(Registry& registry, std::string_view name);
    InputAccount account;
    Gauge violation;
    Gauge imbalance;
    std::uint64_t last_received = 0;
    std::uint64_t last_accounted = 0;
    double last_in_flight = 0;
    std::int64_t nearest = 0;  // the imbalance nearest to 0 since it was last 0 or changed its sign
    std::uint32_t wrong_in_a_row = 0;
    std::int64_t alarmed = 0;
  };
  [[nodiscard]] std::optional<std::int64_t> observe(Watched& input, const Refresh& refresh,
                                                    bool& quiet) const;
  [[nodiscard]] std::int64_t judge(Watched& input, const Refresh& refresh) const;

  Registry& registry_;
  Alarm alarm_;
  ConservationOptions options_;
  std::mutex mutex_;
  std::deque<Watched> inputs_;
};

}  // namespace tocsin::metrics
