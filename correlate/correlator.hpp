// Folds detections into alerts: windows on event time, episodes, correlations of correlations.
// Path:      events with their detections, in order of seq -> alerts opened now; alerts changed
// Units:     ns since 1970Z
// Threads:   one: the ordered stage
// Errors:    Result only from load(); input is never an error
// Source:    DESIGN section 7; docs of each meaning in README.md
// Tested by: tests/correlate/correlator_test.cpp, tests/correlate/history_test.cpp (against
//            tests/reference/slow_correlator.hpp), tests/cases/correlate/*.case
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "correlate/checkpoint.hpp"
#include "correlate/cold_groups.hpp"
#include "correlate/options.hpp"
#include "correlate/rule_windows.hpp"
#include "correlate/spec.hpp"
#include "correlate/tap.hpp"
#include "correlate/watermark.hpp"
#include "event/alert.hpp"
#include "event/batch.hpp"
#include "event/ports.hpp"

namespace tocsin::correlate {

// One event as it stands in the log. Frames have k = 0; records derived from frame `seq` have
// k = 1... and come right behind it, with its time and source.
struct EventView {
  event::Seq seq;
  std::uint32_t k = 0;
  base::EventTime time;
  event::SourceId source;
  base::ReceivedTime received;
  const event::Batch* batch = nullptr;
  const event::Event* event = nullptr;
  bool own = false;  // Tocsin's own record: judged, but event time does not go on by it
};

// An alert that this event opened, or whose rule asks for a reminder now. `alert` is good until the
// next call of any kind.
struct Fired {
  event::RuleIndex rule;
  std::uint32_t spec = 0;  // its place in specs()
  const event::Alert* alert = nullptr;
  bool reminder = false;
};

// An alert as it stands now.
struct AlertChange {
  const event::Alert& alert;
  event::RuleIndex rule;
  std::uint64_t number = 0;  // alerts in order of firing, from 1
  bool opened = false;       // never taken before
  bool retold = false;       // more than last_seen and total is new
  bool closed = false;       // nothing can change it any more
};

// Opened by the last call, of rules that raise no alerts, too. Where groups are shared out the
// number is for the time being.
struct Opening {
  std::uint32_t spec;
  std::uint32_t handle;
  std::uint64_t number;
};

// What one of several correlators keeps where the groups of some rules are shared out among them
// (sharded_correlator.hpp): 0 all other rules, 1 to `of` a part each of the shared rules' groups.
struct Share {
  std::vector<bool> shared;  // by spec
  std::uint32_t index = 0;
  std::uint32_t of = 0;  // 0: one correlator keeps everything

  [[nodiscard]] bool keeps_spec(std::uint32_t spec) const {
    return of == 0 || shared[spec] == (index != 0);
  }
  // The group of a rule that it keeps, by the hash of its key.
  [[nodiscard]] bool keeps(std::uint32_t hash) const {
    return index == 0 || (std::uint64_t{hash} * of >> 32U) == index - 1;
  }
};

// Counted since the start; none of it decides anything.
struct Counters {
  std::uint64_t too_late = 0;      // events later than lateness: not correlated
  std::uint64_t over_limit = 0;    // new groups, and growth of others, above Options::window_bytes
  std::uint64_t forgotten = 0;     // groups whose window ran empty
  std::uint64_t unknown_rule = 0;  // saved windows of rules that are no more
  std::uint64_t spilled = 0;       // groups that left memory for the saved state
  std::uint64_t read_back = 0;     // and came back
  std::uint64_t read_in_vain = 0;  // looked for in the saved state and not there
  std::uint64_t swept = 0;         // whose window ran empty there
};

// When groups leave memory; tests force it.
struct SpillLimits {
  // So many changed groups at least, or removed ones, are worth a save of their own.
  std::size_t piece = 1024;
};

enum class Verdict : std::uint8_t { in_time, too_late };

class Correlator {
 public:
  // `specs` as link() completed them (plan.hpp makes them from rules).
  Correlator(std::vector<CorrelationSpec> specs, const Options& options, Share share = {});
  ~Correlator();
  Correlator(const Correlator&) = delete;
  Correlator& operator=(const Correlator&) = delete;

