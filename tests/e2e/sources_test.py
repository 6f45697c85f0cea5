#!/usr/bin/env python3
"""A sender with a wrong clock and one that stops are named by `tocsin status`. argv: binary, root."""
import json
import threading
import time

from program import FolderTest, main, run, wait_for


def stamped(offset):
    return time.strftime("<38>1 %Y-%m-%dT%H:%M:%SZ web01 app - - - hello", time.gmtime(time.time() + offset))


class Sources(FolderTest):
    def setUp(self):
        super().setUp()
        self.daemon = self.daemon_in(self.folder, "engine: {silence_least: 2s}\n", syslog="{}")
        self.daemon.start()
        self.quiet = threading.Event()
        self.stopped = threading.Event()
        self.addCleanup(self.stopped.set)

    def talk(self, address, offset, until):
        while not (self.stopped.is_set() or until.is_set()):
            self.daemon.send_udp([stamped(offset)], address=address)
            time.sleep(0.05)

    def sources(self):
        return self.daemon.status()["sources"]

    def named(self, member):
        return {warning["peer"].rsplit(":", 1)[0]: warning[member] for warning in self.sources()["warnings"] if member in warning}

    def test_skewed_and_silent_sources_are_named(self):
        talkers = [threading.Thread(target=self.talk, args=arguments, daemon=True) for arguments in (
            ("127.0.0.2", 0, self.stopped), ("127.0.0.3", 3600, self.stopped), ("127.0.0.4", -3600, self.stopped), ("127.0.0.5", 0, self.quiet))]
        for talker in talkers:
            talker.start()
        self.assertTrue(wait_for(lambda: set(self.named("skew_seconds")) == {"127.0.0.3", "127.0.0.4"}), self.sources())
        self.assertTrue(3590 < self.named("skew_seconds")["127.0.0.3"] < 3610, self.sources())
        self.assertTrue(-3610 < self.named("skew_seconds")["127.0.0.4"] < -3590, self.sources())
        self.assertTrue(wait_for(lambda: self.sources()["learning"] == 0), self.sources())
        self.quiet.set()
        self.assertTrue(wait_for(lambda: set(self.named("silent_seconds")) == {"127.0.0.5"}), self.sources())
        text = run("status", "--socket", self.daemon.socket).stdout
        self.assertRegex(text, r"4 sources watched, 2 with a skewed clock, 1 silent")
        self.assertRegex(text, r"udp +127\.0\.0\.3\S* +(1h|3\d{3}s) ahead")
        self.assertRegex(text, r"udp +127\.0\.0\.4\S* +(1h|3\d{3}s) behind")
        self.assertRegex(text, r"udp +127\.0\.0\.5\S* +\d")
        self.stopped.set()
        for talker in talkers:
            talker.join()
        self.assertTrue(json.loads(run("status", "--json", "--socket", self.daemon.socket).stdout)["sources"]["watched"] == 4)
        self.daemon.stop()


if __name__ == "__main__":
    main()
