#!/usr/bin/env python3
"""`tocsin backtest` beside a daemon that goes on writing: what the rules in force raised, and what others would have.

argv: binary, root, store_probe."""
import json
from pathlib import Path

from program import ROOT, FolderTest, listed, main, run

PACKS = Path(ROOT) / "rules/packs"


def backtest(*arguments, code=0):
    lines = run("backtest", "--json", "--limit", "0", *arguments, code=code).stdout.splitlines()
    return [json.loads(line) for line in lines]


def alerts_of(lines):
    return sorted((alert for line in lines if "rule" in line for alert in line["rule"]["examples"]),
                  key=lambda alert: alert["id"])


def stored(store, found):
    """What is known of them as they were raised: what people did about them is not of the log."""
    members = found[0].keys()
    alerts = ({name: alert[name] for name in members} for alert in map(json.loads, listed(store)))
    return sorted(alerts, key=lambda alert: alert["id"])


class Backtest(FolderTest):
    def attack(self, daemon, user, count, minute=40):
        daemon.send_tcp([f"<38>Nov 20 22:{minute}:{i:02} web01 sshd[811]: Failed password for {user} from 203.0.113.7 port 5002{i % 10} ssh2"
                         for i in range(count)] +
                        [f"<78>Nov 20 22:{minute}:{i:02} web01 CRON[99]: (root) CMD (true)" for i in range(count)])
        return 2 * count

    def test_the_rules_in_force_give_the_alerts_that_are_stored(self):
        daemon = self.daemon_in(self.folder)
        daemon.start()
        sent = 0
        for round_, user in enumerate(("ann", "bob", "eve")):
            sent += self.attack(daemon, user, 6 + round_)
            self.assertTrue(daemon.stored(sent), daemon.status())
            found = alerts_of(backtest("--store", self.store, str(PACKS)))
            # What the daemon tells later of open alerts, last_seen and total, is the same by then, too.
            self.assertEqual(found, stored(self.store, found))
            self.assertGreater(len(found), round_)
        self.assertTrue(daemon.alive())

    def test_a_stricter_form_lacks_the_alerts_that_it_should(self):
        daemon = self.daemon_in(self.folder)
        daemon.start()
        sent = sum(self.attack(daemon, user, count) for user, count in (("ann", 5), ("bob", 7), ("eve", 12), ("mia", 4)))
        self.assertTrue(daemon.stored(sent), daemon.status())
        old = PACKS / "linux/ssh_brute_force_user.yml"
        text = old.read_text(encoding="utf-8")
        self.assertIn("gte: 5", text)
        new = Path(self.folder) / "stricter.yml"
        new.write_text(text.replace("gte: 5", "gte: 8"), encoding="utf-8")
        for against in (str(old), "stored"):
            lines = backtest("--store", self.store, str(new), "--against", against, code=1)
            self.assertEqual(lines[-1]["against"], {"only_new": 0, "only_old": 2, "both": 1})
            gone = sorted(line["only_old"]["group"]["user.name"] for line in lines if "only_old" in line)
            self.assertEqual(gone, ["ann", "bob"])
        same = backtest("--store", self.store, str(old), "--against", "stored")
        self.assertEqual(same[-1]["against"], {"only_new": 0, "only_old": 0, "both": 3})
        self.assertTrue(daemon.alive())

    def test_a_replayed_log_too(self):
        run("replay", "--json", "--year", "2026", "--store", self.store, Path(ROOT) / "tests/data/auth.log")
        found = alerts_of(backtest("--store", self.store, str(PACKS)))
        self.assertEqual(found, stored(self.store, found))
        self.assertGreater(len(found), 3)


if __name__ == "__main__":
    main()
