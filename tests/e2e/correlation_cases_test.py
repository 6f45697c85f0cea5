#!/usr/bin/env python3
"""Whole logs and the sources that must be alerted on, by the rules that come with Tocsin. argv: binary, root. Needs TOCSIN_DATA.

Each log that a Sigma rule can state is replayed as it stands, shuffled within a second, split over three inputs, and with
a restart in the middle: the rules of its scenario's class alert on exactly the sources that it expects. What is left out or
differs stands here with the reason; a reason that is no longer true fails, too.

Some logs were put together from pieces and go back by hours or years: the lines of all are brought into the order of their
times first, as a program would have written them, and are judged with the default settings."""
import ipaddress
import itertools
import json
import os
import random
import re
import unittest
from pathlib import Path

from program import ROOT, FolderTest, listed, main, run

DATA = Path(os.environ.get("TOCSIN_DATA", "")) / "correlation"
SEED = int(os.environ.get("TOCSIN_SEED", "1"))
ENOUGH = 0.9  # of the logs that can be stated
OPTIONS = ["--json", "--year", "2025"]

# A class of scenarios: its rules, by name; then the scenarios.
CLASSES = [
    # Guessing, at whatever service. A scenario that wants different accounts is met by the same attack.
    (["login_failures_repeated", "login_brute_force_source", "login_spraying"], [
        "apache-guacamole_bf", "asterisk_bf", "audiobookshelf-bf", "authelia-bf", "authelia-bf_user-enum",
        "aws-cloudtrail-bf-console-login", "cas-slow-bf", "cas-slow-bf_user-enum", "couchdb-bf", "couchdb-slow-bf",
        "dovecot-slow-bf", "dovecot-time-based-bf", "email-generic-bf", "email-user-bf", "exchange-bf", "exim-bf",
        "exim-user-bf", "freeswitch-bf", "harbor-bf", "harbor-bf_user-enum", "hestiacp-bf", "hestiacp-bf-user-enum",
        "http-generic-401-bf", "http-generic-bf", "jellyfin-bf", "joplin-server-bf", "keycloak-bf", "keycloak-user-enum-bf",
        "lemonldap-ng-bf", "lemonldap-ng-user-enum", "litespeed-admin-bf", "mealie-bf", "meshcentral-bf", "ombi-bf",
        "opensearch-dashboard-bf", "pgsql-user-enum", "proxmox-bf", "proxmox-bf-user-enum", "qbittorrent-bf", "radarr-bf",
        "sftpgo-bf", "stirling-pdf-bf", "teamspeak3-bf", "teleport-bf", "thehive-bf", "zimbra-bf", "zimbra-user-enum"]),
    (["windows_brute_force_source"], ["windows-bf"]),
    (["ssh_brute_force_source", "ssh_password_spraying", "ssh_user_enumeration", "ssh_connections_without_login"],
     ["ssh-bf", "ssh-bf_user-enum"]),
    (["connections_refused_repeatedly"], ["freeswitch-acl-reject", "ssh-refused-conn", "wireguard-auth"]),
    (["login_failures_repeated", "connections_refused_repeatedly"], ["postfix-helo-rejected", "postfix-spam"]),
    (["honeypot_returning"], ["endlessh-bf", "telnet-bf"]),
    (["dns_queries_refused_repeatedly"], ["bind9-refused"]),
    (["port_scan", "host_sweep"], ["mikrotik-scan-multi_ports", "pf-scan-multi_ports"]),
    (["firewall_threat"], ["palo-alto-threat"]),
    (["kernel_loader_crash"], ["CVE-2023-4911"]),
    (["audit_setuid_crash"], ["auditd-suid-crash"]),
    (["windows_webdav_to_address"], ["CVE-2023-23397"]),
    (["web_scanner_burst"], ["couchdb-crawl", "http-probing", "http-dos-random-uri"]),
    (["web_cache_busting_flood"], ["http-dos-bypass-cache"]),
    (["web_unknown_http_version"], ["http-dos-invalid-http-versions"]),
    (["web_scanner_agent"], ["http-bad-user-agent"]),
    (["web_scanner_path"], ["http-w00tw00t"]),
    (["web_secrets_probed"], ["http-sensitive-files"]),
    (["web_wordpress_scan"], ["http-wordpress-scan"]),
    (["web_sap_scan"], ["http-sap-interface-probing"]),
    (["web_shell_requested"], ["http-backdoors-attempts"]),
    (["web_cross_site_scripting"], ["http-xss-probbing", "zoneminder_cve-2022-39285"]),
    (["web_path_traversal"], ["grafana-cve-2021-43798", "http-cve-2021-41773", "http-path-traversal-probing"]),
    (["web_jndi_lookup"], ["apache_log4j2_cve-2021-44228"]),
    (["web_expression_injection"], ["CVE-2022-42889", "spring4shell_cve-2022-22965"]),
    (["web_command_injection"], ["CVE-2022-44877", "CVE-2022-46169-cmd", "netgear_rce"]),
    (["web_php_injection"], ["thinkphp-cve-2018-20062"]),
    (["web_known_exploit"], [
        "CVE-2017-9841", "CVE-2022-35914", "CVE-2022-46169-bf", "CVE-2023-22518", "CVE-2023-49103", "fortinet-cve-2022-40684",
        "vmware-vcenter-vmsa-2021-0027", "zoneminder_cve-2022-39290"]),
    (["web_firewall_blocked"], [
        "crs-anomaly-score", "modsecurity", "openappsec-bot-protection", "openappsec-cross-site-redirect", "openappsec-csrf",
        "openappsec-error-disclosure", "openappsec-error-limit", "openappsec-evasion-techniques", "openappsec-general",
        "openappsec-http-limit-violation", "openappsec-http-method-violation", "openappsec-ldap-injection",
        "openappsec-open-redirect", "openappsec-path-traversal", "openappsec-probing", "openappsec-rce",
        "openappsec-request-rate-limit", "openappsec-schema-validation", "openappsec-sql-injection",
        "openappsec-url-instead-of-file", "openappsec-xss", "openappsec-xxe"]),
    # What no rule of the packs alerts on.
    ([], ["aws-cloudtrail-nwo-nwd-console-login", "mailscanner-blacklisted", "mailscanner-highscore-spam"]),
]