  // Reads the keys of a batch's detections and fetches their groups, ahead of on_event() calls that
  // take spans of these detections in their order. Changes no result, only what it costs. The batch
  // stays as it is until the next prepare().
  void prepare(const event::Batch& batch);

  // Every event, in order of (seq, k), with its detections sorted by rule. too_late: the event is
  // behind the watermark; it is not correlated. Costs a few ns without detections.
  Verdict on_event(const EventView& view, std::span<const event::Detection> detections) {
    if (!fired_.empty() || !opened_.empty()) clear_fired();
    if (view.time.value < watermark_.value()) [[unlikely]]
      return refuse(view, detections);
    if (view.k != 0 || view.own) [[unlikely]] {
      if (view.own) return judge_own(view, detections);
      judge_event(view, detections);
      finish_step();
      return Verdict::in_time;
    }
    behind_ = watermark_.behind(view.source, view.time);
    if (!beginnings_.empty()) [[unlikely]]
      begin_with(view.time.value);
    if (!detections.empty()) judge_event(view, detections);
    if (watermark_.observe(view.source, view.time, view.received)) advance();
    if (!workshop_.outcome.fired.empty() || !workshop_.outcome.reminded.empty()) [[unlikely]]
      finish_step();
    return Verdict::in_time;
  }
  // Whether a clock record would decide something: an instant to be judged, an alert to close.
  // Changes no result. O(active sources).
  [[nodiscard]] bool clock_matters(base::ReceivedTime received);
  // A clock record: received time went on without an event.
  void on_clock(base::ReceivedTime received);
  // No event will come from this source any more (a file's end).
  void source_finished(event::SourceId source);
  // The end of a replay: judges what waited for the watermark, up to the last event's time, and
  // closes every alert. Nothing but take_changes() may follow.
  void finish();

  // The end of warming (warming.hpp): nothing before `watermark` comes any more, and what opened
  // in rules that are marked is told to the correlations over them, since it cannot change without
  // its alert. Only take_changes() and save_changes() may follow. False: it has judged what lies
  // behind `watermark`, so that nobody can go on there with its windows.
  [[nodiscard]] bool end_warming(std::int64_t watermark, const std::vector<bool>& is_new);

  // What the last call opened, by rule id, then group (values in the rule's order); then reminders.
  [[nodiscard]] std::span<const Fired> fired() const { return fired_; }

  // The same as openings, where groups are shared out; in the order of fired(). Numbers that hold
  // are given with renumber().
  [[nodiscard]] std::span<const Opening> opened() const { return opened_; }
  void renumber(const Opening& opening, std::uint64_t number);

  // Gives all alerts changed since the last time to `visit(const AlertChange&)`, in order of
  // firing; closed ones for the last time. No other call from within.
  template <typename Visit>
  void take_changes(const Visit& visit) {
    clear_fired();
    workshop_.book.take([&](const OpenAlert& open) {
      visit(AlertChange{open.alert, specs_[open.spec].rule, open.number, !open.taken, open.retold,
                        open.closed});
    });
  }

