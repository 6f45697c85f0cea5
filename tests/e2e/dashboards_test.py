#!/usr/bin/env python3
"""Debian's Prometheus scrapes the daemon under load; every query of every panel then has data, and every alert rule is read.
TOCSIN_PICTURES=DIR: the dashboards are drawn there, to be looked at. argv: the binary, the root of the checkout."""
import json
import os
import shutil
import signal
import subprocess
import time
import unittest
import urllib.parse
import urllib.request
from pathlib import Path

from program import ROOT, FolderTest, main, wait_for

SECONDS = 300 if os.environ.get("TOCSIN_LONG") else 25
# Empty on a machine on which nothing went wrong; each is told with its reason.
MAY_BE_EMPTY = {"tocsin_store_errors_total"}


def free_port():
    import socket
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@unittest.skipUnless(shutil.which("prometheus"), "prometheus is not there")
class Dashboards(FolderTest):
    maxDiff = None

    def query(self, expr):
        url = f"http://127.0.0.1:{self.port}/api/v1/query?" + urllib.parse.urlencode({"query": expr})
        with urllib.request.urlopen(url, timeout=120) as answer:
            return json.loads(answer.read())["data"]["result"]

    def prometheus(self, target):
        self.port = free_port()
        config = Path(self.folder, "prometheus.yml")
        config.write_text(f"global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [{ROOT}/packaging/alerts/rules.yml]\n"
                          f"scrape_configs:\n  - job_name: tocsin\n    static_configs: [{{targets: ['{target}']}}]\n", encoding="utf-8")
        process = subprocess.Popen(["prometheus", f"--config.file={config}", f"--storage.tsdb.path={self.folder}/tsdb", f"--web.listen-address=127.0.0.1:{self.port}"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)

        def ready():
            try:
                return bool(self.query('up{job="tocsin"} == 1'))
            except OSError:
                return False
        self.assertTrue(wait_for(ready))

    def load(self, daemon, turn):
        """Something of everything: failures and logins, a lockout, defects, other lines."""
        now = time.strftime("%b %e %H:%M:%S", time.gmtime())
        user = f"user{turn % 7}"
        failures = [f"<38>{now} web01 sshd[811]: Failed password for {user} from 203.0.113.{turn % 5} port 50022 ssh2" for _ in range(20)]
        login = f"<38>{now} web01 sshd[811]: Accepted password for {user} from 203.0.113.{turn % 5} port 50022 ssh2"
        daemon.send_tcp([*failures, login, "\x00 no syslog \xff", "x" * 2000, f"<13>{now} web01 app: hello {turn}"])
        daemon.send_udp([f"<13>{now} web02 app: hello {turn}", f"<13>Jan  1 00:00:00 web03 app: old {turn}"])

    def test_every_panel_has_data_under_load(self):
        listen = f"127.0.0.1:{free_port()}"
        daemon = self.daemon_in(self.folder, syslog="{}", listen=listen, inputs="  short: {type: tcp, port: 0, max_frame: 480}\n",
                                more=f"channels: {{out: {{type: file, path: {self.folder}/alerts.json}}}}\n")
        daemon.start()
        self.prometheus(listen)
        end, turn = time.monotonic() + SECONDS, 0
        while time.monotonic() < end or turn < 10:
            self.load(daemon, turn)
            turn += 1
            if turn == 3:
                daemon.process.send_signal(signal.SIGHUP)
            time.sleep(0.5)
        faults = []
        for path in sorted((ROOT / "packaging/dashboards").glob("*.json")):
            for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]:
                for target in panel["targets"]:
                    self.load(daemon, turn)
                    turn += 1
                    expr = target["expr"].replace("$__rate_interval", "20s").replace("$job", ".*").replace("$instance", ".*")
                    if any(name in expr for name in MAY_BE_EMPTY):
                        continue
                    if not wait_for(lambda expr=expr: self.query(expr), seconds=30):
                        faults.append(f"{path.stem}: {panel['title']}: {expr}")
        self.assertEqual(faults, [])
        if os.environ.get("TOCSIN_PICTURES"):
            subprocess.run(["/usr/bin/python3", ROOT / "packaging/dashboards/draw.py", f"http://127.0.0.1:{self.port}", os.environ["TOCSIN_PICTURES"]], check=True)
        rules = json.loads(urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/rules", timeout=120).read())["data"]["groups"][0]["rules"]
        self.assertEqual({rule["health"] for rule in rules}, {"ok"}, rules)
        firing = {rule["name"] for rule in rules if rule["state"] == "firing"}
        self.assertEqual(firing - {"TocsinLockoutsRefused", "TocsinSourceSkewed"}, set())
        daemon.stop()


if __name__ == "__main__":
    main()
