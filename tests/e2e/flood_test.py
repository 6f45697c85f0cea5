#!/usr/bin/env python3
"""A flood of distinct users under a small limit of memory: every attack is found, and the alerts are, byte for byte, those of a
replay without a limit; with a store, without one, and when the store is verified (bench/flood, which measures ten million)."""
import json
import unittest

import program
from program import ROOT, TOCSIN, run


class Flood(unittest.TestCase):
    def test_every_attack_is_found(self):
        said = run("--tocsin", TOCSIN, "--users", "200000", "--window-bytes", str(6_000_000), "--most-rss", "0",
                   "--ways", "free,store,plain,verify", "--json", program=(ROOT / "bench" / "flood",))
        found = json.loads(said.stdout)
        self.assertEqual(found["wrong"], [])
        names = [row["name"] for row in found["figures"] if row["name"].endswith("attacks found")]
        self.assertEqual(len(names), 3)

    def test_the_daemon_finds_them_too_and_starts_with_them(self):
        said = run("--tocsin", TOCSIN, "--groups", "20000", "--kills", "2", "--window-bytes", str(1_000_000), "--interval", "1s",
                   "--json", program=(ROOT / "bench" / "recovery",))
        self.assertEqual(json.loads(said.stdout)["wrong"], [])


if __name__ == "__main__":
    program.main()
