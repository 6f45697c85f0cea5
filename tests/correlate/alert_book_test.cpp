#include "correlate/alert_book.hpp"

#include <gtest/gtest.h>

#include <map>

namespace tocsin::correlate {
namespace {

Place at(std::int64_t time) { return {time, 4096}; }

std::vector<std::uint64_t> taken(AlertBook& book) {
  std::vector<std::uint64_t> numbers;
  book.take([&](const OpenAlert& alert) { numbers.push_back(alert.number); });
  return numbers;
}

TEST(AlertBookTest, KeepsAGroupsAlertsNewestFirst) {
  AlertBook book;
  Group group;
  const std::uint32_t first = book.open(0, group, false, at(10), at(10), 20);
  const std::uint32_t third = book.open(0, group, false, at(90), at(90), 100);
  const std::uint32_t second = book.open(0, group, false, at(50), at(50), 60);
  EXPECT_EQ(group.alerts, third);
  EXPECT_EQ(book[third].older, second);
  EXPECT_EQ(book[second].older, first);
  EXPECT_EQ(book[first].newer, second);
  book.close(second, group);
  EXPECT_EQ(book[third].older, first);
  EXPECT_EQ(book[first].newer, third);
  book.close(third, group);
  EXPECT_EQ(group.alerts, first);
  book.close(first, group);
  EXPECT_EQ(group.alerts, 0U);
}

TEST(AlertBookTest, AnAlertThatGoesOnIsAskedNoMoreUntilItIsToldWhenItEnds) {
  AlertBook book;
  Group group;
  const std::uint32_t handle = book.open(0, group, false, at(10), at(10), 20);
  int asked = 0;
  std::int64_t end = AlertBook::not_yet;
  const auto close_at = [&](const OpenAlert&) { return ++asked, end; };
  const auto close = [&](std::uint32_t closing, const OpenAlert&) { book.close(closing, group); };
  EXPECT_FALSE(book.closes_until(20, close_at));
  book.close_until(1000, close_at, close);
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(group.alerts, handle);
  end = 30;
  book.close_by(handle, 30);
  book.close_by(handle, 30);  // once is enough
  EXPECT_FALSE(book.closes_until(29, close_at));
  EXPECT_TRUE(book.closes_until(30, close_at));
  EXPECT_EQ(group.alerts, handle) << "asking closes nothing";
  book.close_until(30, close_at, close);
  EXPECT_EQ(group.alerts, 0U);
  EXPECT_FALSE(book.closes_until(1000, close_at));
  EXPECT_EQ(taken(book).size(), 1U);
  EXPECT_EQ(book.open_count(), 0U);
}

TEST(AlertBookTest, TheEndOfTimeClosesWhatGoesOn) {
  AlertBook book;
  Group group;
  book.open(0, group, false, at(10), at(10), 20);
  const auto never = [](const OpenAlert&) { return AlertBook::not_yet; };
  const auto close = [&](std::uint32_t closing, const OpenAlert&) { book.close(closing, group); };
  book.close_until(1000, never, close);
  book.close_until(AlertBook::not_yet, never, close);
  EXPECT_NE(group.alerts, 0U);
  book.ask_all();
  book.close_until(AlertBook::not_yet, never, close);
  EXPECT_EQ(group.alerts, 0U);
}

TEST(AlertBookTest, ManyAlertsOfAGroupAreFoundByPlace) {
  AlertBook book;
  Group group;
  std::map<std::int64_t, std::uint32_t> handles;
  for (std::int64_t i = 0; i < 1000; ++i) {
    const std::int64_t time = i * 7919 % 1000 * 10;
    handles[time] = book.open(0, group, false, at(time), at(time), time + 1);
  }
  // Not a walk along all of them for each.
  EXPECT_LT(book.steps(), 20'000U);
  for (const std::int64_t time : {500, 510, 9990}) {
    const std::uint32_t handle = handles[time];
    book.close(handle, group);
    handles.erase(time);
  }
  OpenAlert& moving = book[handles[2000]];
  moving.first = at(1995);
  book.moved(handles[2000], group, at(2000));
  EXPECT_EQ(book.newest_up_to(0, group, at(1999)), handles[2000]);
  EXPECT_EQ(book.newest_up_to(0, group, at(1994)), handles[1990]);
  EXPECT_EQ(book.newest_up_to(0, group, at(515)), handles[490]);
  EXPECT_EQ(book.newest_up_to(0, group, at(99'999)), handles[9980]);
  EXPECT_EQ(book.newest_up_to(0, group, at(-1)), 0U);
  std::uint32_t handle = group.alerts;
  for (auto it = handles.rbegin(); it != handles.rend(); ++it) {
    EXPECT_EQ(handle, it->second);
    handle = book[handle].older;
  }
  EXPECT_EQ(handle, 0U);
  for (const auto& [time, open] : handles) book.close(open, group);
  EXPECT_EQ(group.alerts, 0U);
  EXPECT_EQ(book.newest_up_to(0, group, at(500)), 0U);
}

TEST(AlertBookTest, ShowsChangesOnceInOrderOfFiring) {
  AlertBook book;
  Group group;
  const std::uint32_t a = book.open(0, group, false, at(1), at(1), 11);
  const std::uint32_t b = book.open(0, group, false, at(2), at(2), 12);
  const std::uint32_t silent = book.open(0, group, true, at(3), at(3), 13);
  book.change(b);
  book.change(a);
  book.change(b);
  book.change(silent);
  EXPECT_EQ(taken(book), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_FALSE(book.has_changes());
  EXPECT_TRUE(book[a].taken);
  EXPECT_TRUE(taken(book).empty());
}

TEST(AlertBookTest, ClosesByTheTimeThatHoldsThen) {
  AlertBook book;
  Group group;
  const std::uint32_t handle = book.open(0, group, false, at(10), at(10), 20);
  book[handle].last = at(15);
  const auto close_at = [](const OpenAlert& alert) { return alert.last.time + 10; };
  int closed = 0;
  const auto on_close = [&](std::uint32_t which, const OpenAlert&) {
    book.close(which, group);
    ++closed;
  };
  book.close_until(24, close_at, on_close);
  EXPECT_EQ(closed, 0);
  book.close_until(25, close_at, on_close);
  EXPECT_EQ(closed, 1);
  EXPECT_EQ(book.open_count(), 1U);  // still to be taken
  taken(book);
  EXPECT_EQ(book.open_count(), 0U);
}

TEST(AlertBookTest, AHandleIsUsedAgainOnlyWhenNobodyNeedsIt) {
  AlertBook book;
  Group group;
  const std::uint32_t handle = book.open(0, group, false, at(10), at(10), 20);
  book[handle].alert.merged_into = event::AlertId{};
  book.close(handle, group);  // merged: its closing time still stands in the list
  taken(book);
  EXPECT_NE(book.open(0, group, false, at(30), at(30), 40), handle);
  book.close_until(
      20, [](const OpenAlert&) { return std::int64_t{20}; },
      [](std::uint32_t, const OpenAlert&) { FAIL() << "closed twice"; });
  const std::uint32_t again = book.open(0, group, false, at(50), at(50), 60);
  EXPECT_EQ(again, handle);
  EXPECT_FALSE(book[again].alert.merged_into);
  EXPECT_FALSE(book[again].closed);
}

}  // namespace
}  // namespace tocsin::correlate
