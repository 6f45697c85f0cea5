#include "store/alerts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace tocsin::store {

using base::fail;
using base::Result;

namespace {

constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
constexpr std::size_t id_digits = 2 * sizeof(event::AlertId::bytes);

std::unexpected<base::Error> missing_alert(const std::string& path, std::uint64_t order) {
  return fail("store-23", fmt::format("alert {} is missing in the store", order), {path, 0, 0});
}

bool has_entity(const event::Alert& alert, const std::string& entity) {
  return std::ranges::any_of(alert.group, [&](const auto& member) {
    const auto& [name, value] = member;
    return value == entity ||
           (entity.size() == name.size() + 1 + value.size() && entity.starts_with(name) &&
            entity[name.size()] == '=' && entity.ends_with(value));
  });
}

bool passes(const AlertFilter& filter, const event::LifeCycle& life) {
  return (!filter.status || life.status == *filter.status) &&
         (filter.assignee.empty() || life.assignee == filter.assignee) &&
         (filter.tag.empty() || std::ranges::binary_search(life.tags, filter.tag));
}

bool passes(const AlertFilter& filter, const event::Alert& alert) {
  return alert.fired_at >= filter.fired.from && alert.fired_at <= filter.fired.to &&
         (filter.rule_id.empty() || alert.rule_id == filter.rule_id) &&
         (filter.entity.empty() || has_entity(alert, filter.entity));
}

Result<StoredAlert> follow(std::string_view bytes, const AlertCourse& course) {
  TRY(StoredAlert stored, decode_stored_alert(bytes));
  stored.alert.last_seen = course.last_seen;
  stored.alert.total = course.total;
  return stored;
}

// The life cycles in the order of firing, beside a walk over all alerts: most have none.
class Lives {
 public:
  Lives(const Database& database, std::uint64_t from)
      : cursor_(database.cursor(Space::state, key::after("H"))) {
    cursor_.seek(key::life(from));
  }
  Result<event::LifeCycle> of(std::uint64_t order) {
    while (cursor_.valid() && key::last_number(cursor_.key()) < order) cursor_.next();
    TRY_VOID(cursor_.status());
    if (!cursor_.valid() || key::last_number(cursor_.key()) != order) return event::LifeCycle{};
    return event::decode_life_cycle(cursor_.value());
  }

 private:
  Cursor cursor_;
};

}  // namespace

Result<std::optional<std::uint64_t>> AlertTable::walk(
    const AlertFilter& filter, std::optional<std::uint64_t> after, std::size_t looks,
    const std::function<bool(StoredAlert)>& see) const {
  const Database& database = ledger_.database();
  const std::uint64_t end = ledger_.totals().next_alert;
  std::uint64_t expected = after ? *after + 1 : 0;
  Lives lives(database, expected);
  Cursor cursor = database.cursor(Space::state, key::after("F"));
  for (cursor.seek(key::fired(expected)); cursor.valid(); cursor.next(), ++expected, --looks) {
    if (looks == 0) return expected - 1;
    if (key::last_number(cursor.key()) != expected) break;
    TRY(event::LifeCycle life, lives.of(expected));
    if (!passes(filter, life)) continue;
    TRY(const AlertCourse course, decode_course(cursor.value()));
    TRY(const auto bytes, database.get(Space::state, key::alert(course.id)));
    if (!bytes) break;
    TRY(StoredAlert stored, follow(*bytes, course));
    stored.life = std::move(life);
    if (passes(filter, stored.alert) && !see(std::move(stored))) return expected;
  }
  TRY_VOID(cursor.status());
  if (cursor.valid() || expected < end) return missing_alert(ledger_.path(), expected);
  return std::nullopt;
}

Result<void> AlertTable::read(const AlertFilter& filter,
                              const std::function<bool(const StoredAlert&)>& each,
                              std::optional<std::uint64_t> after) const {
  TRY_VOID(walk(filter, after, all, [&](const StoredAlert& stored) { return each(stored); }));
  return {};
}

