#!/usr/bin/env python3
"""The daemon as its users run it: sockets in, alerts and metrics out, kill and restart. argv: binary, root."""
import json
import re
import socket
import time
import urllib.request

from program import ROOT, FolderTest, delivered, listed, main, run, verified, wait_for


def line(i, user="bob"):
    return f"<38>Nov 20 22:40:{i:02} web01 sshd[811]: Failed password for {user} from 203.0.113.7 port 50022 ssh2"


def line_now(user="bob"):
    stamp = time.strftime("%b %e %H:%M:%S", time.gmtime())
    return f"<38>{stamp} web01 sshd[811]: Failed password for {user} from 203.0.113.7 port 50022 ssh2"


class Daemon(FolderTest):
    def setUp(self):
        super().setUp()
        self.alerts = f"{self.folder}/alerts.json"
        self.daemon = self.daemon_in(self.folder, f"channels:\n  out: {{type: file, path: {self.alerts}}}\n")
        self.daemon.start()

    def stop_and_verify(self):
        self.daemon.stop()
        self.assertEqual(verified(self.daemon.store)["differences"], 0)

    def listed(self):
        return [json.loads(text) for text in listed(self.daemon.store)]

    def metric(self, name):
        text = urllib.request.urlopen(self.daemon.metrics(), timeout=120).read().decode()
        return {row.rsplit(" ", 1)[0]: float(row.rsplit(" ", 1)[1]) for row in text.splitlines() if row.startswith(name)}

    def test_lines_become_alerts_and_lockouts_and_metrics(self):
        self.daemon.send_tcp([line(i) for i in range(5)])
        self.daemon.send_tcp([line(i, "eve") for i in range(5)], counted=True)
        self.daemon.send_udp([line(i, "mallory") for i in range(5)])
        self.assertTrue(wait_for(lambda: len([a for a in self.listed() if "user.name" in a["group"]]) == 3), self.daemon.said())
        self.assertTrue(wait_for(lambda: [row["event"] for row in delivered(self.alerts)].count("lockout") >= 3))
        self.assertTrue(wait_for(lambda: sum(self.metric("tocsin_events_stored_total").values()) == 15))
        self.assertTrue(wait_for(lambda: sum(self.metric("tocsin_events_received_total").values()) == 15))
        self.assertEqual(sum(self.metric("tocsin_conservation_violation").values()), 0)
        status = json.loads(run("status", "--json", "--socket", self.daemon.socket).stdout)
        self.assertTrue(status["ready"])
        self.assertEqual({entry["name"]: entry["received"] for entry in status["inputs"]}, {"udp": 5, "tcp": 10})
        self.assertEqual({entry["name"]: (entry["stored"], entry["unaccounted"]) for entry in status["inputs"]}, {"udp": (5, 0), "tcp": (10, 0)})
        self.stop_and_verify()

    def test_explain_reads_the_store_beside_the_daemon(self):
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.daemon.send_tcp([f"<38>1 {now} web01 sshd 811 - - Failed password for bob from 203.0.113.7 port 50022 ssh2"] * 4)
        self.assertTrue(self.daemon.stored(4), self.daemon.said())
        said = json.loads(run("explain", "ssh_brute_force_user", "--group", "user.name=bob", "--at", now, "--store", self.daemon.store, "--json").stdout)
        self.assertEqual((said["counted"], said["verdict"]["state"], said["verdict"]["missing"]), (4, "not_fired", 1))
        self.assertEqual([event["seq"] for event in said["events"]], [1, 2, 3, 4])
        self.stop_and_verify()

    def test_every_declared_metric_is_shown_and_moves(self):
        self.daemon.send_tcp([line(i) for i in range(6)])
        self.daemon.send_udp([line(i, "mallory") for i in range(6)])
        moving = [  # what these events, their alerts and lockouts must have moved
            "tocsin_events_received_total", "tocsin_received_bytes_total", "tocsin_events_stored_total", "tocsin_events_decoded_total",
            "tocsin_connections_accepted_total", "tocsin_queue_capacity", "tocsin_stage_busy_seconds_total",
            'tocsin_pipeline_latency_seconds_count{until="commit"', 'tocsin_pipeline_latency_seconds_count{until="durable"',
            'tocsin_pipeline_latency_seconds_count{until="alert"', "tocsin_watermark_lag_seconds", "tocsin_detections_total", "tocsin_alerts_total",
            "tocsin_alerts_amended_total", "tocsin_correlation_groups", "tocsin_correlation_state_bytes", "tocsin_rules_loaded", "tocsin_decoders_loaded",
            "tocsin_config_reloads_total", "tocsin_config_last_reload_success", "tocsin_config_last_reload_timestamp_seconds", "tocsin_store_bytes",
            "tocsin_store_writes_total", "tocsin_store_written_bytes_total", "tocsin_store_write_seconds_count", "tocsin_store_sync_seconds_count",
            "tocsin_notifications_total", "tocsin_lockouts_ordered_total", "tocsin_http_requests_total", "tocsin_http_connections", "tocsin_build_info",
            "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_threads", "process_start_time_seconds"]
        self.assertTrue(wait_for(lambda: sum(self.metric("tocsin_alerts_total").values()) >= 2), self.daemon.said())
        self.daemon.send_tcp([line(7)])  # amends what fired

        def still():
            return [name for name in moving if sum(self.metric(name).values()) == 0]
        self.assertTrue(wait_for(lambda: not still()), still())
        page = (ROOT / "docs/reference/metrics.md").read_text(encoding="utf-8")
        declared = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
        self.assertGreater(len(declared), 50)
        self.assertEqual([name for name in declared if not self.metric(name)], [])
        self.stop_and_verify()

    def test_status_shows_single_peers(self):
        sent = {f"127.0.0.{i}": 40 * i for i in (1, 2, 3, 4)}
        senders = [socket.create_connection(("127.0.0.1", self.daemon.port("tcp")), source_address=(peer, 0)) for peer in sent]
        for part in range(4):  # in turns, so that batches hold lines of all of them
            for out, count in zip(senders, sent.values()):
                out.sendall("".join(line(i % 60, f"user{i % 50}") + "\n" for i in range(count // 4 * part, count // 4 * (part + 1))).encode())

        def tcp():
            return self.daemon.input("tcp")
        self.assertTrue(wait_for(lambda: {p["peer"]: p["received"] for p in tcp()["peers"]} == sent), tcp())
        self.assertEqual(tcp()["connections"], 4)
        self.assertTrue(wait_for(lambda: tcp()["stored"] == sum(sent.values())), tcp())
        for out in senders:
            out.close()
        self.assertTrue(wait_for(lambda: tcp()["connections"] == 0), tcp())
        self.assertEqual({p["peer"]: p["received"] for p in tcp()["peers"]}, sent)
        self.stop_and_verify()

    def test_kills_and_restarts_lose_and_double_nothing(self):
        for round_number in range(4):
            user = f"user{round_number}"
            self.daemon.send_tcp([line(i, user) for i in range(6)])
            self.assertTrue(wait_for(lambda: any(a["group"].get("user.name") == user for a in self.listed())), self.daemon.said())
            self.daemon.kill()
            self.daemon.start()
        self.stop_and_verify()
        users = [a["group"]["user.name"] for a in self.listed() if list(a["group"]) == ["user.name"] and "Brute force" in a["rule"]["title"]]
        self.assertEqual(sorted(users), [f"user{i}" for i in range(4)])

    def test_rubbish_closes_connections_and_harms_nobody(self):
        for data in (b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/1.0\r\n\r\n", b"99999999999 <1>x", b"<999>\x00\xff\n" * 100):
            with socket.create_connection(("127.0.0.1", self.daemon.port("tcp"))) as out:
                out.sendall(data)
        # What states no time has that of its reception: from here on, only the present is in time.
        self.daemon.send_tcp([line_now() for _ in range(5)])
        self.assertTrue(wait_for(lambda: any(a["group"].get("user.name") == "bob" for a in self.listed())), self.daemon.said())
        self.assertIsNone(self.daemon.process.poll())
        self.stop_and_verify()


if __name__ == "__main__":
    main()