  // Tests force long windows. Before the first event.
  void set_limits(const LongLimits& limits) { workshop_.limits = limits; }
  // Entries looked at because detections came late, and alerts because they opened for outer
  // correlations: what both cost, free of clocks.
  [[nodiscard]] std::uint64_t late_steps() const {
    return workshop_.late_steps + workshop_.outcome.steps + workshop_.book.steps();
  }
  // Tells it what becomes of each detection, until nullptr is set.
  void set_tap(Tap* tap) { tap_ = tap; }
  // Nothing will be saved, unless for want of memory: no account is kept of what changed. Before
  // the first event.
  void keep_no_account() { saves_ = false; }
  // Writes what changed since the last save, removals first, the keys behind state_prefix
  // (checkpoint.hpp). Right after take_changes(), in the same commit.
  void save_changes(event::StateWriter& out);
  // The same in two: what belongs to groups, and the head that tells how many there are.
  void save_groups(event::StateWriter& out);
  [[nodiscard]] SavedHead head() const;
  // Before the first event: each (key, value) of the checkpoint in key order; foreign keys are
  // passed over. Then finish_load(). After an error the correlator is good for nothing. Windows of
  // rules that are no more are dropped, counted, and removed by the next save.
  [[nodiscard]] base::Result<void> load(std::string_view key, std::string_view value);
  // ---- memory (correlator_spill.cpp). Before load(): `state` is what save_changes() wrote, seen
  // from the next prepare() on. Groups behind group_prefix need not be loaded, and are passed over:
  // they are read when they are touched. Above Options::window_bytes groups that stand there as
  // they are leave memory, those not touched for longest first; nothing that this class gives out
  // depends on it, or on when it is saved.
  void keep_cold_in(const event::StateSource& state) { cold_.keep_in(state); }
  [[nodiscard]] bool keeps_cold() const { return cold_.on(); }
  // Memory runs short: save_changes() should be called after this batch.
  [[nodiscard]] bool wants_save() const;
  // The state could not be read: what was given out since the last prepare() is not to be used,
  // and the correlator is good for nothing.
  [[nodiscard]] const std::optional<base::Error>& failure() const { return failure_; }
  void set_limits(const SpillLimits& limits) { spill_limits_ = limits; }
  [[nodiscard]] base::Result<void> finish_load();
  // What the checkpoint's head said, if there was one. Of a share: for who checks all together.
  [[nodiscard]] std::optional<SavedHead> loaded_head() const { return loaded_head_; }
  [[nodiscard]] std::uint64_t saved_groups() const { return saved_groups_; }
  [[nodiscard]] std::uint64_t saved_held() const { return saved_held_; }
  [[nodiscard]] static base::Result<void> check_groups(std::uint64_t expected, std::uint64_t found);

  // The watermark, ns; Watermark::never before the first event.
  [[nodiscard]] std::int64_t watermark() const { return watermark_.value(); }
  [[nodiscard]] const std::vector<CorrelationSpec>& specs() const { return specs_; }
  [[nodiscard]] Counters counters() const {
    Counters all = counters_;
    all.over_limit += workshop_.pool.over_limit();
    return all;
  }
  [[nodiscard]] const RuleCounters& counters_of(std::uint32_t spec) const {
    return windows_[spec]->counters;
  }
  [[nodiscard]] std::size_t groups() const;
  [[nodiscard]] std::size_t groups_of(std::uint32_t spec) const {
    return windows_[spec]->table().size();
  }
  // Of one rule, without the values that rules share.
  [[nodiscard]] std::size_t bytes_of(std::uint32_t spec) const {
    const GroupTable& table = windows_[spec]->table();
    return table.group_bytes() + table.table_bytes() + windows_[spec]->look_bytes();
  }
  // Memory of all windows, without that of open alerts.
  [[nodiscard]] std::size_t bytes() const;
  // The most that it was between two batches.
  [[nodiscard]] std::size_t most_bytes() const { return std::max(most_bytes_, bytes()); }
  [[nodiscard]] std::size_t byte_limit() const { return options_.window_bytes; }
  // Takes the place of Options::window_bytes. Before a prepare().
  void set_byte_limit(std::size_t bytes) {
    options_.window_bytes = bytes;
    workshop_.pool.set_limit(bytes);
  }
  [[nodiscard]] std::size_t open_alerts() const { return workshop_.book.open_count(); }

