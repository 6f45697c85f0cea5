// How long a Linux audit record takes to become fields, and an event of six records to be joined.
// Checks the first event's values before it measures.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "ingest/decode/audit_join.hpp"
#include "ingest/decode/audit_names.hpp"

namespace {

using namespace tocsin;

constexpr std::size_t event_count = 2000;
constexpr std::size_t records = 6;

event::Batch lines() {
  event::Batch batch;
  batch.first_seq = event::Seq(1);
  for (std::size_t i = 0; i < event_count; ++i) {
    const std::string stamp =
        fmt::format("msg=audit({}.{:03}:{}): ", 1'700'000'000 + i / 100, i % 1000, i);
    for (const std::string& line : {
             "type=SYSCALL " + stamp +
                 "arch=c000003e syscall=59 success=yes exit=0 a0=1522170 a1=1506120 a2=14faeb0 "
                 "a3=7ffcc4582df0 items=2 ppid=12041 pid=13393 auid=1000 uid=1000 gid=1001 "
                 "euid=1000 suid=1000 fsuid=1000 egid=1001 sgid=1001 fsgid=1001 tty=pts1 ses=802 "
                 "comm=\"grep\" exe=\"/usr/bin/grep\" subj=unconfined key=\"user_commands\"\x1D"
                 "ARCH=x86_64 SYSCALL=execve AUID=\"alice\" UID=\"alice\" GID=\"alice\"",
             "type=EXECVE " + stamp + "argc=3 a0=\"grep\" a1=\"--color=auto\" a2=\"mapping\"",
             "type=CWD " + stamp + "cwd=\"/home/alice\"",
             "type=PATH " + stamp +
                 "item=0 name=\"/usr/bin/grep\" inode=2512 dev=08:01 mode=0100755 ouid=0 ogid=0 "
                 "rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0",
             "type=PATH " + stamp +
                 "item=1 name=\"/lib64/ld-linux-x86-64.so.2\" inode=1916 dev=08:01 mode=0100755 "
                 "ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0",
             "type=PROCTITLE " + stamp + "proctitle=67726570002D2D636F6C6F723D6175746F",
         }) {
      batch.add_frame(line, event::SourceId(1), base::ReceivedTime());
    }
  }
  return batch;
}

template <typename Work>
double best_of(int rounds, Work work) {
  double best = 1e9;
  for (int round = 0; round < rounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count());
  }
  return best;
}

}  // namespace

int main() {
  event::FieldTable names;
  ingest::intern_audit_names(names);
  event::Batch batch = lines();
  ingest::LocalNames locals;
  ingest::AuditBody decoder;
  auto decode_all = [&] {
    locals.forget();
    batch.fields.clear();
    batch.events.clear();
    batch.local_names.clear();
    batch.arena.clear();
    for (std::size_t i = 0; i < batch.frames.size(); ++i) {
      event::Event event;
      event.first_field = static_cast<std::uint32_t>(batch.fields.size());
      ingest::BodyContext context{batch, event, names, locals};
      if (decoder.decode(batch.raw(i), context) != ingest::BodyResult::decoded) std::abort();
      batch.events.push_back(event);
    }
  };
  ingest::AuditJoin join(names, event::LogsourceId());
  ingest::AuditJoined out;
  auto join_all = [&] {
    out.clear();
    for (std::size_t i = 0; i < batch.events.size(); ++i) join.add(batch, i, out);
  };

  decode_all();
  join_all();
  const event::Field* command =
      out.from.empty() ? nullptr
                       : out.batch.find(out.batch.events[0], names.find("process.command_line"));
  if (out.from.size() != event_count || join.waiting() != 0 || command == nullptr ||
      command->value() != "grep --color=auto mapping") {
    fmt::print(stderr, "audit_bench: wrong events\n");
    return 1;
  }
  const double decode = best_of(15, decode_all);
  const double joined = best_of(15, join_all);
  const double bytes = static_cast<double>(batch.text_size());
  fmt::print("decode: {:.0f} ns/record, {:.0f} MB/s ({:.0f} bytes a record)\n",
             decode * 1e9 / (event_count * records), bytes / decode / 1e6,
             bytes / (event_count * records));
  fmt::print("join:   {:.0f} ns/record, {:.0f} ns/event of {} records\n",
             joined * 1e9 / (event_count * records), joined * 1e9 / event_count, records);
  return 0;
}
