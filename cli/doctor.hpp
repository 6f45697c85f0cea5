// `tocsin doctor`: what of this machine stands in Tocsin's way, and what to do about it.
// Path:      configuration, /proc, clock, disk, control socket -> findings
// Units:     bytes
// Threads:   main thread
// Errors:    none; what cannot be looked at is said
// Source:    proc(5) for net/udp and net/tcp, adjtimex(2)
// Tested by: tests/cli/doctor_test.cpp, tests/e2e/package_test.py
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/config.hpp"
#include "cli/streams.hpp"

namespace tocsin::cli {

struct Finding {
  enum class Verdict : std::uint8_t { fine, warning, problem };
  std::string subject;
  Verdict verdict = Verdict::fine;
  std::string sentence;
  std::string remedy;  // what somebody can type or change; empty when all is well
};

// What is looked at, so that a test can have a machine of its own.
struct Machine {
  std::string proc = "/proc";
  std::vector<std::string> journals = {"/var/log/journal", "/run/log/journal"};
  bool clock_is_set = true;  // somebody keeps it right
  bool daemon_answers = false;
  struct Room {
    std::uint64_t free = 0;
    std::uint64_t size = 0;
    bool in_memory = false;
  };
  std::optional<Room> room;  // where the store is, or will be
};
[[nodiscard]] Machine this_machine(const Config& config);

[[nodiscard]] std::vector<Finding> examine(const Config& config, const Machine& machine);
[[nodiscard]] int run_doctor(const DoctorCommand& command, const Streams& streams = {});

}  // namespace tocsin::cli
