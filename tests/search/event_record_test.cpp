#include "search/event_record.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/search/store_fixture.hpp"

namespace tocsin::search {
namespace {

using EventRecordTest = StoreTest;

TEST_F(EventRecordTest, WhatTheLogKnowsOfAnEventIsAskedLikeAField) {
  replay(failed("22:00:00", "ann") + failed("22:01:00", "bob"));
  open();
  EXPECT_EQ(find("tocsin.seq: 2").seqs(), std::vector<std::uint64_t>({2}));
  EXPECT_EQ(find("tocsin.decoder: sshd").rows.size(), 2U);
  EXPECT_EQ(find("tocsin.source: *log").rows.size(), 2U);
  EXPECT_TRUE(find("tocsin.source: other").rows.empty());
  EXPECT_EQ(find("event.original: bob").seqs(), std::vector<std::uint64_t>({2}));
  EXPECT_EQ(find("tocsin.received >= 1970-01-01").rows.size(), 2U);
}

TEST_F(EventRecordTest, TheLogsOwnTimeStandsBeforeThatOfAText) {
  replay("{\"@timestamp\":\"2026-11-20T22:00:00Z\",\"a\":\"b\"}\n");
  open();
  const Found found = find("a: b");
  ASSERT_EQ(found.rows.size(), 1U);
  EXPECT_EQ(std::ranges::count(found.rows[0].cells, "@timestamp", &Cell::name), 1);
  EXPECT_EQ(found.rows[0].cells[0].value, "2026-11-20T22:00:00.000000000Z");
}

TEST_F(EventRecordTest, ARowHasTheEventsFieldsAndWhatWasAskedFor) {
  replay(failed("22:00:00", "ann"));
  open();
  SearchOptions options;
  options.with_raw = true;
  const Found found =
      find("user.name: ann | fields @timestamp, tocsin.decoder, user.name, x", options);
  ASSERT_EQ(found.rows.size(), 1U);
  const std::vector<Cell> expected = {{"@timestamp", "2026-11-20T22:00:00.000000000Z", {}},
                                      {"tocsin.decoder", "sshd", {}},
                                      {"user.name", "ann", {}},
                                      {"x", "", event::ValueKind::null}};
  EXPECT_EQ(found.rows[0].cells, expected);
  EXPECT_EQ(found.rows[0].raw + "\n", failed("22:00:00", "ann"));
}

}  // namespace
}  // namespace tocsin::search
