#include "engine/verify.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "engine/log_fold.hpp"
#include "engine/state_copy.hpp"

namespace tocsin::engine {

namespace {

constexpr std::size_t max_differences = 1000;

using LockoutKey = std::pair<event::Seq, std::uint32_t>;

// What the log gives when it is read again.
struct Recomputed {
  std::map<event::AlertId, event::Alert> alerts;
  std::map<LockoutKey, event::Lockout> lockouts;

  void take(const Output& out) {
    for (const ChangedAlert& changed : out.alerts)
      alerts.insert_or_assign(changed.alert->id, *changed.alert);
    for (const event::Lockout& lockout : out.lockouts)
      lockouts.insert_or_assign({lockout.seq, lockout.k}, lockout);
  }
};

class Comparison {
 public:
  explicit Comparison(std::vector<Difference>& differences) : differences_(differences) {}

  template <typename Record>
  void compare(std::string_view kind, const std::string& id, const Record* computed,
               const Record& stored) {
    if (computed == nullptr) {
      add({"extra", std::string(kind), id,
           "stored, but the log does not cause it: " + event::json_of(stored)});
    } else if (!(*computed == stored)) {
      add({"changed", std::string(kind), id,
           fmt::format("stored {}, the log gives {}", event::json_of(stored),
                       event::json_of(*computed))});
    }
  }
  template <typename Record>
  void missing(std::string_view kind, const std::string& id, const Record& computed) {
    add({"missing", std::string(kind), id,
         "the log causes it, but it is not stored: " + event::json_of(computed)});
  }

 private:
  void add(Difference difference) {
    if (differences_.size() < max_differences) differences_.push_back(std::move(difference));
  }
  std::vector<Difference>& differences_;
};

base::Result<void> compare_alerts(const store::Store& store, Recomputed& computed,
                                  Verified& verified, event::Seq first) {
  Comparison comparison(verified.differences);
  TRY_VOID(store.read_alerts({}, [&](const store::StoredAlert& stored) {
    const auto found = computed.alerts.find(stored.alert.id);
    if (found == computed.alerts.end() && stored.alert.fired_by < first) {
      ++verified.older;
      return true;
    }
    ++verified.alerts;
    comparison.compare("alert", to_string(stored.alert.id),
                       found == computed.alerts.end() ? nullptr : &found->second, stored.alert);
    if (found != computed.alerts.end()) computed.alerts.erase(found);
    return true;
  }));
  for (const auto& [id, alert] : computed.alerts) comparison.missing("alert", to_string(id), alert);
  return {};
}

// What an audit event causes has the place of its last record, though it was complete only later:
// it may stand before the first frame that is kept, and be caused by what is kept.
base::Result<void> compare_lockouts(const store::Store& store, Recomputed& computed,
                                    Verified& verified, event::Seq first) {
  Comparison comparison(verified.differences);
  TRY_VOID(store.read_lockouts(event::Seq(0), [&](const event::Lockout& stored) {
    const auto found = computed.lockouts.find({stored.seq, stored.k});
    if (found == computed.lockouts.end() && stored.seq < first) return true;
    ++verified.lockouts;
    comparison.compare("lockout", fmt::format("{}.{}", stored.seq.value, stored.k),
                       found == computed.lockouts.end() ? nullptr : &found->second, stored);
    if (found != computed.lockouts.end()) computed.lockouts.erase(found);
    return true;
  }));
  for (const auto& [key, lockout] : computed.lockouts) {
    comparison.missing("lockout", fmt::format("{}.{}", key.first.value, key.second), lockout);
  }
  return {};
}

}  // namespace

base::Result<Verified> verify(const store::Store& store, std::size_t threads,
                              const std::function<void(std::uint64_t, std::uint64_t)>& progress,
                              std::size_t shards) {
  Verified verified;
  const event::Seq first = store.first_seq(), last = store.last_seq();
  TRY(const auto epochs, store.epochs());
  verified.epochs = epochs.size();
  if (last.value == 0) return verified;
  verified.frames = last.value - first.value + 1;
  event::SourceTable sources;
  TRY_VOID(store.load_sources(sources));
  // Where retention removed the begin of the log, it left the state of that place.
  StateCopy state;
  TRY_VOID(read_anchor(store, state));
  Recomputed computed;
  LogFoldOptions options;
  options.from = first;
  options.last = last;
  options.threads = threads;
  options.judge_ends = true;
  options.on_output = [&computed](const Output& out) { computed.take(out); };
  if (progress) {
    options.on_progress = [&](event::Seq done) {
      progress(done.value - first.value + 1, verified.frames);
    };
  }
  Setup today;  // no packs: those of each time are in the store
  today.fold.shards = shards_of(shards, threads);
  TRY(const FoldedLog folded, fold_log(store, sources, state, today, options));
  TRY_VOID(compare_alerts(store, computed, verified, first));
  TRY_VOID(compare_lockouts(store, computed, verified, first));
  return verified;
}

}  // namespace tocsin::engine
