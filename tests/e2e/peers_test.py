#!/usr/bin/env python3
"""Real senders against the daemon: Debian's rsyslogd (TCP octet-counted, UDP) and logger --rfc5424. argv: binary, root.

rsyslog's package conflicts with other syslog daemons, so it is fetched and unpacked below build/peers, never installed."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

TOCSIN, ROOT = sys.argv[1], Path(sys.argv[2])
PEERS = ROOT / "build" / "peers"
PACKAGES = ["rsyslog", "libestr0", "libfastjson4", "liblognorm5"]


def fetch():
    """The folder with rsyslogd in it, unpacked from Debian's packages."""
    root = PEERS / "root"
    if not (root / "usr/sbin/rsyslogd").exists():
        PEERS.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", "-qq", *PACKAGES], cwd=PEERS, check=True, stderr=subprocess.DEVNULL)
        for package in PEERS.glob("*.deb"):
            subprocess.run(["dpkg", "-x", package, root], check=True)
    return root


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


class Peers(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.store, self.log = f"{self.folder}/store", f"{self.folder}/log"
        config = f"{self.folder}/tocsin.yaml"
        Path(config).write_text(
            "inputs:\n  udp: {type: udp, port: 0}\n  tcp: {type: tcp, port: 0}\n"
            f"store: {{path: {self.store}}}\nconsole: {{listen: '', socket: {self.folder}/control.sock}}\n", encoding="utf-8")
        with open(self.log, "w", encoding="utf-8") as out:
            self.process = subprocess.Popen([TOCSIN, "run", "--config", config], stderr=out)
        self.assertTrue(wait_for(lambda: "ready" in self.said()), self.said())
        words = self.said().split()
        self.ports = {name: words[words.index(name + ":") + 3].rsplit(":", 1)[1] for name in ("udp", "tcp")}

    def tearDown(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder)

    def said(self):
        return Path(self.log).read_text(encoding="utf-8")

    def status(self):
        done = subprocess.run([TOCSIN, "status", "--json", "--socket", f"{self.folder}/control.sock"], capture_output=True, text=True, timeout=60)
        return json.loads(done.stdout)

    def expect(self, received):
        """That many frames by input are received and stored, and the sums agree."""
        self.assertTrue(wait_for(lambda: {i["name"]: i["received"] for i in self.status()["inputs"]} == received), self.status())
        self.assertTrue(wait_for(lambda: self.status()["store"]["events"] == sum(received.values())), self.status())
        self.process.terminate()
        self.assertEqual(self.process.wait(timeout=60), 0, self.said())
        verified = subprocess.run([TOCSIN, "verify", "--store", self.store], capture_output=True, text=True, timeout=60)
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)

    def alerts(self):
        done = subprocess.run([TOCSIN, "alerts", "list", "--json", "--store", self.store], capture_output=True, text=True, timeout=60)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_logger_sends_rfc5424(self):
        for _ in range(5):
            for way in (["--tcp", "--octet-count", "--port", self.ports["tcp"]], ["--udp", "--port", self.ports["udp"]]):
                user = "bob" if "--tcp" in way else "eve"
                subprocess.run(["logger", "--server", "127.0.0.1", *way, "--rfc5424", "--priority", "auth.info", "--tag", "sshd",
                                f"Failed password for {user} from 203.0.113.7 port 50022 ssh2"], check=True, timeout=60)
        self.expect({"udp": 5, "tcp": 5})
        users = sorted(a["group"]["user.name"] for a in self.alerts() if list(a["group"]) == ["user.name"] and "Brute" in a["rule"]["title"])
        self.assertEqual(users, ["bob", "eve"])

    def test_rsyslog_forwards_by_tcp_and_udp(self):
        root = fetch()
        modules = next(root.glob("usr/lib/*/rsyslog"))
        libraries = f"{modules.parent}:{modules.parent}/libfastjson"
        socket = f"{self.folder}/devlog"
        Path(f"{self.folder}/rsyslog.conf").write_text(
            f'module(load="imuxsock" SysSock.Use="off")\ninput(type="imuxsock" Socket="{socket}" RateLimit.Interval="0")\n'
            f'action(type="omfwd" target="127.0.0.1" port="{self.ports["tcp"]}" protocol="tcp" TCP_Framing="octet-counted")\n'
            f'action(type="omfwd" target="127.0.0.1" port="{self.ports["udp"]}" protocol="udp")\n', encoding="utf-8")
        rsyslogd = subprocess.Popen([root / "usr/sbin/rsyslogd", "-n", "-f", f"{self.folder}/rsyslog.conf", "-i", f"{self.folder}/pid", "-M", modules],
                                    env={**os.environ, "LD_LIBRARY_PATH": libraries}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.assertTrue(wait_for(lambda: os.path.exists(socket)))
            for i in range(20):
                subprocess.run(["logger", "--socket", socket, "--priority", "auth.info", "--tag", "sshd[77]",
                                f"Failed password for user{i % 4} from 203.0.113.7 port 50022 ssh2"], check=True, timeout=60)
            self.assertTrue(wait_for(lambda: all(i["received"] >= 20 for i in self.status()["inputs"])), self.status())
        finally:
            rsyslogd.terminate()
            rsyslogd.wait()
        time.sleep(0.5)
        counts = {i["name"]: i["received"] for i in self.status()["inputs"]}
        self.expect(counts)
        users = {a["group"]["user.name"] for a in self.alerts() if list(a["group"]) == ["user.name"] and "Brute" in a["rule"]["title"]}
        self.assertEqual(users, {f"user{i}" for i in range(4)})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
