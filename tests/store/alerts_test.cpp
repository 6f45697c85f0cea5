#include "store/alerts.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "store/backup.hpp"
#include "store/check.hpp"
#include "store/salvage.hpp"
#include "tests/store/store_folder.hpp"

namespace tocsin::store {
namespace {

using base::ReceivedTime;
using event::AlertAction;
using event::AlertStatus;
using event::ChangeRequest;
using event::CloseReason;
using event::Seq;

const event::Actor bob{1000, "bob"};

ChangeRequest comment(std::string text) {
  return {AlertAction::comment, CloseReason::none, {}, std::move(text)};
}
const ChangeRequest close_it{AlertAction::close, CloseReason::benign, {}, "no harm"};
const ChangeRequest acknowledge{AlertAction::acknowledge, CloseReason::none, {}, {}};

class AlertTableTest : public testing::Test {
 protected:
  const StoreFolder folder;

  // `count` alerts with the ids 00.., 01.., one batch of frames.
  void fill(std::uint8_t count) const {
    auto store = value_of(Store::open(folder.path()));
    std::vector<event::Alert> alerts;
    for (std::uint8_t i = 0; i < count; ++i) alerts.push_back(alert_of(i));
    Commit commit = commit_of(*store, 400);
    for (const event::Alert& alert : alerts) commit.alerts.push_back({&alert});
    commit.checkpoint = Seq(400);
    ASSERT_OK(store->commit(commit));
    ASSERT_OK(store->close());
  }
  static event::AlertId of(int number) { return alert_of(static_cast<std::uint8_t>(number)).id; }
  static std::string id(int number) { return event::to_string(of(number)); }
  static std::string code_of(const base::Result<StoredAlert>& changed) {
    return changed ? "" : changed.error().code;
  }
  static std::string change(Store& store, int number, const ChangeRequest& request,
                            std::int64_t at = 1) {
    return code_of(store.alerts().change(id(number), request, bob, ReceivedTime(at)));
  }
  static std::vector<std::uint64_t> orders(const Store& store, const AlertFilter& filter) {
    std::vector<std::uint64_t> out;
    EXPECT_OK(store.alerts().read(filter, [&](const StoredAlert& stored) {
      out.push_back(stored.order);
      return true;
    }));
    return out;
  }
  static AlertFilter with(AlertStatus status) { return {.status = status}; }
  static void expect_whole(const std::string& path) {
    for (const Finding& finding : check_store(path).findings)
      ADD_FAILURE() << finding.code << ": " << finding.sentence;
  }
  // Past all that a store would let happen.
  void spoil(const std::function<void(Changes&)>& by) const {
    auto database =
        value_of(Database::open(folder.path() + "/db", DatabaseOptions(), Database::Access::write));
    Changes changes;
    by(changes);
    ASSERT_OK(database->write(changes));
    ASSERT_OK(database->flush());
    ASSERT_OK(database->close());
  }
  [[nodiscard]] std::string findings() const {
    std::string text;
    for (const Finding& finding : check_store(folder.path()).findings)
      text += finding.code + ": " + finding.sentence + "\n";
    return text;
  }
};

using Alerts = AlertTableTest;

TEST_F(Alerts, ChangesAreKeptInTheirOrderForEver) {
  fill(3);
  {
    auto store = value_of(Store::open(folder.path()));
    EXPECT_EQ(change(*store, 1, acknowledge, 10), "");
    EXPECT_EQ(change(*store, 1, comment("first"), 20), "");
    EXPECT_EQ(change(*store, 1, close_it, 5), "") << "our clock may be set back";
    EXPECT_EQ(change(*store, 1, close_it), "event-3");
    EXPECT_EQ(change(*store, 2, comment("")), "event-2");
    // Not closed: as after a kill.
  }
  auto store = value_of(Store::open(folder.path()));
  const StoredAlert alert = value_of(store->alerts().find(id(1)));
  EXPECT_EQ(alert.order, 1U);
  EXPECT_EQ(alert.life.status, AlertStatus::closed);
  EXPECT_EQ(alert.life.changed, ReceivedTime(5));
  const auto history = value_of(store->alerts().history(alert.alert.id));
  ASSERT_EQ(history.size(), 3U);
  for (std::uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(history[i].number, i + 1);
    EXPECT_EQ(history[i].by, bob);
  }
  EXPECT_EQ(history[0].from, "open");
  EXPECT_EQ(history[0].to, "acknowledged");
  EXPECT_EQ(history[1].text, "first");
  EXPECT_EQ(history[2].reason, CloseReason::benign);
  EXPECT_TRUE(value_of(store->alerts().history(alert_of(2).id)).empty());
  EXPECT_EQ(value_of(store->alerts().find(id(2))).life, event::LifeCycle{});
  ASSERT_OK(store->close());
  expect_whole(folder.path());
}

TEST_F(Alerts, AreFoundByTheBeginOfTheirId) {
  fill(2);
  auto store = value_of(Store::open(folder.path()));
  event::Alert twin = alert_of(1);
  twin.id.bytes[9] = 1;
  Commit commit = commit_of(*store, 1);
  commit.alerts.push_back({&twin});
  ASSERT_OK(store->commit(commit));
  EXPECT_EQ(value_of(store->alerts().find(id(0).substr(0, 6))).alert.id, alert_of(0).id);
  EXPECT_EQ(value_of(store->alerts().find(id(1))).alert.id, alert_of(1).id);
  const std::string both = id(1).substr(0, 10);
  const auto two = store->alerts().find(both);
  ASSERT_FALSE(two);
  EXPECT_EQ(two.error().code, "store-27");
  EXPECT_NE(two.error().sentence.find(event::to_string(twin.id)), std::string::npos);
  EXPECT_EQ(code_of(store->alerts().find("ffffff")), "store-26");
  EXPECT_EQ(code_of(store->alerts().find(id(0) + "0")), "store-27");
  for (const char* bad : {"", "0000f", "00000g", "00000F", "../../", "000000\n"})
    EXPECT_EQ(code_of(store->alerts().find(bad)), "store-27") << bad;
  EXPECT_EQ(code_of(store->alerts().change(both, close_it, bob, ReceivedTime(1))), "store-27");
  EXPECT_EQ(code_of(store->alerts().change("ffffff", close_it, bob, ReceivedTime(1))), "store-26");
}

TEST_F(Alerts, AreChosenByWhatPeopleDid) {
  fill(6);
  auto store = value_of(Store::open(folder.path()));
  EXPECT_EQ(change(*store, 1, close_it), "");
  EXPECT_EQ(change(*store, 4, acknowledge), "");
  EXPECT_EQ(change(*store, 4, {AlertAction::assign, CloseReason::none, "alice", {}}), "");
  EXPECT_EQ(change(*store, 5, {AlertAction::tag, CloseReason::none, "vpn", {}}), "");
  using List = std::vector<std::uint64_t>;
  EXPECT_EQ(orders(*store, {}), (List{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(orders(*store, with(AlertStatus::open)), (List{0, 2, 3, 5}));
  EXPECT_EQ(orders(*store, with(AlertStatus::closed)), List{1});
  EXPECT_EQ(orders(*store, with(AlertStatus::in_progress)), List{});
  EXPECT_EQ(orders(*store, {.assignee = "alice"}), List{4});
  EXPECT_EQ(orders(*store, {.tag = "vpn"}), List{5});
  EXPECT_EQ(orders(*store, {.tag = "vp"}), List{});
  EXPECT_EQ(orders(*store, {.entity = "user3"}), List{3});
  EXPECT_EQ(orders(*store, {.entity = "user.name=user3"}), List{3});
  EXPECT_EQ(orders(*store, {.entity = "host.name=user3"}), List{});
  EXPECT_EQ(orders(*store, {.entity = "user"}), List{});
  EXPECT_EQ(orders(*store, {.rule_id = "rule-0", .status = AlertStatus::open}), (List{0, 2}));
}

TEST_F(Alerts, PagesFollowEachOtherAndAreBounded) {
  fill(10);
  auto store = value_of(Store::open(folder.path()));
  for (const int number : {0, 1, 2, 5, 9}) EXPECT_EQ(change(*store, number, close_it), "");
  for (const std::size_t limit : {1, 2, 3, 100}) {
    for (const std::size_t looks : {1, 2, 4, 100}) {
      std::vector<std::uint64_t> seen;
      std::optional<std::uint64_t> after;
      for (int pages = 0; pages < 50; ++pages) {
        const AlertPage page =
            value_of(store->alerts().page(with(AlertStatus::open), limit, looks, after));
        EXPECT_LE(page.alerts.size(), std::min(limit, looks));
        for (const StoredAlert& stored : page.alerts) seen.push_back(stored.order);
        after = page.next;
        if (!after) break;
      }
      EXPECT_EQ(after, std::nullopt);
      EXPECT_EQ(seen, (std::vector<std::uint64_t>{3, 4, 6, 7, 8})) << limit << " " << looks;
    }
  }
}

TEST_F(Alerts, AnAmendedAlertKeepsWhatPeopleDid) {
  fill(2);
  auto store = value_of(Store::open(folder.path()));
  EXPECT_EQ(change(*store, 1, close_it), "");
  event::Alert amended = alert_of(1);
  amended.total = 77;
  amended.merged_into = alert_of(0).id;
  Commit commit = commit_of(*store, 1);
  commit.alerts.push_back({&amended});
  ASSERT_OK(store->commit(commit));
  const StoredAlert found = value_of(store->alerts().find(id(1)));
  EXPECT_EQ(found.alert.total, 77U);
  EXPECT_EQ(found.alert.merged_into, alert_of(0).id);
  EXPECT_EQ(found.life.status, AlertStatus::closed);
  ASSERT_OK(store->close());
  expect_whole(folder.path());
}

TEST_F(Alerts, RetentionKeepsThem) {
  fill(3);
  auto store = value_of(Store::open(folder.path()));
  for (int i = 0; i < 4; ++i) {
    Commit commit = commit_of(*store, 400);
    commit.checkpoint = Seq(store->last_seq().value + 400);
    ASSERT_OK(store->commit(commit));
  }
  EXPECT_EQ(change(*store, 2, close_it), "");
  ASSERT_TRUE(store->drop_before(Seq(1201), nullptr));
  EXPECT_EQ(value_of(store->alerts().find(id(2))).life.status, AlertStatus::closed);
  EXPECT_EQ(value_of(store->alerts().history(alert_of(2).id)).size(), 1U);
  EXPECT_EQ(change(*store, 0, close_it), "") << "its events are gone, it is not";
  ASSERT_OK(store->close());
  expect_whole(folder.path());
}

TEST_F(Alerts, BackupAndSalvageTakeThemAlong) {
  fill(5);
  {
    auto store = value_of(Store::open(folder.path()));
    for (int i = 0; i < 20; ++i) EXPECT_EQ(change(*store, 3, comment("again")), "");
    EXPECT_EQ(change(*store, 4, close_it), "");
    ASSERT_OK(store->snapshot());
    ASSERT_OK(take_snapshot(folder.path(), folder.root() + "/backup"));
    ASSERT_OK(store->close());
  }
  const Salvaged saved = value_of(salvage(folder.path(), folder.root() + "/saved"));
  EXPECT_EQ(saved.bad_records, 0U);
  EXPECT_TRUE(saved.state);
  for (const char* name : {"/backup", "/saved"}) {
    const std::string path = folder.root() + name;
    expect_whole(path);
    auto store = value_of(Store::open(path));
    EXPECT_EQ(value_of(store->alerts().history(alert_of(3).id)).size(), 20U);
    EXPECT_EQ(orders(*store, with(AlertStatus::closed)), std::vector<std::uint64_t>{4});
    EXPECT_EQ(change(*store, 3, close_it), "");
  }
}

TEST_F(Alerts, SalvageRenumbersWhatIsLeftAndCountsTheRest) {
  fill(4);
  {
    auto store = value_of(Store::open(folder.path()));
    for (const char* text : {"a", "b", "c"}) EXPECT_EQ(change(*store, 2, comment(text)), "");
    EXPECT_EQ(change(*store, 3, close_it), "");
    EXPECT_EQ(change(*store, 0, close_it), "");
    ASSERT_OK(store->close());
  }
  spoil([](Changes& changes) {
    changes.remove(Space::state, key::change(alert_of(2).id, 2));  // lost with its file, say
    changes.put(Space::state, key::change(alert_of(3).id, 1), "\x01 what is this");
    changes.remove(Space::state, key::alert(alert_of(0).id));
  });
  const Salvaged saved = value_of(salvage(folder.path(), folder.root() + "/saved"));
  EXPECT_GE(saved.bad_records, 3U);
  EXPECT_EQ(saved.lost_alerts, 1U);
  expect_whole(folder.root() + "/saved");
  auto store = value_of(Store::open(folder.root() + "/saved"));
  const auto history = value_of(store->alerts().history(alert_of(2).id));
  ASSERT_EQ(history.size(), 2U);
  EXPECT_EQ(history[1].text, "c");
  EXPECT_EQ(history[1].number, 2U);
  EXPECT_EQ(value_of(store->alerts().find(id(3))).life, event::LifeCycle{});
}

TEST_F(Alerts, CheckNamesWhatDoesNotFit) {
  fill(4);
  {
    auto store = value_of(Store::open(folder.path()));
    for (int number = 0; number < 4; ++number) {
      EXPECT_EQ(change(*store, number, comment("a")), "");
      EXPECT_EQ(change(*store, number, close_it), "");
    }
    ASSERT_OK(store->close());
  }
  expect_whole(folder.path());
  spoil([](Changes& changes) {
    changes.remove(Space::state, key::change(alert_of(0).id, 1));
    changes.remove(Space::state, key::change(alert_of(1).id, 2));
    event::LifeCycle other;
    other.changes = 2;
    changes.put(Space::state, key::life(2), encode(other));
    changes.remove(Space::state, key::life(3));
  });
  const std::string found = findings();
  EXPECT_NE(found.find("store-23: change 1 of alert " + id(0)), std::string::npos) << found;
  EXPECT_NE(found.find("store-23: change 2 of alert " + id(1)), std::string::npos) << found;
  for (const int number : {2, 3}) {
    EXPECT_NE(found.find("store-22: the status of alert " + id(number)), std::string::npos)
        << found;
  }
}

TEST_F(Alerts, BesideAWriterNothingIsLost) {
  fill(8);
  auto store = value_of(Store::open(folder.path()));
  std::atomic<bool> done = false;
  std::thread writer([&] {
    while (!done) EXPECT_OK(store->commit(commit_of(*store, 50)));
  });
  std::vector<std::thread> people;
  for (int person = 0; person < 4; ++person) {
    people.emplace_back([&store, person] {
      for (int i = 0; i < 50; ++i) EXPECT_EQ(change(*store, person % 2, comment("x")), "");
    });
  }
  for (std::thread& person : people) person.join();
  done = true;
  writer.join();
  for (const int number : {0, 1}) {
    const auto history = value_of(store->alerts().history(of(number)));
    ASSERT_EQ(history.size(), 100U);
    EXPECT_EQ(history.back().number, 100U);
  }
  expect_frames(*store, 1, store->last_seq().value);
  ASSERT_OK(store->close());
  expect_whole(folder.path());
}

}  // namespace
}  // namespace tocsin::store
