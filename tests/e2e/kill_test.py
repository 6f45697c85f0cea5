#!/usr/bin/env python3
"""kill -9 at random instants of a replay into a store and of TCP ingest: nothing lost, nothing twice. argv: binary, root, store_probe.

TOCSIN_LONG=1: 50 kills of each, over 4 M lines. TOCSIN_SEED repeats the instants of a run. The oracle is asked where TOCSIN_DATA is set."""
import collections
import gzip
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zlib

import oracle
from program import PROBE, TOCSIN, DaemonProcess, FolderTest, delivered, listed, main, probe, run, verified, wait_for

LONG = bool(os.environ.get("TOCSIN_LONG"))
KILLS = 50 if LONG else 6
LINES = 4_000_000 if LONG else 100_000
SEED = int(os.environ.get("TOCSIN_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
# Ten days before the run, so that a daemon, which knows no year, takes the same one as the oracle.
START = time.gmtime(time.time() - 10 * 86400)
OPTIONS = ["--year", str(START.tm_year)]
OF_USERS = ["ssh_brute_force_user", "ssh_distributed_guessing"]


def write_log(path):
    """LINES lines with many users under attack; from the oracle's generator where it is there."""
    if oracle.THERE:
        oracle.generate(path, LINES, 1, "--pri", "--start", time.strftime("%Y-%m-%d %H:%M:%S", START))
        return
    chance = random.Random(1)
    begin = int(time.time()) - 10 * 86400
    with open(path, "w", encoding="ascii") as out:
        for i in range(LINES):
            stamp = time.strftime("%b %e %H:%M:%S", time.gmtime(begin + i // 5))
            user, address = f"user{int(chance.paretovariate(0.3)) % 5000}", f"203.0.113.{chance.randrange(250)}"
            out.write(f"<38>{stamp} web{i % 7} sshd[{i % 30000}]: Failed password for {user} from {address} port 50022 ssh2\n")


def say(text):
    print(text, file=sys.stderr, flush=True)


class Instants:
    """When to kill: any instant from the birth of a process on, so that the kills lie over the whole length of the work.

    How far a life gets depends on the machine, so each is as long, on average, as those before it say that it must be."""

    def __init__(self, start_up, work, lines):
        self.random = random.Random(SEED)
        self.hits, self.late, self.lines = 0, 0, lines
        self.lived, self.shortest = start_up * KILLS + work, start_up + work / KILLS
        self.gained = lines
        say(f"seed {SEED}: {KILLS} kills (start-up {start_up:.2f} s, work {work:.2f} s)")

    def next(self, reached):
        share = (self.lines - reached) / max(1, KILLS - self.hits)
        mean = min(max(share * self.lived / max(1, self.gained), self.shortest / 2), 20 * self.shortest)
        return self.random.uniform(0, 2 * mean)

    def note(self, seconds, lines):
        """What a life gained; what was assumed in the beginning counts ever less."""
        self.lived, self.gained = 0.9 * self.lived + seconds, 0.9 * self.gained + lines


class Kills(FolderTest):
    @classmethod
    def setUpClass(cls):
        cls.logs = tempfile.TemporaryDirectory()
        cls.log = f"{cls.logs.name}/auth.log"
        write_log(cls.log)

    @classmethod
    def tearDownClass(cls):
        cls.logs.cleanup()

    def expect_no_alert_twice(self, lines):
        ids = collections.Counter(json.loads(line)["id"] for line in lines)
        self.assertEqual([i for i, n in ids.items() if n > 1], [])
        return set(ids)

    def ask_oracle(self, alerts, rules):
        if not oracle.THERE:
            say("TOCSIN_DATA is not set: no oracle")
        for arguments, rule, field in oracle.QUESTIONS if oracle.THERE else []:
            if rule not in rules:
                continue
            expected = sorted(oracle.reference(self.log, "--year", str(START.tm_year), *arguments))
            self.assertEqual(sorted(oracle.fired(alerts, rule, field)), expected, rule)
            say(f"{len(expected)} alerts of {rule} equal the oracle's")

    # ---- a replay into a store

    def check_replayed(self, store, expected, lines, seen):
        alerts = listed(store)
        self.assertLessEqual(seen, self.expect_no_alert_twice(alerts))
        self.assertEqual(sorted(alerts), expected)
        summary = verified(store)
        self.assertEqual((summary["events"], summary["differences"]), (lines, 0))

    def kill_replays(self, lines, *arguments):
        """The alerts of a replay that was killed again and again, after they were found equal to those of one that was not."""
        expected = sorted(run("replay", "--json", *arguments).stdout.splitlines())
        begin = time.monotonic()
        run("replay", "--json", *arguments, "--store", f"{self.folder}/whole")
        work = time.monotonic() - begin
        begin = time.monotonic()
        run("replay", "--json", "/dev/null")
        instants = Instants(time.monotonic() - begin, work, lines)
        self.check_replayed(f"{self.folder}/whole", expected, lines, set())

        stores, seen, reached, trail = 1, set(), 0, []
        while instants.hits < KILLS:
            store = f"{self.folder}/killed{stores}"
            command = ["replay", "--json", *arguments, "--store", store]
            process = subprocess.Popen([TOCSIN, *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            life = instants.next(reached)
            time.sleep(life)
            if process.poll() is not None:
                self.assertEqual(process.returncode, 0, process.stderr.read())
                process.stderr.close()
                instants.late += 1
                self.check_replayed(store, expected, lines, seen)
                stores, seen, reached = stores + 1, set(), 0
                continue
            process.kill()
            process.wait()
            process.stderr.close()
            instants.hits += 1
            # What the kill left: no less than before it, readable, and no alert of before gone.
            stored = last_seq(store)
            self.assertGreaterEqual(stored, reached)
            instants.note(life, stored - reached)
            if stored > 0:
                now = self.expect_no_alert_twice(listed(store))
                self.assertLessEqual(seen, now)
                seen, reached = now, stored
            trail.append(reached)
        run(*command)
        self.check_replayed(store, expected, lines, seen)
        say(f"replay: {instants.hits} kills hit a running process, {instants.late} came after its end; {stores} store(s); lines stored at each kill: {trail}")
        return [json.loads(line) for line in listed(store)]

    def test_a_replay_goes_on_where_it_was_killed(self):
        self.ask_oracle(self.kill_replays(LINES, *OPTIONS, self.log), [rule for _, rule, _ in oracle.QUESTIONS])

    def test_merged_files_go_on_in_the_same_order(self):
        """A plain, a packed and a third file, whose times step back here and there, and with lines that have no time."""
        chance, lines = random.Random(2), 0
        texts = [[], [], []]
        with open(self.log, encoding="ascii") as log:
            for line, _ in zip(log, range(20000)):
                texts[chance.randrange(3)].append(line)
        for text in texts:
            for place in range(10, len(text), 10):
                text[place - 1], text[place - 2] = text[place - 2], text[place - 1]
                text[place - 3] = "and so on\n"
            lines += len(text)
        paths = [f"{self.folder}/a.log", f"{self.folder}/b.log.gz", f"{self.folder}/c.log"]
        for path, text in zip(paths, texts):
            with gzip.open(path, "wt") if path.endswith(".gz") else open(path, "w", encoding="ascii") as out:
                out.writelines(text)
        self.kill_replays(lines, *OPTIONS, "--batch-bytes", "1024", "--threads", "2", *paths)

    # ---- files that a daemon follows

    def test_a_followed_file_goes_on_where_it_was_killed(self):
        """Each life finds lines that came while nobody read, behind a rotation now and then, and more come while it lives."""
        chance, path, number = random.Random(SEED), f"{self.folder}/app.log", 0
        daemon = self.daemon_in(self.folder, inputs=f"  app: {{type: file, path: [{path}], poll_interval: 20ms}}\n")

        def append(count):
            nonlocal number
            with open(path, "a", encoding="ascii") as out:
                for number in range(number + 1, number + count + 1):
                    out.write(f"Nov 20 22:{number // 60 % 60:02}:{number % 60:02} web01 app[7]: line {number}\n")

        append(10)
        begin = time.monotonic()
        daemon.start()
        start_up = time.monotonic() - begin
        daemon.stop()
        trail = []
        for life in range(KILLS):
            append(chance.randrange(3000))
            if life % 3 == 1:
                os.rename(path, f"{path}.{life}")
                append(chance.randrange(3000))
            daemon.spawn()
            end = time.monotonic() + chance.uniform(0, 3 * start_up)
            while time.monotonic() < end:
                append(100)
                time.sleep(0.01)
            self.assertIsNone(daemon.process.poll(), daemon.said())
            daemon.kill()
            trail.append(last_seq(daemon.store))
        daemon.start()
        self.assertTrue(wait_for(lambda: daemon.status()["store"]["last_seq"] >= number, 300), (daemon.status(), number))
        daemon.stop()
        stored = [int(row.rsplit(b" ", 1)[1]) for row in probe("frames", daemon.store, "1").splitlines()]
        self.assertEqual(sorted(stored), list(range(1, number + 1)))
        self.assertEqual(verified(daemon.store)["differences"], 0)
        say(f"followed file, seed {SEED}: {KILLS} kills hit a running process; lines stored at each kill: {trail}; all {number} once")

    # ---- TCP into the daemon

    def test_a_daemon_is_killed_while_it_is_sent_to(self):
        streams = split(self.log)
        whole = TcpRun(self, f"{self.folder}/whole", streams)
        start_up, work = whole.uninterrupted()
        expected = of_users([json.loads(line) for line in listed(whole.daemon.store)])
        instants = Instants(start_up, work, LINES)
        killed, trail, phases = TcpRun(self, f"{self.folder}/killed", streams), [], collections.Counter()
        while instants.hits < KILLS:
            before, life = killed.last_seq, instants.next(killed.last_seq)
            if killed.life(life):
                instants.hits += 1
                instants.note(life, killed.last_seq - before)
                trail.append(killed.last_seq)
                phases[killed.phase] += 1
            else:
                instants.late += 1
                killed.check_end(expected)
                killed = TcpRun(self, f"{self.folder}/killed{instants.late}", streams)
        killed.life(None)
        alerts = killed.check_end(expected)
        say(f"tcp: {instants.hits} kills hit a running process, {instants.late} came after all was stored; "
            f"hit in: {dict(phases)}; lines stored at each kill: {trail}")
        self.ask_oracle(alerts, OF_USERS)


def last_seq(store):
    """The number of the last line that a killed store holds; 0 when it was killed before there was one."""
    done = subprocess.run([PROBE, "last", store], capture_output=True, text=True, timeout=600)
    if done.returncode == 1 and done.stderr.startswith(("store-1:", f"{store}: store-1:")):
        return 0
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def of_users(alerts):
    """What the rules say whose groups lie on one connection each, so that it does not matter how the two meet."""
    return {rule: sorted(oracle.fired(alerts, rule, "user.name")) for rule in OF_USERS}


def split(log):
    """Two streams for two connections: all lines of one user go over the same."""
    streams = {"127.0.0.1": [], "127.0.0.2": []}
    with open(log, "rb") as lines:
        for line in lines:
            at = line.find(b" from ")
            user = line[:at].rsplit(b" ", 1)[-1] if at > 0 else line
            streams["127.0.0.2" if zlib.crc32(user) & 1 else "127.0.0.1"].append(line)
    return streams


class TcpRun:
    """A daemon that is fed by a sender which knows from the store alone what it need not send again."""

    def __init__(self, test, folder, streams):
        os.makedirs(folder)
        self.test, self.streams = test, streams
        self.channel = f"{folder}/alerts.json"
        # The two connections hold back time for each other, however busy the machine is.
        self.daemon = test.daemon_in(folder, f"channels:\n  out: {{type: file, path: {self.channel}}}\n"
                                            "correlate: {idle_timeout: 1d}\n")
        self.stored = {peer: 0 for peer in streams}
        self.last_seq, self.told_seq, self.told_alerts, self.took = 0, 0, 0, 0.0
        self.phase = ""  # in which a life ended

    def read_store(self):
        """Reads what came since: on each connection the next lines of those sent, without a gap."""
        for row in probe("frames", self.daemon.store, str(self.last_seq + 1)).splitlines(keepends=True):
            peer, raw = row.split(b" ", 1)
            peer = peer.decode()
            self.test.assertEqual(raw, self.streams[peer][self.stored[peer]], f"{peer}, line {self.stored[peer]}")
            self.stored[peer] += 1
            self.last_seq += 1

    def watch(self, over):
        """What the daemon says that it has stored: it must not have less later."""
        while not over.is_set():
            try:
                store = self.daemon.status()["store"]
                self.told_seq, self.told_alerts = max(self.told_seq, store["last_seq"]), max(self.told_alerts, store["alerts"])
            except (OSError, ValueError, KeyError):
                pass
            over.wait(0.02)

    def send(self, peer, port, counted, both):
        lines, at = self.streams[peer], self.stored[peer]
        try:
            with socket.create_connection(("127.0.0.1", port), source_address=(peer, 0)) as out:
                if at == 0:
                    out.sendall(frame(lines[0:1], counted))
                    at = 1
                # Time begins on both connections before either is far ahead.
                wait_for(lambda: not self.daemon.alive() or self.told_seq >= len(self.streams), 600)
                both.wait(600)
                for place in range(at, len(lines), 2000):
                    out.sendall(frame(lines[place:place + 2000], counted))
                out.shutdown(socket.SHUT_WR)
                while out.recv(4096):
                    pass
        except (OSError, threading.BrokenBarrierError):
            both.abort()  # killed

    def life(self, seconds):
        """One life of the daemon: True when it was killed before everything was stored."""
        self.daemon.spawn()
        struck, over = threading.Event(), threading.Event()

        def strike():
            struck.set()
            self.daemon.process.kill()

        killer = threading.Timer(seconds, strike) if seconds is not None else None
        watcher = threading.Thread(target=self.watch, args=(over,))
        self.phase, senders, ready = "start-up or recovery", [], time.monotonic()
        watcher.start()
        if killer:
            killer.start()
        wait_for(lambda: self.daemon.ready() or not self.daemon.alive(), 600)
        if self.daemon.ready():
            self.phase, ready = "ingest", time.monotonic()
            both, port = threading.Barrier(len(self.streams)), self.daemon.port("tcp")
            senders = [threading.Thread(target=self.send, args=(peer, port, i == 1, both)) for i, peer in enumerate(self.streams)]
            for sender in senders:
                sender.start()
        wait_for(lambda: not self.daemon.alive() or self.told_seq >= LINES, 3600)
        self.took = time.monotonic() - ready
        if killer:
            killer.cancel()
            killer.join()
        if not struck.is_set():
            self.test.assertTrue(self.daemon.alive(), self.daemon.said())
            self.daemon.stop()
        code = self.daemon.process.wait()
        over.set()
        for thread in [watcher, *senders]:
            thread.join()
        self.test.assertEqual(code, -9 if struck.is_set() else 0, self.daemon.said())
        self.end_of_life()
        return struck.is_set()

    def end_of_life(self):
        """Everything that was told while it lived is in the store."""
        if last_seq(self.daemon.store) > 0:
            self.read_store()
            alerts = listed(self.daemon.store)
            self.test.assertGreaterEqual(len(alerts), self.told_alerts)
            ids = self.test.expect_no_alert_twice(alerts)
            told = {row["alert"]["id"] for row in delivered(self.channel) if row["event"] == "alert"}
            self.test.assertLessEqual(told, ids)
        self.test.assertGreaterEqual(self.last_seq, self.told_seq)

    def uninterrupted(self):
        """How long a start, and from then on all lines take."""
        begin = time.monotonic()
        self.daemon.start()
        start_up = time.monotonic() - begin
        self.daemon.stop()
        self.test.assertFalse(self.life(None))
        return start_up, self.took

    def check_end(self, expected):
        """All lines once, all alerts once, all delivered once, and the log gives the same again."""
        self.test.assertEqual(self.stored, {peer: len(lines) for peer, lines in self.streams.items()})
        lines = listed(self.daemon.store)
        ids = self.test.expect_no_alert_twice(lines)
        alerts = [json.loads(line) for line in lines]
        self.test.assertEqual(of_users(alerts), expected)
        rows = delivered(self.channel)
        self.test.assertEqual([i for i, n in collections.Counter(row["id"] for row in rows).items() if n > 1], [])
        self.test.assertEqual({row["alert"]["id"] for row in rows if row["event"] == "alert"}, ids)
        summary = verified(self.daemon.store)
        self.test.assertEqual((summary["events"], summary["differences"]), (LINES, 0))
        say(f"all {LINES} lines once, {len(ids)} alerts once, {len(rows)} deliveries once, verify: 0 differences")
        return alerts


def frame(lines, counted):
    if not counted:
        return b"".join(lines)
    return b"".join(b"%d %s" % (len(line) - 1, line[:-1]) for line in lines)


if __name__ == "__main__":
    main()
