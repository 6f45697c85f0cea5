#!/usr/bin/env python3
"""Live = replay: what a daemon judged as it came, verify judges again, knowing nothing but the store. argv: binary, root, store_probe.

The daemon is fed over TCP and UDP with gaps, late events, lockouts that are set, renewed, refused and run out, a clean restart,
a kill and a change of options. Event times are chosen here, so that only the gaps in reception take real time."""
import json
import os
import shutil
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from program import ROOT, TOCSIN, FolderTest, listed, main, probe, run

PACK = """\
title: Refused
name: refused
id: 11111111-0000-4000-8000-000000000001
logsource: {product: linux, service: sshd}
detection:
  selection: {event.category: authentication, event.outcome: failure}
  condition: selection
level: low
---
title: Three refused
name: three_refused
id: 11111111-0000-4000-8000-000000000002
correlation:
  type: event_count
  rules: [refused]
  group-by: [user.name]
  timespan: 3s
  condition: {gte: 3}
level: high
tocsin: {actions: [{lock_account: {user: user.name}}]}
---
title: Three addresses
name: three_addresses
id: 11111111-0000-4000-8000-000000000003
correlation:
  type: value_count
  rules: [refused]
  group-by: [user.name]
  timespan: 4s
  condition: {field: source.ip, gte: 3}
level: high
---
title: An account was locked
name: locked
id: 11111111-0000-4000-8000-000000000004
logsource: {product: tocsin, service: lockout}
detection:
  selection: {event.action: account-locked}
  condition: selection
level: medium
---
title: Locked and refused again
name: locked_and_refused
id: 11111111-0000-4000-8000-000000000005
correlation:
  type: temporal_ordered
  rules: [locked, refused]
  group-by: [user.name]
  timespan: 10s
level: high
"""
SILENCE = 1.5  # longer than the idle timeout, the shortest there is
OPTIONS = """\
packs: {{rules: [{folder}/pack.yml]}}
correlate: {{lateness: 2s, idle_timeout: 1s}}
lockout: {{duration: {duration}, cap_per_minute: 3, breaker: 20s}}
"""


# How a program that is built to find its own faults is told which are others'.
SANITIZERS = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}


