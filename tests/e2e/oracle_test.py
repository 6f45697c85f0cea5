#!/usr/bin/env python3
"""Replays of generated logs against an independent oracle. argv: binary, root. Needs TOCSIN_DATA and the measure folder beside it."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from datetime import datetime, timezone
from pathlib import Path

TOCSIN = sys.argv[1]
DATA = os.environ.get("TOCSIN_DATA", "")
MEASURE = Path(DATA).parent / "measure" if DATA else Path("/nonexistent")
LINES = os.environ.get("TOCSIN_ORACLE_LINES", "200000")

# What the oracle is asked, and the rule of the default packs that answers the same.
QUESTIONS = [
    ([], "ssh_brute_force_user", "user.name"),
    (["--key", "ip"], "ssh_brute_force_source", "source.ip"),
    (["--distinct"], "ssh_distributed_guessing", "user.name"),
    (["--key", "ip", "--distinct"], "ssh_password_spraying", "source.ip"),
]
TITLES = {
    "ssh_brute_force_user": "Brute force against one account over ssh",
    "ssh_brute_force_source": "Brute force over ssh from one address",
    "ssh_distributed_guessing": "Many addresses try one account over ssh",
    "ssh_password_spraying": "One address tries many users over ssh",
}


def seconds(text):
    return int(datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc).timestamp())


def generate(path, seed, *more):
    subprocess.run([sys.executable, MEASURE / "gen_authlog.py", "--lines", LINES, "--seed", str(seed), "--out", path, *more], check=True)


def reference(log, *arguments):
    done = subprocess.run([sys.executable, MEASURE / "reference.py", *arguments, log], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def replay(log, threads, batch):
    done = subprocess.run([TOCSIN, "replay", "--json", "--year", "2025", "--threads", threads, "--batch-bytes", batch, log],
                          check=True, capture_output=True, text=True)
    return done.stdout


@unittest.skipUnless((MEASURE / "reference.py").is_file(), "TOCSIN_DATA is not set")
class Oracle(unittest.TestCase):
    def test_in_order_all_alerts_are_the_same_whatever_threads_and_batches(self):
        for seed in (1, 2, 3):
            with tempfile.TemporaryDirectory() as folder:
                log = f"{folder}/auth.log"
                generate(log, seed)
                outputs = {replay(log, threads, batch) for threads in ("1", "2") for batch in ("4096", "65536", "1048576")}
                self.assertEqual(len(outputs), 1, f"seed {seed}")
                alerts = [json.loads(line) for line in outputs.pop().splitlines()]
                for arguments, rule, field in QUESTIONS:
                    ours = [f"{seconds(a['fired_at'])} {a['group'][field]} {a['count']} {a['total']}"
                            for a in alerts if a["rule"]["title"] == TITLES[rule]]
                    self.assertEqual(ours, reference(log, *arguments), f"seed {seed}, {rule}")
                    self.assertGreater(len(ours), 100)

    def test_late_lines_give_the_same_episodes(self):
        with tempfile.TemporaryDirectory() as folder:
            log = f"{folder}/auth.log"
            generate(log, 1, "--jitter", "50")
            alerts = [json.loads(line) for line in replay(log, "2", "262144").splitlines()]
            for arguments, rule, field in QUESTIONS:
                ours = sorted(f"{seconds(a['fired_at'])} {seconds(a['last_seen'])} {a['group'][field]} {a['total']}"
                              for a in alerts if a["rule"]["title"] == TITLES[rule] and a["merged_into"] is None)
                self.assertEqual(ours, sorted(reference(log, "--sort", "--episodes", *arguments)), rule)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
