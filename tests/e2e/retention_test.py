#!/usr/bin/env python3
"""A daemon that keeps little: blocks go while alerts, lockouts and audit events reach over the border, through restarts
and kills; what is left verifies. argv: binary, root."""
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

TOCSIN = sys.argv[1]


def stamp(at):
    return time.strftime("%b %e %H:%M:%S", time.gmtime(at))


class Retention(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.store = os.path.join(self.folder, "store")
        self.config = os.path.join(self.folder, "tocsin.yaml")
        self.process = None
        self.random = random.Random(7)
        self.number = 0
        self.audit = "1:1"
        self.guests = 10 ** 9

    def tearDown(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder)

    def configure(self, keep):
        with open(self.config, "w", encoding="utf-8") as out:
            out.write(f"""inputs:
  tcp: {{type: tcp, port: 0}}
engine: {{checkpoint_interval: 200ms, upkeep_interval: 100ms}}
store: {{path: {self.store}, {keep}}}
console: {{listen: '127.0.0.1:0', socket: {self.folder}/control.sock}}
""")

    def start(self):
        self.log = os.path.join(self.folder, "log")
        with open(self.log, "w", encoding="utf-8") as out:
            self.process = subprocess.Popen([TOCSIN, "run", "--config", self.config], stderr=out)
        for _ in range(1200):
            if "ready" in self.said():
                break
            time.sleep(0.05)
        words = self.said().split()
        self.assertIn("tcp:", words, self.said())
        self.port = int(words[words.index("tcp:") + 3].rsplit(":", 1)[1])

    def said(self):
        with open(self.log, encoding="utf-8") as text:
            return text.read()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(timeout=120), 0, self.said())

    def lines(self, count):
        """Failures of few users and many, an audit event now and then whose last record is long in coming or missing."""
        out = []
        for _ in range(count):
            self.number += 1
            number, now = self.number, time.time()
            if number % 40 in (0, 17):
                record = "SYSCALL" if number % 40 == 0 else "EXECVE"
                if record == "SYSCALL":
                    self.audit = f"{now:.3f}:{number // 40}"
                rest = ('arch=c000003e syscall=175 success=yes exit=3 items=0 ppid=1 pid=2 auid=1001 uid=0 comm="insmod" '
                        'exe="/usr/bin/kmod"' if record == "SYSCALL" else 'argc=2 a0="insmod" a1="/x/rk.ko"')
                out.append(f"type={record} msg=audit({self.audit}): {rest}")
            else:
                user = f"user{number // 90 % 7}" if number % 3 else f"guest{self.random.randrange(self.guests)}"
                out.append(f"<38>{stamp(now)} web01 sshd[811]: Failed password for {user} from 203.0.{number // 500 % 9}.7 "
                           f"port {self.random.randrange(1024, 65536)} ssh2")
        return out

    def send(self, lines):
        with socket.create_connection(("127.0.0.1", self.port)) as out:
            out.sendall("".join(text + "\n" for text in lines).encode())

    def listed(self):
        done = subprocess.run([TOCSIN, "alerts", "list", "--json", "--store", self.store], capture_output=True, text=True, timeout=60)
        return [json.loads(text) for text in done.stdout.splitlines()]

    def verify(self):
        done = subprocess.run([TOCSIN, "verify", "--json", "--store", self.store], capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr + self.said())
        return json.loads(done.stdout.splitlines()[-1])["verified"]

    def size(self):
        total = 0
        for where, _, names in os.walk(self.store):
            for name in names:
                try:
                    total += os.path.getsize(os.path.join(where, name))
                except FileNotFoundError:
                    pass  # it was just dropped
        return total

    def test_old_events_go_and_the_rest_verifies(self):
        self.configure("retention_age: 2s")
        known, kills, left = {}, 0, []
        self.start()
        for round_number in range(8):
            for _ in range(self.random.randrange(8, 16)):
                self.send(self.lines(60))
                time.sleep(0.12)
            if round_number % 3 == 1:
                time.sleep(2.5)  # the last audit event is complete although nothing comes behind it
            if round_number % 3 == 2:
                self.stop()
            else:
                self.kill()
                kills += 1
            left.append(self.verify())
            for alert in self.listed():
                known[alert["id"]] = known.get(alert["id"], 0) + 1
            self.start()
        self.stop()
        last = self.verify()
        alerts = {alert["id"] for alert in self.listed()}
        self.assertEqual(alerts & set(known), set(known), "what was told stays told")
        self.assertEqual(last["alerts"] + last["older_alerts"], len(alerts))
        self.assertGreater(last["older_alerts"], 0)
        self.assertLess(last["events"], self.number - 60, "something was dropped")
        self.assertGreater(max(row["lockouts"] for row in left), 0)
        print(f"{kills} kills; {self.number} events sent, {last['events']} left, {len(alerts)} alerts listed, "
              f"{last['older_alerts']} of them older than what is left", file=sys.stderr)

    def test_a_store_that_grows_too_large_loses_its_begin(self):
        self.configure("retention_size: 12MiB, write_buffer: 1MiB")
        self.guests = 1000
        self.start()
        for round_number in range(6):
            for _ in range(20):
                self.send(self.lines(9000))
            time.sleep(1)
            if round_number == 2:
                self.kill()
                self.verify()
                self.start()
        end = time.monotonic() + 300
        while self.size() > 18 << 20 and time.monotonic() < end:
            time.sleep(1)
        self.stop()
        last, size = self.verify(), self.size()
        # Space comes back a file at a time.
        self.assertLess(size, 24 << 20)
        self.assertLess(last["events"], self.number - 1000, "the begin is gone")
        self.assertGreater(last["events"], 1000)
        print(f"{self.number} events sent, {last['events']} left in {size} bytes", file=sys.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
