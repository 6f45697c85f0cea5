// A slow correlator, written from the definition: keeps every detection of a group for ever and
// recomputes its episodes from scratch whenever one comes.
// Units:     ns
// Threads:   one
// Source:    DESIGN section 7
// Tested by: tests/correlate/oracle_test.cpp (against measure/reference.py)
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "correlate/correlator.hpp"
#include "correlate/options.hpp"
#include "correlate/spec.hpp"
#include "event/alert.hpp"

namespace tocsin::reference {

class SlowCorrelator {
 public:
  // (time, seq, k)
  using Place = std::tuple<std::int64_t, std::uint64_t, std::uint32_t>;
  using Key = std::vector<std::optional<std::string>>;

  struct Alert {
    event::Alert alert;
    bool closed = false;
    std::uint32_t spec = 0;  // no_spec: of a rule that is no more
    bool shown = true;       // its rule raises alerts
    Key key;
    Place anchor;  // where it opened: true for ever, so it tells which episode it belongs to
    Place first;
    Place last;
    bool opening_sent = false;
    bool holds_more = false;  // than a plain count keeps: it began where nobody was told
    std::int64_t reminded = 0;
  };
  struct Shown {
    event::Alert alert;
    bool reminder = false;
    bool holds_more = false;
  };

  SlowCorrelator(std::vector<correlate::CorrelationSpec> specs, const correlate::Options& options)
      : specs_(std::move(specs)),
        options_(options),
        groups_(specs_.size()),
        beginnings_(specs_.size()) {}
  SlowCorrelator(const SlowCorrelator&) = delete;
  SlowCorrelator& operator=(const SlowCorrelator&) = delete;

  // What the call opened or reminds of, in order.
  std::vector<Shown> on_event(const correlate::EventView& view,
                              std::span<const event::Detection> detections);
  std::vector<Shown> on_clock(std::int64_t received);
  std::vector<Shown> source_finished(std::uint32_t source);
  std::vector<Shown> finish();

  // Other rules from here on, linked. Those of the same content keep all that they have. Of the
  // others `past`, a correlator of `now` that has read the log up to here, tells what their windows
  // hold, but nobody is told what was true there; those that one detection satisfies begin with
  // nothing. Where `past` has come further than this one, all new rules begin so.
  void reload(std::vector<correlate::CorrelationSpec> now, SlowCorrelator& past);

  // In order of firing; those of silent rules are among them.
  [[nodiscard]] const std::vector<Alert*>& alerts() const { return alerts_; }
  [[nodiscard]] std::int64_t watermark() const { return watermark_; }

 private:
  struct Detection {
    std::set<std::size_t> inputs;  // which entries of `rules` its event met
    std::set<std::string> values;  // value_count, value_percentile as a share
    std::optional<double> number;  // other numeric types; of several the largest
    std::uint64_t weight = 1;
    bool is_true = false;
    bool untold = false;  // that it is true: the rule was not there yet
  };
  using Detections = std::map<Place, Detection>;
  // Of a rule judged by instants: one at which the window changed and was judged.
  struct Instant {
    Place place;  // its time, and the newest detection up to it
    bool is_true = false;
    bool goes_on = false;  // the one before was true, and the group was not forgotten in between
    bool is_empty = false;
    bool untold = false;
  };
  struct Group {
    Detections all;
    Detections waiting;    // of a deferred rule: not judged yet
    std::set<Place> ends;  // what came before each of them counts no more
    std::set<Place> waiting_ends;
    std::set<std::int64_t> windows;  // looked at forwards: when those that are not over end
    std::set<Place> instants;        // at which one was over and the condition true
    std::vector<Alert*> alerts;
    // By instants:
    std::optional<std::int64_t> expected_from;
    std::optional<std::int64_t> judged_again;  // silent when the rule came: judged there
    std::optional<std::int64_t> start;         // of what has not been forgotten yet
    bool begins = false;                       // no instant of this life was judged yet
    std::int64_t empty_since = 0;
    std::int64_t done = std::numeric_limits<std::int64_t>::min();  // instants up to here
    std::vector<Instant> changes;
  };
  struct Source {
    std::optional<std::int64_t> highest;  // event time
    std::int64_t received = 0;
    std::uint64_t heard = 0;  // its last event, by number
    bool active = false;
  };
  struct Episode {
    Place first;
    Place last;
  };
  // Of a rule that expects groups.
  struct Beginning {
    std::optional<std::int64_t> first_event;  // the earliest
    bool made = false;
  };
  static constexpr std::uint32_t no_spec = std::numeric_limits<std::uint32_t>::max();

