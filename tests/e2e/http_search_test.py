#!/usr/bin/env python3
"""Events are searched and followed through the control socket of a daemon at work. argv: binary, root, store_probe."""
import json
import signal
import subprocess
import threading
import time
import urllib.parse
from pathlib import Path

from program import TOCSIN, ControlSocket, FolderTest, main, run, wait_for


def lines(program, count, begin=0):
    stamp = time.strftime("%b %e %H:%M:%S", time.gmtime())
    return [f"<38>{stamp} web01 {program}[811]: number {begin + i} of many" for i in range(count)]


class HttpSearch(FolderTest):
    def setUp(self):
        super().setUp()
        self.daemon = self.daemon_in(self.folder, syslog="{}")
        self.daemon.start()

    def ask(self, **parameters):
        connection = ControlSocket(self.daemon.socket)
        self.addCleanup(connection.close)
        connection.request("GET", "/api/v1/events?" + urllib.parse.urlencode(parameters))
        return connection.getresponse()

    def searched(self, query, *options):
        return run("search", query, *options, "--store", self.store).stdout

    def test_the_answer_is_that_of_the_command(self):
        self.daemon.send_tcp(lines("app", 3000) + lines("other", 500))
        self.assertTrue(self.daemon.stored(3500))
        for query in ("*", "process.name: other", '"number 77"', "app | stats count() by process.name", "* | head 5 | fields message"):
            answer = self.ask(query=query)
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.read().decode(), self.searched(query, "--format", "json"), query)
        self.assertEqual(self.ask(query="* | fields message", format="csv").read().decode(), self.searched("* | fields message", "--format", "csv"))
        self.assertEqual(self.ask(query="app", format="raw", limit=7).read().decode(), self.searched("app", "--format", "raw", "--limit", "7"))
        refused = self.ask(query="user.name: (bob")
        self.assertEqual(refused.status, 400)
        self.assertEqual(json.loads(refused.read())["column"], 12)

    def test_followed_each_event_comes_once_and_soon(self):
        self.daemon.send_tcp(lines("app", 10))
        self.assertTrue(self.daemon.stored(10))
        answer = self.ask(query="process.name: app", follow="true")
        got, waits = [], []

        def read():
            for line in answer:
                got.append(json.loads(line)["message"])
                waits.append(time.monotonic())
        reader = threading.Thread(target=read)
        reader.start()
        # The first one shows that it follows; what came before it might be from before.
        def heard():
            self.daemon.send_tcp(lines("app", 1, 1_000_000))
            return wait_for(lambda: got, 0.5)
        self.assertTrue(wait_for(heard))
        time.sleep(1)
        before = len(got)
        sent = time.monotonic()
        self.daemon.send_tcp(lines("app", 1, 2_000_000) + lines("other", 5))
        self.assertTrue(wait_for(lambda: len(got) > before))
        print(f"an event was shown {(waits[before] - sent) * 1e3:.0f} ms after it was sent")
        self.daemon.send_tcp(lines("app", 20_000))
        self.assertTrue(wait_for(lambda: len(got) >= before + 1 + 20_000))
        self.assertEqual(got[before:], ["number 2000000 of many", *(f"number {i} of many" for i in range(20_000))])
        # A reload gives the log other decoders from here on.
        run("reload", "--config", self.daemon.config)
        self.daemon.send_tcp(lines("app", 1, 3_000_000))
        self.assertTrue(wait_for(lambda: got[-1] == "number 3000000 of many"))
        self.daemon.stop()
        reader.join()

    def test_the_command_follows_until_it_is_told_to_end(self):
        with open(f"{self.folder}/followed", "w", encoding="utf-8") as out:
            command = subprocess.Popen([TOCSIN, "search", "--follow", "process.name: app", "--config", self.daemon.config], stdout=out)
        followed = Path(self.folder, "followed").read_text
        def heard():
            self.daemon.send_tcp(lines("app", 1, 1_000_000))
            return wait_for(followed, 0.5)
        self.assertTrue(wait_for(heard))
        self.assertIn("web01  app  number 1000000 of many\n", followed())
        command.send_signal(signal.SIGINT)
        self.assertEqual(command.wait(), -signal.SIGINT)
        self.assertTrue(wait_for(lambda: self.streams() == 0))
        refused = run("search", "--follow", "* | stats count()", "--config", self.daemon.config, code=2)
        self.assertIn("search-22", refused.stderr)
        self.daemon.stop()
        self.assertIn("no daemon answers", run("search", "--follow", "*", "--config", self.daemon.config, code=4).stderr)

    def streams(self):
        connection = ControlSocket(self.daemon.socket)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return float(next(line.split()[1] for line in text.splitlines() if line.startswith("tocsin_http_streams ")))

    def test_searches_are_bounded_and_end_with_their_peer(self):
        followers = [self.ask(query="*", follow="true") for _ in range(4)]
        refused = self.ask(query="*")
        self.assertEqual((refused.status, refused.getheader("Retry-After")), (503, "1"))
        followers[0].close()
        self.assertTrue(wait_for(lambda: self.ask(query="*").status == 200))
        begin = time.monotonic()
        self.daemon.stop()
        self.assertLess(time.monotonic() - begin, 60)

    def test_a_slow_reader_holds_up_nobody(self):
        self.daemon.send_tcp(lines("app", 100_000))
        self.assertTrue(self.daemon.stored(100_000))
        slow = self.ask(query="*")
        self.assertTrue(slow.readline())
        self.daemon.send_tcp(lines("app", 50_000))
        self.assertTrue(self.daemon.stored(150_000))
        self.assertEqual(sum(1 for _ in self.ask(query="*")), 150_000)
        self.assertEqual(self.daemon.status()["ready"], True)
        slow.close()
        self.daemon.stop()


if __name__ == "__main__":
    main()
