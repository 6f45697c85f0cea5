#!/usr/bin/env python3
"""A daemon that keeps little: blocks go while alerts, lockouts and audit events reach over the border, through restarts
and kills; what is left verifies. argv: binary, root."""
import json
import os
import random
import sys
import time

from program import FolderTest, listed, main, verified, wait_for

MIB = 1 << 20


def stamp(at):
    return time.strftime("%b %e %H:%M:%S", time.gmtime(at))


class Retention(FolderTest):
    def setUp(self):
        super().setUp()
        self.random = random.Random(7)
        self.number = 0
        self.audit = "1:1"

    def daemon_that_keeps(self, keep):
        daemon = self.daemon_in(self.folder, "engine: {checkpoint_interval: 200ms, upkeep_interval: 100ms}\n", keep=keep, syslog="{}")
        daemon.start()
        return daemon

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
                user = f"user{number // 90 % 7}" if number % 3 else f"guest{self.random.randrange(10 ** 9)}"
                out.append(f"<38>{stamp(now)} web01 sshd[811]: Failed password for {user} from 203.0.{number // 500 % 9}.7 "
                           f"port {self.random.randrange(1024, 65536)} ssh2")
        return out

    def ordinary(self, count):
        """Jobs that no window keeps, with little in them that could be packed; such lines as above among them now and then."""
        packed, begin = self.random.randbytes(64 * count).hex(), f"<78>{stamp(time.time())} web01 CRON[811]: (root) CMD (/usr/bin/job "
        out = [f"{begin}{packed[at:at + 128]})" for at in range(0, 128 * count, 128)]
        out[::200] = self.lines(len(out[::200]))
        return "".join(text + "\n" for text in out).encode()

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
        daemon = self.daemon_that_keeps("retention_age: 2s")
        known, kills, left = set(), 0, []
        for round_number in range(8):
            for _ in range(self.random.randrange(8, 16)):
                daemon.send_tcp(self.lines(60))
                time.sleep(0.12)
            if round_number % 3 == 1:
                time.sleep(2.5)  # the last audit event is complete although nothing comes behind it
            if round_number % 3 == 2:
                daemon.stop()
            else:
                daemon.kill()
                kills += 1
            left.append(verified(self.store))
            known.update(json.loads(text)["id"] for text in listed(self.store))
            daemon.start()
        daemon.stop()
        last = verified(self.store)
        alerts = {json.loads(text)["id"] for text in listed(self.store)}
        self.assertEqual(alerts & known, known, "what was told stays told")
        self.assertEqual(last["alerts"] + last["older_alerts"], len(alerts))
        self.assertGreater(last["older_alerts"], 0)
        self.assertLess(last["events"], self.number - 60, "something was dropped")
        self.assertGreater(max(row["lockouts"] for row in left), 0)
        print(f"{kills} kills; {self.number} events sent, {last['events']} left, {len(alerts)} alerts listed, "
              f"{last['older_alerts']} of them older than what is left", file=sys.stderr)

    def test_a_store_that_grows_too_large_loses_its_begin(self):
        """Events come faster than the begin goes; once they have all been stored, it is gone too, and stopping adds nothing."""
        daemon, stored = self.daemon_that_keeps("retention_size: 12MiB, write_buffer: 1MiB"), 0
        for killed in (False, True, False):
            for part in range(10):
                daemon.pour(self.ordinary(20_000))
                stored += 20_000
                if killed and part == 5:  # in the midst of it: what was in the sockets is lost
                    daemon.kill()
                    verified(self.store)
                    daemon.start()
                    stored = daemon.last_seq()
            self.assertTrue(daemon.stored(stored, 600), (daemon.status(), stored))
            self.assertTrue(wait_for(lambda: self.size() < 13 * MIB, 600), self.size())  # space comes back a file at a time
        daemon.stop()
        stopped, last, size = self.size(), verified(self.store), self.size()
        self.assertLess(max(stopped, size), 14 * MIB)
        self.assertLess(last["events"], stored - 200_000, "the begin is gone")
        self.assertGreater(last["events"], 50_000, "no more than the begin is gone")
        self.assertGreater(last["older_alerts"], 0)
        print(f"{stored} events stored, {last['events']} left in {size} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
