#!/usr/bin/env python3
"""A backup of a daemon under load, restored elsewhere, is a whole store: check and verify say so. argv: binary, root, store_probe."""
import json
import os
import threading
import time
from pathlib import Path

from program import FolderTest, main, run, verified, wait_for

LINE = "<38>Nov 20 22:{:02}:{:02} web01 sshd[{}]: Failed password for user{} from 203.0.113.7 port 50022 ssh2"


class Backup(FolderTest):
    def backup(self, daemon, name):
        path = f"{self.folder}/{name}"
        done = run("store", "backup", "--json", "--config", daemon.config, "--store", daemon.store, path)
        return path, json.loads(done.stdout)

    def test_under_load_and_restored_elsewhere(self):
        daemon = self.daemon_in(self.folder)
        daemon.start()
        end, sent = threading.Event(), [0]
        self.addCleanup(end.set)

        def send():
            while not end.is_set():
                first = sent[0]
                daemon.send_tcp([LINE.format(i // 60 % 60, i % 60, i, i % 50) for i in range(first, first + 200)])
                sent[0] = first + 200
                time.sleep(0.01)

        sender = threading.Thread(target=send)
        sender.start()
        self.assertTrue(wait_for(lambda: daemon.last_seq() >= 1000))
        taken = []
        for number in range(3):
            before = daemon.status()["store"]["last_seq"]
            taken.append(self.backup(daemon, f"backup{number}"))
            after = daemon.status()["store"]["last_seq"]
            self.assertTrue(before <= taken[-1][1]["last"] <= after, (before, taken[-1], after))
        end.set()
        sender.join()
        self.assertTrue(daemon.stored(sent[0]))
        daemon.stop()
        self.assertEqual(verified(daemon.store)["events"], sent[0])
        self.assertFalse(os.path.exists(f"{daemon.store}/snapshot"))
        for path, said in taken:
            restored = f"{path}-restored"
            run("store", "restore", "--store", restored, path)
            checked = json.loads(run("store", "check", "--json", "--store", restored).stdout.splitlines()[-1])["checked"]
            self.assertEqual((checked["findings"], checked["last"], checked["chain"]), (0, said["last"], said["chain"]))
            summary = verified(restored)
            self.assertEqual((summary["events"], summary["differences"]), (said["last"], 0))
        # A restored store goes on.
        restored = self.daemon_in(self.folder, store=f"{taken[0][0]}-restored")
        restored.start()
        restored.send_tcp([LINE.format(1, 1, 1, 1)])
        self.assertTrue(restored.stored(taken[0][1]["last"] + 1))
        restored.stop()
        self.assertEqual(verified(restored.store)["differences"], 0)

    def test_nothing_is_overwritten_and_nobody_is_told_wrong(self):
        daemon = self.daemon_in(self.folder)
        daemon.start()
        daemon.send_tcp([LINE.format(1, 1, 1, 1)])
        self.assertTrue(daemon.stored(1))
        path, _ = self.backup(daemon, "backup")
        self.assertIn("store-25", run("store", "backup", "--config", daemon.config, "--store", daemon.store, path, code=1).stderr)
        self.assertIn("store-25", run("store", "restore", "--store", daemon.store, path, code=1).stderr)
        self.assertIn("store-2", run("store", "salvage", "--store", daemon.store, f"{path}2", code=1).stderr)
        run("store", "check", "--store", daemon.store)
        daemon.stop()
        self.assertIn("store-1", run("store", "backup", "--store", f"{self.folder}/none", f"{path}3", code=1).stderr)
        self.assertFalse(Path(f"{self.folder}/none").exists())


if __name__ == "__main__":
    main()
