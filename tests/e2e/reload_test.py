#!/usr/bin/env python3
"""Packs that change under a running daemon that is fed all the time. argv: binary, root."""
import json
import re
import signal
import threading
import time
import urllib.request
from pathlib import Path

from program import FolderTest, listed, main, run, verified, wait_for

REFUSED = """title: Refused password
id: 00000000-0000-4000-8000-000000000001
name: refused
level: low
logsource: {product: linux, service: sshd}
detection:
  selection: {event.action: logged-in, event.outcome: failure}
  condition: selection
"""


def counting(number, at_least, timespan="10m"):
    return (f"---\ntitle: Counts\nid: 00000000-0000-4000-8000-{number:012}\nlevel: high\n"
            "correlation:\n  type: event_count\n  rules: [refused]\n  group-by: [user.name]\n"
            f"  timespan: {timespan}\n  condition: {{gte: {at_least}}}\n")


LISTED = """---
title: A watched account
id: 00000000-0000-4000-8000-000000000003
level: high
logsource: {product: linux, service: sshd}
detection:
  selection: {user.name|expand: '%watched%'}
  condition: selection
"""


def line(user):
    stamp = time.strftime("%b %e %H:%M:%S", time.gmtime())
    return f"<38>{stamp} web01 sshd[811]: Failed password for {user} from 203.0.113.7 port 50022 ssh2"


class Load:
    """Lines of many users, at a steady rate, until it is left."""

    def __init__(self, daemon, rate=200):
        self.daemon, self.rate, self.sent, self.stop = daemon, rate, 0, threading.Event()
        self.thread = threading.Thread(target=self.send)

    def send(self):
        while not self.stop.wait(0.1):
            count = self.rate // 10
            try:
                self.daemon.send_tcp([line(f"user{(self.sent + i) % 997}") for i in range(count)])
            except OSError:
                return
            self.sent += count

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


