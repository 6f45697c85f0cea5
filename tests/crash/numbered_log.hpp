// A log whose content follows from its sequence numbers alone, so that any store that was killed,
// torn or damaged can be checked without knowing where it was cut into batches.
// Threads:   one
// Tested by: the crash tests that use it
#pragma once

#include <cstdint>
#include <deque>
#include <random>
#include <string>

#include "store/store.hpp"

namespace tocsin::store {

// Every frame whose number is divisible by this fires an alert, and owes a delivery.
inline constexpr std::uint64_t alert_every = 37;

inline std::string numbered_line(std::uint64_t seq) {
  std::string line = "Nov 22 03:08:00 host sshd[" + std::to_string(seq) + "]: number " +
                     std::to_string(seq * 0x9e3779b97f4a7c15ULL) + " ";
  line.append(seq % 83, static_cast<char>('a' + seq % 26));
  return line;
}

inline event::Alert numbered_alert(std::uint64_t seq) {
  event::Alert alert;
  for (int i = 0; i < 8; ++i)
    alert.id.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(seq >> (8 * i));
  alert.rule_id = "numbered";
  alert.fired_by = event::Seq(seq);
  alert.evidence = {event::Seq(seq)};
  alert.count = alert.total = seq;
  return alert;
}

struct NumberedCommit : Commit {
  std::deque<event::Alert> written;
};

// The next `count` frames with all that belongs to them. The newest alert goes on with each commit.
inline void fill_commit(const Store& store, std::uint64_t count, BlockEncoder& encoder,
                        NumberedCommit& commit) {
  commit.clear();
  commit.written.clear();
  event::Batch batch;
  const std::uint64_t first = store.last_seq().value + 1, last = first + count - 1;
  batch.first_seq = event::Seq(first);
  const std::uint64_t newest = last / alert_every;
  const auto add_alert = [&](std::uint64_t number, bool whole) {
    commit.written.push_back(numbered_alert(number * alert_every));
    if (number == newest) commit.written.back().total = last;
    commit.alerts.push_back({&commit.written.back(), whole});
  };
  if (newest > 0 && newest == (first - 1) / alert_every) add_alert(newest, false);
  for (std::uint64_t seq = first; seq <= last; ++seq) {
    batch.add_frame(numbered_line(seq), event::SourceId(0),
                    base::ReceivedTime(static_cast<std::int64_t>(seq)));
    if (seq % alert_every != 0) continue;
    add_alert(seq / alert_every, true);
    commit.outbox.push_back({"channel", 0, std::to_string(seq), "{}", 0});
  }
  encoder.encode(batch, commit.blocks.emplace_back(), 0, {}, &commit.filters.emplace_back());
  seal(commit.blocks[0], batch.first_seq, time_range(batch));
  commit.offsets.push_back({"input", std::to_string(last)});
  commit.state.put("last", std::to_string(last));
  commit.state.put("commit/" + std::to_string(first % 50), std::string(200, 's'));
  commit.checkpoint = event::Seq(last);
}

// "" when the store holds exactly what belongs to its frames 1 to last_seq(), else what is wrong.
inline std::string check_numbered(const Store& store) {
  const std::uint64_t last = store.last_seq().value;
  std::uint64_t next = 1;
  event::Batch batch;
  {
    LogReader reader = store.read_log();
    while (true) {
      const auto more = reader.next(batch);
      if (!more) return base::to_string(more.error());
      if (!*more) break;
      for (std::size_t i = 0; i < batch.frames.size(); ++i, ++next) {
        if (batch.seq(i).value != next || batch.raw(i) != numbered_line(next))
          return "wrong frame " + std::to_string(next);
      }
    }
  }
  if (next != last + 1) return "the log ends before its last frame";

  std::uint64_t alerts = 0;
  std::string wrong;
  auto read = store.read_alerts({}, [&](const StoredAlert& stored) {
    event::Alert want = numbered_alert((++alerts) * alert_every);
    // It went on with each commit until the next one fired.
    const std::uint64_t total = stored.alert.total;
    const bool newest = alerts == last / alert_every;
    if (newest ? total == last : total >= want.total && total < want.total + alert_every)
      want.total = total;
    if (stored.alert != want) wrong = "wrong alert " + std::to_string(alerts);
    return wrong.empty();
  });
  if (!read) return base::to_string(read.error());
  if (!wrong.empty()) return wrong;
  if (alerts != last / alert_every) return "alerts are missing or too many";

  const auto rows = store.pending("channel", 0, alerts + 10);
  if (!rows) return base::to_string(rows.error());
  if (rows->size() != alerts) return "deliveries are missing or too many";
  for (std::size_t i = 0; i < rows->size(); ++i) {
    if ((*rows)[i].id != std::to_string((i + 1) * alert_every)) return "wrong delivery";
  }
  const auto offset = store.offset("input");
  if (!offset) return base::to_string(offset.error());
  if (last > 0 && *offset != std::to_string(last))
    return "the offset is not that of the last frame";
  std::string state;
  read = store.read_state(
      [&](std::string_view, std::string_view value) -> base::Result<void> {
        state = value;
        return {};
      },
      "last");
  if (!read) return base::to_string(read.error());
  if (last > 0 && state != std::to_string(last)) return "the state is not that of the last frame";
  return "";
}

}  // namespace tocsin::store
