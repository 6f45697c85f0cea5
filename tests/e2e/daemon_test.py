#!/usr/bin/env python3
"""The daemon as its users run it: sockets in, alerts and metrics out, kill and restart. argv: binary, root."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

TOCSIN = sys.argv[1]


def line(i, user="bob"):
    return f"<38>Nov 20 22:40:{i:02} web01 sshd[811]: Failed password for {user} from 203.0.113.7 port 50022 ssh2"


def line_now(user="bob"):
    stamp = time.strftime("%b %e %H:%M:%S", time.gmtime())
    return f"<38>{stamp} web01 sshd[811]: Failed password for {user} from 203.0.113.7 port 50022 ssh2"


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


class Daemon(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.store = os.path.join(self.folder, "store")
        self.alerts = os.path.join(self.folder, "alerts.json")
        self.config = os.path.join(self.folder, "tocsin.yaml")
        with open(self.config, "w", encoding="utf-8") as out:
            out.write(f"""inputs:
  udp: {{type: udp, port: 0}}
  tcp: {{type: tcp, port: 0}}
channels:
  out: {{type: file, path: {self.alerts}}}
store: {{path: {self.store}}}
syslog: {{max_past: 10000d, max_future: 10000d}}
console: {{listen: '127.0.0.1:0', socket: {self.folder}/control.sock}}
""")
        self.process = None
        self.start()

    def tearDown(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder)

    def start(self):
        self.log = os.path.join(self.folder, "log")
        with open(self.log, "w", encoding="utf-8") as out:
            self.process = subprocess.Popen([TOCSIN, "run", "--config", self.config], stderr=out)
        self.assertTrue(wait_for(lambda: "ready" in self.said()), self.said())
        words = self.said().split()
        self.ports = {name: int(words[words.index(name + ":") + 3].rsplit(":", 1)[1]) for name in ("udp", "tcp")}
        self.metrics = next(word for word in words if word.startswith("http://"))

    def said(self):
        with open(self.log, encoding="utf-8") as text:
            return text.read()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(timeout=60), 0, self.said())

    def send_tcp(self, lines, counted=False):
        with socket.create_connection(("127.0.0.1", self.ports["tcp"])) as out:
            for text in lines:
                data = text.encode()
                out.sendall(b"%d %s" % (len(data), data) if counted else data + b"\n")

    def send_udp(self, lines):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for text in lines:
                out.sendto(text.encode(), ("127.0.0.1", self.ports["udp"]))

    def listed(self):
        done = subprocess.run([TOCSIN, "alerts", "list", "--json", "--store", self.store], capture_output=True, text=True, timeout=60)
        return [json.loads(text) for text in done.stdout.splitlines()]

    def delivered(self):
        if not os.path.exists(self.alerts):
            return ""
        with open(self.alerts, encoding="utf-8") as text:
            return text.read()

    def metric(self, name):
        text = urllib.request.urlopen(self.metrics, timeout=10).read().decode()
        return {row.rsplit(" ", 1)[0]: float(row.rsplit(" ", 1)[1]) for row in text.splitlines() if row.startswith(name)}

    def test_lines_become_alerts_and_lockouts_and_metrics(self):
        self.send_tcp([line(i) for i in range(5)])
        self.send_tcp([line(i, "eve") for i in range(5)], counted=True)
        self.send_udp([line(i, "mallory") for i in range(5)])
        self.assertTrue(wait_for(lambda: len([a for a in self.listed() if "user.name" in a["group"]]) == 3), self.said())
        self.assertTrue(wait_for(lambda: self.delivered().count('"lockout"') >= 3))
        self.assertTrue(wait_for(lambda: sum(self.metric("tocsin_events_stored_total").values()) == 15))
        self.assertTrue(wait_for(lambda: sum(self.metric("tocsin_events_received_total").values()) == 15))
        self.assertEqual(sum(self.metric("tocsin_conservation_violation").values()), 0)
        status = json.loads(subprocess.run([TOCSIN, "status", "--json", "--socket", f"{self.folder}/control.sock"],
                                           capture_output=True, text=True, timeout=60).stdout)
        self.assertTrue(status["ready"])
        self.assertEqual({entry["name"]: entry["received"] for entry in status["inputs"]}, {"udp": 5, "tcp": 10})
        self.stop()
        self.verify()

    def verify(self):
        done = subprocess.run([TOCSIN, "verify", "--store", self.store], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_kills_and_restarts_lose_and_double_nothing(self):
        for round_number in range(4):
            user = f"user{round_number}"
            self.send_tcp([line(i, user) for i in range(6)])
            self.assertTrue(wait_for(lambda: any(a["group"].get("user.name") == user for a in self.listed())), self.said())
            time.sleep(0.2)  # longer than the store takes to be safe on the disk
            self.process.kill()
            self.process.wait()
            self.start()
        self.stop()
        users = [a["group"]["user.name"] for a in self.listed() if list(a["group"]) == ["user.name"] and "Brute force" in a["rule"]["title"]]
        self.assertEqual(sorted(users), [f"user{i}" for i in range(4)])
        self.verify()

    def test_rubbish_closes_connections_and_harms_nobody(self):
        for data in (b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/1.0\r\n\r\n", b"99999999999 <1>x", b"<999>\x00\xff\n" * 100):
            with socket.create_connection(("127.0.0.1", self.ports["tcp"])) as out:
                out.sendall(data)
        # What states no time has that of its reception: from here on, only the present is in time.
        self.send_tcp([line_now() for _ in range(5)])
        self.assertTrue(wait_for(lambda: any(a["group"].get("user.name") == "bob" for a in self.listed())), self.said())
        self.assertIsNone(self.process.poll())
        self.stop()
        self.verify()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