# Logs that no Sigma rule can state, or that state nothing.
LEFT_OUT = {
    "CVE-2025-0108": "its filter is a list of addresses in fashion, which is not among the data",
    "http-cve-probing": "its filter is a list of addresses in fashion, which is not among the data",
    "http-technology-probing": "its filter is a list of addresses of products, which is not among the data",
    "aws-cloudtrail-postexploit": "counts by arrival: by their own times its lines are three hours apart, not a minute",
    "dovecot-slow-bf-no-overlap": "the data names no source",
    "dovecot-slow-bf-user-enum": "the data names no source",
    "magento-ccs": "the log of a plug-in that only feeds the program whose test this is",
    "magento-ccs-by-as": "needs the network operator of an address",
    "magento-ccs-by-country": "needs the country of an address",
    "qbittorrent-logs": "no rule was loaded in this test of a parser: its lines are those of qbittorrent-bf, which must alert",
    "ssh-generic-test": "a self-test: one made-up user name of the program whose test this is",
    "ssh-time-based-bf": "the median of intervals: the sources that must stay silent differ in nothing else",
    "teleport-impossible-travel": "needs the distance of two addresses",
    "wazuh:iptables#iptables: drop frecuency": "the data names no source; packets of one connection to one port: a client that "
                                               "tries again looks the same, and no rule of the packs alerts on that",
    "wazuh:iptables#iptables: openwrt drop frecuency": "the same",
}

