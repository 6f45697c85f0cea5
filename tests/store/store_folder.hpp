// A folder of its own for each test of the store, and batches, commits and alerts to fill it with.
// Threads:   one
// Tested by: the tests that use it
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "event/alert.hpp"
#include "event/batch.hpp"
#include "store/block.hpp"
#include "store/commit.hpp"
#include "store/store.hpp"
#include "tests/temporary_folder.hpp"

namespace tocsin::store {

class StoreFolder {
 public:
  // Not there yet: the store makes it.
  [[nodiscard]] std::string path() const { return root_ / "store"; }
  [[nodiscard]] const std::string& root() const { return root_.path(); }

 private:
  // In memory where there is room: hundreds of syncs take a minute on a busy disk, and what a test
  // of the store asks of a sync it injects itself.
  static std::string place() {
    std::error_code error;
    const std::filesystem::space_info space = std::filesystem::space("/dev/shm", error);
    constexpr std::uintmax_t enough = std::uintmax_t{1} << 30U;
    const bool memory = !error && space.available > enough && ::access("/dev/shm", W_OK) == 0;
    return memory ? "/dev/shm/" : ::testing::TempDir();
  }

  TemporaryFolder root_{place()};
};

inline std::string line_of(std::uint64_t seq) {
  return "Nov 22 03:08:00 host sshd[" + std::to_string(seq % 30000) +
         "]: Failed password for user" + std::to_string(seq * 7919 % 1000) + " number " +
         std::to_string(seq);
}

// `count` frames from `first` on, each with the text of line_of(seq), event time = seq seconds.
inline event::Batch batch_of(std::uint64_t first, std::size_t count, std::uint32_t source = 0) {
  event::Batch batch;
  batch.first_seq = event::Seq(first);
  for (std::uint64_t seq = first; seq < first + count; ++seq) {
    const auto time = static_cast<std::int64_t>(seq) * base::ns_per_second;
    batch.add_frame(line_of(seq), event::SourceId(source), base::ReceivedTime(time));
    event::Event event;
    event.time = base::EventTime(time);
    event.has_time = true;
    batch.events.push_back(event);
  }
  return batch;
}

inline std::string block_of(const event::Batch& batch) {
  BlockEncoder encoder;
  std::string block;
  encoder.encode(batch, block);
  seal(block, batch.first_seq, time_range(batch));
  return block;
}

// A commit of one block with its filter behind what the store has.
inline Commit commit_of(const Store& store, std::size_t count) {
  const event::Batch batch = batch_of(store.last_seq().value + 1, count);
  Commit commit;
  BlockEncoder().encode(batch, commit.blocks.emplace_back(), 0, {}, &commit.filters.emplace_back());
  seal(commit.blocks[0], batch.first_seq, time_range(batch));
  return commit;
}

inline event::Alert alert_of(std::uint8_t number) {
  event::Alert alert;
  alert.id.bytes[0] = number;
  alert.id.bytes[15] = static_cast<std::uint8_t>(255 - number);
  alert.rule_id = "rule-" + std::to_string(number % 2);
  alert.rule_title = "A rule";
  alert.rule_level = "high";
  alert.group = {{"user.name", "user" + std::to_string(number)}};
  alert.first_seen = base::EventTime(number);
  alert.fired_at = base::EventTime(number + 10);
  alert.last_seen = base::EventTime(number + 20);
  alert.count = 5;
  alert.total = 5;
  alert.evidence = {event::Seq(1), event::Seq(number + 1U)};
  alert.fired_by = event::Seq(number + 1U);
  return alert;
}

// Every frame from `from` to `to` is there, once, in order, with its own text.
inline void expect_frames(const Store& store, std::uint64_t from, std::uint64_t to) {
  LogReader reader = store.read_log(event::Seq(from));
  event::Batch batch;
  std::uint64_t next = from;
  while (true) {
    const auto more = reader.next(batch);
    ASSERT_TRUE(more) << base::to_string(more.error());
    if (!*more) break;
    for (std::size_t i = 0; i < batch.frames.size(); ++i, ++next) {
      ASSERT_EQ(batch.seq(i).value, next);
      ASSERT_EQ(batch.raw(i), line_of(next));
    }
  }
  EXPECT_EQ(next, to + 1);
}

// The value of a result, or a failed test that says why.
template <typename T>
T value_of(base::Result<T> result) {
  if (!result) {
    ADD_FAILURE() << base::to_string(result.error());
    std::abort();
  }
  return *std::move(result);
}

}  // namespace tocsin::store

#define EXPECT_OK(expression)                                           \
  do {                                                                  \
    const auto checked = (expression);                                  \
    EXPECT_TRUE(checked) << ::tocsin::base::to_string(checked.error()); \
  } while (false)
#define ASSERT_OK(expression)                                           \
  do {                                                                  \
    const auto checked = (expression);                                  \
    ASSERT_TRUE(checked) << ::tocsin::base::to_string(checked.error()); \
  } while (false)
