#include "store/records.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <set>

#include "tests/store/store_folder.hpp"

namespace tocsin::store {
namespace {

using base::EventTime;
using base::ReceivedTime;
using event::Seq;

// Comes back as it was, and every cut or lengthened value is refused.
template <typename Decode>
void expect_strict(const std::string& bytes, Decode decode) {
  EXPECT_TRUE(decode(bytes));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode(std::string_view(bytes).substr(0, size))) << size;
  EXPECT_FALSE(decode(bytes + "x"));
  std::string newer = bytes;
  newer[0] = 3;
  EXPECT_FALSE(decode(newer));
}

TEST(Records, KeysSortAsTheirNumbersDo) {
  const std::vector<std::uint64_t> numbers = {0, 1, 255, 256, 65535, 1U << 31U, ~0ULL, 1ULL << 63U};
  std::vector<std::uint64_t> sorted = numbers;
  std::sort(sorted.begin(), sorted.end());
  std::set<std::string> keys;
  for (const std::uint64_t number : numbers) {
    EXPECT_EQ(key::block_seq(key::block(Seq(number))), Seq(number));
    EXPECT_EQ(key::last_number(key::outbox("c", number)), number);
    keys.insert(key::index(Seq(number)));
  }
  std::size_t i = 0;
  for (const std::string& name : keys) EXPECT_EQ(key::last_number(name), sorted[i++]);
  EXPECT_LT(key::derived(Seq(1), 9), key::derived(Seq(2), 0));
  EXPECT_LT(key::derived(Seq(1), 8), key::derived(Seq(1), 256));
}

TEST(Records, KindsOfKeysNeverMeet) {
  const event::AlertId id;
  const std::set<std::string> first = {
      key::index(Seq(0)).substr(0, 1),
      key::source(event::SourceId(0)).substr(0, 1),
      key::alert(id).substr(0, 1),
      key::fired(0).substr(0, 1),
      key::derived(Seq(0), 0).substr(0, 1),
      key::clock(Seq(0), 0).substr(0, 1),
      key::epoch(0).substr(0, 1),
      key::blob({}).substr(0, 1),
      key::offset("").substr(0, 1),
      key::state("").substr(0, 1),
      key::anchor_state(1, "").substr(0, 1),
      key::outbox("", 0).substr(0, 1),
      key::dead_letter("", 0).substr(0, 1),
      key::next_outbox("").substr(0, 1),
      std::string(key::format.substr(0, 1)),
  };
  EXPECT_EQ(first.size(), 15U);
  // A channel whose name begins with another's.
  EXPECT_FALSE(key::outbox("ab", 0).starts_with(key::outbox("a", 0).substr(0, 3)));
}

TEST(Records, AfterIsBehindAllThatBeginsSo) {
  EXPECT_EQ(key::after("a"), "b");
  EXPECT_EQ(key::after("a\xff"), "b");
  EXPECT_EQ(key::after("\xff\xff"), "");
  EXPECT_EQ(key::after(""), "");
}

TEST(Records, TotalsComeBack) {
  const Totals totals{9, Seq(5), Seq(1000), 3, 2, 4, 17, 1ULL << 40U, ~0ULL};
  EXPECT_EQ(value_of(decode_totals(encode(totals))), totals);
  EXPECT_EQ(totals.frames(), 995U);
  expect_strict(encode(totals), [](std::string_view bytes) { return decode_totals(bytes); });
}

TEST(Records, IndexesComeBack) {
  constexpr auto low = std::numeric_limits<std::int64_t>::min();
  constexpr auto high = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t from : {low, std::int64_t{-1}, std::int64_t{1'764'000'000'000'000'000}}) {
    BlockInfo info;
    info.first_seq = Seq(12);
    info.frames = 2400;
    info.text_bytes = 260000;
    info.stored_bytes = 40000;
    info.retention_class = 3;
    info.min_received = ReceivedTime(from);
    info.max_received = ReceivedTime(high);
    info.min_time = EventTime(high);
    info.max_time = EventTime(low);
    EXPECT_EQ(value_of(decode_block_info(Seq(12), encode(info))), info);
    expect_strict(encode(info),
                  [](std::string_view bytes) { return decode_block_info(Seq(1), bytes); });
  }
}

