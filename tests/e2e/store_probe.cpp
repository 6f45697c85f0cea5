// Shows and breaks what no command of the product shows or breaks, for the tests of the whole
// program.
//
//   store_probe frames DIR FROM   every frame from number FROM on: "peer raw", one a line
//   store_probe first|last DIR    the number of the first frame that is kept, of the last one
//   store_probe dead DIR CHANNEL  the ids of its dead letters, one a line
//   store_probe clocks DIR        how many times time itself acted
//   store_probe break DIR KIND    alters the store by hand: "alert" (the total of the first one),
//                                 "forged" (an alert that nothing caused), "lockout" (its end)
//
// Path:      a store, also beside a daemon (frames) -> stdout
// Errors:    exit 1 with the store's own sentence; exit 2 usage
// Tested by: tests/e2e/kill_test.py, tests/e2e/live_replay_test.py, tests/e2e/silence_test.py
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "event/source.hpp"
#include "store/store.hpp"

namespace {

using namespace tocsin;
using store::Store;

int refused(const base::Error& error) {
  std::fprintf(stderr, "%s\n", base::to_string(error).c_str());
  return 1;
}

int print_frames(const std::string& folder, std::uint64_t from) {
  const auto opened = Store::open_read_only(folder);
  if (!opened) return refused(opened.error());
  event::SourceTable sources;
  if (const auto loaded = (*opened)->load_sources(sources); !loaded) return refused(loaded.error());
  store::LogReader reader = (*opened)->read_log(event::Seq(from));
  event::Batch batch;
  std::string out;
  std::uint64_t next = from;
  while (true) {
    const auto more = reader.next(batch);
    if (!more) return refused(more.error());
    if (!*more) break;
    out.clear();
    for (std::size_t i = 0; i < batch.frames.size(); ++i, ++next) {
      if (batch.seq(i).value != next) {
        std::fprintf(stderr, "frame %llu is missing\n", static_cast<unsigned long long>(next));
        return 1;
      }
      out += sources[batch.frames[i].source].peer;
      out += ' ';
      out += batch.raw(i);
      out += '\n';
    }
    std::fwrite(out.data(), 1, out.size(), stdout);
  }
  return 0;
}

int print_number(const std::string& folder, bool first) {
  const auto opened = Store::open_read_only(folder);
  if (!opened) return refused(opened.error());
  const event::Seq seq = first ? (*opened)->first_seq() : (*opened)->last_seq();
  std::printf("%llu\n", static_cast<unsigned long long>(seq.value));
  return 0;
}

int print_dead_letters(const std::string& folder, std::string_view channel) {
  const auto opened = Store::open_read_only(folder);
  if (!opened) return refused(opened.error());
  const auto letters = (*opened)->dead_letters(channel, SIZE_MAX);
  if (!letters) return refused(letters.error());
  for (const store::DeadLetter& letter : *letters) std::printf("%s\n", letter.row.id.c_str());
  return 0;
}

int print_clocks(const std::string& folder) {
  const auto opened = Store::open_read_only(folder);
  if (!opened) return refused(opened.error());
  std::size_t count = 0;
  const auto read = (*opened)->read_clocks(event::Seq(0), [&count](const store::ClockRecord&) {
    ++count;
    return true;
  });
  if (!read) return refused(read.error());
  std::printf("%zu\n", count);
  return 0;
}

int break_store(const std::string& folder, std::string_view kind) {
  const auto opened = Store::open(folder);
  if (!opened) return refused(opened.error());
  Store& store = **opened;
  event::SourceTable sources;
  if (const auto loaded = store.load_sources(sources); !loaded) return refused(loaded.error());
  store::Commit commit;
  commit.sources = &sources;
  std::optional<event::Alert> alert;
  std::optional<event::Lockout> lockout;
  auto read = store.read_alerts({}, [&alert](const store::StoredAlert& stored) {
    alert = stored.alert;
    return false;
  });
  if (read) {
    read = store.read_lockouts(event::Seq(1), [&lockout](const event::Lockout& stored) {
      lockout = stored;
      return false;
    });
  }
  if (!read) return refused(read.error());
  if (kind == "lockout" && lockout) {
    lockout->until.value += 1;
    commit.lockouts.push_back(*lockout);
  } else if (kind != "lockout" && alert) {
    if (kind == "forged") {
      alert->id.bytes[0] ^= 0xFFU;
    } else {
      ++alert->total;
    }
    commit.alerts = {{&*alert}};
  } else {
    std::fprintf(stderr, "there is no such record to break\n");
    return 1;
  }
  if (const auto written = store.commit(commit); !written) return refused(written.error());
  if (const auto closed = store.close(); !closed) return refused(closed.error());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc == 4 ? argv[1] : "";
  if (what == "frames") return print_frames(argv[2], std::strtoull(argv[3], nullptr, 10));
  if (what == "dead") return print_dead_letters(argv[2], argv[3]);
  const std::string_view number = argc == 3 ? argv[1] : "";
  if (number == "first" || number == "last") return print_number(argv[2], number == "first");
  if (number == "clocks") return print_clocks(argv[2]);
  const std::string_view kind = argc == 4 ? argv[3] : "";
  if (what == "break" && (kind == "alert" || kind == "forged" || kind == "lockout"))
    return break_store(argv[2], kind);
  std::fprintf(stderr,
               "usage: store_probe frames DIR FROM | first|last DIR | dead DIR CHANNEL | "
               "break DIR alert|forged|lockout\n");
  return 2;
}