class LiveReplay(FolderTest):
    def setUp(self):
        super().setUp()
        # A program and packs of its own, that can be taken away.
        os.mkdir(f"{self.folder}/share")
        shutil.copytree(ROOT / "ingest/decoders", f"{self.folder}/share/decoders")
        shutil.copytree(ROOT / "rules/packs", f"{self.folder}/share/rules")
        Path(f"{self.folder}/pack.yml").write_text(PACK, encoding="utf-8")
        self.env = {**os.environ, "TOCSIN_SHARE": f"{self.folder}/share"}
        self.daemon = self.daemon_in(self.folder, OPTIONS.format(folder=self.folder, duration="5s"))
        self.daemon.start(env=self.env)
        self.begin = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(hours=1)
        self.sent = 0

    def line(self, second, user, address="203.0.113.7", word="Failed"):
        stamp = (self.begin + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return f"<38>1 {stamp} web01 sshd 811 - - {word} password for {user} from {address} port 50022 ssh2"

    def tcp(self, lines, address="127.0.0.1"):
        self.daemon.send_tcp(lines, address=address)
        self.all_stored(lines)

    def udp(self, lines):
        self.daemon.send_udp(lines)
        self.all_stored(lines)

    def all_stored(self, lines):
        self.sent += len(lines)
        self.assertTrue(self.daemon.stored(self.sent), self.daemon.status())

    def silence(self):
        time.sleep(SILENCE)

    def story(self):
        for second in range(4):  # locked at the third; refused while locked
            self.tcp([self.line(second, "ann")])
            self.udp([self.line(second + 0.5, "ben", f"198.51.100.{second}")])
        self.tcp([self.line(4.5, user) for user in ("root", "root", "root")])  # never locked
        self.silence()
        # Behind a window and the watermark; ann's lockout has run out, and is set again.
        self.udp([self.line(60, "ann"), self.line(61, "ann"), self.line(61.5, "ann")])
        self.udp([self.line(62, "ann"), self.line(62.5, "ann")])  # amended
        # Late within the lateness: it makes three of two. Later than that: counted only.
        self.tcp([self.line(90, "cid"), self.line(91.5, "cid"), self.line(90.5, "cid"), self.line(20, "cid"), self.line(21, "cid")])
        # Of another source, behind the first in time; then the first falls silent, and time goes on without it.
        self.tcp([self.line(88 + i / 10, "dan") for i in range(5)], address="127.0.0.2")
        self.silence()
        self.tcp([self.line(120 + i, "dan") for i in range(3)], address="127.0.0.2")
        self.tcp([self.line(100 + i / 2, "ed") for i in range(4)])  # too late
        # Five accounts within a minute are more than may be locked: the breaker.
        for i in range(5):
            self.udp([self.line(200 + i, f"many{i}") for _ in range(3)])
        # Parts of one audit record on both sides of a restart; half a window too.
        audit = (ROOT / "tests/data/audit.log").read_text(encoding="utf-8").splitlines()[:6]
        audit = [text.replace("audit(1795214890", f"audit({int(self.begin.timestamp()) + 299}") for text in audit]
        self.tcp(audit[:2])
        self.tcp([self.line(300, "flo"), self.line(300.5, "flo")])
        self.daemon.stop()
        self.daemon.start(env=self.env)
        self.tcp([self.line(301, "flo")] + audit[2:])
        self.tcp([self.line(320, "gus"), self.line(320.5, "gus")])
        self.udp([self.line(321, "hal", f"198.51.100.{i}") for i in range(2)])
        self.daemon.kill()
        self.daemon.start(env=self.env)
        self.tcp([self.line(321, "gus")])
        self.udp([self.line(321.5, "hal", "198.51.100.9")])
        self.silence()
        # Another length of lockouts from here on: a new epoch.
        self.daemon.stop()
        config = Path(self.daemon.config)
        config.write_text(config.read_text(encoding="utf-8").replace("duration: 5s", "duration: 7s"), encoding="utf-8")
        self.daemon.start(env=self.env)
        for second in range(4):
            self.tcp([self.line(400 + second / 2, "ida")], address="127.0.0.3")
        self.daemon.kill()
        self.daemon.start(env=self.env)
        self.tcp([self.line(403 + i, "ida") for i in range(3)], address="127.0.0.3")
        self.daemon.stop()

    def expect_the_story(self):
        alerts = [json.loads(text) for text in listed(self.daemon.store)]
        fired = {(alert["rule"]["title"], alert["group"].get("user.name")) for alert in alerts}
        for user in ("ann", "ben", "cid", "dan", "root", "many0", "many4", "flo", "gus", "hal", "ida"):
            self.assertIn(("Three refused", user), fired)
        self.assertNotIn(("Three refused", "ed"), fired)
        for user in ("ben", "hal"):
            self.assertIn(("Three addresses", user), fired)
        for user in ("ann", "ida"):
            self.assertIn(("Locked and refused again", user), fired)
        self.assertTrue(any(alert["late"] for alert in alerts))
        done = run("alerts", "list", "--json", "--lockouts", "--store", self.daemon.store)
        lockouts = [json.loads(text)["lockout"] for text in done.stdout.splitlines() if text.startswith('{"lockout"')]
        self.assertEqual({lockout["refused"] or "" for lockout in lockouts}, {"", "allowlist", "cap", "breaker"})
        self.assertEqual(len([lockout for lockout in lockouts if lockout["user"] == "ann" and lockout["rule"].endswith("2")]), 2)
        return len(alerts), len(lockouts)

    def alone(self, store, code):
        """verify by a copy of the program that has nothing but a store."""
        bare = f"{self.folder}/bare"
        if not os.path.exists(bare):
            os.mkdir(bare)
            shutil.copy(TOCSIN, f"{bare}/tocsin")
        done = run("verify", "--json", "--store", store, code=code, program=[f"{bare}/tocsin"], cwd=bare, env={**SANITIZERS, "HOME": bare, "PATH": "/nonexistent"})
        rows = [json.loads(row) for row in done.stdout.splitlines()]
        return rows[-1]["verified"], rows[:-1]

    def test_the_store_alone_gives_the_same_and_shows_what_was_altered(self):
        self.story()
        alerts, lockouts = self.expect_the_story()
        for name in ("share", "pack.yml", "tocsin.yaml"):
            shutil.move(f"{self.folder}/{name}", f"{self.folder}/{name}.away")
        summary, differences = self.alone(self.daemon.store, 0)
        self.assertEqual(differences, [])
        self.assertEqual(summary, {"events": self.sent, "alerts": alerts, "lockouts": lockouts, "epochs": 2, "older_alerts": 0, "differences": 0})
        print(f"verify with the store alone: {summary}", file=sys.stderr)
        for kind, expected in (("alert", ("changed", "alert")), ("forged", ("extra", "alert")), ("lockout", ("changed", "lockout"))):
            broken = f"{self.folder}/broken-{kind}"
            shutil.copytree(self.daemon.store, broken)
            probe("break", broken, kind)
            summary, differences = self.alone(broken, 1)
            self.assertEqual([(row["difference"], row["kind"]) for row in differences], [expected])
            self.assertEqual(summary["differences"], 1)


if __name__ == "__main__":
    main()
