// What matching costs an event: batches as the decoders make them of a Linux authentication log,
// the bundled packs, and more and more rules of one kind. Checks every count before it reports.
//
// Usage: match_bench [EVENTS [ROUNDS [ONLY]]]   ONLY: a part of the name of a line
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <random>

#include "base/check.hpp"
#include "rules/matcher.hpp"

namespace {

using namespace tocsin;

struct Constant {
  const char* name;
  const char* value;
};

// One kind of line: its share, log sources, constants, and a body in which U is a user.
struct Kind {
  unsigned share;
  const char* program;
  std::vector<event::Logsource> logsources;
  std::vector<Constant> constants;
  const char* body;
  bool has_user;
};

std::vector<Kind> kinds() {
  const event::Logsource sshd{"", "linux", "sshd"}, auth{"", "linux", "auth"},
      sudo{"", "linux", "sudo"}, cron{"", "linux", "cron"}, syslog{"", "linux", "syslog"},
      web{"webserver", "", ""};
  const auto event_of = [](const char* provider, const char* action, const char* outcome) {
    return std::vector<Constant>{{"event.provider", provider},
                                 {"event.category", "authentication"},
                                 {"event.action", action},
                                 {"event.outcome", outcome}};
  };
  return {
      {20,
       "sshd",
       {sshd, auth},
       event_of("sshd", "logged-in", "failure"),
       "Failed password for U from 192.0.2.209 port 19570 ssh2",
       true},
      {12,
       "sshd",
       {sshd, auth},
       event_of("pam", "authenticated", "failure"),
       "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= "
       "rhost=192.0.2.209  user=U",
       true},
      {10,
       "sshd",
       {sshd, auth},
       event_of("sshd", "connection-closed", "unknown"),
       "Connection closed by authenticating user U 192.0.2.209 port 19570 [preauth]",
       true},
      {8,
       "sshd",
       {sshd, auth},
       event_of("sshd", "invalid-user", "failure"),
       "Invalid user U from 192.0.2.209 port 19570",
       true},
      {6,
       "sshd",
       {sshd, auth},
       event_of("sshd", "logged-in", "success"),
       "Accepted password for U from 192.0.2.17 port 52100 ssh2",
       true},
      {6,
       "sshd",
       {sshd, auth},
       event_of("pam", "session-opened", "success"),
       "pam_unix(sshd:session): session opened for user U by (uid=0)",
       true},
      {6,
       "sudo",
       {sudo, auth},
       event_of("sudo", "executed", "success"),
       "   U : TTY=pts/0 ; PWD=/home/U ; USER=root ; COMMAND=/usr/bin/apt update",
       true},
      {10,
       "CRON",
       {cron},
       event_of("cron", "executed", "success"),
       "(root) CMD (command -v debian-sa1 > /dev/null && debian-sa1 1 1)",
       false},
      {8,
       "kernel",
       {syslog},
       {{"event.provider", "kernel"}},
       "[12345.678901] eth0: link up, 1000 Mbps, full duplex",
       false},
      {8,
       "systemd",
       {syslog},
       {{"event.provider", "systemd"}},
       "Started Session 4711 of user U.",
       true},
      {6,
       "nginx",
       {web},
       {{"event.category", "web"}},
       "192.0.2.7 - - \"GET /index.html HTTP/1.1\" 200 612",
       false},
  };
}

class Workload {
 public:
  Workload(std::size_t events, event::FieldTable& fields, event::LogsourceTable& logsources)
      : kinds_(kinds()) {
    for (const Kind& kind : kinds_) {
      std::vector<event::Field> constants;
      for (const Constant& constant : kind.constants)
        constants.emplace_back(fields.intern(constant.name), constant.value);
      constants_.push_back(std::move(constants));
      logsources_.push_back(logsources.intern(kind.logsources));
    }
    std::mt19937_64 random(1);
    for (std::size_t made = 0; made < events;) {
      batches.push_back(std::make_unique<event::Batch>());
      const std::size_t count = std::min<std::size_t>(2000, events - made);
      fill(*batches.back(), count, random);
      made += count;
    }
  }

  std::vector<std::unique_ptr<event::Batch>> batches;
  std::size_t failed = 0;      // events of the first kind
  std::size_t failed_low = 0;  // of these, those of users u0 to u999

