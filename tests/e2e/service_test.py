#!/usr/bin/env python3
"""The daemon as systemd sees it: readiness, watchdog, status line, reload, sockets that are handed over and outlive it.
argv: the binary, the root of the checkout."""
import os
import re
import signal
import socket
from pathlib import Path

from program import TOCSIN, FolderTest, main, wait_for

HANDED = ("sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh", TOCSIN)


class Manager:
    """Who listens where sd_notify(3) sends to."""

    def __init__(self, path):
        self.path, self.told = str(path), []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.setblocking(False)

    def heard(self):
        while True:
            try:
                self.told.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return self.told

    def hears(self, text, since=0):
        return wait_for(lambda: any(text in state for state in self.heard()[since:]))


class Service(FolderTest):
    def setUp(self):
        super().setUp()
        self.manager = Manager(f"{self.folder}/notify")
        self.addCleanup(self.manager.socket.close)
        self.environment = {**os.environ, "NOTIFY_SOCKET": self.manager.path, "WATCHDOG_USEC": "12000000"}

    def test_the_manager_hears_of_the_whole_life(self):
        daemon = self.daemon_in(self.folder)
        daemon.start(env=self.environment)
        self.assertTrue(self.manager.hears("READY=1"))
        self.assertTrue(self.manager.hears("WATCHDOG=1\nSTATUS=0 events/s; 0 events, 0 alerts stored"), self.manager.told)
        daemon.send_tcp([f"<13>Nov 20 22:40:01 host app: line {i}" for i in range(40)])
        self.assertTrue(self.manager.hears("; 40 events, 0 alerts stored"), self.manager.told)
        self.assertTrue(any(re.search(r"STATUS=[1-9]\d* events/s", state) for state in self.manager.told), self.manager.told)
        before = len(self.manager.heard())
        daemon.process.send_signal(signal.SIGHUP)
        self.assertTrue(self.manager.hears("RELOADING=1\nMONOTONIC_USEC=", before))
        self.assertTrue(self.manager.hears("READY=1", before))
        told = [state for state in self.manager.told[before:] if "STATUS=" not in state]
        self.assertRegex("|".join(told), r"^RELOADING=1\nMONOTONIC_USEC=\d+\|READY=1$")
        # Nothing comes, and still the pipeline takes its steps.
        before = len(self.manager.heard())
        self.assertTrue(wait_for(lambda: sum("WATCHDOG=1" in state for state in self.manager.heard()[before:]) >= 4))
        self.assertFalse(any("stands still" in state for state in self.manager.told), self.manager.told)
        daemon.stop()
        self.assertTrue(self.manager.hears("STOPPING=1"))

    def test_a_refused_reload_ends_too(self):
        daemon = self.daemon_in(self.folder)
        daemon.start(env=self.environment)
        self.assertTrue(self.manager.hears("READY=1"))
        before = len(self.manager.heard())
        with open(daemon.config, "a", encoding="utf-8") as config:
            config.write("nonsense: 1\n")
        daemon.process.send_signal(signal.SIGHUP)
        self.assertTrue(self.manager.hears("RELOADING=1", before))
        self.assertTrue(self.manager.hears("READY=1", before))
        daemon.stop()

    def handed(self, daemon, sockets):
        """Starts it with the sockets from descriptor 3 on, under their names."""
        def place():
            copies = [os.dup(one.fileno()) for one in sockets.values()]
            for number, copy in enumerate(copies, 3):
                os.dup2(copy, number)

        daemon.start(program=HANDED, preexec_fn=place, pass_fds=tuple(range(3, 3 + len(sockets))),
                     env={**self.environment, "LISTEN_FDS": str(len(sockets)), "LISTEN_FDNAMES": ":".join(sockets)})

    def test_sockets_are_taken_over_and_no_datagram_is_lost_over_a_restart(self):
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        stream = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        for one in (datagrams, stream):
            self.addCleanup(one.close)
            one.bind(("127.0.0.1", 0))
        stream.listen(16)
        # Privileged ports that this process could not open by itself would be refused; these names decide.
        inputs = "  syslog-udp: {type: udp, address: 192.0.2.1, port: 514}\n  syslog-tcp: {type: tcp, address: 192.0.2.1, port: 514}\n"
        buffer = datagrams.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(sender.close)
        sent = 0

        def send(count):
            nonlocal sent
            for _ in range(count):
                sent += 1
                sender.sendto(f"<13>Nov 20 22:40:01 host app: datagram {sent}".encode(), datagrams.getsockname())

        for _ in range(2):
            daemon = self.daemon_in(self.folder, inputs=inputs)
            self.handed(daemon, {"syslog-udp": datagrams, "syslog-tcp": stream})
            self.assertGreaterEqual(datagrams.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF), buffer)
            self.assertEqual(daemon.port("syslog-udp"), datagrams.getsockname()[1])
            with socket.create_connection(stream.getsockname()) as out:
                sent += 1
                out.sendall(b"<13>Nov 20 22:40:01 host app: a line\n")
            send(50)
            self.assertTrue(daemon.stored(sent), daemon.status())
            daemon.stop()
            send(60)  # nobody reads them yet
        daemon = self.daemon_in(self.folder, inputs=inputs)
        self.handed(daemon, {"syslog-udp": datagrams, "syslog-tcp": stream})
        self.assertTrue(daemon.stored(sent), daemon.status())
        self.assertEqual(daemon.input("syslog-udp")["kernel_drops"], 0)
        daemon.stop()
        self.assertEqual(sent, 2 * 111)

    def test_a_second_one_is_refused(self):
        first = self.daemon_in(self.folder)
        first.start(env=self.environment)
        Path(f"{self.folder}/second").mkdir()
        second = self.daemon_in(f"{self.folder}/second", store=first.store)
        second.spawn()
        self.assertNotEqual(second.process.wait(timeout=300), 0)
        self.assertRegex(second.said(), r"store-\d+")
        first.stop()


if __name__ == "__main__":
    main()
