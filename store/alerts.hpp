// The stored alerts, and what people do about them: read in order of firing, found by the begin of
// an id, changed one change at a time.
// Path:      store/ledger -> StoredAlert; a person's request -> rows of its own, synced
// Units:     order numbers of firing from 0
// Threads:   safe: a change takes the ledger's turn as a commit does
// Errors:    those of the database; event-2, event-3 as plan_change() says; store-22 damaged,
//            store-23 a missing part, store-26 no such alert, store-27 an id that names no one
//            alert
// Tested by: tests/store/alerts_test.cpp
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "event/alert.hpp"
#include "event/life_cycle.hpp"
#include "store/ledger.hpp"
#include "store/reader.hpp"
#include "store/records.hpp"

namespace tocsin::store {

// What is empty lets every alert pass.
struct AlertFilter {
  TimeSpan fired = {};       // fired_at in [from, to]
  std::string rule_id = {};  // "" = any
  std::optional<event::AlertStatus> status = {};
  std::string assignee = {};
  std::string tag = {};     // that a person gave it
  std::string entity = {};  // a value of its group, or NAME=VALUE
};

struct AlertPage {
  std::vector<StoredAlert> alerts;
  std::optional<std::uint64_t> next;  // go on behind this one; nothing: that is all
};

// Fewer digits than that of an id may mean too many alerts.
inline constexpr std::size_t min_id_digits = 6;

class AlertTable {
 public:
  explicit AlertTable(Ledger& ledger) : ledger_(ledger) {}

  // In order of firing, behind `after`, until `each` returns false. One that is filtered out by
  // what people did about it costs no look at itself.
  [[nodiscard]] base::Result<void> read(const AlertFilter& filter,
                                        const std::function<bool(const StoredAlert&)>& each,
                                        std::optional<std::uint64_t> after = {}) const;
  // At most `limit` of them, and at most `looks` looked at, so that the work is bounded: a page may
  // be empty though more comes.
  [[nodiscard]] base::Result<AlertPage> page(const AlertFilter& filter, std::size_t limit,
                                             std::size_t looks,
                                             std::optional<std::uint64_t> after = {}) const;
  [[nodiscard]] base::Result<std::optional<StoredAlert>> find(const event::AlertId& id) const;
  // The one whose id begins with these hex digits.
  [[nodiscard]] base::Result<StoredAlert> find(std::string_view digits) const;
  // Oldest first.
  [[nodiscard]] base::Result<std::vector<event::AlertChange>> history(
      const event::AlertId& id) const;
  // The alert as it is then. Written and on disk when it returns, or refused; store-14 when nobody
  // can say which.
  [[nodiscard]] base::Result<StoredAlert> change(std::string_view digits,
                                                 const event::ChangeRequest& request,
                                                 const event::Actor& actor, base::ReceivedTime at);

 private:
  // Calls `see` with each alert that passes, until it returns false or `looks` were looked at: then
  // with the last one that was.
  base::Result<std::optional<std::uint64_t>> walk(
      const AlertFilter& filter, std::optional<std::uint64_t> after, std::size_t looks,
      const std::function<bool(StoredAlert)>& see) const;
  base::Result<event::AlertId> resolve(std::string_view digits) const;

  Ledger& ledger_;
};

}  // namespace tocsin::store
