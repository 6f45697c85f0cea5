#include "store/store.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/store/store_folder.hpp"

namespace tocsin::store {
namespace {

using base::EventTime;
using event::Seq;
using event::SourceId;

StoreOptions mode(const std::string& sync) {
  StoreOptions options;
  options.sync = sync;
  return options;
}

TEST(Store, BeginsEmpty) {
  const StoreFolder folder;
  auto store = value_of(Store::open(folder.path()));
  EXPECT_TRUE(store->report().created);
  EXPECT_EQ(store->last_seq(), Seq(0));
  EXPECT_EQ(store->first_seq(), Seq(1));
  expect_frames(*store, 1, 0);
  EXPECT_EQ(value_of(store->checkpoint()), std::nullopt);
  EXPECT_EQ(value_of(store->anchor()), std::nullopt);
  ASSERT_OK(store->close());
}

TEST(Store, TheIndexHasEachKeptBlock) {
  const StoreFolder folder;
  auto store = value_of(Store::open(folder.path()));
  for (int i = 0; i < 3; ++i) {
    Commit commit = commit_of(*store, 100);
    commit.checkpoint = Seq(store->last_seq().value + 100);  // what lies before it may go
    ASSERT_OK(store->commit(commit));
  }
  std::vector<std::uint64_t> firsts;
  const auto read = [&](std::size_t most) {
    firsts.clear();
    ASSERT_OK(store->read_index([&](const BlockInfo& info) {
      EXPECT_EQ(info.frames, 100U);
      firsts.push_back(info.first_seq.value);
      return firsts.size() < most;
    }));
  };
  read(9);
  EXPECT_EQ(firsts, (std::vector<std::uint64_t>{1, 101, 201}));
  read(1);
  EXPECT_EQ(firsts, std::vector<std::uint64_t>{1});
  ASSERT_TRUE(store->drop_before(Seq(101), nullptr));
  read(9);
  EXPECT_EQ(firsts, (std::vector<std::uint64_t>{101, 201}));
}

TEST(Store, WhatWasCommittedIsThereInEveryModeAfterClosing) {
  for (const char* sync : {"group", "always", "os"}) {
    const StoreFolder folder;
    {
      auto store = value_of(Store::open(folder.path(), mode(sync)));
      for (int i = 0; i < 20; ++i) ASSERT_OK(store->commit(commit_of(*store, 100)));
      EXPECT_EQ(store->last_seq(), Seq(2000));
      ASSERT_OK(store->wait_durable(Seq(2000)));
      EXPECT_GE(store->durable_seq(), Seq(2000));
      expect_frames(*store, 1, 2000);
      ASSERT_OK(store->close());
    }
    auto store = value_of(Store::open(folder.path(), mode(sync)));
    EXPECT_FALSE(store->report().created);
    EXPECT_TRUE(store->report().clean);
    EXPECT_EQ(store->last_seq(), Seq(2000));
    EXPECT_EQ(store->durable_seq(), Seq(2000));
    expect_frames(*store, 1, 2000);
    ASSERT_OK(store->commit(commit_of(*store, 7)));
    expect_frames(*store, 1, 2007);
  }
}

TEST(Store, WhatWasNotClosedIsRecovered) {
  const StoreFolder folder;
  {
    auto store = value_of(Store::open(folder.path()));
    for (int i = 0; i < 5; ++i) ASSERT_OK(store->commit(commit_of(*store, 100)));
  }
  auto store = value_of(Store::open(folder.path()));
  EXPECT_FALSE(store->report().clean);
  expect_frames(*store, 1, 500);
}

TEST(Store, SafeFramesAreAnnounced) {
  const StoreFolder folder;
  auto store = value_of(Store::open(folder.path()));
  std::atomic<std::uint64_t> safe = 0;
  store->on_durable([&](Seq seq, std::chrono::nanoseconds) { safe = seq.value; });
  ASSERT_OK(store->commit(commit_of(*store, 10)));
  ASSERT_OK(store->sync());
  EXPECT_EQ(safe, 10U);
  EXPECT_EQ(store->durable_seq(), Seq(10));
}

TEST(Store, OnlySafeRowsAreOwedToAChannel) {
  const StoreFolder folder;
  StoreOptions options;
  options.sync_interval =
      std::chrono::hours(1);  // the first commit is synced at once, no later one
  auto store = value_of(Store::open(folder.path(), options));
  ASSERT_OK(store->commit(commit_of(*store, 1)));
  ASSERT_OK(store->wait_durable(Seq(1)));
  Commit commit = commit_of(*store, 1);
  commit.outbox = {{"one", 0, "a", "body", 0}, {"two", 0, "a", "body", 0}, {"one", 0, "b", "", 0}};
  ASSERT_OK(store->commit(commit));
  EXPECT_TRUE(value_of(store->pending("one", 0, 10)).empty()) << "a power cut may still take them";
  ASSERT_OK(store->sync());
  EXPECT_EQ(value_of(store->pending("one", 0, 10)).size(), 2U);
  EXPECT_EQ(value_of(store->pending("two", 0, 10)).size(), 1U);
  EXPECT_EQ(value_of(store->pending("one", 1, 10)).size(), 1U);
  ASSERT_OK(store->close());
  store.reset();
  store = value_of(Store::open(folder.path(), options));
  EXPECT_EQ(value_of(store->pending("one", 0, 10)).size(), 2U);
}

TEST(Store, ReadingBeginsAnywhere) {
  const StoreFolder folder;
  auto store = value_of(Store::open(folder.path()));
  for (int i = 0; i < 10; ++i) ASSERT_OK(store->commit(commit_of(*store, 10)));
  for (std::uint64_t from = 1; from <= 100; ++from) expect_frames(*store, from, 100);
  event::Batch batch;
  LogReader behind = store->read_log(Seq(101));
  EXPECT_FALSE(value_of(behind.next(batch)));
}

TEST(Store, SourcesKeepTheirNumbers) {
  const StoreFolder folder;
  event::SourceTable table;
  event::Source source;
  source.input = "tcp";
  source.peer = "192.0.2.7";
  source.transport = event::Transport::tcp;
  source.authenticated = true;
  source.year_from = -5;
  const SourceId first = table.intern(source);
  {
    auto store = value_of(Store::open(folder.path()));
    Commit commit = commit_of(*store, 1);
    commit.sources = &table;
    ASSERT_OK(store->commit(commit));
    source.peer = "192.0.2.8";
    const SourceId second = table.intern(source);
    EXPECT_EQ(second.value, first.value + 1);
    commit = commit_of(*store, 1);
    commit.sources = &table;
    ASSERT_OK(store->commit(commit));
    ASSERT_OK(store->close());
  }
  auto store = value_of(Store::open(folder.path()));
  event::SourceTable loaded;
  ASSERT_OK(store->load_sources(loaded));
  ASSERT_EQ(loaded.size(), table.size());
  for (std::uint32_t id = 0; id < table.size(); ++id)
    EXPECT_EQ(loaded[SourceId(id)], table[SourceId(id)]);
}

TEST(Store, AlertsKeepTheOrderOfFiringWhenTheyAreAmended) {
  const StoreFolder folder;
  auto store = value_of(Store::open(folder.path()));
  Commit commit;
  const event::Alert third = alert_of(3), sixth = alert_of(6);
  event::Alert amended = alert_of(9), twice = alert_of(6);
  commit.alerts = {{&amended}, {&third}};
  ASSERT_OK(store->commit(commit));
  amended.total = 77;
  twice.total = 8;
  commit.alerts = {{&sixth}, {&amended}, {&twice}};
  ASSERT_OK(store->commit(commit));

  std::vector<std::pair<std::uint64_t, std::uint64_t>> seen;
  auto read = [&](const AlertFilter& filter, std::optional<std::uint64_t> after = {}) {
    seen.clear();
    ASSERT_OK(store->read_alerts(
        filter,
        [&](const StoredAlert& stored) {
          seen.emplace_back(stored.order, stored.alert.total);
          return true;
        },
        after));
  };
  using Seen = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
  read({});
  EXPECT_EQ(seen, (Seen{{0, 77}, {1, 5}, {2, 8}}));
  read({}, 0);
  EXPECT_EQ(seen, (Seen{{1, 5}, {2, 8}}));
  read({.rule_id = "rule-0"});
  EXPECT_EQ(seen, (Seen{{2, 8}}));
  read({.fired = {EventTime(13), EventTime(13)}});
  EXPECT_EQ(seen, (Seen{{1, 5}}));
  EXPECT_EQ(value_of(store->find_alert(amended.id))->alert, amended);
  EXPECT_EQ(value_of(store->find_alert(alert_of(100).id)), std::nullopt);
}

// How often an alert is written whole is seen by what a change of its text leaves behind.
TEST(Store, AnAmendmentWritesTheCourseAlone) {
  const StoreFolder folder;
  event::Alert alert = alert_of(9);
  alert.fired_by = Seq(1);
  const auto stored = [&](const Store& store) {
    return value_of(store.find_alert(alert.id))->alert;
  };
  {
    auto store = value_of(Store::open(folder.path()));
    Commit commit = commit_of(*store, 1);
    commit.alerts = {{&alert, false}};
    ASSERT_OK(store->commit(commit));
    EXPECT_EQ(stored(*store), alert) << "whatever is said of it, what is new is written whole";
    event::Alert amended = alert;
    amended.last_seen = EventTime(999);
    amended.total = 77;
    event::Alert seen = amended;
    seen.count = 1234;
    commit = commit_of(*store, 1);
    commit.alerts = {{&seen, false}};
    ASSERT_OK(store->commit(commit));
    EXPECT_EQ(stored(*store), amended);
    ASSERT_OK(store->close());
    alert = amended;
  }
  auto store = value_of(Store::open(folder.path()));
  EXPECT_EQ(stored(*store), alert);
  alert.total = 78;
  alert.count = 6;
  Commit commit = commit_of(*store, 1);
  commit.alerts = {{&alert}};
  ASSERT_OK(store->commit(commit));
  EXPECT_EQ(stored(*store), alert);
  std::size_t alerts = 0;
  ASSERT_OK(store->read_alerts({}, [&](const StoredAlert& read) {
    EXPECT_EQ(read.alert, alert);
    EXPECT_EQ(read.order, 0U);
    ++alerts;
    return true;
  }));
  EXPECT_EQ(alerts, 1U) << "the id is found again behind a restart";
}

TEST(Store, DerivedRecordsComeBackInOrder) {
  const StoreFolder folder;
  auto store = value_of(Store::open(folder.path()));
  event::Lockout lockout;
  lockout.user = "bob";
  lockout.rule_id = "brute";
  Commit commit;
  for (std::uint64_t seq : {300U, 2U, 256U}) {
    lockout.seq = Seq(seq);
    lockout.k = static_cast<std::uint32_t>(seq % 3);
    commit.lockouts.push_back(lockout);
    commit.clocks.push_back({Seq(seq), 1, EventTime(static_cast<std::int64_t>(seq)), "idle udp"});
  }
  ASSERT_OK(store->commit(commit));
  std::vector<std::uint64_t> seqs;
  ASSERT_OK(store->read_lockouts(Seq(3), [&](const event::Lockout& read) {
    EXPECT_EQ(read.user, "bob");
    seqs.push_back(read.seq.value);
    return true;
  }));
  EXPECT_EQ(seqs, (std::vector<std::uint64_t>{256, 300}));
  seqs.clear();
  ASSERT_OK(store->read_clocks(Seq(0), [&](const ClockRecord& record) {
    EXPECT_EQ(record.what, "idle udp");
    EXPECT_EQ(record.k, 1U);
    EXPECT_EQ(record.time.value, static_cast<std::int64_t>(record.after.value));
    seqs.push_back(record.after.value);
    return seqs.size() < 2;
  }));
  EXPECT_EQ(seqs, (std::vector<std::uint64_t>{2, 256}));
}

TEST(Store, OffsetsAreThoseOfTheLastCommit) {
  const StoreFolder folder;
  auto store = value_of(Store::open(folder.path()));
  EXPECT_EQ(value_of(store->offset("file:a")), std::nullopt);
  Commit commit;
  commit.offsets = {{"file:a", "100"}, {"file:b", "7"}};
  ASSERT_OK(store->commit(commit));
  commit.offsets = {{"file:a", "200"}, {"file:b", ""}};
  ASSERT_OK(store->commit(commit));
  EXPECT_EQ(value_of(store->offset("file:a")), "200");
  EXPECT_EQ(value_of(store->offset("file:b")), std::nullopt);
}

TEST(Store, TheOutboxIsAQueueOfItsOwnForEachChannel) {
  const StoreFolder folder;
  auto push = [](Store& store, const std::string& channel, const std::string& id) {
    Commit commit;
    commit.outbox.push_back({channel, 0, id, "{}", 2});
    ASSERT_OK(store.commit(commit));
    ASSERT_OK(store.sync());
  };
  {
    auto store = value_of(Store::open(folder.path()));
    push(*store, "file", "one");
    push(*store, "file", "two");
    push(*store, "files", "other");
    push(*store, "file", "three");
    const auto rows = value_of(store->pending("file", 0, 10));
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0], (event::OutboxRow{"file", 1, "one", "{}", 2}));
    EXPECT_EQ(rows[2].id, "three");
    EXPECT_EQ(value_of(store->pending("file", 1, 1)).front().id, "two");
    EXPECT_EQ(value_of(store->pending("files", 0, 10)).size(), 1U);
    ASSERT_OK(store->delivered("file", {1, 2}));
    ASSERT_OK(store->bury(rows[2], "gone for good"));
    EXPECT_TRUE(value_of(store->pending("file", 0, 10)).empty());
    const auto letters = value_of(store->dead_letters("file", 10));
    ASSERT_EQ(letters.size(), 1U);
    EXPECT_EQ(letters[0].reason, "gone for good");
    EXPECT_EQ(letters[0].row, rows[2]);
    ASSERT_OK(store->close());
  }
  // Numbers go on although the queue is empty.
  auto store = value_of(Store::open(folder.path()));
  push(*store, "file", "four");
  EXPECT_EQ(value_of(store->pending("file", 0, 10)).front().number, 4U);
  ASSERT_OK(store->close());
  // Who only looks sees what is owed.
  auto reader = value_of(Store::open_read_only(folder.path()));
  EXPECT_EQ(value_of(reader->pending("file", 0, 10)).size(), 1U);
  EXPECT_EQ(value_of(reader->pending("files", 0, 10)).size(), 1U);
}

