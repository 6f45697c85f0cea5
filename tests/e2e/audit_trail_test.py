#!/usr/bin/env python3
"""What was done to the daemon stands in its log, and rules see it. argv: binary, root, store_probe."""
import json
import os
import pwd
import signal
import time
from pathlib import Path

from program import ControlSocket, FolderTest, listed, main, run, verified, wait_for

RULES = """title: Somebody worked on alerts
id: 00000000-0000-4000-8000-000000000001
name: touched
level: informational
logsource: {product: tocsin, service: audit}
detection:
  selection: {event.action: alert-changed}
  condition: selection
---
title: Alerts closed in a row
id: 00000000-0000-4000-8000-000000000002
level: high
correlation:
  type: event_count
  rules: [touched]
  group-by: [user.name]
  timespan: 10m
  condition: {gte: 3}
---
title: A refused reload
id: 00000000-0000-4000-8000-000000000003
level: medium
logsource: {product: tocsin, service: audit}
detection:
  selection: {event.action: reloaded, event.outcome: failure}
  condition: selection
---
title: Refused password
id: 00000000-0000-4000-8000-000000000004
level: high
logsource: {product: linux, service: sshd}
detection:
  selection: {event.action: logged-in, event.outcome: failure}
  condition: selection
"""
ME = pwd.getpwuid(os.getuid()).pw_name


class AuditTrailTest(FolderTest):
    def setUp(self):
        super().setUp()
        self.rules = Path(self.folder) / "rules.yml"
        self.rules.write_text(RULES, encoding="utf-8")
        self.daemon = self.daemon_in(self.folder, f"packs: {{rules: [{self.rules}], default_rules: false}}\n", audit_trail="true", syslog="{}")
        self.daemon.start()

    def events(self, query="event.kind: event"):
        found = [json.loads(line) for line in run("search", query, "--format", "json", "--store", self.store).stdout.splitlines()]
        return list(reversed(found))  # oldest first

    def actions(self):
        return [event["event.action"] for event in self.events()]

    def reload(self, code=0):
        return run("reload", "--config", self.daemon.config, code=code)

    def alerts(self):
        return [json.loads(line) for line in listed(self.store)]

    def titles(self):
        return {alert["rule"]["title"] for alert in self.alerts()}

    def test_who_did_what_and_what_came_of_it(self):
        self.reload()
        self.rules.write_text("title: [", encoding="utf-8")
        self.reload(code=3)
        self.rules.write_text(RULES, encoding="utf-8")
        self.daemon.process.send_signal(signal.SIGHUP)
        self.assertTrue(wait_for(lambda: self.actions().count("reloaded") == 3))
        snapshot = ControlSocket(self.daemon.socket)
        snapshot.request("POST", "/api/v1/snapshot", body="")
        self.assertEqual(snapshot.getresponse().status, 200)
        snapshot.close()
        self.daemon.stop()
        self.daemon.start()
        self.daemon.stop()
        events = self.events()
        self.assertEqual([event["event.action"] for event in events],
                         ["started", "reloaded", "reloaded", "reloaded", "snapshot-made", "stopping", "started", "stopping"])
        self.assertEqual([event["event.outcome"] for event in events[1:4]], ["success", "failure", "success"])
        self.assertIn("refused: ", events[2]["message"])
        for event in events:
            self.assertEqual(event.get("user.name"), None if event["event.action"] == "started" else ME, event)
        self.assertIn("A refused reload", self.titles())
        self.assertEqual(verified(self.store)["differences"], 0)

    def test_work_on_alerts_is_seen_by_rules_and_moves_no_time(self):
        stamp = time.strftime("%b %e %H:%M:%S", time.gmtime(time.time() - 3600))
        self.daemon.send_tcp([f"<38>{stamp} web01 sshd[811]: Failed password for user{i} from 203.0.113.7 port 50022 ssh2" for i in range(5)])
        self.assertTrue(wait_for(lambda: "Refused password" in self.titles()))
        alerts = [alert["id"] for alert in self.alerts()]
        for action in (("ack",), ("comment", "--text", "looked at"), ("close", "--reason", "benign")):
            run("alerts", action[0], alerts[0], *action[1:], "--config", self.daemon.config)
        self.assertTrue(wait_for(lambda: "Alerts closed in a row" in self.titles()))
        changes = [event for event in self.events() if event["event.action"] == "alert-changed"]
        self.assertEqual([event["tocsin.alert.change"] for event in changes], ["ack", "comment", "close"])
        self.assertEqual({event["tocsin.alert.id"] for event in changes}, {alerts[0]})
        self.assertEqual({event["user.name"] for event in changes}, {ME})
        # Lines of an hour ago are still counted, though records of now lie between.
        before = self.daemon.last_seq()
        self.daemon.send_tcp([f"<38>{stamp} web01 sshd[811]: Failed password for later from 203.0.113.7 port 50022 ssh2"])
        self.assertTrue(self.daemon.stored(before + 1))
        self.daemon.stop()
        self.assertEqual(sum(alert["total"] for alert in self.alerts() if alert["rule"]["title"] == "Refused password"), 6)
        self.assertEqual(verified(self.store)["differences"], 0)

    def test_it_can_be_off(self):
        os.makedirs(f"{self.folder}/quiet")
        quiet = self.daemon_in(f"{self.folder}/quiet")
        quiet.start()
        quiet.stop()
        self.assertEqual(run("search", "*", "--format", "json", "--store", quiet.store).stdout, "")


if __name__ == "__main__":
    main()
