#!/usr/bin/env python3
"""SIGKILL at every fault point of base/fault_point.hpp, within operations of the disk, and at random instants under load: the sender
sends again what was not stored, and in the end each line is stored once, alerts equal a replay's that nobody killed, each is delivered
once, verify is clean. argv: binary, root, store_probe.

TOCSIN_LONG=1: each point 20 times, 500 kills under load, 100 power cuts. TOCSIN_SEED repeats a run. TOCSIN_PRELOAD: the library of tests/crash/disk.hpp."""
import collections
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from program import PROBE, ROOT, FolderTest, delivered, listed, main, probe, run, verified, wait_for

LONG = bool(os.environ.get("TOCSIN_LONG"))
SEED = int(os.environ.get("TOCSIN_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
PRELOAD = os.environ.get("TOCSIN_PRELOAD", "")
POINTS = re.findall(r'^ +\{FaultPoint::\w+, "([a-z-]+)", "', (ROOT / "base/fault_point.hpp").read_text(encoding="utf-8"), re.MULTILINE)
KEEPER = [point for point in POINTS if point.startswith("retention-")]
# Operations of the disk, and the files that they are done to: the process ends before, within or after one of them.
WITHIN = {"write of the log": ("write", ".log"), "sync of the log": ("sync", ".log"),
          "write of a table": ("write", ".sst"), "sync of a table": ("sync", ".sst"),
          "write of the list of files": ("write", "MANIFEST"), "sync of the list of files": ("sync", "MANIFEST"),
          "a name in the database": ("name", "/db/"), "sync of names in the database": ("sync", "/db"),
          "write of the mark": ("write", "/mark"), "sync of the mark": ("sync", "/mark"),
          "write of a channel": ("write", "out.json"), "sync of a channel": ("sync", "out.json")}
START = int(time.time()) - 10 * 86400
YEAR = time.gmtime(START).tm_year
MEMORY = "/dev/shm"
# One connection, so that a line's number is its place in the log.
OPTIONS = """\
engine: {{checkpoint_interval: 150ms, upkeep_interval: 100ms}}
correlate: {{idle_timeout: 1d, lateness: {lateness}s, window_bytes: 64KiB}}
channels:
  out: {{type: file, path: {folder}/out.json, amendments: false}}
  dead: {{type: file, path: {folder}, max_age: 1ms, retry_first: 1ms, retry_max: 1ms}}
"""


def say(text):
    print(text, file=sys.stderr, flush=True)


class Lines:
    """Refused passwords of many users, now and then enough for an alert and a lockout; without an end, always the same."""

    def __init__(self):
        self.chance, self.lines = random.Random(1), []

    def until(self, end):
        for i in range(len(self.lines), end):
            stamp = time.strftime("%b %e %H:%M:%S", time.gmtime(START + i // 4))
            user, address = f"user{int(self.chance.paretovariate(0.4)) % 5000}", f"203.0.113.{self.chance.randrange(250)}"
            self.lines.append(f"<38>{stamp} web{i % 7} sshd[{i % 30000}]: Failed password for {user} from {address} port 50022 ssh2\n".encode())
        return self.lines


class Campaign:
    """One store that a daemon fills through many lives, and a sender that knows from the store alone what to send next."""

    def __init__(self, test, keep=""):
        self.test, self.random, self.lines = test, test.random, Lines()
        # A file system in memory, where there is room: a kill loses nothing that was written, and hundreds of lives take no hours.
        place = tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 1 << 30 else None)
        test.addCleanup(place.cleanup)
        self.folder, self.keeps = place.name, bool(keep)
        self.daemon = test.daemon_in(self.folder, OPTIONS.format(folder=self.folder, lateness=60), keep=f"{keep or 'block_size: 16KiB'}")
        self.lateness, self.start_up = 60, 0.0
        self.stored, self.checked, self.told, self.tried, self.hits, self.lives = 0, 0, 0, collections.Counter(), collections.Counter(), 0

    def configure(self, old, new):
        config = Path(self.daemon.config)
        text = config.read_text(encoding="utf-8")
        self.test.assertIn(old, text)
        config.write_text(text.replace(old, new), encoding="utf-8")

    def other_options(self):
        """The next life begins an epoch; what comes in order is judged as before."""
        self.configure(f"lateness: {self.lateness}s", f"lateness: {self.lateness + 1}s")
        self.lateness += 1

    def look(self, durable=False):
        """What the daemon says that it has: it must not have less later."""
        try:
            self.told = max(self.told, self.daemon.status()["store"]["durable_seq" if durable else "last_seq"])
        except (OSError, ValueError, KeyError):
            pass

    def all_told(self):
        try:
            return all(channel["owed"] == 0 for channel in self.daemon.status()["channels"])
        except (OSError, ValueError, KeyError):
            return False

    def send(self, count, durable, slowly):
        """The next lines, in parts, so that there are many commits and syncs; until they are stored or the daemon is gone.

        Slowly: small blocks, and commits behind every sync."""
        end, at = self.stored + count, self.stored
        lines = self.lines.until(end)
        try:
            with self.test.connected(self.daemon) as out:
                while at < end and self.daemon.alive():
                    part = min(end, at + (30 if slowly else self.random.randrange(1, max(2, count // 10))))
                    out.sendall(b"".join(lines[at:part]))
                    at = part
                    self.look(durable)
                    time.sleep(0.03 if slowly else 0)
        except OSError:
            return  # killed
        wait_for(lambda: self.look(durable) or not self.daemon.alive() or self.told >= end, 300)

    def life(self, what, environment, count=1500, strike=None, durable=False, kill_sent=False):
        """True when the process was killed; whether or not, what it left is looked at."""
        self.tried[what] += 1
        self.lives += 1
        begin = time.monotonic()
        self.daemon.spawn(env={**os.environ, **environment})
        killer = self.test.kill_after(self.daemon, strike) if strike is not None else None
        wait_for(lambda: self.daemon.ready() or not self.daemon.alive(), 300)
        self.start_up = time.monotonic() - begin
        if self.daemon.ready():
            self.send(count, durable, what.startswith(("merge-", "reopen-")))
        if kill_sent:
            self.daemon.process.kill()
        if not what:
            self.test.assertTrue(wait_for(self.all_told, 300), "something is owed")
        if killer is not None:
            killer.join()
        elif self.daemon.alive():
            if what.startswith(("retention-", "merge-")):  # these have their time
                wait_for(lambda: not self.daemon.alive(), 3)
            self.daemon.process.terminate()
        code = self.daemon.process.wait(300)
        # A sync that fails behind the last line is no reason to open the store again, and none to end as if all were well.
        unsynced = code == 1 and what.startswith("reopen-") and "Input/output error" in self.daemon.said()
        self.test.assertTrue(code in (0, -9) or unsynced, (what, code, self.daemon.said()))
        self.hits[what] += code == -9
        self.look_at_store()
        return code == -9

    def look_at_store(self):
        done = subprocess.run([PROBE, "last", self.daemon.store], capture_output=True, text=True, timeout=600, check=False)
        if done.returncode == 1 and "store-1:" in done.stderr:  # killed before there was one
            self.stored = 0
        else:
            self.test.assertEqual(done.returncode, 0, done.stderr)
            self.stored = int(done.stdout)
        self.test.assertGreaterEqual(self.stored, self.told)

    def frames(self):
        """All lines that are left, each in its place."""
        first = int(probe("first", self.daemon.store))
        rows = probe("frames", self.daemon.store, str(first)).splitlines(keepends=True)
        lines = self.lines.until(self.stored)
        self.test.assertEqual([row.split(b" ", 1)[1] for row in rows], [line.rstrip(b"\n") + b"\n" for line in lines[first - 1:self.stored]])
        return first

    def at(self, what, environment, times):
        """A life that is killed where it is told to; some places are passed in most lives only, and the first time at least."""
        for number in (self.random.randint(1, times), 1, 1, 1, 1):
            if what == "recovery-folded":  # there should be something to read again
                self.life("before a recovery", {"TOCSIN_FAULT": "commit-after:5"})
            if self.life(what, environment(number)):
                return

    def at_point(self, point):
        often = point.startswith(("commit", "batch", "sync", "mark"))
        more = {"TOCSIN_FAULT": point}
        if point.startswith("epoch-"):
            self.other_options()
        if point.startswith("reopen-"):
            more |= self.disk("only=sync,file=.log,fail=1", self.random.randint(2, 4))
        if point in ("create-unwritten", "recovery-saved"):
            self.count(Campaign.begin(self.test) if point == "create-unwritten" else Campaign.recover(self.test), point)
            return
        self.at(point, lambda times: {**more, "TOCSIN_FAULT": f"{point}:{times}"}, 30 if often else 1 if point.startswith(("epoch", "reopen", "recovery", "close")) else 3)

    def count(self, other, what):
        self.tried[what] += other.tried[what]
        self.hits[what] += other.hits[what]

    @staticmethod
    def begin(test):
        """A store of its own, killed while it is made, then used."""
        fresh = Campaign(test)
        fresh.life("create-unwritten", {"TOCSIN_FAULT": "create-unwritten"}, count=10)
        fresh.life("", {}, count=100)
        fresh.check("made")
        return fresh

    @staticmethod
    def recover(test):
        """A store of its own, where neither time nor memory asks for a checkpoint: what is read again is saved at once."""
        fresh = Campaign(test)
        fresh.configure("checkpoint_interval: 150ms", "checkpoint_interval: 1h")
        fresh.configure("window_bytes: 64KiB", "window_bytes: 256MiB")
        fresh.life("before a recovery", {}, count=100, kill_sent=True)
        fresh.life("recovery-saved", {"TOCSIN_FAULT": "recovery-saved"})
        fresh.check("recovered")
        return fresh

    def disk(self, plan, times):
        return {"LD_PRELOAD": PRELOAD, "TOCSIN_DISK": f"folder={self.folder},at={times},seed={self.random.getrandbits(32)},{plan}"}

    def within(self, what):
        only, file = WITHIN[what]
        self.at(what, lambda times: self.disk(f"only={only},file={file}", times), 6)

    def dead(self):
        return probe("dead", self.daemon.store, "dead").decode().split()

    def check(self, name):
        """A last life to the end of what was sent; then lines, alerts, deliveries, verify."""
        self.life("", {}, count=400)
        for _ in range(10):  # what a busy machine has not told a channel when it is stopped stays owed
            if len(self.dead()) == len(delivered(f"{self.folder}/out.json")):
                break
            self.life("", {}, count=0)
        first = self.frames()
        log = f"{self.folder}/whole.log"
        Path(log).write_bytes(b"".join(self.lines.until(self.stored)[:self.stored]))
        expected = sorted(run("replay", "--json", "--year", str(YEAR), log).stdout.splitlines())
        alerts = sorted(listed(self.daemon.store))
        self.test.assertEqual(alerts, expected)
        lockouts = [row for row in run("alerts", "list", "--json", "--lockouts", "--store", self.daemon.store).stdout.splitlines() if row.startswith('{"lockout"')]
        summary = verified(self.daemon.store)
        self.test.assertEqual((summary["events"], summary["differences"]), (self.stored - first + 1, 0))
        if not self.keeps:
            self.test.assertEqual((summary["alerts"], summary["lockouts"]), (len(alerts), len(lockouts)))
        owed = [json.loads(alert)["id"] + "-1" for alert in alerts]
        rows = delivered(f"{self.folder}/out.json")
        self.test.assertEqual(sorted(row["id"] for row in rows if row["event"] == "alert"), sorted(owed))
        ids = [row["id"] for row in rows if row["event"] == "lockout"]
        self.test.assertEqual((len(ids), len(set(ids))), (len(lockouts), len(lockouts)))
        dead = self.dead()
        self.test.assertEqual(sorted(dead), sorted(row["id"] for row in rows))
        say(f"{name}, seed {SEED}: {self.lives} lives, {sum(self.hits.values())} kills; {self.stored} lines once ({self.stored - first + 1} kept), {len(alerts)} alerts and "
            f"{len(lockouts)} lockouts as in a replay, {len(rows)} deliveries and {len(dead)} dead letters once, verify: 0 differences")


class Faults(FolderTest):
    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        self.assertTrue(PRELOAD, "TOCSIN_PRELOAD is not set")

    @staticmethod
    def connected(daemon):
        return socket.create_connection(("127.0.0.1", daemon.port("tcp")))

    @staticmethod
    def kill_after(daemon, seconds):
        killer = threading.Timer(seconds, daemon.process.kill)
        killer.start()
        return killer

    def tell(self, tried, hits, expected):
        for what in expected:
            say(f"  {what:32} {hits[what]:3} kills in {tried[what]} lives")
        self.assertEqual([what for what in expected if hits[what] == 0], [], "never hit")

    def campaigns(self, name, steps, times, keep=""):
        """Each time another store, and another order."""
        tried, hits = collections.Counter(), collections.Counter()
        for number in range(times):
            campaign = Campaign(self, keep)
            order = list(steps)
            self.random.shuffle(order)
            for step in order:
                campaign.within(step) if step in WITHIN else campaign.at_point(step)
            campaign.check(f"{name} {number + 1}")
            tried.update(campaign.tried)
            hits.update(campaign.hits)
        self.tell(tried, hits, steps)

    def test_killed_at_each_point_and_within_operations_of_the_disk(self):
        self.assertGreater(len(POINTS), 25)
        self.campaigns("points", [point for point in POINTS if point not in KEEPER] + list(WITHIN), 20 if LONG else 2)

    def test_killed_while_old_blocks_go(self):
        self.campaigns("retention", KEEPER, 20 if LONG else 2, keep="retention_age: 1s, block_size: 16KiB")

    def test_killed_at_random_under_load(self):
        campaign, wanted = Campaign(self), 500 if LONG else 12
        campaign.life("", {}, count=1)
        start = campaign.start_up
        while campaign.hits["random"] < wanted:
            campaign.life("random", {}, count=20_000, strike=self.random.uniform(0, 3 * start))
            if campaign.hits["random"] % 100 == 0:
                say(f"under load, seed {SEED}: {campaign.hits['random']} kills, {campaign.stored} lines stored")
        campaign.check("under load")

    def test_the_power_goes(self):
        """What was not synced is lost with it; what was said to be durable is not."""
        campaign, wanted = Campaign(self), 100 if LONG else 6
        while campaign.hits["power"] < wanted:
            campaign.life("power", campaign.disk("power_cut=1", self.random.randrange(1, 150)), durable=True)
        campaign.check("power cuts")


if __name__ == "__main__":
    main()
