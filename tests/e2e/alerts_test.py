#!/usr/bin/env python3
"""What people do about alerts, through a running daemon: kept from the OK on, by whom the kernel says, and no part of what is judged. argv: binary, root, store_probe."""
import json
import os
import subprocess
import threading
import unittest

from program import TOCSIN, ControlSocket, FolderTest, listed, main, run, verified

LINE = "<38>Nov 20 22:{:02}:{:02} web01 sshd[{}]: Failed password for user{} from 203.0.113.7 port 50022 ssh2"
NOBODY = 65534


class Alerts(FolderTest):
    def setUp(self):
        super().setUp()
        self.daemon = self.daemon_in(self.folder)
        self.daemon.start()
        self.sent = 0
        self.fail_to_log_in(50)
        self.ids = [json.loads(line)["id"] for line in listed(self.daemon.store)]
        self.assertGreater(len(self.ids), 3)

    def fail_to_log_in(self, lines):
        """Eight people at a time, often enough that each of them is an alert."""
        first = self.sent
        self.daemon.send_tcp([LINE.format(i // 60 % 60, i % 60, i, i % 8) for i in range(first, first + lines)])
        self.sent = first + lines
        self.assertTrue(self.daemon.stored(self.sent))

    def alerts(self, action, *words, code=0):
        return run("alerts", action, "--config", self.daemon.config, *words, code=code)

    def shown(self, identity):
        return json.loads(run("alerts", "show", "--json", "--store", self.daemon.store, identity).stdout)["life_cycle"]

    def ask(self, method, target, body=None):
        connection = ControlSocket(self.daemon.socket)
        try:
            connection.request(method, target, body)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def test_what_was_answered_survives_a_kill(self):
        one, other = self.ids[:2]
        self.alerts("ack", one[:8])
        self.alerts("assign", one, "--to", "alice")
        self.alerts("tag", one, other, "--add", "vpn")
        self.alerts("comment", one, "-m", "the same address as last week")
        self.alerts("close", one, "--reason", "other", "-m", "an exercise")
        self.daemon.kill()
        self.daemon.start()
        life = self.shown(one)
        self.assertEqual([(change["action"], change["text"]) for change in life["history"]],
                         [("ack", None), ("assign", None), ("tag", None), ("comment", "the same address as last week"), ("close", "an exercise")])
        self.assertEqual((life["status"], life["reason"], life["assignee"], life["tags"]), ("closed", "other", "alice", ["vpn"]))
        self.assertEqual({change["uid"] for change in life["history"]}, {os.getuid()})
        # An alert that goes on keeps it, and what is judged has nothing to do with it.
        self.fail_to_log_in(50)
        self.assertEqual(self.shown(one)["status"], "closed")
        closed = run("alerts", "list", "--json", "--status", "closed", "--store", self.daemon.store).stdout.splitlines()
        self.assertEqual([json.loads(line)["id"] for line in closed], [one])
        self.daemon.stop()
        run("store", "check", "--store", self.daemon.store)
        self.assertEqual(verified(self.daemon.store)["differences"], 0)
        # Without the daemon the store is changed by the command itself.
        self.alerts("reopen", one, "--store", self.daemon.store)
        self.assertEqual(len(self.shown(one)["history"]), 6)
        run("store", "check", "--store", self.daemon.store)

    def test_mistakes_change_nothing(self):
        one = self.ids[0]
        self.assertIn("event-3", self.alerts("reopen", one, code=1).stderr)
        self.assertIn("store-26", self.alerts("ack", "f" * 32, code=1).stderr)
        self.assertIn("store-27", self.alerts("ack", one[:5], code=1).stderr)
        self.assertIn("store-27", self.alerts("ack", "../../status", code=1).stderr)
        self.assertIn("event-2", self.alerts("comment", one, "-m", "\x1b[31mred", code=1).stderr)
        self.assertIn("event-2", self.alerts("close", one, "--reason", "other", code=1).stderr)
        self.alerts("close", one, code=2)
        self.alerts("close", one, "--reason", "benign")
        self.assertIn("event-3", self.alerts("close", one, "--reason", "benign", code=1).stderr)
        self.assertEqual(len(self.shown(one)["history"]), 1)

    def test_the_api_says_what_the_commands_say(self):
        one = self.ids[2]
        status, changed = self.ask("POST", f"/api/v1/alerts/{one[:10]}/close", json.dumps({"reason": "benign", "text": "no harm"}))
        self.assertEqual((status, changed["life_cycle"]["status"]), (200, "closed"))
        found, after = [], ""
        while after is not None:
            status, page = self.ask("GET", f"/api/v1/alerts?limit=2{after and '&after='}{after}")
            self.assertEqual(status, 200)
            found += page["alerts"]
            after = page["next"]
        self.assertEqual(found, [json.loads(line) for line in listed(self.daemon.store)])
        status, shown = self.ask("GET", f"/api/v1/alerts/{one}")
        self.assertEqual((status, shown["life_cycle"]), (200, self.shown(one)))

    def test_a_thousand_changes_under_load_lose_no_event(self):
        end = threading.Event()
        self.addCleanup(end.set)

        def send():
            while not end.is_set():
                first = self.sent
                self.daemon.send_tcp([LINE.format(i // 60 % 60, i % 60, i, i % 8) for i in range(first, first + 200)])
                self.sent = first + 200

        sender = threading.Thread(target=send)
        sender.start()
        connection = ControlSocket(self.daemon.socket)
        for number in range(1000):
            connection.request("POST", f"/api/v1/alerts/{self.ids[3]}/comment", json.dumps({"text": f"number {number}"}))
            answer = connection.getresponse()
            self.assertEqual(answer.status, 200, answer.read())
            answer.read()
        connection.request("POST", f"/api/v1/alerts/{self.ids[3]}/comment", json.dumps({"text": "one too many"}))
        self.assertEqual(connection.getresponse().status, 409)
        connection.close()
        end.set()
        sender.join()
        self.assertTrue(self.daemon.stored(self.sent))
        self.daemon.kill()
        self.daemon.start()
        self.assertEqual([change["text"] for change in self.shown(self.ids[3])["history"]], [f"number {number}" for number in range(1000)])
        self.daemon.stop()
        summary = verified(self.daemon.store)
        self.assertEqual((summary["events"], summary["differences"]), (self.sent, 0))
        run("store", "check", "--store", self.daemon.store)

    @unittest.skipUnless(os.getuid() == 0, "only root can be somebody else")
    def test_who_it_was_is_what_the_kernel_says(self):
        def as_nobody(code):
            return subprocess.run([TOCSIN, "alerts", "ack", "--socket", self.daemon.socket, self.ids[1]], capture_output=True, text=True, check=False,
                                  user=NOBODY, group=NOBODY, extra_groups=[], env={**os.environ, "HOME": "/nonexistent", "USER": "root"}, cwd="/"), code

        os.chmod(self.folder, 0o755)
        done, code = as_nobody(5)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn("console-5", done.stderr)
        os.chmod(self.daemon.socket, 0o666)  # as for a member of its group
        done, code = as_nobody(0)
        self.assertEqual(done.returncode, code, done.stderr)
        change = self.shown(self.ids[1])["history"][0]
        self.assertEqual((change["uid"], change["user"]), (NOBODY, "nobody"))


if __name__ == "__main__":
    main()