# Logs that can be stated, where the packs decide otherwise.
DIFFERENT = {
    "apereo-cas-slow-bf": "its author allows ten failures; 1.1.1.1 has six in half a minute, and four are enough for us",
    "aws-nwo-login": "a login outside of office hours is nothing that everybody wants to be alerted on",
    "envoy-http-bad-user-agent": "the lines are wrapped as containerd writes them, and that is not read",
    "mailscanner-blacklisted": "one unwanted mail is no alert",
    "mailscanner-highscore-spam": "two unwanted mails are no alert",
    "postfix-helo": "two refused mails are no alert",
    "sshd-refused-conn": "one refused connection is no alert; five are",
}


def text(name, folder):
    return (folder / name).read_text(encoding="utf-8")


def canonical(source):
    """An address in one form, an IPv4 address also where it is written as an IPv6 one; anything else without doubled backslashes."""
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return source.replace("\\\\", "\\")
    return str(getattr(address, "ipv4_mapped", None) or address)


def rule_ids():
    """The ids of the packs' rules, by name."""
    out = {}
    for path in (ROOT / "rules/packs").rglob("*.yml"):
        words = dict(line.split(": ", 1) for line in path.read_text(encoding="utf-8").splitlines() if re.match("(id|name): ", line))
        out[words["name"]] = words["id"]
    return out


def sources(rows, rules):
    """What the alerts of these rules are on: the address in the group, or what else it has beside the host."""
    out = set()
    for row in rows:
        alert = json.loads(row)
        if alert["rule"]["id"] not in rules:
            continue
        group = alert["group"]
        found = [group[name] for name in ("source.ip", "IpAddress", "exe", "process.executable", "User") if name in group]
        out.add(canonical(found[0]) if found else json.dumps(group))
    return out


def in_order(lines):
    """Lines in the order of their times, with these; a line without one belongs to the line before it."""
    rows = run("decode", *OPTIONS, stdin="".join(line + "\n" for line in lines)).stdout.splitlines()
    assert len(rows) == len(lines)
    times = list(itertools.accumulate((json.loads(row)["time"] for row in rows), lambda last, time: time or last))
    ordered = sorted(((time or "", line) for time, line in zip(times, lines)), key=lambda pair: pair[0])
    return [time for time, _ in ordered], [line for _, line in ordered]


class Case:
    def __init__(self, record, ids):
        self.name = record["case"].removeprefix("crowdsec:.tests/")
        self.times, self.lines = in_order(record["lines"])
        self.scenarios = {row["scenario"].split("/")[-1] for row in record["expect"] if "scenario" in row}
        self.expected = {canonical(source) for row in record["expect"] for source in row.get("sources", [])}
        self.names = {name for rules, scenarios in CLASSES if self.scenarios & set(scenarios) for name in rules}
        self.rules = {ids[name] for name in self.names}


