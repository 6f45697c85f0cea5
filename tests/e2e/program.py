"""The program under test, for the tests of the whole: its commands, and its daemon as a process that is fed, watched, killed.

argv of each test: the binary, the root of the checkout and the store_probe; then names of tests, to run only those."""
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

TOCSIN = str(Path(sys.argv[1]).resolve())
ROOT = Path(sys.argv[2]).resolve()
PROBE = sys.argv[3] if len(sys.argv) > 3 else ""


def run(*arguments, code=0, stdin=None, seconds=900, program=(TOCSIN,), **more):
    """A command and what it said; `program`: the words to start it by, `code`: None where any will do."""
    done = subprocess.run([*program, *arguments], input=stdin, capture_output=True, text=True, timeout=seconds, check=False, **more)
    assert code in (None, done.returncode), (arguments, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    return done


def probe(*arguments, seconds=900):
    done = subprocess.run([PROBE, *arguments], capture_output=True, timeout=seconds)
    assert done.returncode == 0, (arguments, done.stderr)
    return done.stdout


def wait_for(condition, seconds=300):
    """True once the condition holds; the time is generous, since the machine may be busy."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def listed(store, code=0):
    """The alerts of a store, as the lines that the program prints."""
    return run("alerts", "list", "--json", "--store", store, code=code).stdout.splitlines()


def verified(store, code=0, **more):
    """What verify says of a store: its last line, a summary."""
    done = run("verify", "--json", "--store", store, code=code, **more)
    return json.loads(done.stdout.splitlines()[-1])["verified"]


def without_service_folders():
    """The environment, without the folders that a service manager names: what is not told is below HOME."""
    return {name: value for name, value in os.environ.items() if name not in ("STATE_DIRECTORY", "RUNTIME_DIRECTORY")}


class FolderTest(unittest.TestCase):
    """A test with a folder of its own, in which a store may be."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.store = f"{self.folder}/store"

    def daemon_in(self, folder, *arguments, **more):
        """A daemon, not started yet, that does not outlive the test."""
        daemon = DaemonProcess(folder, *arguments, **more)
        self.addCleanup(daemon.end)
        return daemon


class ControlSocket(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=120)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class DaemonProcess:
    """`tocsin run` with a udp and a tcp input on any ports, its store and its files in one folder."""

    def __init__(self, folder, more="", inputs="", keep="", store=None, syslog="{max_past: 10000d, max_future: 10000d}", listen="127.0.0.1:0", audit_trail="false"):
        """`more`: other parts of the configuration; `keep`: options of the store; `store`: where it is, when not in the folder.

        Without an audit trail the log holds what was sent and nothing else, as a replay of it does."""
        more = more if "engine: {" in more else more + "engine: {}\n"
        more = more.replace("engine: {", f"engine: {{audit_trail: {audit_trail}, ").replace(", }", "}")
        self.folder, self.process = str(folder), None
        self.store, self.said_in = store or f"{folder}/store", f"{folder}/log"
        self.config, self.socket = f"{folder}/tocsin.yaml", f"{folder}/control.sock"
        Path(self.config).write_text(
            f"inputs:\n  udp: {{type: udp, port: 0}}\n  tcp: {{type: tcp, port: 0}}\n{inputs}"
            f"store: {{path: {self.store}{keep and ', '}{keep}}}\nsyslog: {syslog}\n"
            f"console: {{listen: '{listen}', socket: {self.socket}}}\n{more}", encoding="utf-8")

    def spawn(self, program=(TOCSIN,), **more):
        with open(self.said_in, "w", encoding="utf-8") as out:
            self.process = subprocess.Popen([*program, "run", "--config", self.config], stderr=out, **more)

    def start(self, **more):
        self.spawn(**more)
        assert self.tells("ready"), self.said()

    def alive(self):
        return self.process.poll() is None

    def tells(self, text):
        """Waits until it has said so; False when it ended before it did."""
        return wait_for(lambda: text in self.said() or not self.alive()) and text in self.said()

    def said(self):
        return Path(self.said_in).read_text(encoding="utf-8")

    def ready(self):
        return "ready" in self.said()

    def port(self, name):
        return int(re.search(rf"input {name}: \w+ on \S+:(\d+)\n", self.said())[1])

    def metrics(self):
        return next(word for word in self.said().split() if word.startswith("http://"))

    def status(self):
        connection = ControlSocket(self.socket)
        try:
            connection.request("GET", "/api/v1/status")
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def stop(self):
        """Ends as the service manager ends it: all that came is stored."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=300)
        assert code == 0, (code, self.said())

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        if self.process and self.alive():
            self.kill()

    def input(self, name):
        return next(entry for entry in self.status()["inputs"] if entry["name"] == name)

    def last_seq(self):
        return self.status()["store"].get("last_seq", 0)  # none while the store is opened again

    def stored(self, events, seconds=300):
        """Waits until it has stored that many in all, and no more."""
        return wait_for(lambda: self.last_seq() >= events, seconds) and self.last_seq() == events

    def pour(self, data):
        """Sends bytes over TCP as they are."""
        with socket.create_connection(("127.0.0.1", self.port("tcp"))) as out:
            out.sendall(data)

    def send_tcp(self, lines, counted=False, address="127.0.0.1"):
        with socket.create_connection(("127.0.0.1", self.port("tcp")), source_address=(address, 0)) as out:
            for text in lines:
                data = text.encode()
                out.sendall(b"%d %s" % (len(data), data) if counted else data + b"\n")

    def send_udp(self, lines, address="127.0.0.1"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.bind((address, 0))
            for text in lines:
                out.sendto(text.encode(), ("127.0.0.1", self.port("udp")))


def delivered(path):
    """The whole lines of a file channel."""
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as text:
        return [json.loads(line) for line in text if line.endswith("\n")]


def main():
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=1)
