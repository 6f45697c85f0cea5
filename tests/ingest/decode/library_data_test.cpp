// The decoder library against what other projects say of their lines: who, from where, and whether
// it was an attack; and against odd lines, of which nothing may be said.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <map>

#include "tests/ingest/decode/library_decoder.hpp"

namespace tocsin::ingest {
namespace {

// Sources whose name begins so are of services that the library covers as a whole.
constexpr std::array<std::string_view, 22> covered = {
    "sshd",    "bsd",     "sudo",     "pam",     "kernel",    "nginx",      "apache", "postfix",
    "dovecot", "named",   "vsftpd",   "proftpd", "pure-ftpd", "haproxy",    "squid",  "openvpn",
    "mysql",   "mariadb", "postgres", "exim",    "caddy",     "selinux-ssh"};
// Those whose attacks are failed logins and nothing else.
constexpr std::array<std::string_view, 13> login_services = {
    "pam",        "mysqld-auth", "vsftpd",   "proftpd",     "courier-auth",
    "cyrus-imap", "uwimap-auth", "dropbear", "webmin-auth", "nginx-http-auth",
    "sieve",      "sogo-auth",   "proxmox"};

bool begins_with_one(std::string_view name, std::span<const std::string_view> list) {
  return std::any_of(list.begin(), list.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

struct Count {
  std::size_t right = 0;
  std::size_t total = 0;
  void add(bool is_right) {
    ++total;
    right += is_right ? 1U : 0U;
  }
  [[nodiscard]] double share() const {
    return total == 0 ? 0 : static_cast<double>(right) / static_cast<double>(total);
  }
};
std::ostream& operator<<(std::ostream& out, const Count& count) {
  return out << count.right << " of " << count.total;
}

// Sources state an address as it is printed; ours has no ::ffff: before an IPv4 address.
bool same_address(std::string wanted, std::string got) {
  const auto lower = [](std::string& text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  };
  lower(wanted);
  lower(got);
  return wanted == got || wanted == "::ffff:" + got;
}

struct Tally {
  std::map<std::string, Count> by_source;
  Count of_covered, of_rest, failures;
};

void read(LibraryDecoder& library, Tally& tally) {
  read_stated_lines(library, [&](const std::string& file, const std::string& name,
                                 std::string_view raw, simdjson::dom::element expect) {
    const event::Event& event = library.event();
    const auto compare = [&](std::string_view key, const std::string& wanted,
                             const std::string& got) {
      const bool right = key == "src" ? same_address(wanted, got) : wanted == got;
      tally.by_source[file + "/" + name].add(right);
      (begins_with_one(name, covered) ? tally.of_covered : tally.of_rest).add(right);
      if (right) return;
      std::cout << file << "/" << name << " " << key << " '" << wanted << "', not '" << got << "' ("
                << (*event.decoder == '\0' ? "no decoder fits" : event.decoder)
                << "): " << raw.substr(0, 160) << "\n";
    };
    std::string_view text;
    if (!expect["src"].get(text)) compare("src", std::string(text), library.source());
    // For account tools the user that a source means is the account that is changed.
    if (!expect["user"].get(text)) {
      const std::string user = library.value("user.name");
      compare("user", std::string(text), user.empty() ? library.value("user.target.name") : user);
    }
    bool abuse = false;
    if (!expect["abuse"].get(abuse) && abuse && begins_with_one(name, login_services)) {
      tally.failures.add(library.value("event.outcome") == "failure");
    }
  });
}

// Records whose own answer is doubtful; the library is not made to repeat it:
// - crowdsec exim/user states the recipient of a refused mail as the user;
// - crowdsec Radarr, Prowlarr, mono/user keeps the quotation marks around the name;
// - crowdsec traefik/user states `-`, which means that there is none;
// - fail2ban pam-generic/user states what stands in `ruser=`, the name at the remote end;
// - fail2ban sshd: two addresses in "from A port P ssh2: from B port Q ssh2", of which it states the
//   first and we the last, since what stands before the last may be the name that was typed;
// - fail2ban zzz-generic-example are lines of no program.
TEST(LibraryData, AddressAndUserAreThoseThatTheSourcesState) {
  if (data_folder().empty()) GTEST_SKIP() << "TOCSIN_DATA is not set";
  LibraryDecoder library;
  Tally tally;
  read(library, tally);
  for (const auto& [name, count] : tally.by_source) std::cout << name << ": " << count << "\n";
  std::cout << "covered services: " << tally.of_covered << "\nothers: " << tally.of_rest
            << "\nattacks on logins that are failures: " << tally.failures << "\n";
  EXPECT_GT(tally.of_covered.total, 500U);
  EXPECT_GE(tally.of_covered.share(), 0.97);
  EXPECT_GT(tally.of_rest.total, 500U);
  EXPECT_GE(tally.of_rest.share(), 0.70);
  EXPECT_GT(tally.failures.total, 40U);
  EXPECT_GE(tally.failures.share(), 0.95);
}

TEST(LibraryData, OddLinesHaveNoAddressUserOrOutcome) {
  LibraryDecoder library;
  const event::Source source = source_from("odd", "2026-01-01T00:00:00Z");
  for (const char* line : {
           "",
           " ",
           "203.0.113.7",
           "203.0.113.7 said hello to user bob",
           "Failed password for bob from 203.0.113.7 port 22 ssh2",
           "user=<bob>, rip=203.0.113.7",
           "Nov 20 22:40:01 web01 myapp[7]: Failed password for bob from 203.0.113.7 port 22 ssh2",
           "Nov 20 22:40:01 web01 myapp[7]: client 203.0.113.7#53: query (cache) 'a/A/IN' denied",
           "Nov 20 22:40:01 web01 sshd[7]: a message that no version of sshd writes 203.0.113.7",
           "Nov 20 22:40:01 web01 dovecot: imap-login: something of bob from rip 203.0.113.7",
           "Nov 20 22:40:01 web01 postfix/smtpd[7]: warning: 203.0.113.7 is odd",
           "Nov 20 22:40:01 web01 named[7]: 203.0.113.7 asks too much",
           "Nov 20 22:40:01 web01 proftpd[7]: USER bob (Login failed): 203.0.113.7",
           "Nov 20 22:40:01 web01 haproxy[7]: Proxy main started, 203.0.113.7:80.",
           "Nov 20 22:40:01 web01 useradd[7]: 203.0.113.7 added bob",
           "[Fri Nov 20 01:21:43 2026] [error] user bob not found: 203.0.113.7",
           "2026/01/21 10:56:10 [error] 2833#0: client: 203.0.113.7",
           "2026-11-20 22:45:59 203.0.113.7 authenticator failed",
           "{\"msg\":\"handled request\",\"request\":{\"client_ip\":\"203.0.113.7\"}}",
           "{\"logger\":\"http.log.access\",\"msg\":\"an odd one\",\"client\":\"203.0.113.7\"}",
       }) {
    library.decode(line, source);
    EXPECT_EQ(library.source(), "") << line;
    EXPECT_EQ(library.value("user.name"), "") << line;
    EXPECT_EQ(library.value("event.outcome"), "") << line;
  }
}

}  // namespace
}  // namespace tocsin::ingest