  void accept(std::uint32_t spec, const Key& key, Place place, const Detection& detection);
  void judge(std::uint32_t spec, const Key& key, const Detections& arrived, bool late);
  void run_inbox();
  void enter(std::uint32_t spec, Group& group, const Detections& arrived);
  void judge_ended(std::uint32_t spec, const Key& key, std::int64_t end);
  void describe_ended(Alert& alert, const Group& group) const;
  [[nodiscard]] static bool stands(const correlate::CorrelationSpec& spec, const Group& group,
                                   Place place, Place at);
  static bool read_value(const correlate::CorrelationSpec& spec, const Key& value,
                         Detection& detection);
  static void join(Detection& into, const Detection& more);
  [[nodiscard]] bool is_true(const correlate::CorrelationSpec& spec, const Group& group,
                             Place at) const;
  [[nodiscard]] std::uint64_t quantity(const correlate::CorrelationSpec& spec,
                                       const std::vector<const Detection*>& window) const;
  [[nodiscard]] bool counts_openings(std::uint32_t inner) const;
  [[nodiscard]] std::vector<const Detection*> window_at(const correlate::CorrelationSpec& spec,
                                                        const Group& group, Place at) const;
  [[nodiscard]] static std::optional<Place> next_waiting(const Group& group);
  static Detections take_waiting(Group& group, Place up_to, bool whole);
  [[nodiscard]] std::optional<std::int64_t> next_instant(std::uint32_t spec,
                                                         const Group& group) const;
  void judge_instant(std::uint32_t spec, const Key& key, Group& group, std::int64_t time);
  [[nodiscard]] std::vector<Episode> episodes_of(std::uint32_t spec, const Group& group) const;
  void reconcile(std::uint32_t spec, const Key& key, Group& group, bool late);
  void describe(Alert& alert, const Group& group) const;
  void emit(std::uint32_t inner, const Key& key, Place place, bool opening);
  void settle(bool all_silent = false);
  void expect(std::int64_t before);
  void judge_deferred(std::int64_t before);
  void close(std::int64_t before);
  void advance_to(std::int64_t watermark);
  void send_openings(const std::vector<bool>& of);
  [[nodiscard]] std::map<Key, Group> untold_groups(std::uint32_t spec, std::int64_t border) const;
  [[nodiscard]] bool goes_on(const Alert& alert);
  std::vector<Shown> shown();

  std::vector<correlate::CorrelationSpec> specs_;
  correlate::Options options_;
  std::vector<std::map<Key, Group>> groups_;  // by spec
  std::vector<std::map<Key, Detections>> inbox_;
  std::deque<Alert> store_;
  std::vector<Alert*> alerts_;      // in order of firing
  std::size_t settled_alerts_ = 0;  // of earlier calls
  std::vector<Alert*> reminded_;
  std::map<std::uint32_t, Source> sources_;
  std::int64_t watermark_ = correlate::Watermark::never;
  std::int64_t now_ = 0;
  std::uint64_t events_ = 0;
  std::optional<std::uint32_t> idle_;  // the source that became idle last
  std::vector<Beginning> beginnings_;  // by spec
  bool behind_ = false;
};

}  // namespace tocsin::reference
