#!/usr/bin/env python3
"""A daemon finds what the disk has changed in its files while it works. argv: binary, root, store_probe."""
import socket
import time
from pathlib import Path

from program import ControlSocket, FolderTest, main, wait_for


class Scrub(FolderTest):
    def metric(self, daemon, name):
        connection = ControlSocket(daemon.socket)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return float(next(line.split()[1] for line in text.splitlines() if line.startswith(name + " ")))

    def fill(self, daemon, events):
        stamp = time.strftime("%b %e %H:%M:%S", time.gmtime())
        daemon.send_tcp([f"<38>{stamp} web01 app[1]: number {i}" for i in range(events)])
        self.assertTrue(daemon.stored(events))

    def test_a_flipped_byte_is_found_and_events_go_on(self):
        daemon = self.daemon_in(self.folder, syslog="{}", keep="scrub_rate: 100MiB")
        daemon.start()
        self.fill(daemon, 20_000)
        daemon.stop()
        daemon.start()
        self.assertTrue(wait_for(lambda: self.metric(daemon, "tocsin_scrub_last_pass_timestamp_seconds") > 0))
        self.assertEqual(self.metric(daemon, "tocsin_scrub_files_damaged"), 0)
        file = max(Path(self.store).glob("db/*.sst"), key=lambda path: path.stat().st_size)
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
        self.assertTrue(wait_for(lambda: self.metric(daemon, "tocsin_scrub_files_damaged") == 1))
        self.assertIn(f"{file}: the file is not as it was written", daemon.said())
        daemon.send_udp(["<13>Nov 20 22:40:00 web01 app: still here"])
        self.assertTrue(daemon.stored(20_001))
        daemon.kill()

    def test_upkeep_and_retention_are_no_damage(self):
        daemon = self.daemon_in(self.folder, "engine: {upkeep_interval: 100ms, checkpoint_interval: 200ms}\n",
                                syslog="{}", keep="scrub_rate: 1GiB, write_buffer: 1MiB, retention_size: 4MiB")
        daemon.start()
        end, sent = time.monotonic() + 25, 0
        stamp = time.strftime("%b %e %H:%M:%S", time.gmtime())
        # One connection: how many there may be is none of this test's business.
        with socket.create_connection(("127.0.0.1", daemon.port("tcp"))) as out:
            while time.monotonic() < end:
                out.sendall("".join(f"<38>{stamp} web01 app[1]: number {sent + i} {'x' * 200} {hash((sent, i))}\n" for i in range(2000)).encode())
                sent += 2000
        self.assertTrue(daemon.stored(sent))
        self.assertTrue(wait_for(lambda: self.metric(daemon, "tocsin_scrub_last_pass_timestamp_seconds") > 0))
        self.assertEqual(self.metric(daemon, "tocsin_scrub_files_damaged"), 0)
        self.assertGreater(self.metric(daemon, "tocsin_scrub_bytes_total"), 0)
        self.assertNotIn("as it was written", daemon.said())
        daemon.stop()


if __name__ == "__main__":
    main()
