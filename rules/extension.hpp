// What Sigma lacks and a rule says under the key `tocsin:`.
// Threads:   values
// Errors:    rules-60 to rules-69; an unknown key is refused, with the nearest known one
// Source:    DESIGN sections 6 to 8
// Tested by: tests/rules/extension_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "base/yaml.hpp"

namespace tocsin::rules {

class Diagnostics;

// An example inside a pack: log lines, and what must come of them.
//
//   tests:
//     - name: five failures lock the account
//       lines: ["Oct  1 10:00:00 web1 sshd[1]: Failed password for bob from 192.0.2.1 port 22
//       ssh2"] matches: 1      # events met by the rule, or by the rules that a correlation refers
//       to match: false    # short for matches: 0; true: at least one alerts: 0 lockouts: 0 year:
//       2026      # of lines that do not say it format: auto    # syslog, json, audit
struct RuleTest {
  std::string name;
  std::vector<std::string> lines;
  std::string format = "auto";
  std::optional<std::int64_t> year;
  std::optional<bool> match;
  std::optional<std::uint64_t> matches;
  std::optional<std::uint64_t> alerts;
  std::optional<std::uint64_t> lockouts;
  base::Origin origin;
};

//   actions: [lock_account]             with `user`, `host`, `for` beside it, or
//   actions: [lock_account: {user: user.name, host: host.name, for: 30m}]
struct ActionRequest {
  std::string user = "user.name";  // field
  std::string host;                // field; empty: the account is locked on every host
  base::Nanoseconds duration = std::chrono::minutes(30);
};

struct Extension {
  std::vector<ActionRequest> lock_account;  // none or one
  std::vector<RuleTest> tests;
  std::optional<base::Nanoseconds> realert;
  std::optional<std::string> weight;  // field
  std::optional<std::vector<std::string>> group;
  std::optional<base::Nanoseconds> timespan;
  std::optional<bool> alert;
  std::optional<std::string> until;  // a correlation: the rule that empties a group's window
  base::Origin until_origin;
  std::optional<std::string> expect;  // a value list: the groups of a correlation that must exist
  base::Origin expect_origin;
};

// Reads document.tocsin, if it is there.
[[nodiscard]] Extension read_extension(const base::YamlNode& document, Diagnostics& out);

}  // namespace tocsin::rules
