#!/usr/bin/env python3
"""Stores with torn, zeroed and garbage tails open with all that was safe; shorter ones are refused, untouched. argv: binary, root, store_probe."""
import os
import random
import shutil
import sys
import tempfile
from pathlib import Path

from program import ROOT, DaemonProcess, FolderTest, main, run, verified, wait_for

SAFE, MORE = 400, 600


def lines(first, count):
    return [f"<38>Nov 20 22:{i // 60 % 60:02}:{i % 60:02} web01 sshd[{i}]: Failed password for user{i % 40} from 203.0.113.7 port 50022 ssh2"
            for i in range(first, first + count)]


class Damage(FolderTest):
    @classmethod
    def setUpClass(cls):
        """Two killed daemons: what came last is synced in one, and left to the system in the other."""
        cls.temporary = tempfile.TemporaryDirectory()
        cls.originals = {}
        for sync in ("group", "os"):
            folder = f"{cls.temporary.name}/{sync}"
            os.makedirs(folder)
            daemon = DaemonProcess(folder)
            daemon.start()
            daemon.send_tcp(lines(0, SAFE))
            assert wait_for(lambda: daemon.status()["store"]["last_seq"] == SAFE)
            daemon.stop()
            config = Path(daemon.config)
            config.write_text(config.read_text(encoding="utf-8").replace("store: {", f"store: {{sync: {sync}, "), encoding="utf-8")
            daemon.start()
            for first in range(SAFE, SAFE + MORE, 20):  # many commits, so that a tail can end between two
                daemon.send_udp(lines(first, 20))
                assert wait_for(lambda: daemon.status()["store"]["last_seq"] == first + 20)
            assert wait_for(lambda: daemon.status()["store"]["durable_seq"] == SAFE + MORE)
            daemon.kill()
            cls.originals[sync] = daemon.store

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def restore(self, sync):
        shutil.rmtree(self.store, ignore_errors=True)
        shutil.copytree(self.originals[sync], self.store)

    def log(self):
        """The last write-ahead log."""
        return sorted(Path(self.store, "db").glob("*.log"))[-1]

    def contents(self):
        return {str(path): path.read_bytes() for path in Path(self.store).rglob("*") if path.is_file() and path.name != "lock"}

    def expect_refused(self, code, *words):
        """Every command that reads or writes a store says the same, and changes nothing."""
        before = self.contents()
        config = f"{self.folder}/tocsin.yaml"
        Path(config).write_text(f"inputs:\n  tcp: {{type: tcp, port: 0}}\nstore: {{path: {self.store}}}\n"
                                f"console: {{listen: '', socket: {self.folder}/control.sock}}\n", encoding="utf-8")
        log = str(ROOT / "tests/data/auth.log")
        for command in (["verify", "--store", self.store], ["alerts", "list", "--store", self.store],
                        ["replay", "--store", self.store, log], ["run", "--config", config]):
            said = run(*command, code=1)
            self.assertEqual(said.stdout, "", command)
            for word in (f"{code}:", self.store, *words):
                self.assertIn(word, said.stderr, command)
            self.assertNotIn("ready", said.stderr)
        self.assertEqual(self.contents(), before)

    def expect_opens(self, what):
        """It holds what was safe, at least; a daemon goes on behind it, and the log still gives the same."""
        summary = verified(self.store)
        self.assertEqual(summary["differences"], 0, what)
        self.assertTrue(SAFE <= summary["events"] <= SAFE + MORE, (what, summary))
        daemon = DaemonProcess(self.folder)
        try:
            daemon.start()
            self.assertEqual(daemon.status()["store"]["last_seq"], summary["events"], what)
            daemon.send_tcp(lines(5000, 7))
            self.assertTrue(wait_for(lambda: daemon.status()["store"]["last_seq"] == summary["events"] + 7))
            daemon.stop()
        finally:
            daemon.end()
        after = verified(self.store)
        self.assertEqual((after["events"], after["differences"]), (summary["events"] + 7, 0), what)
        return summary["events"]

    def test_tails_that_were_never_synced_open(self):
        chance, kept = random.Random(7), []
        for kind in ("as it was", "cut", "zeroed", "garbage", "zeros behind", "garbage behind"):
            for _ in range(1 if kind == "as it was" else 3):
                self.restore("os")
                log = self.log()
                whole = log.read_bytes()
                cut = chance.randrange(len(whole))
                rest = {"as it was": whole[cut:], "cut": b"", "zeroed": bytes(len(whole) - cut), "garbage": chance.randbytes(len(whole) - cut),
                        "zeros behind": whole[cut:] + bytes(1 << 16), "garbage behind": whole[cut:] + chance.randbytes(1 << 12)}[kind]
                log.write_bytes(whole[:cut] + rest)
                events = self.expect_opens(f"{kind} at {cut} of {len(whole)}")
                if kind in ("as it was", "zeros behind", "garbage behind"):
                    self.assertEqual(events, SAFE + MORE, kind)
                else:
                    self.assertLess(events, SAFE + MORE, kind)
                kept.append(events)
        print(f"opened with {kept} of {SAFE + MORE} events, {SAFE} of them safe", file=sys.stderr)

    def test_what_is_behind_a_synced_log_harms_nobody(self):
        for rest in (bytes(1 << 16), random.Random(8).randbytes(5000)):
            self.restore("group")
            log = self.log()
            log.write_bytes(log.read_bytes() + rest)
            self.assertEqual(self.expect_opens("behind"), SAFE + MORE)

    def test_shorter_than_the_mark_is_refused(self):
        chance = random.Random(9)
        for kind in ("cut", "zeroed", "garbage", "last byte", "empty"):
            self.restore("group")
            log = self.log()
            whole = log.read_bytes()
            cut = {"last byte": len(whole) - 1, "empty": 0}.get(kind, chance.randrange(len(whole) * 9 // 10))
            log.write_bytes(whole[:cut] + {"zeroed": bytes(len(whole) - cut), "garbage": chance.randbytes(len(whole) - cut)}.get(kind, b""))
            self.expect_refused("store-5", "shorter than what had been promised to be safe", "commit ", "nothing was changed", "tocsin store salvage")

    def test_missing_files_are_refused(self):
        self.restore("group")
        os.remove(f"{self.store}/mark")
        self.expect_refused("store-6", "the high-water mark is missing", "tocsin store salvage")
        self.restore("group")
        self.log().unlink()
        self.expect_refused("store-5", "tocsin store salvage")
        self.restore("group")
        next(Path(self.store, "db").glob("*.sst")).unlink()
        self.expect_refused("store-10")

    def test_what_is_no_store_is_refused(self):
        shutil.copytree(ROOT / "tests/data", self.store)
        self.expect_refused("store-1")

    def test_a_store_in_use_is_refused_to_writers(self):
        daemon = DaemonProcess(self.folder)
        try:
            daemon.start()
            said = run("replay", "--store", daemon.store, str(ROOT / "tests/data/auth.log"), code=1)
            self.assertIn("store-2:", said.stderr)
            self.assertIn(f"process {daemon.process.pid}", said.stderr)
            run("verify", "--store", daemon.store)
            daemon.stop()
        finally:
            daemon.end()


if __name__ == "__main__":
    main()