 private:
  void fill(event::Batch& batch, std::size_t count, std::mt19937_64& random) {
    std::vector<std::size_t> which;
    std::vector<std::string> users;
    for (std::size_t i = 0; i < count; ++i) {
      std::size_t ticket = random() % 100, kind = 0;
      while (ticket >= kinds_[kind].share) ticket -= kinds_[kind++].share;
      // Roughly zipf over 60,000 users.
      const auto user = static_cast<std::size_t>(std::exp(
                            static_cast<double>(random() % 1'000'000) / 1e6 * std::log(60'000.0))) -
                        1;
      which.push_back(kind);
      users.push_back(fmt::format("u{}", user));
      if (kind == 0) ++failed, failed_low += user < 1000 ? 1 : 0;
      std::string body = kinds_[kind].body;
      if (const auto at = body.find('U'); kinds_[kind].has_user && at != std::string::npos)
        body.replace(at, 1, users.back());
      batch.add_frame(
          fmt::format("Dec  1 00:00:04 app17 {}[15247]: {}", kinds_[kind].program, body),
          event::SourceId(0), base::ReceivedTime(0));
    }
    for (std::size_t i = 0; i < count; ++i) add(batch, i, which[i], users[i]);
  }

  void add(event::Batch& batch, std::size_t index, std::size_t kind, const std::string& user) {
    const std::string_view raw = batch.raw(index);
    const std::string_view program = kinds_[kind].program;
    event::Event event;
    event.logsource = logsources_[kind];
    event.shape = event::ShapeId(static_cast<std::uint32_t>(kind + 1));
    event.constants = constants_[kind].data();
    event.constant_count = static_cast<std::uint16_t>(constants_[kind].size());
    event.first_field = static_cast<std::uint32_t>(batch.fields.size());
    const std::size_t body = 22 + program.size() + 9;
    const auto put = [&](event::FieldId name, std::string_view value) {
      batch.fields.emplace_back(name, value);
    };
    put(event::field::host_name, raw.substr(16, 5));
    put(event::field::process_name, raw.substr(22, program.size()));
    put(event::field::process_pid, raw.substr(22 + program.size() + 1, 5));
    put(event::field::message, raw.substr(body));
    if (kinds_[kind].has_user) {
      put(event::field::user_name, raw.substr(raw.find(user, body), user.size()));
      put(event::field::source_ip, "192.0.2.209");
      put(event::field::source_port, "19570");
    }
    event.field_count = static_cast<std::uint16_t>(batch.fields.size() - event.first_field);
    batch.events.push_back(event);
  }

  std::vector<Kind> kinds_;
  std::vector<std::vector<event::Field>> constants_;
  std::vector<event::LogsourceId> logsources_;
};

std::vector<base::SourceText> packs() {
  std::vector<std::string> paths;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(TOCSIN_SOURCE_DIR "/rules/packs")) {
    if (entry.path().extension() == ".yml") paths.push_back(entry.path().string());
  }
  std::ranges::sort(paths);
  std::vector<base::SourceText> out;
  for (const std::string& path : paths) out.push_back(*base::read_source(path));
  return out;
}

// `count` rules that differ in the user only.
base::SourceText similar(std::size_t count, const char* item) {
  base::SourceText source{"similar.yml", ""};
  for (std::size_t i = 0; i < count; ++i) {
    source.text += fmt::format(
        "---\ntitle: similar {0}\nid: 00000000-0000-0000-0000-{0:012}\n"
        "logsource: {{product: linux}}\ndetection:\n  a:\n    process.name: sshd\n"
        "    message|startswith: 'Failed password'\n    {1}: 'u{0}'\n  condition: a\n",
        i, item);
  }
  return source;
}

// Time of this thread on a processor: others on the machine count less than by the wall clock.
double cpu_ns() {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// In the pipeline a batch was decoded just before, and its fields are still in the cache.
unsigned char sink = 0;
void read_over(const event::Batch& batch) {
  for (const event::Field& field : batch.fields) {
    for (const char c : field.value()) sink = static_cast<unsigned char>(sink + c);
  }
}

int rounds = 5;
std::string_view only;

void run(const std::string& what, std::vector<base::SourceText> sources, std::size_t events,
         std::size_t users, bool exact) {
  if (what.find(only) == std::string::npos) return;
  event::FieldTable fields;
  event::LogsourceTable logsources;
  auto loaded = rules::RuleSet::load(sources, fields);
  for (const base::Error& error : loaded.errors) fmt::print(stderr, "{}\n", base::to_string(error));
  CHECK(loaded.errors.empty(), "the rules of the benchmark load");
  Workload workload(events, fields, logsources);
  const auto started = std::chrono::steady_clock::now();
  rules::Matcher matcher(loaded.rules, logsources, fields);
  const std::chrono::duration<double, std::milli> build =
      std::chrono::steady_clock::now() - started;
  double best = 1e18;
  for (int round = 0; round < rounds; ++round) {
    double sum = 0;
    for (auto& batch : workload.batches) {
      batch->detections.clear();
      read_over(*batch);
      const double start = cpu_ns();
      matcher.match(*batch);
      sum += cpu_ns() - start;
    }
    best = std::min(best, sum / static_cast<double>(events));
  }
  std::size_t detections = 0, failed = 0, similar_hits = 0;
  const auto base_rule = loaded.rules->find("ssh_failed_password");
  for (const auto& batch : workload.batches) {
    for (const event::Detection& detection : batch->detections) {
      ++detections;
      if (base_rule && detection.rule == *base_rule) ++failed;
      if ((*loaded.rules)[detection.rule].title.starts_with("similar")) ++similar_hits;
    }
  }
  if (base_rule) CHECK(failed == workload.failed, "one detection for each failed password");
  if (users == 1000 && exact)
    CHECK(similar_hits == workload.failed_low, "one detection for each failure of a watched user");
  fmt::print(
      "{:38} {:5} rules  {:7.1f} ns/event  {:6.2f} M/s  {:9} detections  built in {:.1f} ms\n",
      what, loaded.rules->size(), best, 1e3 / best, detections, build.count());
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t events = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 200'000;
  if (argc > 2) rounds = std::atoi(argv[2]);
  if (argc > 3) only = argv[3];
  run("no rules", {}, events, 0, true);
  run("bundled packs", packs(), events, 0, true);
  for (const char* item : {"user.name", "user.name|contains", "message|contains"}) {
    for (const std::size_t count : {1, 10, 100, 1000}) {
      auto sources = packs();
      sources.push_back(similar(count, item));
      run(fmt::format("packs + {} x {}", count, item), std::move(sources), events, count,
          std::string_view(item) == "user.name");
    }
  }
  return 0;
}
