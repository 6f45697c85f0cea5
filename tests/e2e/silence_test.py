#!/usr/bin/env python3
"""What only silence satisfies, in a daemon that nothing more comes to: an alert of absence comes by itself, and once.

argv: binary, root, store_probe. Event times lie an hour back, so that nothing but the time between receptions can carry them on."""
import json
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from program import FolderTest, delivered, listed, main, probe, verified, wait_for

TIMESPAN, LATENESS, IDLE = 4, 1, 1
PACK = f"""\
title: Says something
name: says
id: 11111111-0000-4000-8000-000000000001
logsource: {{product: linux, service: sshd}}
detection:
  selection: {{event.category: authentication}}
  condition: selection
level: low
---
title: Silent
name: silent
id: 11111111-0000-4000-8000-000000000002
correlation:
  type: event_count
  rules: [says]
  group-by: [host.name]
  timespan: {TIMESPAN}s
  condition: {{lt: 1}}
level: high
tocsin: {{expect: Hosts}}
"""
OPTIONS = """\
packs: {{default_rules: false, rules: [{folder}/pack.yml], lists: [{folder}/lists.yml]}}
correlate: {{lateness: {lateness}s, idle_timeout: {idle}s}}
channels: {{told: {{type: file, path: {folder}/told.jsonl}}}}
"""


class Silence(FolderTest):
    def begin_with(self, idle):
        Path(f"{self.folder}/pack.yml").write_text(PACK, encoding="utf-8")
        Path(f"{self.folder}/lists.yml").write_text("lists: {Hosts: [db01, web01]}\n", encoding="utf-8")
        self.daemon = self.daemon_in(self.folder, OPTIONS.format(folder=self.folder, lateness=LATENESS, idle=idle))
        self.daemon.start()
        self.begin = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(hours=1)
        self.sent = 0

    def send(self, *messages):
        lines = []
        for second, host in messages:
            stamp = (self.begin + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            lines.append(f"<38>1 {stamp} {host} sshd 811 - - Failed password for ann from 203.0.113.7 port 50022 ssh2")
        self.daemon.send_tcp(lines)
        self.sent += len(lines)
        self.assertTrue(self.daemon.stored(self.sent), self.daemon.status())

    def fired(self, alert):
        """(host, second at which silence fired)"""
        when = datetime.fromisoformat(alert["fired_at"][:19] + "+00:00")
        return alert["group"]["host.name"], (when - self.begin).total_seconds()

    def told(self):
        """What the channel was given as new."""
        return sorted(self.fired(row["alert"]) for row in delivered(f"{self.folder}/told.jsonl") if row["change"] == "fired")

    def stored_alerts(self):
        alerts = [json.loads(text) for text in listed(self.daemon.store)]
        return sorted((*self.fired(alert), alert["count"], len(alert["evidence"])) for alert in alerts)

    def nothing_differs(self, alerts):
        self.assertEqual(verified(self.daemon.store), {"events": self.sent, "alerts": alerts, "lockouts": 0, "epochs": 1, "older_alerts": 0, "differences": 0})

    def clock_records(self):
        return int(probe("clocks", self.daemon.store))

    def test_an_alert_of_absence_comes_by_itself(self):
        self.begin_with(IDLE)
        since = time.monotonic()
        self.send((0, "web01"), (1, "web01"), (2, "app01"))
        expected = [("app01", 2.0 + TIMESPAN), ("db01", 0.0 + TIMESPAN), ("web01", 1.0 + TIMESPAN)]
        self.assertTrue(wait_for(lambda: self.told() == expected, 120), self.told())
        took = time.monotonic() - since
        # The last falls due when time has come to second 6, of which 2 were over with the last message.
        self.assertGreater(took, TIMESPAN + LATENESS, "nothing fires early")
        print(f"the last alert of absence came {took:.1f} s after the last message", file=sys.stderr)
        # The alert of a host that nobody expects ends. Behind that nothing is due, and nothing written, however long it lasts.
        time.sleep(TIMESPAN + LATENESS + 2)
        clocks = self.clock_records()
        self.assertIn(clocks, range(1, 6), "each is for something that was due")
        time.sleep(3)
        self.assertEqual(self.clock_records(), clocks)
        self.daemon.stop()
        self.assertEqual(self.stored_alerts(), [(host, second, 0, 0) for host, second in expected])
        self.nothing_differs(3)

    def test_a_restart_in_the_silence_loses_and_doubles_nothing(self):
        self.begin_with(IDLE)
        self.send((0, "web01"), (1, "db01"))
        self.daemon.kill()
        self.daemon.start()
        self.assertTrue(wait_for(lambda: len(self.told()) == 2, 120), self.told())
        self.daemon.kill()
        self.daemon.start()
        self.daemon.stop()
        self.daemon.start()
        # What comes behind a silence is judged as ever, and silence again is another alert.
        self.send((3600, "web01"))
        expected = [("db01", 5.0), ("web01", 4.0), ("web01", 3600.0 + TIMESPAN)]
        self.assertTrue(wait_for(lambda: self.told() == expected, 120), self.told())
        self.daemon.stop()
        self.assertEqual([row[:2] for row in self.stored_alerts()], expected)
        self.nothing_differs(3)

    def test_what_was_held_up_while_the_daemon_was_away_is_not_late(self):
        idle = 12  # as long as a busy machine may take until it has sent again
        self.begin_with(idle)
        self.send((0, "web01"), (1, "db01"))
        self.daemon.stop()
        time.sleep(idle + 1)
        self.daemon.start()
        self.send((2, "web01"), (3, "web01"), (4.5, "db01"), (5, "web01"))
        self.daemon.stop()
        self.assertEqual(self.stored_alerts(), [])
        self.nothing_differs(0)


if __name__ == "__main__":
    main()
