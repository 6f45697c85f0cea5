// A process of its own that writes a store until it is killed, or says what a store holds.
//
//   store_program write DIR MODE SEED [BUFFER [CALL ERRNO N]]
//       prints "safe N" for each frame N that became safe; the Nth CALL (fsync, fdatasync) fails,
//       and if the store could do without that one, writing ends 1,000 commits later
//   store_program check DIR                      opens for writing, then "whole N", or why not
//   store_program look DIR                       the same, read-only
//
// Exit code: 0 whole, 1 refused with an error, 2 opened but not what belongs there.
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "tests/crash/numbered_log.hpp"

namespace {

// The system call that fails once, and how often it was made.
struct Fault {
  std::string call;
  int error = 0;
  int number = 0;
  std::atomic<int> made = 0;
} fault;

int call_or_fail(const char* name, long call, int file) {
  if (fault.call == name && ++fault.made == fault.number) {
    errno = fault.error;
    return -1;
  }
  return static_cast<int>(::syscall(call, file));
}

}  // namespace

// A program's own symbols are found before libc's, by RocksDB's library too.
extern "C" int fsync(int file) { return call_or_fail("fsync", SYS_fsync, file); }
extern "C" int fdatasync(int file) { return call_or_fail("fdatasync", SYS_fdatasync, file); }

namespace {

using namespace tocsin;
using store::Store;

int refused(const base::Error& error) {
  std::printf("%s\n", base::to_string(error).c_str());
  return 1;
}

void say(const std::string& line) {
  // In one write, so that a kill cannot cut it.
  const std::string text = line + "\n";
  if (::write(STDOUT_FILENO, text.data(), text.size()) < 0) std::_Exit(3);
}

int write_until_killed(const std::string& folder, const std::string& mode, std::uint64_t seed,
                       std::size_t buffer) {
  store::StoreOptions options;
  options.sync = mode;
  options.sync_interval = std::chrono::milliseconds(5);
  options.write_buffer = buffer;
  options.block_size = 16 << 10;
  auto opened = Store::open(folder, options);
  if (!opened) return refused(opened.error());
  Store& store = **opened;
  say("open " + std::to_string(store.last_seq().value));
  store.on_durable(
      [](event::Seq seq, std::chrono::nanoseconds) { say("safe " + std::to_string(seq.value)); });
  std::atomic<bool> stop = false;
  std::thread merging([&] {
    while (!stop) {
      if (!store.compact_small_blocks()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
  });
  std::mt19937_64 random(seed);
  store::BlockEncoder encoder;
  store::NumberedCommit commit;
  base::Result<void> result;
  int left = 1000;
  while (result && left > 0) {
    if (fault.number > 0 && fault.made >= fault.number) --left;
    fill_commit(store, 1 + random() % (random() % 8 == 0 ? 2000 : 20), encoder, commit);
    result = store.commit(commit);
    if (random() % 64 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(random() % 8));
  }
  stop = true;
  merging.join();
  return result ? 0 : refused(result.error());
}

int check(const std::string& folder, bool read_only) {
  auto opened = read_only ? Store::open_read_only(folder) : Store::open(folder);
  if (!opened) return refused(opened.error());
  const std::string wrong = check_numbered(**opened);
  if (!wrong.empty()) {
    std::printf("%s\n", wrong.c_str());
    return wrong.find("store-") != std::string::npos ? 1 : 2;
  }
  std::printf("whole %llu\n", static_cast<unsigned long long>((*opened)->last_seq().value));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 2 ? argv[1] : "";
  if (what == "write" && argc >= 5) {
    const std::size_t buffer = argc > 5 ? std::strtoull(argv[5], nullptr, 10) : 1 << 20;
    if (argc > 8) {
      fault.error = std::atoi(argv[7]);
      fault.number = std::atoi(argv[8]);
      fault.call = argv[6];
    }
    return write_until_killed(argv[2], argv[3], std::strtoull(argv[4], nullptr, 10), buffer);
  }
  if (what == "check" || what == "look") return check(argv[2], what == "look");
  std::fprintf(stderr, "usage: store_program write|check|look DIR ...\n");
  return 2;
}
