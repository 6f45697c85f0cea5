#!/usr/bin/env python3
"""`tocsin search` as its users run it: over a store of a replay, and beside a daemon that goes on writing.

argv: binary, root, store_probe."""
import csv
import io
import json
import re
import subprocess
from pathlib import Path

from program import ROOT, TOCSIN, FolderTest, main, run

PORT = re.compile(r"Failed password for .* port (\d+) ssh2")


def search(store, *arguments, **more):
    return run("search", "--store", store, *arguments, **more).stdout


class Search(FolderTest):
    def test_the_sample_log_holds_what_a_plain_count_finds(self):
        log = Path(ROOT) / "tests/data/auth.log"
        lines = log.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        store = f"{self.folder}/store"
        run("replay", "--json", "--year", "2026", "--store", store, log)
        failed = [line for line in lines if re.search(r"(?i)(?<!\w)failed(?!\w)", line)]
        raw = search(store, "--format", "raw", "failed and not tocsin.source: internal").splitlines()
        self.assertEqual(sorted(raw), sorted(failed))
        ports = [int(found.group(1)) for found in map(PORT.search, lines) if found]
        counted = search(store, "--format", "csv", '"Failed password" | stats count(), min(source.port), max(source.port)')
        # One of them is none, and so no number of a port.
        self.assertEqual(counted.splitlines()[1], f"{len(ports)},{min(ports)},{max(port for port in ports if port < 65536)}")
        rows = [json.loads(row) for row in search(store, "--format", "json", "--threads", "2", "*").splitlines()]
        times = [row["@timestamp"] for row in rows]
        self.assertEqual(times, sorted(times, reverse=True), "newest first")
        self.assertGreaterEqual(len(rows), len(lines))
        few = search(store, "--format", "json", "--limit", "5", "*").splitlines()
        self.assertEqual([json.loads(row) for row in few], rows[:5])
        table = list(csv.DictReader(io.StringIO(
            search(store, "--format", "csv", "failed | stats count() as n by host.name | sort -n"))))
        self.assertEqual([int(row["n"]) for row in table], sorted((int(row["n"]) for row in table), reverse=True))

    def test_beside_a_daemon_it_finds_what_was_stored_by_then(self):
        daemon = self.daemon_in(self.folder)
        daemon.start()
        sent = 0
        for user in ("ann", "bob"):
            daemon.send_tcp([f"<38>Nov 20 22:40:{i:02} web01 sshd[811]: Failed password for {user} from 203.0.113.7 port 5002{i % 10} ssh2"
                             for i in range(50)])
            sent += 50
            self.assertTrue(daemon.stored(sent), daemon.status())
            found = search(f"{self.folder}/store", "--format", "csv", f"user.name: {user} and failed | stats count()")
            self.assertEqual(found.splitlines()[1], "50")
        self.assertTrue(daemon.alive())

    def test_a_reader_that_goes_away_ends_it(self):
        store = f"{self.folder}/store"
        run("replay", "--json", "--year", "2026", "--store", store, Path(ROOT) / "tests/data/auth.log")
        process = subprocess.Popen([TOCSIN, "search", "--store", store, "--format", "json", "*"], stdout=subprocess.PIPE)
        process.stdout.readline()
        process.stdout.close()
        self.assertNotEqual(process.wait(60), 0)


if __name__ == "__main__":
    main()