@unittest.skipUnless(DATA.is_dir(), "TOCSIN_DATA is not set")
class Cases(FolderTest):
    @classmethod
    def setUpClass(cls):
        ids = rule_ids()
        records = [json.loads(line) for name in ("crowdsec.ndjson", "wazuh.ndjson") for line in text(name, DATA).splitlines()]
        cls.cases = [Case(record, ids) for record in records]
        cls.whole = {}
        cls.stated = [case for case in cls.cases if case.name not in LEFT_OUT]

    def log(self, name, lines, mode="w"):
        path = Path(self.folder) / name
        with open(path, mode, encoding="utf-8") as out:
            out.writelines(line + "\n" for line in lines)
        return str(path)

    def replay(self, *logs, more=()):
        return run("replay", *OPTIONS, *more, *logs).stdout.splitlines()

    def as_it_stands(self, case):
        if case.name not in self.whole:
            self.whole[case.name] = self.replay(self.log("whole.log", case.lines))
        return self.whole[case.name]

    def shuffled(self, case):
        """Lines of the same second, in any order."""
        chance = random.Random(f"{SEED} {case.name}")
        mixed = []
        for _, part in itertools.groupby(zip(case.times, case.lines), key=lambda pair: pair[0][:19]):
            part = [line for _, line in part]
            chance.shuffle(part)
            mixed += part
        return self.replay(self.log("mixed.log", mixed))

    def split(self, case):
        return self.replay(*[self.log(f"part{i}.log", case.lines[i::3]) for i in range(3) if case.lines[i::3]])

    def restarted(self, case):
        store, half = f"{self.folder}/{case.name}", (len(case.lines) + 1) // 2
        log = self.log("growing.log", case.lines[:half])
        self.replay(log, more=["--store", store])
        self.log("growing.log", case.lines[half:], "a")
        self.replay(log, more=["--store", store])
        return listed(store)

    def test_each_case_has_its_place(self):
        known = {name for _, scenarios in CLASSES for name in scenarios}
        for case in self.stated:
            self.assertEqual(case.scenarios - known, set(), case.name)
            self.assertTrue(case.expected, case.name)  # a case that expects silence cannot be here unseen
        names = [case.name for case in self.cases]
        self.assertEqual((set(LEFT_OUT) | set(DIFFERENT)) - set(names), set())
        self.assertEqual(set(LEFT_OUT) & set(DIFFERENT), set())
        self.assertEqual([case.name for case in self.cases if not case.scenarios and case.name not in LEFT_OUT], [])

    def test_the_silent_case_contradicts_another(self):
        lines = {case.name: case.lines for case in self.cases}
        self.assertLessEqual(set(lines["qbittorrent-logs"]), set(lines["qbittorrent-bf"]))

    def test_alerts_on_exactly_the_expected_sources(self):
        exact, silent = 0, 0
        for case in self.stated:
            found = sources(self.as_it_stands(case), case.rules)
            exact += found == case.expected
            with self.subTest(case.name, rules=sorted(case.names)):
                if case.name in DIFFERENT:
                    self.assertNotEqual(found, case.expected, "it does not differ any more")
                else:
                    self.assertEqual(found, case.expected)
            told = set(re.findall(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])", "\n".join(case.lines)))
            silent += len(told - found - case.expected)
        print(f"\n{len(self.cases)} cases, {len(LEFT_OUT)} left out, {len(self.stated)} can be stated, {exact} exact: "
              f"{exact / len(self.stated):.1%}; {silent} other addresses in them are silent")
        for title, reasons in (("left out", LEFT_OUT), ("different", DIFFERENT)):
            print(title)
            for name, reason in reasons.items():
                print(f"  {name}: {reason}")
        self.assertGreaterEqual(exact / len(self.stated), ENOUGH)

    def same(self, way):
        """The sources of every case do not depend on how its lines come."""
        for case in self.stated:
            with self.subTest(case.name, rules=sorted(case.names)):
                self.assertEqual(sources(way(case), case.rules), sources(self.as_it_stands(case), case.rules))

    def test_shuffled_within_a_second(self):
        print(f"\nTOCSIN_SEED={SEED}")
        self.same(self.shuffled)

    def test_split_over_three_inputs(self):
        self.same(self.split)

    def test_with_a_restart_in_the_middle(self):
        self.same(self.restarted)

    def test_a_single_line_is_silent_where_many_are_counted(self):
        """Of what only a correlation states, the first line alone raises nothing."""
        counted = {name for name in rule_ids() if "\ncorrelation:" in next(
            (path.read_text(encoding="utf-8") for path in (ROOT / "rules/packs").rglob(f"{name}.yml")), "")}
        cut = [case for case in self.stated if case.names and case.names <= counted]
        self.assertGreater(len(cut), 50)
        for case in cut:
            with self.subTest(case.name):
                self.assertEqual(sources(self.replay(self.log("one.log", case.lines[:1])), case.rules), set())


if __name__ == "__main__":
    main()