 private:
  // Where the detections of one rule go.
  struct Feed {
    std::uint32_t spec;
    std::uint32_t input;
    bool alone;  // the correlation has no other input: its window can be judged at once
  };
  // A key of the batch given to prepare(), one for each feed of each detection.
  struct Key {
    const char* data;
    std::uint32_t size;  // missing: a field is
    std::uint32_t hash;
    std::uint32_t spec;
    bool absent = false;  // the saved state was asked, and does not have it
  };
  static constexpr std::uint32_t missing = 0xFFFFFFFF;
  static constexpr std::size_t fetch_detections = 256;  // at a time: what they need fits the cache
  // Waits until the watermark is above its place: a detection, or (order 0) the end of a window
  // that is looked at forwards. Of whole instants it stands behind all detections of its time, so
  // that whatever comes at that time has come.
  struct Due {
    Place place;
    std::uint32_t spec;
    std::uint32_t group;
    bool opening;  // tell those who count openings, if it still is one

    bool operator<(const Due& other) const {  // a heap, earliest first
      return place != other.place ? place > other.place : spec > other.spec;
    }
  };
  // A detection of a correlation that may get more of the same event.
  struct Step {
    std::uint32_t spec;
    std::string key;
    Waiting waiting;
  };

  void clear_fired() {
    fired_.clear();
    opened_.clear();
  }
  Verdict refuse(const EventView& view, std::span<const event::Detection> detections);
  void tell(const EventView& view, const Feed& to, const Key& found, Place place, Fate fate,
            std::uint64_t worth = 1);
  void tell_too_late(const EventView& view, std::span<const event::Detection> detections);
  void index_rules();
  void judge_event(const EventView& view, std::span<const event::Detection> detections);
  [[nodiscard]] std::size_t prepared_place(const EventView& view,
                                           std::span<const event::Detection> detections) const;
  void prepare_more();
  Key read_key(const event::Batch& batch, const event::Event& event, const Feed& to,
               base::Arena* keep);
  void feed(const EventView& view, const Feed& to, const Key& key, Place place);
  bool read_worth(const EventView& view, const CorrelationSpec& spec, const Feed& to,
                  std::uint64_t& worth);
  void run_steps();
  Group* group_for(std::uint32_t spec, std::string_view key, std::uint32_t hash, bool absent) {
    Group* group = windows_[spec]->table().find(key, hash);
    if (group == nullptr) [[unlikely]]
      return bring_group(spec, key, hash, absent);
    group->flags |= Group::touched;
    return group;
  }
  Group* group_for(std::uint32_t spec, std::string_view key) {
    return group_for(spec, key, GroupTable::hash_of(key), false);
  }
  Group* bring_group(std::uint32_t spec, std::string_view key, std::uint32_t hash, bool absent);
  void apply(std::uint32_t spec, Group* group, std::span<const Waiting> detections,
             std::int64_t bound, bool behind);
  void pass_on(std::uint32_t spec, Group* group, std::size_t fired, std::size_t moved);
  void pass_opening(std::uint32_t spec, Group* group, Place place);
  void deliver(const CorrelationSpec& inner, Group* group, CorrelationSpec::Feed to, Place place);
  static void join(const CorrelationSpec& spec, std::vector<Waiting>& batch, const Waiting& more);
  void wait(std::uint32_t spec, Group* group, const Waiting& waiting);
  void put_waiting(std::uint32_t spec, Group* group, const Waiting& waiting);
  void enter_forward(std::uint32_t spec, Group* group);
  void judge_ended(const Due& due, Group* group);
  void push_due(const Due& due);
  void advance();
  void judge_due(std::int64_t before);
  void judge_one(const Due& due);
  bool take_waiting(Place place, std::uint32_t of, Group* group);
  void judge_instant(const Due& due, Group* group);
  void wait_for_leave(std::uint32_t spec, Group* group);
  void begin_with(std::int64_t time);
  Verdict judge_own(const EventView& view, std::span<const event::Detection> detections);
  void make_expected(std::int64_t before);
  void judge_silent_again();
  [[nodiscard]] std::int64_t close_at(const OpenAlert& alert);
  void send_opening(const Due& due, Group* group);
  void close_alerts(std::int64_t watermark);
  void expire();
  void finish_step();
  [[nodiscard]] std::string_view key_of_group(const OpenAlert& alert) const;
  void order_fired(std::vector<std::uint32_t>& handles);
  void mark(std::uint32_t spec, Group& group) {
    if ((group.flags & Group::changed) == 0) mark_first(spec, group);
  }
  void mark_first(std::uint32_t spec, Group& group);
  void save_group(std::uint32_t spec, Group* group, SavedGroup& out);
  void save_one(std::uint32_t spec, Group* group, event::StateWriter& out);
  void start_account();
  [[nodiscard]] std::optional<std::uint32_t> spec_of(std::string_view saved_key) const;
  // The group that a saved key names is this correlator's, not another share's.
  [[nodiscard]] bool is_own(std::optional<std::uint32_t> spec, std::string_view saved_key) const;
  base::Result<Group*> load_group(std::uint32_t spec, std::string_view key,
                                  const SavedGroup& saved);
  void load_life(std::uint32_t spec, Group* group, const SavedLife& saved);
  void load_beginnings(const SavedHead& head);
  void forget_saved(std::string key);
  void make_room();
  void spill(std::size_t target);
  void sweep();
  base::Result<void> sweep_one(std::string_view key, std::string_view value);
  base::Result<void> find_cold_groups();
  base::Result<void> remove_rule(const std::string& prefix, std::string_view end);
  void read_back_ahead(std::size_t first_key);
  Group* read_back(std::uint32_t spec, std::string_view key);
  Group* take_back(std::uint32_t spec, std::string_view key, const std::string& name,
                   std::string_view value);
  void fail(base::Error error) {
    if (!failure_) failure_ = std::move(error);
  }

