// What one group of a correlation held at one time: what was counted, what was not and why.
// Path:      Correlator, by its tap -> Account -> engine/explain.hpp
// Units:     ns
// Threads:   one
// Errors:    none
// Source:    DESIGN section 7
// Tested by: tests/correlate/account_test.cpp (what is held: against tests/reference)
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "correlate/spec.hpp"
#include "correlate/tap.hpp"
#include "event/field.hpp"

namespace tocsin::correlate {

// What is asked: the window of `key` at `at`, which is (at - timespan, at].
struct Question {
  std::uint32_t spec = 0;
  std::string key;
  std::int64_t at = 0;
  std::size_t lines = 20;  // of counted events the newest so many keep their text
};

// One event in the window.
struct CountedEvent {
  Place place;
  std::vector<std::uint32_t> inputs;  // entries of `rules` that it met, ascending
  std::uint64_t weight = 1;
  std::vector<std::string> values;  // the different ones that are counted or computed with
  std::optional<double> number;     // of a type that computes: the greatest of them
  std::string raw;                  // the begin of its text; empty for an inner correlation
};

// One event that was not counted.
struct LeftOut {
  Place place;
  std::uint32_t input = 0;
  std::string field;        // that is missing
  std::int64_t behind = 0;  // the watermark, where it was too late
  std::string raw;
};

// A few of them, and how many there are.
struct LeftOutList {
  static constexpr std::size_t most = 5;
  std::uint64_t total = 0;
  std::vector<LeftOut> first;
};

struct Held {
  // What the condition compares; nothing where there is nothing to compare, and of a condition over
  // rules. Of one that is looked at forwards (CorrelationSpec::forward) nothing is said at all.
  std::optional<double> number;
  bool is_true = false;
};
// Over events in their order. Slow and plain: what was judged while the log was read is told by
// alerts, not by this.
[[nodiscard]] Held held_by(const CorrelationSpec& spec, std::span<const CountedEvent> events);
// Whether it is a count that has to be reached, and becomes only less as events leave.
[[nodiscard]] bool counts_up(const CorrelationSpec& spec);
// "at least 5", "from 2 to 4", "above 12.5".
[[nodiscard]] std::string condition_text(const CorrelationSpec& spec);

class Account final : public Tap {
 public:
  // `spec`: as the correlator has it, at question.spec. The fields outlive it.
  Account(CorrelationSpec spec, const event::FieldTable& fields, Question question);

  void on_detection(const Told& told) override;

  [[nodiscard]] const CorrelationSpec& spec() const { return spec_; }
  [[nodiscard]] const Question& question() const { return question_; }
  // The window's open end: nothing of this time is in it.
  [[nodiscard]] std::int64_t from() const { return minus(question_.at, spec_.timespan); }

  // In their order.
  [[nodiscard]] std::vector<CountedEvent> counted() const;
  [[nodiscard]] const LeftOutList& too_late() const { return too_late_; }
  [[nodiscard]] const LeftOutList& missing_group() const { return missing_group_; }
  [[nodiscard]] const LeftOutList& missing_value() const { return missing_value_; }
  // Detections of an event that is counted already: by another of the rules, or for the same value.
  [[nodiscard]] std::uint64_t again() const { return again_; }
  // Detections of this group before and after the window, and the one nearest to it.
  struct Outside {
    std::uint64_t total = 0;
    Place nearest;
  };
  [[nodiscard]] const Outside& before() const { return before_; }
  [[nodiscard]] const Outside& after() const { return after_; }
  // Of other groups in the window; groups beyond a limit are counted together.
  // Where the window was emptied last, and how many events that took out of it.
  struct Emptied {
    Place place;
    std::uint64_t events = 0;
  };
  [[nodiscard]] std::optional<Emptied> emptied() const;
  struct Others {
    std::uint64_t detections = 0;
    std::uint64_t groups = 0;
    bool more_groups = false;
    std::vector<std::pair<std::string, std::uint64_t>> largest;  // keys
  };
  [[nodiscard]] Others others(std::size_t most) const;

 private:
  static constexpr std::size_t max_groups = 100'000;
  static constexpr std::size_t raw_bytes = 200;

  void count(const Told& told);
  void leave_out(const Told& told, LeftOutList& list) const;
  [[nodiscard]] std::optional<std::string> value_counted(const Told& told) const;
  [[nodiscard]] static std::string raw_of(const Told& told);

  CorrelationSpec spec_;
  const event::FieldTable& fields_;
  Question question_;
  std::map<Place, CountedEvent> counted_;
  std::map<Place, std::string> raws_;  // of the newest
  LeftOutList too_late_, missing_group_, missing_value_;
  std::uint64_t again_ = 0;
  Outside before_, after_;
  std::optional<Place> emptied_;
  std::map<std::string, std::uint64_t, std::less<>> others_;
  std::uint64_t beyond_groups_ = 0;  // detections of groups that had no place
};

}  // namespace tocsin::correlate
