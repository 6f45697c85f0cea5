// The power goes at any operation of the disk while the whole fold runs: store, windows,
// checkpoints, upkeep, epochs, a channel. What opens afterwards has all that was called safe, goes
// on, and ends with the same alerts, each once, each delivered once.
//
// TOCSIN_LONG=1: a thousand cuts. TOCSIN_SEED repeats a run.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "engine/live_stage.hpp"
#include "engine/retention.hpp"
#include "engine/stages.hpp"
#include "engine/verify.hpp"
#include "respond/channels.hpp"
#include "tests/crash/disk.hpp"
#include "tests/engine/engine_fixture.hpp"
#include "tests/store/store_folder.hpp"

namespace tocsin::engine {
namespace {

constexpr std::size_t line_count = 1600;
constexpr std::int64_t begin_s = 1795190400;  // 2026-11-20 16:00:00
constexpr std::string_view channel_name = "out";

// What outlives a life: written by the process that lives it, read by the test.
struct Told {
  std::atomic<std::uint64_t> safe;        // the last frame that anybody was told is safe
  std::atomic<std::uint64_t> operations;  // of the disk
  char wrong[4096];
};

// How one run goes; each of its lives differs by its seed.
struct Way {
  bool always = false;   // store.sync
  bool clock = false;    // time that passes is told: what it does depends on when lives end
  bool epochs = false;   // each life has other rules than the one before
  bool retains = false;  // what is old goes
};

class Observing final : public Observer {
 public:
  Observing(Told& told, respond::Channels& channels) : told_(told), channels_(channels) {}
  void on_applied(const Work&, const Output&) override {}
  void on_committed(const store::Commit& commit, std::chrono::nanoseconds) override {
    channels_.committed(commit.outbox);
  }
  void on_durable(event::Seq seq, std::chrono::nanoseconds) override {
    if (seq.value > told_.safe) told_.safe = seq.value;
    channels_.wake();
  }

