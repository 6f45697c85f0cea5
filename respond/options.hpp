// What the operator may set of lockouts and channels.
// Units:     durations
// Threads:   values
// Errors:    respond-1: a channel's options that do not fit together
// Tested by: tests/respond/options_test.cpp
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/options.hpp"

namespace tocsin::respond {

struct LockoutOptions {
  // root is in it because to lock root by what a log says is to lose the machine.
  std::vector<std::string> never = {"root"};
  std::int64_t cap_per_minute = 10;
  base::Nanoseconds breaker = std::chrono::minutes(10);
  base::Nanoseconds duration = std::chrono::minutes(30);
  bool authenticated_only = false;
};

inline constexpr std::array<base::Option<LockoutOptions>, 5> lockout_option_rows = {{
    {&LockoutOptions::never,
     {.key = "never",
      .unit = "",
      .sentence = "Accounts that are never locked, compared exactly; a * at the end stands for any "
                  "rest. A list of your own replaces the default, so keep root in it.",
      .max = 10'000,
      .restart = false}},
    {&LockoutOptions::cap_per_minute,
     {.key = "cap_per_minute",
      .unit = "lockouts",
      .sentence = "Accounts that may be locked within any minute of event time; 0 locks nobody.",
      .max = 2000,
      .restart = false}},
    {&LockoutOptions::breaker,
     {.key = "breaker",
      .unit = "duration",
      .sentence =
          "How long all lockouts are refused once the cap was exceeded; 0: only while it is.",
      .max = 7LL * 24 * 3600 * 1'000'000'000,
      .restart = false}},
    {&LockoutOptions::duration,
     {.key = "duration",
      .unit = "duration",
      .sentence = "How long an account stays locked, where the rule does not say it.",
      .min = 1'000'000'000,
      .max = 366LL * 24 * 3600 * 1'000'000'000,
      .restart = false}},
    {&LockoutOptions::authenticated_only,
     {.key = "authenticated_only",
      .unit = "",
      .sentence =
          "Refuse lockouts whose firing event came from a peer that did not prove who it is.",
      .restart = false}},
}};

// One place where alerts and lockouts go.
struct ChannelOptions {
  std::string name = {};  // the key of its section: letters, digits, - and _
  std::string type = "file";
  std::vector<std::string> events = {"alert", "lockout"};
  std::string min_level = "informational";
  bool amendments = false;
  // file
  std::string path = {};
  bool fsync = true;
  // syslog
  std::string address = {};  // host:port
  std::string transport = "tcp";
  std::string facility = "authpriv";
  base::Nanoseconds timeout = std::chrono::seconds(10);
  // retry
  base::Nanoseconds retry_first = std::chrono::seconds(1);
  base::Nanoseconds retry_max = std::chrono::minutes(5);
  base::Nanoseconds max_age = std::chrono::hours(24);
};

inline constexpr std::array<base::Option<ChannelOptions>, 13> channel_option_rows = {{
    {&ChannelOptions::type,
     {.key = "type", .unit = "", .sentence = "What the channel is.", .choices = "file|syslog"}},
    {&ChannelOptions::events,
     {.key = "events",
      .unit = "",
      .sentence = "What goes there: alert, lockout, or both.",
      .choices = "alert|lockout"}},
    {&ChannelOptions::min_level,
     {.key = "min_level",
      .unit = "",
      .sentence = "Alerts of rules below this level do not go there.",
      .choices = "informational|low|medium|high|critical"}},
    {&ChannelOptions::amendments,
     {.key = "amendments",
      .unit = "",
      .sentence = "Whether an alert goes there again each time that it is amended."}},
    {&ChannelOptions::path,
     {.key = "path",
      .unit = "",
      .sentence = "file: where the JSON lines are appended; reopened after a rotation by renaming.",
      .max = 4095}},
    {&ChannelOptions::fsync,
     {.key = "fsync",
      .unit = "",
      .sentence = "file: whether a line counts as delivered only once it is on the disk."}},
    {&ChannelOptions::address,
     {.key = "address",
      .unit = "",
      .sentence = "syslog: the receiver, as logs.example.org:514 or [2001:db8::1]:601.",
      .max = 300}},
    {&ChannelOptions::transport,
     {.key = "transport",
      .unit = "",
      .sentence = "syslog: tcp (octet-counted) or udp.",
      .choices = "tcp|udp"}},
    {&ChannelOptions::facility,
     {.key = "facility",
      .unit = "",
      .sentence = "syslog: the facility of the messages.",
      .choices = "user|daemon|auth|authpriv|audit|alert|local0|local1|local2|local3|local4|local5|"
                 "local6|local7"}},
    {&ChannelOptions::timeout,
     {.key = "timeout",
      .unit = "duration",
      .sentence = "How long one attempt may take.",
      .min = 1'000'000,
      .max = 3'600'000'000'000}},
    {&ChannelOptions::retry_first,
     {.key = "retry_first",
      .unit = "duration",
      .sentence = "Wait before the second attempt; doubled before each further one.",
      .min = 1'000'000,
      .max = 3'600'000'000'000}},
    {&ChannelOptions::retry_max,
     {.key = "retry_max",
      .unit = "duration",
      .sentence = "Longest wait between attempts.",
      .min = 1'000'000,
      .max = 24LL * 3'600'000'000'000}},
    {&ChannelOptions::max_age,
     {.key = "max_age",
      .unit = "duration",
      .sentence = "How long a delivery is tried before it becomes a dead letter.",
      .min = 1'000'000,
      .max = 366LL * 24 * 3'600'000'000'000}},
}};

// What the rows alone cannot say: the name, the words in `events`, a path or an address by type.
[[nodiscard]] base::Result<void> check_channel(const ChannelOptions& channel);

}  // namespace tocsin::respond
