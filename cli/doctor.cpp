#include "cli/doctor.hpp"

#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/timex.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>

#include "base/json.hpp"
#include "base/options.hpp"
#include "base/text.hpp"
#include "cli/report.hpp"
#include "console/http/client.hpp"

namespace tocsin::cli {

namespace {

namespace fs = std::filesystem;
using Verdict = Finding::Verdict;

constexpr std::uint64_t least_room = std::uint64_t{1} << 30U;

std::string first_line(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

// Who has a port: the name of a program, "another program" when it cannot be seen, or nothing.
class Ports {
 public:
  explicit Ports(const std::string& proc) : proc_(proc) {}

  [[nodiscard]] std::optional<std::string> owner(const std::string& type, std::int64_t port) const {
    for (const char* version : {"", "6"}) {
      const std::string inode = inode_of(proc_ + "/net/" + type + version, type == "tcp", port);
      if (!inode.empty()) return program_with("socket:[" + inode + "]");
    }
    return std::nullopt;
  }

 private:
  // The lines have: number, local address:port, remote, state, queues, timer, retransmits, user,
  // timeout, inode.
  static std::string inode_of(const std::string& path, bool listening_only, std::int64_t port) {
    std::ifstream in(path);
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
      std::istringstream words(line);
      std::array<std::string, 10> field;
      for (std::string& word : field) words >> word;
      const std::size_t colon = field[1].rfind(':');
      if (colon == std::string::npos || (listening_only && field[3] != "0A")) continue;
      std::int64_t local = 0;
      std::from_chars(field[1].data() + colon + 1, field[1].data() + field[1].size(), local, 16);
      if (local == port) return field[9];
    }
    return {};
  }

  [[nodiscard]] std::string program_with(const std::string& link) const {
    std::error_code error;
    for (const fs::directory_entry& process : fs::directory_iterator(proc_, error)) {
      const std::string pid = process.path().filename();
      if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
      std::error_code forbidden;
      for (const auto& fd : fs::directory_iterator(process.path() / "fd", forbidden)) {
        std::error_code gone;
        if (fs::read_symlink(fd.path(), gone) == link) return first_line(process.path() / "comm");
      }
    }
    return "another program";
  }

  const std::string& proc_;
};

class Examination {
 public:
  Examination(const Config& config, const Machine& machine) : config_(config), machine_(machine) {}

  std::vector<Finding> run() {
    look_at_daemon();
    look_at_clock();
    look_at_disk();
    look_at_buffers();
    look_at_ports();
    look_at_files();
    return std::move(found_);
  }

 private:
  void say(std::string subject, Verdict verdict, std::string sentence, std::string remedy = {}) {
    found_.push_back({std::move(subject), verdict, std::move(sentence), std::move(remedy)});
  }

  void look_at_daemon() {
    if (machine_.daemon_answers)
      return say("daemon", Verdict::fine, "it answers on " + config_.console.socket);
    say("daemon", Verdict::warning, "no daemon answers on " + config_.console.socket,
        "systemctl start tocsin; journalctl -u tocsin says why it does not run");
  }

  void look_at_clock() {
    if (machine_.clock_is_set)
      return say("clock", Verdict::fine, "it is kept right by a time service");
    say("clock", Verdict::warning, "no time service keeps it right; events are correlated by time",
        "install chrony or systemd-timesyncd");
  }

  void look_at_disk() {
    const auto& room = machine_.room;
    const std::string& path = config_.daemon.store_path;
    if (!room)
      return say("disk", Verdict::problem, "the room for the store cannot be seen at " + path,
                 "see that the folder can be made there");
    const std::string free = base::format_size(room->free >> 20U << 20U);
    if (room->in_memory) {
      say("disk", Verdict::warning, path + " is in memory, and gone with the next start",
          "set store.path to a folder on a disk");
    }
    if (room->free < least_room || room->free * 20 < room->size) {
      return say("disk", Verdict::problem, fmt::format("{} is free at {}", free, path),
                 "make room, or set store.retention_size; when it is full, inputs wait");
    }
    const std::uint64_t kept = config_.daemon.store.retention_size;
    if (kept == 0 && config_.daemon.store.retention_age.count() == 0) {
      return say("disk", Verdict::warning,
                 fmt::format("{} is free at {}, and the store grows without end", free, path),
                 "set store.retention_size or store.retention_age");
    }
    if (kept > room->size) {
      return say("disk", Verdict::warning,
                 fmt::format("store.retention_size is more than the disk has ({})",
                             base::format_size(room->size >> 20U << 20U)),
                 "set store.retention_size lower");
    }
    say("disk", Verdict::fine, fmt::format("{} is free at {}", free, path));
  }