TEST(Store, StateAndCheckpointAreOfOneCommit) {
  const StoreFolder folder;
  auto store = value_of(Store::open(folder.path()));
  Commit commit = commit_of(*store, 4);
  commit.state.put("w/a", "1");
  commit.state.put("w/b", "2");
  commit.state.put("x", "3");
  commit.checkpoint = Seq(4);
  ASSERT_OK(store->commit(commit));
  commit.clear();
  commit.state.put("w/a", "9");
  commit.state.remove("w/b");
  commit.state.put("x", "");
  ASSERT_OK(store->commit(commit));
  EXPECT_EQ(value_of(store->checkpoint()), Seq(4));
  std::string all;
  auto collect = [&](std::string_view key, std::string_view value) -> base::Result<void> {
    all += std::string(key) + "=" + std::string(value) + " ";
    return {};
  };
  ASSERT_OK(store->read_state(collect));
  EXPECT_EQ(all, "w/a=9 ");
  commit.clear();
  commit.state.put("w/c", "10");
  commit.state.put("w/d", "11");
  commit.state.put("z", "12");
  ASSERT_OK(store->commit(commit));
  const event::StateSource& state = store->state();
  EXPECT_EQ(value_of(state.get("z")), "12");
  EXPECT_EQ(value_of(state.get("w")), std::nullopt);
  EXPECT_EQ(value_of(state.get_many({"w/d", "none", "w/a"})),
            (std::vector<std::optional<std::string>>{"11", std::nullopt, "9"}));
  all.clear();
  ASSERT_OK(state.scan("w/b", "z", 100, collect));
  EXPECT_EQ(all, "w/c=10 w/d=11 ");
  all.clear();
  ASSERT_OK(state.scan("", "", 3, collect));
  ASSERT_OK(state.scan("x", "", 3, collect));
  EXPECT_EQ(all, "w/a=9 w/c=10 w/d=11 z=12 ");
  commit.clear();
  commit.state.remove_prefix("w/");
  commit.state.put("w/e", "13");
  ASSERT_OK(store->commit(commit));
  all.clear();
  ASSERT_OK(store->read_state(collect));
  EXPECT_EQ(all, "w/e=13 z=12 ");
  EXPECT_FALSE(store->read_state([](std::string_view, std::string_view) -> base::Result<void> {
    return base::fail("test-1", "stop");
  }));
}

