"""A log of distinct users, each of whom fails once, with attackers among them; and a daemon that it is sent to. For bench/flood and
bench/recovery."""
import json
import os
import random
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

RULES = """title: A password was refused
id: 6f2b9f0e-7f0c-4f0e-9b0a-000000000001
name: refused
logsource: {product: linux, service: sshd}
detection:
  selection: {event.provider: sshd, message|startswith: 'Failed password for '}
  condition: selection
level: low
---
title: Five refused passwords of one user
id: 6f2b9f0e-7f0c-4f0e-9b0a-000000000002
correlation:
  type: event_count
  rules: [refused]
  group-by: [user.name]
  timespan: 1h
  condition: {gte: 5}
level: high
"""
BEGIN = 1795212000  # 2026-11-20 22:00:00 UTC
SECONDS = 2000      # that the flood lasts, whatever its size


def lines_of(users, attacks):
    """The log in pieces of a second: deterministic, written as it is made."""
    rnd = random.Random(7)
    at = {}  # place in the flood -> attackers; a fifth of the flood lies between two of one's failures, or nearly
    for attack in range(attacks):
        for failure in range(5):
            place = (failure * users + rnd.randrange(users)) // 5
            at.setdefault(place, []).append(f"attacker{attack:04}")
    for second in range(SECONDS):
        stamp = time.strftime("%b %d %H:%M:%S", time.gmtime(BEGIN + second))
        before, after = f"{stamp} web01 sshd[811]: Failed password for ", " from 203.0.113.7 port 50022 ssh2\n"
        piece = []
        for i in range(users * second // SECONDS, users * (second + 1) // SECONDS):
            piece += at.get(i, ())
            piece.append(f"u{i * 2654435761 % 2**32:08x}{i % 97}")
        if piece:
            yield before + (after + before).join(piece) + after


class LiveDaemon:
    """`tocsin run` with a TCP input and a store in a folder of its own; it does not outlive the block that it is used in."""

    def __init__(self, tocsin, folder, rules, window_bytes, more=""):
        folder.mkdir()
        self.tocsin, self.store, self.socket = tocsin, folder / "store", folder / "control.sock"
        self.config, self.said_in, self.process, self.killed = folder / "tocsin.yaml", folder / "said", None, False
        self.config.write_text(
            f"inputs:\n  tcp: {{type: tcp, port: 0}}\nstore: {{path: {self.store}}}\n"
            f"packs: {{rules: [{rules}], default_rules: false}}\ncorrelate: {{window_bytes: {window_bytes}}}\n"
            f"syslog: {{max_past: 10000d, max_future: 10000d}}\n"
            f"console: {{listen: '127.0.0.1:0', socket: {self.socket}}}\nengine: {{audit_trail: false{more}}}\n", encoding="utf-8")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.kill()

    def start(self):
        """Seconds until it says that it is ready."""
        begin, self.killed = time.monotonic(), False
        with open(self.said_in, "w", encoding="utf-8") as said:
            self.process = subprocess.Popen([self.tocsin, "run", "--config", str(self.config)], stderr=said)
        while "ready" not in self.said():
            if self.process.poll() is not None:
                raise RuntimeError(f"the daemon ended: {self.said()}")
            time.sleep(0.002)
        return time.monotonic() - begin

    def processor(self):
        """Seconds of processor time that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def said(self):
        return self.said_in.read_text(encoding="utf-8")

    def send(self, pieces):
        """Until all is handed over, or the daemon is gone."""
        port = int(re.search(r"input tcp: \w+ on \S+:(\d+)\n", self.said())[1])
        try:
            with socket.create_connection(("127.0.0.1", port)) as peer:
                for piece in pieces:
                    peer.sendall(piece)
        except OSError:
            if not self.killed:
                raise

    def last_seq(self):
        done = subprocess.run([self.tocsin, "status", "--json", "--socket", str(self.socket)], capture_output=True, text=True)
        return json.loads(done.stdout)["store"].get("last_seq", 0) if done.returncode == 0 else 0

    def stores(self, events):
        """Waits until it has stored that many in all, as long as more come; False: it has others."""
        last, since = 0, time.monotonic()
        while last < events and time.monotonic() < since + 60:
            now = self.last_seq()
            if now != last:
                last, since = now, time.monotonic()
            time.sleep(0.1)
        return last == events

    def stop(self):
        """Its exit code, and the most memory that it held, MiB."""
        self.process.send_signal(signal.SIGTERM)
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        return self.process.returncode, usage.ru_maxrss / 1024

    def kill(self):
        self.killed = True
        self.process.kill()
        self.process.wait()