class Reload(FolderTest):
    def setUp(self):
        super().setUp()
        self.rules, self.lists = Path(self.folder, "rules"), Path(self.folder, "lists")
        self.rules.mkdir()
        self.lists.mkdir()
        self.write(REFUSED + counting(10, 1000) + LISTED, ["lists: {watched: [root-a]}"])
        self.packs = f"packs: {{rules: ['{self.rules}'], lists: ['{self.lists}'], default_rules: false}}\n"
        self.daemon = self.daemon_in(self.folder, self.packs)
        self.daemon.start()

    def write(self, rules, lists=None):
        (self.rules / "all.yml").write_text(rules, encoding="utf-8")
        if lists:
            (self.lists / "all.yml").write_text("\n".join(lists) + "\n", encoding="utf-8")

    def reload(self, code=0):
        return run("reload", "--socket", self.daemon.socket, code=code)

    def send(self, *users):
        self.daemon.send_tcp([line(user) for user in users])

    def fired(self, number):
        """Groups of the alerts of the rule with this number."""
        id = f"00000000-0000-4000-8000-{number:012}"
        return [row["group"].get("user.name") for row in map(json.loads, listed(self.daemon.store)) if row["rule"]["id"] == id]

    def metric(self, name):
        text = urllib.request.urlopen(self.daemon.metrics(), timeout=120).read().decode()
        return {row.rsplit(" ", 1)[0]: float(row.rsplit(" ", 1)[1]) for row in text.splitlines() if row.startswith(name)}

    def stored(self):
        return self.daemon.status()["store"]["events"]

    def settled(self, count):
        self.assertTrue(wait_for(lambda: self.stored() >= count), self.daemon.said())

    def stop_and_verify(self):
        self.daemon.stop()
        said = verified(self.daemon.store)
        self.assertEqual(said["differences"], 0)
        ids = [json.loads(text)["id"] for text in listed(self.daemon.store)]
        self.assertEqual(len(ids), len(set(ids)))
        return said

    def test_changed_and_new_rules_go_on_from_what_is_stored(self):
        with Load(self.daemon):
            before = self.stored()
            self.send("bob", "bob", "eve", "eve", "eve", "eve")
            self.settled(before + 6)
            time.sleep(0.5)
            self.write(REFUSED + counting(10, 3) + counting(11, 5) + LISTED)
            self.assertIn("4 rules live", self.reload().stdout)
            self.assertEqual(self.fired(10), [], "nothing is told of the past")
            self.send("bob")
            self.send("eve")
            self.assertTrue(wait_for(lambda: {"bob", "eve"} <= set(self.fired(10))), self.daemon.said())
            self.assertTrue(wait_for(lambda: "eve" in self.fired(11)))
            self.assertNotIn("bob", self.fired(11))
            self.assertIn("as before", self.reload().stdout)
        self.assertEqual(self.stop_and_verify()["epochs"], 2)

    def test_a_value_list_is_live_after_a_reload(self):
        with Load(self.daemon):
            self.send("carol", "root-a")
            self.assertTrue(wait_for(lambda: self.fired(3) != []))
            self.write(REFUSED + counting(10, 1000) + LISTED, ["lists: {watched: [root-a, carol]}"])
            self.reload()
            self.send("carol")
            self.assertTrue(wait_for(lambda: len(self.fired(3)) == 2), self.daemon.said())
        self.stop_and_verify()

    def test_a_bad_pack_leaves_all_as_it_was_and_says_so(self):
        with Load(self.daemon):
            self.write(REFUSED + counting(10, 3).replace("timespan: 10m", "timespan: soon"))
            told = self.reload(code=3)
            self.assertRegex(told.stderr, r"all\.yml:\d+:\d+: rules-\d+: ")
            self.assertIn("refused; the 3 rules of before go on", told.stderr)
            as_json = json.loads(run("reload", "--json", "--socket", self.daemon.socket, code=3).stdout)
            self.assertFalse(as_json["success"])
            self.assertGreater(as_json["errors"][0]["line"], 1)
            self.assertFalse(self.daemon.status()["reload"]["success"])
            self.assertIn("was refused with", run("status", "--socket", self.daemon.socket).stdout)
            self.assertTrue(self.daemon.tells("reload refused; the 3 rules of before go on"))
            self.assertEqual(self.metric("tocsin_config_last_reload_success"), {"tocsin_config_last_reload_success": 0})
            self.assertEqual(self.metric("tocsin_config_reloads_total")['tocsin_config_reloads_total{result="refused"}'], 2)
            self.assertGreater(self.metric("tocsin_rule_errors")["tocsin_rule_errors"], 0)
            self.send("root-a")
            self.assertTrue(wait_for(lambda: self.fired(3) != []), "the old rules go on")
            self.write(REFUSED + counting(10, 3))
            self.reload()
            self.assertEqual(self.metric("tocsin_config_last_reload_success"), {"tocsin_config_last_reload_success": 1})
            self.assertEqual(self.metric("tocsin_rule_errors"), {"tocsin_rule_errors": 0})
            self.assertEqual(self.metric("tocsin_rules_loaded"), {"tocsin_rules_loaded": 2})
        self.assertEqual(self.stop_and_verify()["epochs"], 2)

    def test_what_takes_a_restart_is_named_and_left(self):
        text = Path(self.daemon.config).read_text(encoding="utf-8")
        Path(self.daemon.config).write_text(text.replace("engine: {", "engine: {threads: 7, ") + "lockout: {duration: 7m}\n", encoding="utf-8")
        told = self.reload()
        self.assertIn("engine.threads takes a restart", told.stderr)
        self.assertNotIn("lockout.duration", told.stderr)
        self.assertNotIn("as before", told.stdout)
        Path(self.daemon.config).write_text(text.replace("engine: {", "engine: {threads: many, "), encoding="utf-8")
        self.assertRegex(self.reload(code=3).stderr, r"tocsin\.yaml:\d+:\d+: base-11: ")
        self.stop_and_verify()

    def test_of_a_storm_of_signals_the_last_one_wins(self):
        with Load(self.daemon):
            for at_least in range(30, 2, -1):
                self.write(REFUSED + counting(10, at_least) + counting(11, 1000) * (at_least % 2))
                self.daemon.process.send_signal(signal.SIGHUP)
                time.sleep(0.02)
            self.assertTrue(wait_for(lambda: self.daemon.status()["rules"]["loaded"] == 3 and self.daemon.status()["reload"]["success"]))
            self.reload()
            self.send("bob", "bob", "bob")
            self.assertTrue(wait_for(lambda: "bob" in self.fired(10)), self.daemon.said())
        self.assertIn("reloaded; 3 rules are live", self.daemon.said())
        self.stop_and_verify()

    def test_killed_right_behind_a_reload(self):
        users = []
        for turn in range(6):
            with Load(self.daemon, rate=1000):
                self.write(REFUSED + counting(10, 3) + counting(11 + turn, 2))
                before = self.stored()
                user = f"victim{turn}"
                users.append(user)
                self.send(user, user)
                self.settled(before + 2)
                time.sleep(0.2)
                if turn % 2:
                    self.daemon.process.send_signal(signal.SIGHUP)
                    time.sleep(0.02 * turn)
                else:
                    self.reload()
                self.daemon.kill()
            self.daemon.start()
            self.send(user)
            self.assertTrue(wait_for(lambda: user in self.fired(10)), self.daemon.said())
            self.assertTrue(wait_for(lambda: user in self.fired(11 + turn)), self.daemon.said())
        for user in users:
            self.assertEqual(self.fired(10).count(user), 1)
        self.stop_and_verify()

    def test_rules_are_warming_until_the_log_is_long_enough(self):
        self.assertEqual(self.daemon.status()["rules"]["warming"], [{"rule": "00000000-0000-4000-8000-000000000010", "until": None}])
        self.send("bob")
        self.assertTrue(wait_for(lambda: self.daemon.status()["rules"]["warming"][0]["until"]))
        self.assertEqual(self.metric("tocsin_rules_warming"), {"tocsin_rules_warming": 1})
        self.write(REFUSED + counting(10, 1000) + counting(11, 5, "1d"))
        self.reload()
        self.assertEqual(len(self.daemon.status()["rules"]["warming"]), 2)
        self.assertIn("2 rules warming", run("status", "--socket", self.daemon.socket).stdout)
        self.daemon.stop()
        self.daemon.start()
        self.assertEqual(len(self.daemon.status()["rules"]["warming"]), 2)
        self.daemon.stop()

    def test_without_a_daemon(self):
        self.daemon.stop()
        self.assertIn("console-4", self.reload(code=4).stderr)


if __name__ == "__main__":
    main()
