// A correlator whose groups are shared out over processors, with the output of a single one.
// Path:      a batch's events with their detections -> alerts opened by each; alerts changed
// Units:     ns since 1970Z
// Threads:   one at a time: the ordered stage; run() gives work to others and waits for it
// Errors:    Result only from load(); input is never an error
// Source:    DESIGN sections 2, 7
// Tested by: tests/correlate/sharded_correlator_test.cpp, tests/e2e/oracle_test.py
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "base/error.hpp"
#include "correlate/correlator.hpp"

namespace tocsin::correlate {

// What is shared out by the hash of a group's key are the rules that alert and stand alone: no
// correlation over or under them, no groups that exist without a detection, and nothing of theirs
// can be met by a record that is derived within a batch, which would have to be judged before the
// next event is.
// One correlator keeps all other rules, and is called event by event; the shares have seen the
// whole batch by then. All of them see every event and so have one watermark. What they open is put
// in order event by event, as a single correlator would have done it.
class ShardedCorrelator {
 public:
  // Does task(0) ... task(count - 1), some of them at the same time, and returns when all are done.
  using Run =
      std::function<void(std::size_t count, const std::function<void(std::size_t part)>& task)>;
  struct Step {
    EventView view;
    std::span<const event::Detection> detections;
  };

  // `parts`: how many shares; up to 1: none, a single correlator. `derived`: by RuleIndex, the
  // rules that a derived record may meet; those behind its end cannot be.
  ShardedCorrelator(std::vector<CorrelationSpec> specs, const Options& options, std::uint32_t parts,
                    const std::vector<bool>& derived, Run run);

  // As Correlator::prepare(). Shares out the room for windows, too.
  void prepare(const event::Batch& batch);
  // All frames' events of a batch, in order, before on_event() is called with each of them.
  void run(std::span<const Step> steps);
  // As Correlator::on_event(); an event with k = 0 is the next one of run(). Views of the last
  // run() are good until all of its events were given.
  Verdict on_event(const EventView& view, std::span<const event::Detection> detections) {
    const Verdict verdict = parts_[0]->on_event(view, detections);
    if (is_sharded()) gather(view.k == 0 ? next_step_++ : no_step);
    return verdict;
  }
  [[nodiscard]] bool clock_matters(base::ReceivedTime received);
  void on_clock(base::ReceivedTime received);
  void source_finished(event::SourceId source);
  void finish();

  // As Correlator::end_warming(); of one that is not shared out.
  [[nodiscard]] bool end_warming(std::int64_t watermark, const std::vector<bool>& is_new) {
    CHECK(!is_sharded(), "windows are filled by a correlator that is whole");
    return parts_[0]->end_warming(watermark, is_new);
  }

  // Alerts opened by a share are shown as they were at that event.
  [[nodiscard]] std::span<const Fired> fired() const {
    return is_sharded() ? std::span<const Fired>(fired_) : parts_[0]->fired();
  }
  template <typename Visit>
  void take_changes(const Visit& visit) {
    if (!is_sharded()) return parts_[0]->take_changes(visit);
    collect_changes();
    for (const Change& change : changes_)
      visit(AlertChange{*change.alert, change.rule, change.number, change.opened, change.retold,
                        change.closed});
  }

  void keep_no_account();
  // As Correlator::set_tap(); of one that is not shared out.
  void set_tap(Tap* tap) {
    CHECK(!is_sharded(), "a correlator is listened to whole");
    parts_[0]->set_tap(tap);
  }
  void save_changes(event::StateWriter& out);
  [[nodiscard]] base::Result<void> load(std::string_view key, std::string_view value);
  [[nodiscard]] base::Result<void> finish_load();
  // ---- memory, as Correlator has it. `state` is read by several parts at a time.
  void keep_cold_in(const event::StateSource& state);
  [[nodiscard]] bool wants_save() const;
  [[nodiscard]] const std::optional<base::Error>& failure() const;
  void set_limits(const SpillLimits& limits);

  [[nodiscard]] std::int64_t watermark() const { return parts_[0]->watermark(); }
  [[nodiscard]] const std::vector<CorrelationSpec>& specs() const { return parts_[0]->specs(); }
  [[nodiscard]] bool is_shared(std::uint32_t spec) const { return shared_[spec]; }
  [[nodiscard]] Counters counters() const;
  [[nodiscard]] RuleCounters counters_of(std::uint32_t spec) const;
  [[nodiscard]] std::size_t groups() const;
  [[nodiscard]] std::size_t groups_of(std::uint32_t spec) const;
  [[nodiscard]] std::size_t bytes_of(std::uint32_t spec) const;
  [[nodiscard]] std::size_t bytes() const;
  [[nodiscard]] std::size_t most_bytes() const;
  [[nodiscard]] std::size_t byte_limit() const { return byte_limit_; }
  [[nodiscard]] std::size_t open_alerts() const;
  void set_limits(const LongLimits& limits);

 private:
  static constexpr std::size_t no_step = ~std::size_t{0};

  // What a part opened or reminds of at one step.
  struct Entry {
    std::size_t part;
    std::size_t step;
    Fired fired;                      // without an alert: of a rule that raises none
    std::optional<std::size_t> copy;  // of the alert: its place in the log's
    std::optional<Opening> opening;   // otherwise a reminder
  };
  struct Log {
    std::vector<Entry> entries;
    std::vector<event::Alert> alerts;
    std::size_t alert_count = 0;
    std::size_t next = 0;  // entry to put in order
    void clear() {
      entries.clear();
      alert_count = next = 0;
    }
  };
  struct Change {
    const event::Alert* alert;
    event::RuleIndex rule;
    std::uint64_t number;
    bool opened, retold, closed;
  };

  [[nodiscard]] bool is_sharded() const { return parts_.size() > 1; }
  void share_room();
  void record(std::size_t part, std::size_t step, bool copy);
  void record_all();
  void gather(std::size_t step);
  void put_in_order(std::size_t step);
  [[nodiscard]] bool comes_before(const Entry& left, const Entry& right) const;
  void collect_changes();
  template <typename T, typename Read>
  [[nodiscard]] T sum(const Read& read) const {
    T all{};
    for (const auto& part : parts_) all += read(*part);
    return all;
  }

  std::vector<bool> shared_;
  Run run_;
  std::vector<std::unique_ptr<Correlator>> parts_;  // the first keeps what is not shared out
  std::vector<Log> logs_;                           // by part
  std::size_t byte_limit_;                          // of all together
  std::size_t most_bytes_ = 0;
  std::size_t next_step_ = 0;
  std::vector<Fired> fired_;
  std::vector<const Entry*> order_;
  std::vector<Change> changes_;
  std::uint64_t next_number_ = 1;
};

}  // namespace tocsin::correlate