TEST(Records, SourcesComeBack) {
  event::Source source;
  source.input = "/var/log/auth.log";
  source.peer = "2001:db8::1";
  source.transport = event::Transport::journald;
  source.zone = "Europe/Berlin";
  source.year_from = -62135596800;
  source.format = "json";
  source.authenticated = true;
  EXPECT_EQ(value_of(decode_source(encode(source))), source);
  expect_strict(encode(source), [](std::string_view bytes) { return decode_source(bytes); });
  source.transport = static_cast<event::Transport>(99);
  EXPECT_FALSE(decode_source(encode(source)));
}

TEST(Records, AlertsComeBackWithTheirOrder) {
  const event::Alert alert = alert_of(4);
  const std::string bytes = encode_alert(300, alert);
  const StoredAlert stored = value_of(decode_stored_alert(bytes));
  EXPECT_EQ(stored.order, 300U);
  EXPECT_EQ(stored.alert, alert);
  EXPECT_EQ(value_of(decode_alert_order(bytes)), 300U);
  expect_strict(bytes, [](std::string_view cut) { return decode_stored_alert(cut); });
  EXPECT_FALSE(decode_alert_order(""));
}

TEST(Records, TheCourseOfAnAlertComesBack) {
  event::Alert alert = alert_of(4);
  alert.last_seen = base::EventTime(-9);
  alert.total = 1ULL << 40U;
  const std::string bytes = encode_course(alert);
  const AlertCourse course = value_of(decode_course(bytes));
  EXPECT_EQ(course.id, alert.id);
  EXPECT_EQ(course.last_seen, alert.last_seen);
  EXPECT_EQ(course.total, alert.total);
  expect_strict(bytes, [](std::string_view cut) { return decode_course(cut); });
}

TEST(Records, RowsOfTheOutboxComeBack) {
  const event::OutboxRow row{"syslog", 7, "id:2", "{\"a\":1}", 3};
  const DeadLetter letter = value_of(decode_outbox("syslog", 7, encode(row, "no answer")));
  EXPECT_EQ(letter.row, row);
  EXPECT_EQ(letter.reason, "no answer");
  expect_strict(encode(row), [](std::string_view bytes) { return decode_outbox("c", 1, bytes); });
}

TEST(Records, ClocksEpochsAndAnchorsComeBack) {
  const ClockRecord clock{Seq(3), 2, EventTime(-9), "tick"};
  EXPECT_EQ(value_of(decode_clock(Seq(3), 2, encode(clock))), clock);
  expect_strict(encode(clock),
                [](std::string_view bytes) { return decode_clock(Seq(3), 2, bytes); });

  Epoch epoch;
  epoch.number = 6;
  epoch.from = Seq(77);
  epoch.engine = "0.1.0";
  epoch.items = {{"rule", "a.yml", base::sha256("a")}, {"options", "", base::sha256("b")}};
  EXPECT_EQ(value_of(decode_epoch(6, encode(epoch))), epoch);
  std::string older = encode(epoch);
  older.front() = 1;
  older.resize(older.size() - 6);  // two numbers: k of five bytes, warmed_from of one
  EXPECT_EQ(value_of(decode_epoch(6, older)), epoch);
  epoch.k = 3;
  epoch.warmed_from = Seq(5);
  EXPECT_EQ(value_of(decode_epoch(6, encode(epoch))), epoch);
  expect_strict(encode(epoch), [](std::string_view bytes) { return decode_epoch(6, bytes); });

  const Anchor anchor{Seq(1000), 999, 4, 2};
  EXPECT_EQ(value_of(decode_anchor(encode(anchor))), anchor);
  expect_strict(encode(anchor), [](std::string_view bytes) { return decode_anchor(bytes); });
}

}  // namespace
}  // namespace tocsin::store