  std::vector<CorrelationSpec> specs_;
  Options options_;
  Share share_;
  Watermark watermark_;
  Workshop workshop_;
  std::vector<std::unique_ptr<RuleWindows>> windows_;  // by spec
  std::vector<std::uint32_t> first_feed_;              // by RuleIndex, into feeds_
  std::vector<Feed> feeds_;
  std::vector<Due> due_;
  // A rule whose expected groups are not made yet.
  struct Beginning {
    std::uint32_t spec;
    std::optional<std::int64_t> first;  // the earliest event so far
  };
  std::vector<Beginning> beginnings_;
  std::vector<Step> steps_;
  std::vector<Waiting> batch_;
  std::vector<Fired> fired_;
  std::vector<Opening> opened_;
  std::int64_t bound_ = Watermark::never;  // nothing comes before it any more, while judging
  std::int64_t next_look_;
  bool behind_ = false;  // the frame is behind a newer event of its source
  Counters counters_;
  Tap* tap_ = nullptr;
  const event::Batch* prepared_ = nullptr;
  event::Seq prepared_seq_;
  std::size_t prepared_end_ = 0;          // detections whose keys are read
  std::vector<std::uint32_t> first_key_;  // by detection, into keys_
  std::vector<Key> keys_;
  base::Arena key_arena_;
  std::string key_scratch_;
  std::string value_scratch_;

  struct Changed {
    std::uint32_t spec;
    std::uint32_t group;
  };
  std::vector<Changed> changed_;           // since the last save; each id once, some in vain
  std::vector<std::vector<bool>> listed_;  // by spec and id: stands in changed_
  std::unordered_set<std::string, base::TextHash, std::equal_to<>> removed_;  // by the next save
  std::size_t removed_bytes_ = 0;
  std::vector<std::string> removed_prefixes_;  // before them
  bool saves_ = true;
  std::uint64_t saved_groups_ = 0;  // that stand in the checkpoint
  std::uint64_t saved_held_ = 0;    // of them, those behind held_prefix
  std::optional<SavedHead> loaded_head_;
  std::map<base::Sha256, std::uint32_t> by_content_;
  SavedGroup saved_scratch_;
  std::string save_key_;
  std::string save_value_;

  ColdGroups cold_;
  SpillLimits spill_limits_;
  std::size_t most_bytes_ = 0;
  bool just_saved_ = false;      // nothing has been spilled since
  std::uint32_t hand_spec_ = 0;  // of the clock: where the next look for cold groups begins
  std::uint32_t hand_group_ = 0;
  std::optional<base::Error> failure_;
};

}  // namespace tocsin::correlate
