#!/usr/bin/env python3
"""The program in the hands of a newcomer and of somebody who means it ill. argv: binary, root of the checkout."""
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

TOCSIN, ROOT = sys.argv[1], Path(sys.argv[2])
LINE = "Nov 20 22:40:{:02} web01 sshd[811]: Failed password for bob from 203.0.113.7 port 50022 ssh2\n"
NOBODY = 65534


def run(*arguments, code=0, **more):
    done = subprocess.run([TOCSIN, *arguments], capture_output=True, text=True, timeout=300, **more)
    assert done.returncode == code, (arguments, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    return done


def wait_for(condition, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def can_unshare(*flags):
    return shutil.which("unshare") and subprocess.run(["unshare", *flags, "true"], capture_output=True).returncode == 0


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.store = str(self.folder / "store")

    def big_log(self, lines=400_000):
        path = self.folder / "big.log"
        with path.open("w", encoding="utf-8") as out:
            for i in range(lines):
                out.write(f"Nov 20 {i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02} web01 sshd[{i}]: Failed password for "
                          f"user{i} from 203.0.{i // 256 % 256}.{i % 256} port {i % 65536} ssh2\n")
        return str(path)


class Messages(Folder):
    def test_ten_mistakes_are_ten_errors_with_line_and_column(self):
        text = (ROOT / "tests/cases/rules/mistakes.case").read_text(encoding="utf-8")
        rules, errors = text.split("== rules\n", 1)[1].split("== errors\n", 1)
        pack = self.folder / "pack.yml"
        pack.write_text(rules, encoding="utf-8")
        expected = [tuple(line.split()) for line in errors.splitlines() if line and not line.startswith(("#", "=="))]
        self.assertEqual(len(expected), 10)
        done = run("check", str(pack), code=3)
        found = re.findall(r"^" + re.escape(str(pack)) + r":(\d+:\d+): ([a-z]+-\d+): \S.*$", done.stdout, re.M)
        self.assertEqual(found, expected)
        self.assertEqual(len(done.stdout.splitlines()), 10)
        as_json = [json.loads(line) for line in run("check", "--json", str(pack), code=3).stdout.splitlines()]
        self.assertEqual([(f"{e['line']}:{e['column']}", e["code"]) for e in as_json], expected)

    def test_every_command_teaches(self):
        names = re.findall(r"^  ([a-z]+)  ", run("--help").stdout, re.M)
        self.assertIn("replay", names)
        for command in [[name] for name in names if name != "tocsin"] + [["alerts", "list"]]:
            text = run(*command, "--help").stdout
            self.assertRegex(text, r"(?m)^(Examples?|Try it):\n  \S", command)
            self.assertLess(max(map(len, text.splitlines())), 121, command)
            self.assertNotRegex(text, r"UINT|INT in|TEXT|\{false\}")

    def test_what_may_not_be_read_is_exit_code_5(self):
        if os.geteuid() != 0:
            self.skipTest("needs root, to become somebody else")
        self.folder.chmod(0o755)
        secret = self.folder / "secret"
        secret.write_text(LINE.format(1), encoding="utf-8")
        secret.chmod(0o600)
        run("replay", "--store", self.store, str(secret))
        os.chmod(self.store, 0o700)
        binary = self.folder / "tocsin"  # the checkout itself may be closed to others
        shutil.copy(TOCSIN, binary)
        shutil.copytree(ROOT / "ingest/decoders", self.folder / "share/decoders")
        shutil.copytree(ROOT / "rules/packs", self.folder / "share/rules")
        environment = {"TOCSIN_SHARE": str(self.folder / "share"), "HOME": "/nonexistent"}
        for arguments in (["replay", str(secret)], ["check", str(secret)], ["test", str(secret)], ["run", "--config", str(secret)],
                          ["alerts", "list", "--store", self.store], ["verify", "--store", self.store],
                          ["replay", "--store", self.store, "/dev/null"], ["replay", "--rules", str(secret), "/dev/null"],
                          ["run"], ["docs", "--write", str(self.folder)]):
            done = subprocess.run([str(binary), *arguments], capture_output=True, text=True, timeout=120, env=environment,
                                  user=NOBODY, group=NOBODY, extra_groups=[], check=False)
            self.assertEqual(done.returncode, 1 if arguments[0] == "docs" else 5, (arguments, done.stdout, done.stderr))


class Endings(Folder):
    def test_a_reader_that_goes_away_ends_the_program_quietly(self):
        log = self.big_log(50_000)
        for words in (f"replay --json --detections {log}", f"decode --json < {log}", "docs options", "--help"):
            script = f"set -o pipefail; '{TOCSIN}' {words} | head -n 1 > /dev/null"
            done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=300, check=False)
            self.assertIn(done.returncode, (0, 128 + signal.SIGPIPE), words)
            self.assertEqual(done.stderr.replace("\n", ""), "", words)

    def test_an_output_that_takes_nothing_is_no_success(self):
        log = self.folder / "auth.log"
        log.write_text("".join(LINE.format(i) for i in range(5)), encoding="utf-8")
        for arguments in (["replay", "--json", str(log)], ["replay", str(log)], ["decode", "x"], ["docs", "options"], ["--help"]):
            with open("/dev/full", "w", encoding="utf-8") as full:
                done = subprocess.run([TOCSIN, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, timeout=120, check=False)
            self.assertEqual(done.returncode, 1, arguments)
            self.assertIn("the output could not be written", done.stderr)
            closed = subprocess.run(["bash", "-c", 'exec "$@" >&-', "bash", TOCSIN, *arguments], stderr=subprocess.PIPE, text=True,
                                    timeout=120, check=False)
            self.assertEqual(closed.returncode, 1, arguments)
            self.assertIn("the output could not be written", closed.stderr)

    def test_a_signal_in_the_middle_of_a_replay_leaves_a_store_that_goes_on(self):
        log = self.big_log()
        command = ["replay", "--json", "--year", "2026", "--store", self.store, log]
        for number in (signal.SIGINT, signal.SIGTERM):
            before = self.listed()
            process = subprocess.Popen([TOCSIN, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
            wait_for(lambda: process.poll() is not None or self.listed() > before)
            process.send_signal(number)
            self.assertIn(process.wait(timeout=120), (-number, 0))
        run(*command)
        self.assertEqual(json.loads(run("verify", "--json", "--store", self.store).stdout)["verified"]["events"], 400_000)

    def listed(self):
        done = subprocess.run([TOCSIN, "alerts", "list", "--json", "--store", self.store], capture_output=True, text=True,
                              timeout=120, check=False)
        return len(done.stdout.splitlines())

    def test_a_store_in_use_is_told_with_its_user(self):
        first = subprocess.Popen([TOCSIN, "replay", "--store", self.store, "-"], stdin=subprocess.PIPE,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.assertTrue(wait_for(lambda: run_quietly("alerts", "list", "--store", self.store) == 0))
            done = run("replay", "--store", self.store, "/dev/null", code=1)
            self.assertIn(f"store-2: the store is held open by process {first.pid}", done.stderr)
        finally:
            first.communicate(LINE.format(1).encode(), timeout=120)
        self.assertEqual(first.returncode, 0)

    def test_a_file_at_its_size_limit_is_an_error_with_words(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
        log = self.big_log()
        done = run("replay", "--year", "2026", "--store", self.store, log, code=1, preexec_fn=limit)
        self.assertRegex(done.stderr, r"store-1\d: .*File too large")
        run("replay", "--year", "2026", "--store", self.store, log)
        run("verify", "--store", self.store)

    def test_a_full_disk_is_an_error_with_words_and_the_store_goes_on(self):
        flags = ["-m"] if can_unshare("-m") else ["-rm"]
        if not can_unshare(*flags):
            self.skipTest("needs a mount namespace of its own")
        log = self.big_log()
        script = """mount -t tmpfs -o size=8m tmpfs "$2" || exit 77
            "$1" replay --year 2026 --store "$2/s" "$3" 2>&1; echo "code $?"
            mount -o remount,size=200m "$2" || exit 77
            "$1" replay --year 2026 --store "$2/s" "$3" >/dev/null 2>&1; echo "code $?"
            "$1" verify --json --store "$2/s"; echo "code $?" """
        mount = self.folder / "disk"
        mount.mkdir()
        done = subprocess.run(["unshare", *flags, "bash", "-c", script, "bash", TOCSIN, str(mount), log], capture_output=True,
                              text=True, timeout=600, check=False)
        if done.returncode == 77:
            self.skipTest("may not mount: " + done.stderr)
        self.assertEqual(re.findall(r"code (\d+)", done.stdout), ["1", "0", "0"], done.stdout[-3000:] + done.stderr)
        self.assertRegex(done.stdout, r"store-1[14]: .*No space left on device")
        self.assertIn('"events":400000', done.stdout)


class FullDisk(Folder):
    """The daemon on a disk that fills up and is then made larger, in a network and mounts of its own."""

    def test_inputs_wait_and_nothing_is_lost(self):
        flags = ["-mn"] if can_unshare("-mn") else ["-rmn"]
        if not can_unshare(*flags) or not shutil.which("ip"):
            self.skipTest("needs namespaces of its own")
        disk = self.folder / "disk"
        disk.mkdir()
        config = self.folder / "tocsin.yaml"
        config.write_text(f"inputs: {{tcp: {{type: tcp}}}}\nstore: {{path: {disk}/store}}\nsyslog: {{max_past: 10000d, "
                          f"max_future: 10000d}}\nconsole: {{listen: '', socket: {self.folder}/sock}}\n", encoding="utf-8")
        script = r"""mount -t tmpfs -o size=8m tmpfs "$4/disk" && ip link set lo up || exit 77
            "$1" run --config "$2" 2> "$4/log" & daemon=$!
            until grep -q ready "$4/log"; do kill -0 $daemon || exit 1; sleep 0.1; done
            cat "$3" > /dev/tcp/127.0.0.1/5514 & sender=$!
            until grep -q 'refuses writes' "$4/log"; do kill -0 $daemon || exit 1; sleep 0.1; done
            mount -o remount,size=400m "$4/disk"
            wait $sender
            until "$1" status --json --config "$2" | grep -q '"events":400000,'; do kill -0 $daemon || exit 1; sleep 0.2; done
            kill -TERM $daemon; wait $daemon; echo "daemon $?"
            "$1" verify --json --store "$4/disk/store"; echo "verify $?" """
        log = self.big_log()
        done = subprocess.run(["unshare", *flags, "bash", "-c", script, "bash", TOCSIN, str(config), log, str(self.folder)],
                              capture_output=True, text=True, timeout=800, check=False)
        if done.returncode == 77:
            self.skipTest("may not mount: " + done.stderr)
        said = (self.folder / "log").read_text(encoding="utf-8")
        self.assertIn("daemon 0\n", done.stdout, done.stdout + done.stderr + said)
        self.assertIn('"events":400000,', done.stdout, said)
        self.assertIn("verify 0\n", done.stdout, said)
        self.assertIn("the store is open again", said)


def run_quietly(*arguments):
    return subprocess.run([TOCSIN, *arguments], capture_output=True, timeout=120, check=False).returncode


class FirstRun(Folder):
    """`tocsin run` with nothing prepared, in a network of its own so that no port is taken."""

    def test_the_defaults_of_a_newcomer(self):
        flags = ["-n"] if can_unshare("-n") else ["-rn"]
        if not can_unshare(*flags) or not shutil.which("ip"):
            self.skipTest("needs a network namespace of its own")
        script = r"""ip link set lo up || exit 77
            "$1" run 2> "$HOME/log" & daemon=$!
            for i in $(seq 600); do grep -q ready "$HOME/log" && break; kill -0 $daemon || break; sleep 0.1; done
            cat "$HOME/log"
            exec 3<>/dev/tcp/127.0.0.1/5514
            for i in 1 2 3 4 5; do printf 'sshd[811]: Failed password for bob from 203.0.113.7 port 50022 ssh2\n' >&3; done
            exec 3>&-
            printf '<38>sshd[811]: Failed password for eve from 203.0.113.7 port 50022 ssh2' > /dev/udp/127.0.0.1/5514
            for i in $(seq 600); do "$1" status --json | grep -q '"events":6' && break; sleep 0.1; done
            "$1" status; echo "status $?"
            exec 3<>/dev/tcp/127.0.0.1/9514; printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3; grep -a '^tocsin_events_stored_total' <&3
            "$1" alerts list; echo "alerts $?"
            kill -TERM $daemon; wait $daemon; echo "daemon $?"
            "$1" verify; echo "verify $?"
            "$1" status; echo "status $?" """
        environment = {name: value for name, value in os.environ.items() if name not in ("STATE_DIRECTORY", "RUNTIME_DIRECTORY")}
        environment["HOME"] = str(self.folder)
        done = subprocess.run(["unshare", *flags, "bash", "-c", script, "bash", TOCSIN], capture_output=True, text=True,
                              timeout=300, env=environment, check=False)
        if done.returncode == 77:
            self.skipTest("may not bring up the loopback")
        said = done.stdout + done.stderr
        self.assertRegex(done.stdout, r"tocsin: input udp: udp on 127\.0\.0\.1:5514\n")
        self.assertRegex(done.stdout, r"tocsin: input tcp: tcp on 127\.0\.0\.1:5514\n")
        self.assertIn("tocsin: metrics on http://127.0.0.1:9514/metrics\n", done.stdout)
        self.assertIn(f"tocsin: store in {self.folder}/.local/state/tocsin; ready\n", done.stdout)
        self.assertIn("Brute force against one account over ssh", done.stdout, said)
        self.assertIn("tocsin_events_stored_total", done.stdout, said)
        self.assertEqual(re.findall(r"(?m)^(status|alerts|daemon|verify) (\d+)$", done.stdout),
                         [("status", "0"), ("alerts", "0"), ("daemon", "0"), ("verify", "0"), ("status", "4")], said)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
