#!/usr/bin/env python3
"""Replays of generated logs against an independent oracle. argv: binary, root. Needs TOCSIN_DATA and the measure folder beside it.

TOCSIN_LONG=1: logs of 200 k, 1 M and 4 M lines, three seeds each, in order and with late lines."""
import json
import os
import sys
import tempfile
import unittest

from oracle import QUESTIONS, THERE, episodes, fired, generate, reference
from program import main, run

LONG = bool(os.environ.get("TOCSIN_LONG"))
LENGTHS = (200_000, 1_000_000, 4_000_000) if LONG else (200_000,)
SEEDS = (1, 2, 3)
BATCHES = ("4096", "65536", "1048576")
# Threads, parts of the correlator, bytes a batch.
WAYS = [(threads, "1", batch) for threads in ("1", "2") for batch in BATCHES] + [("2", "4", batch) for batch in BATCHES]


def replay(log, threads, shards, batch):
    return run("replay", "--json", "--year", "2025", "--threads", threads, "--shards", shards, "--batch-bytes", batch, log).stdout


@unittest.skipUnless(THERE, "TOCSIN_DATA is not set")
class Oracle(unittest.TestCase):
    def one_output(self, log, name):
        """The alerts, after all threads, shards and batch sizes gave the same bytes."""
        outputs = {replay(log, *way) for way in WAYS}
        self.assertEqual(len(outputs), 1, name)
        return [json.loads(line) for line in outputs.pop().splitlines()]

    def each_log(self, *more):
        for lines in LENGTHS:
            for seed in SEEDS:
                with tempfile.TemporaryDirectory() as folder:
                    log = f"{folder}/auth.log"
                    generate(log, lines, seed, *more)
                    yield log, f"{lines} lines, seed {seed} {' '.join(more)}"

    def told(self, name, counts):
        print(f"{name}: one output of {len(WAYS)} runs; equal:", ", ".join(f"{n} {rule}" for rule, n in counts.items()),
              file=sys.stderr, flush=True)

    def test_in_order_all_alerts_are_the_same_whatever_threads_shards_and_batches(self):
        for log, name in self.each_log():
            alerts, counts = self.one_output(log, name), {}
            for arguments, rule, field in QUESTIONS:
                ours = fired(alerts, rule, field)
                self.assertEqual(ours, reference(log, *arguments), f"{name}, {rule}")
                self.assertGreater(len(ours), 100)
                counts[rule] = len(ours)
            self.told(name, counts)

    def test_late_lines_give_the_same_episodes(self):
        for log, name in self.each_log("--jitter", "50"):
            alerts, counts = self.one_output(log, name), {}
            for arguments, rule, field in QUESTIONS:
                ours = episodes(alerts, rule, field)
                self.assertEqual(ours, sorted(reference(log, "--sort", "--episodes", *arguments)), f"{name}, {rule}")
                counts[rule] = len(ours)
            self.told(name, counts)


if __name__ == "__main__":
    main()