  void look_at_buffers() {
    const std::string text = first_line(machine_.proc + "/sys/net/core/rmem_max");
    const auto limit = base::parse_integer(text);
    for (const ingest::InputOptions& input : config_.daemon.inputs) {
      if (input.type != "udp" || !limit) continue;
      const std::string subject = "buffer of input " + input.name;
      if (static_cast<std::uint64_t>(*limit) >= input.receive_buffer) {
        say(subject, Verdict::fine, "the kernel grants what is asked for");
        continue;
      }
      say(subject, Verdict::warning,
          fmt::format("it asks for {}, and net.core.rmem_max is {} bytes: a burst may be dropped",
                      base::format_size(input.receive_buffer), *limit),
          fmt::format("sysctl -w net.core.rmem_max={}, and the same line in /etc/sysctl.d; a "
                      "socket unit has its own buffer",
                      input.receive_buffer));
    }
  }

  void look_at_ports() {
    const Ports ports(machine_.proc);
    for (const ingest::InputOptions& input : config_.daemon.inputs) {
      if ((input.type != "udp" && input.type != "tcp") || input.port == 0) continue;
      const std::string subject = fmt::format("{} port {}", input.type, input.port);
      const auto owner = ports.owner(input.type, input.port);
      // With a socket unit the port is systemd's until the daemon runs.
      const bool ours = !owner || *owner == "tocsin" || *owner == "systemd";
      if (ours || (machine_.daemon_answers && *owner == "another program")) {
        say(subject, Verdict::fine, owner ? "Tocsin has it" : "it is free");
      } else {
        say(subject, Verdict::problem, fmt::format("{} has it", base::printable(*owner)),
            owner->starts_with("rsyslog")
                ? "take imudp and imtcp out of /etc/rsyslog.conf and restart rsyslog, or give "
                  "input " +
                      input.name + " another port"
                : "stop that program, or give input " + input.name + " another port");
      }
    }
  }

  void look_at_files() {
    for (const ingest::InputOptions& input : config_.daemon.inputs) {
      const std::string subject = "input " + input.name;
      std::error_code ignored;
      if (input.type == "journald" && input.path.empty()) {
        const bool any = std::ranges::any_of(machine_.journals, [&](const std::string& folder) {
          return fs::is_directory(folder, ignored);
        });
        if (any) {
          say(subject, Verdict::fine, "there is a journal");
        } else {
          say(subject, Verdict::warning, "this machine has no journal",
              "take the input out, or set Storage= in /etc/systemd/journald.conf");
        }
      }
      if (input.type != "file") continue;
      for (const std::string& path : input.path) {
        if (path.find_first_of("*?") != std::string::npos || fs::exists(path, ignored)) continue;
        say(subject, Verdict::warning, path + " is not there (yet), or may not be seen",
            "see that the file's folder may be read by the user tocsin");
      }
    }
  }

  const Config& config_;
  const Machine& machine_;
  std::vector<Finding> found_;
};

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::fine:
      return "ok";
    case Verdict::warning:
      return "warning";
    default:
      return "problem";
  }
}

void print(const Finding& finding, bool as_json, const Streams& streams) {
  if (as_json) {
    std::string out;
    base::JsonWriter json(out);
    json.begin_object().member("subject", std::string_view(finding.subject));
    json.member("verdict", name_of(finding.verdict));
    json.member("sentence", std::string_view(finding.sentence));
    json.member("remedy", std::string_view(finding.remedy)).end_object();
    return put_line(streams.out, out);
  }
  put_line(streams.out, base::printable(fmt::format("{:<8} {}: {}", name_of(finding.verdict),
                                                    finding.subject, finding.sentence)));
  if (!finding.remedy.empty()) put_line(streams.out, "         " + base::printable(finding.remedy));
}

}  // namespace

Machine this_machine(const Config& config) {
  Machine machine;
  timex state{};
  machine.clock_is_set = ::adjtimex(&state) != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
  const auto answer = config.console.socket.empty()
                          ? base::Result<console::Response>(base::fail("console-4", "none"))
                          : console::http_get(config.console.socket, "/api/v1/status");
  machine.daemon_answers = answer && answer->status == 200;
  std::error_code error;
  fs::path folder = fs::absolute(config.daemon.store_path, error);
  while (folder.has_relative_path() && !fs::exists(folder, error)) folder = folder.parent_path();
  const fs::space_info space = fs::space(folder, error);
  if (!error) {
    struct statfs system{};
    const bool in_memory = ::statfs(folder.c_str(), &system) == 0 && system.f_type == TMPFS_MAGIC;
    machine.room = Machine::Room{space.available, space.capacity, in_memory};
  }
  return machine;
}

std::vector<Finding> examine(const Config& config, const Machine& machine) {
  return Examination(config, machine).run();
}

int run_doctor(const DoctorCommand& command, const Streams& streams) {
  const auto read = load_config(command.config);
  const base::Errors errors = read ? read->errors : base::Errors{read.error()};
  bool problem = !errors.empty();
  for (const base::Error& error : errors)
    print({"configuration", Verdict::problem, to_string(error), "tocsin config check"},
          command.json, streams);
  if (!read) return exit_code_of(errors, exit_code::invalid);
  for (const Finding& finding : examine(read->config, this_machine(read->config))) {
    problem = problem || finding.verdict == Verdict::problem;
    print(finding, command.json, streams);
  }
  return problem ? exit_code::findings : exit_code::ok;
}

}  // namespace tocsin::cli