 private:
  Told& told_;
  respond::Channels& channels_;
};

class PowerCut : public EngineTest {
 protected:
  PowerCut() {
    told_ = static_cast<Told*>(
        ::mmap(nullptr, sizeof(Told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    EXPECT_NE(static_cast<void*>(told_), MAP_FAILED);
  }
  ~PowerCut() override { ::munmap(told_, sizeof(Told)); }

  static engine::Setup setup_without(std::string_view rule) {
    engine::Setup made;
    const std::string root = tocsin::source_folder();
    std::vector<std::string> decoders, rules;
    for (const char* name : {"sshd", "audit", "sudo"})
      decoders.push_back(root + "/ingest/decoders/" + name + ".yaml");
    for (const char* name :
         {"ssh_failed_password", "ssh_brute_force_user", "ssh_brute_force_source", "ssh_login",
          "ssh_failures_burst", "ssh_guessed_password", "ssh_password_spraying",
          "ssh_distributed_guessing", "audit_kernel_module"}) {
      if (name != rule) rules.push_back(root + "/rules/packs/linux/" + name + ".yml");
    }
    EXPECT_TRUE(read_texts(decoders, made.packs.decoders).empty());
    EXPECT_TRUE(read_texts(rules, made.packs.rules).empty());
    BuiltPipeline built = build_pipeline(made.packs);
    EXPECT_TRUE(built.errors.empty()) << base::to_string(built.errors.front());
    made.pipeline = std::move(built.pipeline);
    return made;
  }

  // Windows, episodes, lockouts, a guessed password now and then, audit events whose records are
  // spread, and much that cannot be packed, so that files come and go.
  static std::vector<std::string> story() {
    std::mt19937_64 random(7);
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < line_count; ++i) {
      char time[64];
      std::snprintf(time, sizeof time, "Nov 20 %02zu:%02zu:%02zu web01 ", 16 + i / 3600,
                    i / 60 % 60, i % 60);
      const std::string user = "user" + std::to_string(i / 97 % 9);
      const std::string stamp = std::to_string(begin_s + static_cast<std::int64_t>(i - i % 7)) +
                                ".007:" + std::to_string(i / 7);
      std::string packed;
      // What waits for its last record is complete before the end: a daemon does not know one.
      switch (i + 400 < line_count ? i % 7 : i % 7 | 4) {
        case 1:
          lines.push_back("type=SYSCALL msg=audit(" + stamp +
                          "): arch=c000003e syscall=175 success=yes exit=3 items=1 ppid=2310 "
                          "pid=2411 auid=1001 uid=0 comm=\"insmod\" exe=\"/usr/bin/kmod\"");
          break;
        case 3:
          lines.push_back("type=EXECVE msg=audit(" + stamp +
                          "): argc=2 a0=\"insmod\" a1=\"/x/rk.ko\"");
          break;
        case 5:
          for (int word = 0; word < 90; ++word) packed += std::to_string(random());
          lines.push_back(time + ("job[1]: " + packed));
          break;
        default:
          lines.push_back(std::string(time) + "sshd[811]: " +
                          (i % 97 == 96 ? "Accepted" : "Failed") + " password for " + user +
                          " from 203.0.113." + std::to_string(i / 50 % 11) + " port 50022 ssh2");
      }
    }
    return lines;
  }

  // ---- one life, in a process of its own

  enum class End : std::uint8_t { whole, cut, wrong };

  [[noreturn]] static void fail(Told& told, const std::string& why) {
    std::snprintf(told.wrong, sizeof told.wrong, "%s", why.c_str());
    ::_exit(1);
  }
  template <typename T>
  static T good(Told& told, base::Result<T> result, const char* what) {
    if (!result) fail(told, std::string(what) + ": " + base::to_string(result.error()));
    if constexpr (!std::is_void_v<T>) return *std::move(result);
  }

  End in_a_process(const std::function<void()>& work) const {
    const pid_t child = ::fork();
    if (child == 0) {
      work();
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return End::cut;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return End::whole;
    ADD_FAILURE() << "status " << status << ": " << told_->wrong;
    return End::wrong;
  }

  // From the start of the process until its input ends or the power goes.
  void live(const Way& way, std::uint64_t seed, const engine::Setup& setup,
            const crash::DiskPlan& disk) {
    crash::watch_disk(disk);
    std::mt19937_64 random(seed);
    LiveStage::Options options;
    options.store_path = disk.folder + "/store";
    options.store.sync = way.always ? "always" : "group";
    options.store.sync_interval = std::chrono::milliseconds(1 + random() % 10);
    options.store.write_buffer = 128 << 10;
    options.store.block_size = 16 << 10;
    if (way.retains) options.store.retention_age = std::chrono::seconds(300);
    respond::ChannelOptions file;
    file.name = channel_name;
    file.path = disk.folder + "/out.json";
    options.committer.channels = std::span(&file, 1);
    event::SourceTable sources;
    StorePort port;
    base::ManualClock clock(begin_s * base::ns_per_second);
    const base::SystemClock running;
    respond::Channels channels;
    Observing observer(*told_, channels);
    LiveStage stage(options, std::make_shared<const engine::Setup>(setup), sources, port, clock,
                    observer, [this](const std::string& line) { fail(*told_, line); });
    good(*told_, stage.start(), "start");
    const std::uint64_t stored = port.get()->last_seq().value;
    if (stored < told_->safe)
      fail(*told_,
           "safe was " + std::to_string(told_->safe) + ", stored " + std::to_string(stored));
    const auto offset = good(*told_, port.offset("input"), "offset");
    if (offset.value_or("0") != std::to_string(stored))
      fail(*told_, "offset " + offset.value_or("0") + " behind frame " + std::to_string(stored));
    good(*told_, channels.start({file}, port, running, nullptr), "channels");

    event::Source source;
    source.input = "input";
    source.transport = event::Transport::tcp;
    const event::SourceId id = sources.intern(source);
    Stages stages(setup.pipeline, sources, setup.fold, true);
    Work work;
    for (std::uint64_t next = stored; next < lines_.size();) {
      work.clear();
      work.batch.first_seq = event::Seq(next + 1);
      base::ReceivedTime received;
      for (std::uint64_t left = 1 + random() % 60; left > 0 && next < lines_.size(); --left) {
        received =
            base::ReceivedTime((begin_s + static_cast<std::int64_t>(next)) * base::ns_per_second);
        work.batch.add_frame(lines_[next++], id, received);
      }
      work.offsets.push_back({"input", std::to_string(next)});
      if (way.clock && random() % 2 == 0) work.clock = Work::Clock{received, 0};
      stages.process(work);
      clock.advance(std::chrono::milliseconds(random() % 4000));
      if (!stage.apply(work)) fail(*told_, "stopped");
      keep_up(way, *port.get(), setup, received, random);
      if (random() % 8 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    if (!stage.checkpoint()) fail(*told_, "the last checkpoint is refused");
    good(*told_, port.get()->sync(), "the last sync");
    channels.stop(std::chrono::seconds(60));
    good(*told_, port.exchange(nullptr)->close(), "close");
    told_->operations = crash::disk_operations();
  }

  void keep_up(const Way& way, store::Store& store, const engine::Setup& setup,
               base::ReceivedTime now, std::mt19937_64& random) {
    if (random() % 12 == 0)
      good(*told_, store.compact_small_blocks(random() % 2 == 0), "compact_small_blocks");
    if (!way.retains || random() % 12 != 0) return;
    RetentionOptions options;
    options.step = 8 << 10;
    good(*told_, retain(store, setup, now, options), "retain");
  }

  // ---- what is left in the end

  void check(const Way& way, const std::string& folder) {
    const auto store = good(*told_, store::Store::open_read_only(folder + "/store"), "open");
    if (store->last_seq().value != lines_.size())
      fail(*told_, std::to_string(store->last_seq().value) + " frames in the end");
    if (!way.retains && store->first_seq().value != 1) fail(*told_, "the begin is gone");
    store::LogReader reader = store->read_log(store->first_seq());
    event::Batch batch;
    std::uint64_t next = store->first_seq().value;
    while (good(*told_, reader.next(batch), "read")) {
      for (std::size_t i = 0; i < batch.frames.size(); ++i, ++next) {
        if (batch.seq(i).value != next || batch.raw(i) != lines_[next - 1])
          fail(*told_, "another frame " + std::to_string(next));
      }
    }
    if (next != lines_.size() + 1) fail(*told_, "the log ends early");

    std::vector<std::string> alerts, lockouts;
    std::multiset<std::string> owed;
    good(*told_,
         store->read_alerts({},
                            [&](const store::StoredAlert& stored) {
                              alerts.push_back(event::json_of(stored.alert));
                              owed.insert(event::to_string(stored.alert.id) + "-1");
                              return true;
                            }),
         "alerts");
    good(*told_,
         store->read_lockouts(event::Seq(0),
                              [&](const event::Lockout& lockout) {
                                lockouts.push_back(event::json_of(lockout));
                                owed.insert(event::to_string(lockout.alert) + "-lockout-" +
                                            std::to_string(lockout.seq.value) + "-" +
                                            std::to_string(lockout.k));
                                return true;
                              }),
         "lockouts");
    if (!way.clock && !way.epochs) {
      std::sort(alerts.begin(), alerts.end());
      std::sort(lockouts.begin(), lockouts.end());
      expect_same("alert", alerts, alerts_);
      expect_same("lockout", lockouts, lockouts_);
    }
    check_delivered(folder + "/out.json", owed);
    if (!good(*told_, store->pending(channel_name, 0, 1), "pending").empty())
      fail(*told_, "something is still owed");
    const Verified verified = good(*told_, verify(*store, 1), "verify");
    if (!verified.differences.empty())
      fail(*told_, std::to_string(verified.differences.size()) + " differences, the first: " +
                       verified.differences[0].what + " " + verified.differences[0].sentence);
  }

  void expect_same(const std::string& what, const std::vector<std::string>& stored,
                   const std::vector<std::string>& expected) {
    std::vector<std::string> more, fewer;
    std::set_difference(stored.begin(), stored.end(), expected.begin(), expected.end(),
                        std::back_inserter(more));
    std::set_difference(expected.begin(), expected.end(), stored.begin(), stored.end(),
                        std::back_inserter(fewer));
    if (more.empty() && fewer.empty()) return;
    fail(*told_, "of each " + what + " that is stored, " + std::to_string(more.size()) +
                     " would not be without a cut, and " + std::to_string(fewer.size()) +
                     " are missing: " + (more.empty() ? "" : more[0]) + " / " +
                     (fewer.empty() ? "" : fewer[0]));
  }

  void check_delivered(const std::string& path, const std::multiset<std::string>& owed) {
    std::multiset<std::string> delivered;
    std::istringstream text(read_file(path));
    for (std::string line; std::getline(text, line);) {
      const std::size_t end = line.find('"', 7);
      if (!line.starts_with("{\"id\":\"") || !line.ends_with('}'))
        fail(*told_, "a line of the channel is no row: " + line.substr(0, 200));
      delivered.insert(line.substr(7, end - 7));
    }
    if (delivered == owed) return;
    std::string what;
    for (const std::string& id : owed) {
      if (!delivered.contains(id)) what += " lost " + id;
    }
    for (const std::string& id : delivered) {
      if (delivered.count(id) > owed.count(id)) what += " twice " + id;
    }
    fail(*told_, "delivered:" + what);
  }

  // A store from its begin to the end of the input; how often the power went. Nothing: it is wrong.
  std::optional<int> run(const Way& way, std::uint64_t seed, const std::string& folder) {
    std::mt19937_64 random(seed);
    told_->safe = 0;
    told_->wrong[0] = '\0';
    crash::DiskPlan disk;
    disk.folder = folder;
    disk.power_cut = true;
    const auto most = static_cast<int>(1 + random() % 4);
    for (int cuts = 0;; ++cuts) {
      const std::uint64_t left =
          1 + operations_ * (lines_.size() - told_->safe) / lines_.size() + operations_ / 20;
      disk.at = cuts < most ? 1 + random() % left : 0;
      disk.seed = random();
      const engine::Setup& setup = way.epochs && cuts % 2 == 1 ? other_ : setup_;
      const End end = in_a_process([&] { live(way, disk.seed, setup, disk); });
      if (end == End::wrong) return std::nullopt;
      if (end == End::cut) continue;
      if (in_a_process([&] { check(way, folder); }) != End::whole) return std::nullopt;
      return cuts;
    }
  }

  const engine::Setup setup_ = setup_without("");
  const engine::Setup other_ = setup_without("ssh_password_spraying");
  const std::vector<std::string> lines_ = story();
  std::vector<std::string> alerts_, lockouts_;  // of a replay of the lines
  std::uint64_t operations_ = 0;                // of a life without a cut
  Told* told_ = nullptr;
};

TEST_F(PowerCut, TakesNothingThatWasSafeAndChangesNoAlert) {
  const char* const wished = std::getenv("TOCSIN_SEED");
  const std::uint64_t seed =
      wished != nullptr ? std::strtoull(wished, nullptr, 10) : std::random_device{}();
  SCOPED_TRACE("TOCSIN_SEED=" + std::to_string(seed));
  std::string text;
  for (const std::string& line : lines_) text += line + "\n";
  Collected whole = EngineTest::run(options_for({write("whole.log", text)}), setup_);
  alerts_ = std::move(whole.alerts);
  lockouts_ = std::move(whole.lockouts);
  std::sort(alerts_.begin(), alerts_.end());
  std::sort(lockouts_.begin(), lockouts_.end());
  ASSERT_GT(alerts_.size(), 20U);
  ASSERT_GT(lockouts_.size(), 5U);
  {
    const store::StoreFolder folder;
    crash::DiskPlan disk;
    disk.folder = folder.root();
    disk.power_cut = true;
    ASSERT_EQ(in_a_process([&] { live({}, seed, setup_, disk); }), End::whole);
    ASSERT_EQ(in_a_process([&] { check({}, folder.root()); }), End::whole);
    operations_ = told_->operations;
    std::filesystem::remove_all(folder.root() + ".aside");
  }
  ASSERT_GT(operations_, 200U);
  const int wanted = std::getenv("TOCSIN_LONG") != nullptr ? 1000 : 50;
  std::mt19937_64 random(seed);
  int cuts = 0, runs = 0, failed = 0;
  while (cuts < wanted && failed < 10) {
    const std::uint64_t run_seed = random();
    Way way;
    way.always = random() % 3 == 0;
    way.clock = random() % 4 == 0;
    way.epochs = random() % 4 == 0;
    way.retains = random() % 4 == 0;
    const store::StoreFolder folder;
    const auto hit = run(way, run_seed, folder.root());
    std::filesystem::remove_all(folder.root() + ".aside");
    EXPECT_TRUE(hit) << "run " << runs << (way.always ? " always" : " group")
                     << (way.clock ? " clock" : "") << (way.epochs ? " epochs" : "")
                     << (way.retains ? " retains" : "");
    ++runs;
    cuts += hit.value_or(0);
    failed += hit ? 0 : 1;
  }
  std::printf(
      "seed %llu: the power went %d times in %d runs of %zu lines (%llu operations of the "
      "disk each, %zu alerts, %zu lockouts); %d runs failed\n",
      static_cast<unsigned long long>(seed), cuts, runs, lines_.size(),
      static_cast<unsigned long long>(operations_), alerts_.size(), lockouts_.size(), failed);
}

}  // namespace
}  // namespace tocsin::engine
