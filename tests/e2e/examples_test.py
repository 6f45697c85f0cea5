#!/usr/bin/env python3
"""The snippets of packaging/examples against the real senders: Debian's rsyslog, syslog-ng; and the audit file.
argv: the binary, the root of the checkout. Packages that conflict with each other are unpacked below build/peers, never installed."""
import os
import subprocess
from pathlib import Path

from program import ROOT, FolderTest, main, wait_for

PEERS = ROOT / "build" / "peers"
EXAMPLES = ROOT / "packaging" / "examples"
PACKAGES = {
    "rsyslog": ("usr/sbin/rsyslogd", ["rsyslog", "libestr0", "libfastjson4", "liblognorm5"]),
    "syslog-ng": ("usr/sbin/syslog-ng", ["syslog-ng-core", "libnet1", "libivykis0", "libwrap0", "libjson-c5", "libpcre3", "libglib2.0-0"]),
}
LINE = "Failed password for {user} from 203.0.113.7 port 50022 ssh2"


def fetch(name):
    """The folder with the program in it, unpacked from Debian's packages."""
    program, packages = PACKAGES[name]
    root = PEERS / name
    if not (root / program).exists():
        root.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", "-qq", *packages], cwd=root, check=True, stderr=subprocess.DEVNULL)
        for package in packages:
            subprocess.run(["dpkg", "-x", next(root.glob(f"{package}_*.deb")), root], check=True)
    return root


def environment(root):
    libraries = [folder for folder in (next(root.glob("usr/lib/*-linux-gnu"), None), next(root.glob("lib/*-linux-gnu"), None)) if folder]
    libraries += [folder / "libfastjson" for folder in libraries] + [folder / "syslog-ng" for folder in libraries] + [root / "usr/lib/syslog-ng"]
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(map(str, libraries))}


class Examples(FolderTest):
    def setUp(self):
        super().setUp()
        self.devlog = f"{self.folder}/devlog"

    def daemon(self, inputs="", **more):
        daemon = self.daemon_in(self.folder, syslog="{}", inputs=inputs, **more)
        daemon.start()
        return daemon

    def example(self, name, daemon):
        """The snippet with the port of this test's daemon in place of the usual one."""
        text = (EXAMPLES / name).read_text(encoding="utf-8")
        self.assertIn("5514", text)
        return text.replace("5514", str(daemon.port("tcp")))

    def run_sender(self, words, **more):
        with open(f"{self.folder}/sender", "w", encoding="utf-8") as out:
            sender = subprocess.Popen(words, stdout=out, stderr=out, **more)
        self.addCleanup(sender.wait)
        self.addCleanup(sender.terminate)
        self.assertTrue(wait_for(lambda: os.path.exists(self.devlog) or sender.poll() is not None))
        self.assertIsNone(sender.poll(), Path(f"{self.folder}/sender").read_text(encoding="utf-8"))

    def failures_arrive(self, daemon):
        """Five failures that a program logs become an alert, with each user's name as the sender wrote it."""
        for _ in range(5):
            subprocess.run(["logger", "--socket", self.devlog, "--priority", "auth.info", "--tag", "sshd[77]", LINE.format(user="bob")], check=True, timeout=60)
        self.assertTrue(wait_for(lambda: daemon.status()["store"].get("alerts", 0) >= 1, seconds=120), daemon.status())

    def test_rsyslog(self):
        root = fetch("rsyslog")
        daemon = self.daemon()
        modules = next(root.glob("usr/lib/*/rsyslog"))
        Path(f"{self.folder}/rsyslog.conf").write_text(
            f'global(workDirectory="{self.folder}")\nmodule(load="imuxsock" SysSock.Use="off")\ninput(type="imuxsock" Socket="{self.devlog}" RateLimit.Interval="0")\n'
            + self.example("rsyslog.conf", daemon), encoding="utf-8")
        self.run_sender([root / "usr/sbin/rsyslogd", "-n", "-f", f"{self.folder}/rsyslog.conf", "-i", f"{self.folder}/pid", "-M", modules], env=environment(root))
        self.failures_arrive(daemon)
        daemon.stop()

    def test_rsyslog_keeps_what_comes_while_tocsin_is_down(self):
        root = fetch("rsyslog")
        daemon = self.daemon()
        text = self.example("rsyslog.conf", daemon)
        port = daemon.port("tcp")
        daemon.stop()
        modules = next(root.glob("usr/lib/*/rsyslog"))
        Path(f"{self.folder}/rsyslog.conf").write_text(
            f'global(workDirectory="{self.folder}")\nmodule(load="imuxsock" SysSock.Use="off")\ninput(type="imuxsock" Socket="{self.devlog}" RateLimit.Interval="0")\n'
            + text.replace('queue.type=', 'action.resumeInterval="1" queue.type='), encoding="utf-8")
        self.run_sender([root / "usr/sbin/rsyslogd", "-n", "-f", f"{self.folder}/rsyslog.conf", "-i", f"{self.folder}/pid", "-M", modules], env=environment(root))
        for _ in range(5):
            subprocess.run(["logger", "--socket", self.devlog, "--priority", "auth.info", "--tag", "sshd[77]", LINE.format(user="eve")], check=True, timeout=60)
        config = Path(daemon.config)
        config.write_text(config.read_text(encoding="utf-8").replace("tcp: {type: tcp, port: 0}", f"tcp: {{type: tcp, port: {port}}}"), encoding="utf-8")
        daemon.start()
        self.assertTrue(wait_for(lambda: daemon.status()["store"].get("alerts", 0) >= 1, seconds=180), daemon.status())
        daemon.stop()

    def test_syslog_ng(self):
        root = fetch("syslog-ng")
        daemon = self.daemon()
        Path(f"{self.folder}/syslog-ng.conf").write_text(
            f'@version: 3.38\nsource s_src {{ unix-dgram("{self.devlog}"); }};\n' + self.example("syslog-ng.conf", daemon), encoding="utf-8")
        modules = next(path for path in root.glob("usr/lib/syslog-ng/*") if path.is_dir())
        self.run_sender([root / "usr/sbin/syslog-ng", "-F", "-f", f"{self.folder}/syslog-ng.conf", "-R", f"{self.folder}/persist", "-p", f"{self.folder}/pid",
                         "-c", f"{self.folder}/control", f"--module-path={modules}", "--no-caps"], env=environment(root))
        self.failures_arrive(daemon)
        daemon.stop()

    def test_what_journald_forwards_is_taken_from_its_socket(self):
        """journald itself needs a booted systemd; it sends what logger sends here."""
        text = (EXAMPLES / "conf.d/journald-forward.yaml").read_text(encoding="utf-8")
        inputs = text[text.index("inputs:\n") + len("inputs:\n"):].replace("/run/systemd/journal/syslog", self.devlog)
        self.assertIn(self.devlog, inputs)
        daemon = self.daemon(inputs=inputs)
        self.failures_arrive(daemon)
        daemon.stop()

    def test_the_audit_file_is_followed(self):
        text = (EXAMPLES / "conf.d/audit.yaml").read_text(encoding="utf-8")
        log = f"{self.folder}/audit.log"
        Path(log).write_text((ROOT / "tests/data/audit.log").read_text(encoding="utf-8"), encoding="utf-8")
        daemon = self.daemon(inputs=text[text.index("inputs:\n") + len("inputs:\n"):].replace("/var/log/audit/audit.log", log))
        self.assertTrue(wait_for(lambda: daemon.input("audit")["received"] > 0), daemon.status())
        daemon.stop()


if __name__ == "__main__":
    main()
