#!/usr/bin/env python3
"""Real senders against the daemon: Debian's rsyslogd (TCP octet-counted, UDP) and logger --rfc5424. argv: binary, root.

rsyslog's package conflicts with other syslog daemons, so it is fetched and unpacked below build/peers, never installed."""
import json
import os
import shutil
import subprocess
import urllib.request
from pathlib import Path

from program import ROOT, FolderTest, listed, main, verified, wait_for

PEERS = ROOT / "build" / "peers"
RSYSLOG = ["rsyslog", "libestr0", "libfastjson4", "liblognorm5"]


def fetch(program, packages):
    """The folder with the program in it, unpacked from Debian's packages."""
    root = PEERS / "root"
    if not (root / program).exists():
        PEERS.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", "-qq", *packages], cwd=PEERS, check=True, stderr=subprocess.DEVNULL)
        for package in packages:
            subprocess.run(["dpkg", "-x", next(PEERS.glob(f"{package}_*.deb")), root], check=True)
    return root


class Peers(FolderTest):
    def setUp(self):
        super().setUp()
        self.daemon = self.daemon_in(self.folder, syslog="{}")
        self.daemon.start()

    def expect(self, received):
        """That many frames by input are received and stored, and the sums agree."""
        self.assertTrue(wait_for(lambda: {i["name"]: i["received"] for i in self.daemon.status()["inputs"]} == received), self.daemon.status())
        self.assertTrue(wait_for(lambda: self.daemon.status()["store"]["events"] == sum(received.values())), self.daemon.status())
        self.daemon.stop()
        self.assertEqual(verified(self.daemon.store)["differences"], 0)

    def alerts(self):
        return [json.loads(line) for line in listed(self.daemon.store)]

    def test_logger_sends_rfc5424(self):
        for _ in range(5):
            for way in (["--tcp", "--octet-count", "--port", str(self.daemon.port("tcp"))], ["--udp", "--port", str(self.daemon.port("udp"))]):
                user = "bob" if "--tcp" in way else "eve"
                subprocess.run(["logger", "--server", "127.0.0.1", *way, "--rfc5424", "--priority", "auth.info", "--tag", "sshd",
                                f"Failed password for {user} from 203.0.113.7 port 50022 ssh2"], check=True, timeout=60)
        self.expect({"udp": 5, "tcp": 5})
        users = sorted(a["group"]["user.name"] for a in self.alerts() if list(a["group"]) == ["user.name"] and "Brute" in a["rule"]["title"])
        self.assertEqual(users, ["bob", "eve"])

    def test_promtool_finds_nothing_in_the_metrics(self):
        promtool = shutil.which("promtool") or fetch("usr/bin/promtool", ["prometheus"]) / "usr/bin/promtool"
        for _ in range(6):
            subprocess.run(["logger", "--server", "127.0.0.1", "--tcp", "--port", str(self.daemon.port("tcp")), "--rfc5424", "--priority", "auth.info",
                            "--tag", "sshd", "Failed password for bob from 203.0.113.7 port 50022 ssh2"], check=True, timeout=60)
        self.assertTrue(wait_for(lambda: self.daemon.status()["store"]["alerts"] >= 1), self.daemon.status())
        page = urllib.request.urlopen(self.daemon.metrics(), timeout=60).read()
        checked = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, timeout=60)
        self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, b"", b""))

    def test_rsyslog_forwards_by_tcp_and_udp(self):
        root = fetch("usr/sbin/rsyslogd", RSYSLOG)
        modules = next(root.glob("usr/lib/*/rsyslog"))
        libraries = f"{modules.parent}:{modules.parent}/libfastjson"
        socket = f"{self.folder}/devlog"
        Path(f"{self.folder}/rsyslog.conf").write_text(
            f'module(load="imuxsock" SysSock.Use="off")\ninput(type="imuxsock" Socket="{socket}" RateLimit.Interval="0")\n'
            f'action(type="omfwd" target="127.0.0.1" port="{self.daemon.port("tcp")}" protocol="tcp" TCP_Framing="octet-counted")\n'
            f'action(type="omfwd" target="127.0.0.1" port="{self.daemon.port("udp")}" protocol="udp")\n', encoding="utf-8")
        rsyslogd = subprocess.Popen([root / "usr/sbin/rsyslogd", "-n", "-f", f"{self.folder}/rsyslog.conf", "-i", f"{self.folder}/pid", "-M", modules],
                                    env={**os.environ, "LD_LIBRARY_PATH": libraries}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.assertTrue(wait_for(lambda: os.path.exists(socket)))
            for i in range(20):
                subprocess.run(["logger", "--socket", socket, "--priority", "auth.info", "--tag", "sshd[77]",
                                f"Failed password for user{i % 4} from 203.0.113.7 port 50022 ssh2"], check=True, timeout=60)
            self.assertTrue(wait_for(lambda: all(i["received"] >= 20 for i in self.daemon.status()["inputs"])), self.daemon.status())
        finally:
            rsyslogd.terminate()
            rsyslogd.wait()
        # What it sent lies in the sockets in order: behind it come the end of its connection, and a datagram of another peer.
        self.daemon.send_udp(["the last"], address="127.0.0.2")
        self.assertTrue(wait_for(lambda: "127.0.0.2" in [peer["peer"] for peer in self.daemon.input("udp")["peers"]]), self.daemon.status())
        self.assertTrue(wait_for(lambda: self.daemon.input("tcp")["connections"] == 0), self.daemon.status())
        counts = {i["name"]: i["received"] for i in self.daemon.status()["inputs"]}
        self.expect(counts)
        users = {a["group"]["user.name"] for a in self.alerts() if list(a["group"]) == ["user.name"] and "Brute" in a["rule"]["title"]}
        self.assertEqual(users, {f"user{i}" for i in range(4)})


if __name__ == "__main__":
    main()