Result<AlertPage> AlertTable::page(const AlertFilter& filter, std::size_t limit, std::size_t looks,
                                   std::optional<std::uint64_t> after) const {
  AlertPage page;
  TRY(page.next, walk(filter, after, looks, [&](StoredAlert stored) {
        page.alerts.push_back(std::move(stored));
        return page.alerts.size() < limit;
      }));
  return page;
}

Result<std::optional<StoredAlert>> AlertTable::find(const event::AlertId& id) const {
  const Database& database = ledger_.database();
  TRY(const auto bytes, database.get(Space::state, key::alert(id)));
  if (!bytes) return std::nullopt;
  TRY(const std::uint64_t order, decode_alert_order(*bytes));
  TRY(const auto course, database.get(Space::state, key::fired(order)));
  if (!course) return missing_alert(ledger_.path(), order);
  TRY(const AlertCourse read, decode_course(*course));
  TRY(StoredAlert stored, follow(*bytes, read));
  TRY(const auto life, database.get(Space::state, key::life(order)));
  if (life) {
    TRY(stored.life, event::decode_life_cycle(*life));
  }
  return stored;
}

Result<event::AlertId> AlertTable::resolve(std::string_view digits) const {
  const bool hex = digits.size() >= min_id_digits && digits.size() <= id_digits &&
                   digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (!hex) {
    return fail("store-27", fmt::format("an alert is named by its id or the first {} or more of "
                                        "its {} hex digits",
                                        min_id_digits, id_digits));
  }
  // The first id that begins so, had it only zeros behind.
  std::string lowest(digits);
  lowest.resize(id_digits, '0');
  std::vector<event::AlertId> found;
  Cursor cursor = ledger_.database().cursor(Space::state, key::after("A"));
  for (cursor.seek(key::alert(event::parse_alert_id(lowest).value_or(event::AlertId{})));
       cursor.valid() && found.size() < 2; cursor.next()) {
    TRY(const StoredAlert stored, decode_stored_alert(cursor.value()));
    if (!event::to_string(stored.alert.id).starts_with(digits)) break;
    found.push_back(stored.alert.id);
  }
  TRY_VOID(cursor.status());
  if (found.empty()) return fail("store-26", fmt::format("there is no alert {}", digits));
  if (found.size() > 1) {
    return fail("store-27",
                fmt::format("more than one alert begins with {}: {} and {}, perhaps "
                            "others",
                            digits, event::to_string(found[0]), event::to_string(found[1])));
  }
  return found.front();
}

Result<StoredAlert> AlertTable::find(std::string_view digits) const {
  TRY(const event::AlertId id, resolve(digits));
  TRY(auto found, find(id));
  if (!found) return fail("store-26", fmt::format("there is no alert {}", digits));
  return *std::move(found);
}

Result<std::vector<event::AlertChange>> AlertTable::history(const event::AlertId& id) const {
  std::vector<event::AlertChange> changes;
  const std::string first = key::change(id, 0);
  Cursor cursor =
      ledger_.database().cursor(Space::state, key::after(first.substr(0, first.size() - 4)));
  for (cursor.seek(first); cursor.valid(); cursor.next()) {
    TRY(event::AlertChange change, event::decode_alert_change(cursor.value()));
    changes.push_back(std::move(change));
  }
  TRY_VOID(cursor.status());
  return changes;
}

Result<StoredAlert> AlertTable::change(std::string_view digits, const event::ChangeRequest& request,
                                       const event::Actor& actor, base::ReceivedTime at) {
  StoredAlert stored;
  {
    // From the reading of what it is now to the write of what it becomes nobody else writes.
    const Ledger::Turn turn = ledger_.hold();
    TRY(stored, find(digits));
    TRY(const event::AlertChange change, event::plan_change(stored.life, request, actor, at));
    event::apply(stored.life, change);
    Changes changes;
    changes.put(Space::state, key::change(stored.alert.id, change.number), encode(change));
    changes.put(Space::state, key::life(stored.order), encode(stored.life));
    TRY_VOID(ledger_.write(turn, changes, ledger_.totals()));
  }
  TRY_VOID(ledger_.syncer().sync_now());
  return stored;
}

}  // namespace tocsin::store