TEST(Store, EpochsNameTextsByContent) {
  const StoreFolder folder;
  auto store = value_of(Store::open(folder.path()));
  Commit commit;
  commit.epoch =
      NewEpoch{Seq(1), "0.1", {{"rule", "a.yml", "text a"}, {"rule", "b.yml", "text b"}}};
  ASSERT_OK(store->commit(commit));
  commit.epoch = NewEpoch{Seq(9), "0.2", {{"rule", "a2.yml", "text a"}}};
  ASSERT_OK(store->commit(commit));
  const auto epochs = value_of(store->epochs());
  ASSERT_EQ(epochs.size(), 2U);
  EXPECT_EQ(epochs[1].from, Seq(9));
  EXPECT_EQ(epochs[1].engine, "0.2");
  EXPECT_EQ(epochs[0].items[1].name, "b.yml");
  EXPECT_EQ(epochs[0].items[0].hash, epochs[1].items[0].hash);
  EXPECT_EQ(value_of(store->blob(epochs[0].items[1].hash)), "text b");
  const auto missing = store->blob(base::sha256("never"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, "store-23");
}

TEST(Store, ASecondWriterIsToldWhoHoldsIt) {
  const StoreFolder folder;
  auto store = value_of(Store::open(folder.path()));
  const auto second = Store::open(folder.path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "store-2");
  EXPECT_NE(second.error().sentence.find(std::to_string(::getpid())), std::string::npos);
}

TEST(Store, AReaderBesideTheWriterSeesWhatWasWritten) {
  const StoreFolder folder;
  StoreOptions small;
  small.write_buffer = 1 << 20;
  auto store = value_of(Store::open(folder.path(), small));
  std::atomic<bool> done = false;
  // About 20 MB, so that files are made and logs are removed while others look.
  std::thread writer([&] {
    for (int i = 0; i < 300; ++i) {
      Commit commit = commit_of(*store, 500);
      commit.state.put("k" + std::to_string(i), std::string(std::size_t{32} << 10U, 'x'));
      EXPECT_OK(store->commit(commit));
    }
    done = true;
  });
  std::uint64_t before = 0;
  do {
    const std::uint64_t least = store->last_seq().value;
    auto reader = value_of(Store::open_read_only(folder.path(), small));
    EXPECT_GE(reader->last_seq().value, least);
    EXPECT_GE(reader->last_seq().value, before);
    before = reader->last_seq().value;
    expect_frames(*reader, 1, before);
  } while (!done);
  writer.join();
  ASSERT_OK(store->close());
}

TEST(Store, NothingIsMadeByAReader) {
  const StoreFolder folder;
  const auto absent = Store::open_read_only(folder.path());
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, "store-1");
  EXPECT_FALSE(std::filesystem::exists(folder.path()));
}

TEST(Store, ACommitThatLeavesAGapIsABug) {
  const StoreFolder folder;
  auto store = value_of(Store::open(folder.path()));
  Commit commit;
  commit.blocks.push_back(block_of(batch_of(5, 1)));
  EXPECT_DEATH((void)store->commit(commit), "where the log ends");
}

TEST(Store, StatsCountWhatIsThere) {
  const StoreFolder folder;
  auto store = value_of(Store::open(folder.path()));
  ASSERT_OK(store->commit(commit_of(*store, 100)));
  ASSERT_OK(store->sync());
  const StoreStats stats = store->stats();
  EXPECT_EQ(stats.totals.frames(), 100U);
  EXPECT_EQ(stats.totals.blocks, 1U);
  EXPECT_EQ(stats.durable.seq, Seq(100));
  EXPECT_GE(stats.syncs, 1U);
  EXPECT_GT(stats.bytes, stats.totals.block_bytes);
}

}  // namespace
}  // namespace tocsin::store
