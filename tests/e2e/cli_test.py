#!/usr/bin/env python3
"""The program in the hands of a newcomer and of somebody who means it ill. argv: binary, root of the checkout."""
import json
import os
import re
import shutil
import signal
import subprocess
import threading
from pathlib import Path

from disk import disks
from program import ROOT, TOCSIN, FolderTest, listed, main, run, verified, wait_for, without_service_folders

LINE = "Nov 20 22:40:{:02} web01 sshd[811]: Failed password for bob from 203.0.113.7 port 50022 ssh2\n"
NOBODY = 65534
BIG = 400_000


class Folder(FolderTest):
    def setUp(self):
        super().setUp()
        self.folder = Path(self.folder)

    def big_log(self, lines=BIG):
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
        done = run("check", "--no-lint", str(pack), code=3)
        found = re.findall(r"^" + re.escape(str(pack)) + r":(\d+:\d+): ([a-z]+-\d+): \S.*$", done.stdout, re.M)
        self.assertEqual(found, expected)
        self.assertEqual(len(done.stdout.splitlines()), 10)
        as_json = [json.loads(line) for line in run("check", "--no-lint", "--json", str(pack), code=3).stdout.splitlines()]
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
        """As somebody else, where this is root, who may read everything."""
        other = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        secret = self.folder / "secret"
        secret.write_text(LINE.format(1), encoding="utf-8")
        run("replay", "--store", self.store, str(secret))
        binary = self.folder / "tocsin"  # the checkout itself may be closed to others
        shutil.copy(TOCSIN, binary)
        shutil.copytree(ROOT / "ingest/decoders", self.folder / "share/decoders")
        shutil.copytree(ROOT / "rules/packs", self.folder / "share/rules")
        closed = self.folder / "closed"
        closed.mkdir()
        for path, mode in ((self.folder, 0o755), (secret, 0), (Path(self.store), 0), (closed, 0o555)):
            path.chmod(mode)
        self.addCleanup(os.chmod, self.store, 0o700)
        environment = {"TOCSIN_SHARE": str(self.folder / "share"), "HOME": "/nonexistent"}
        for arguments in (["replay", str(secret)], ["check", str(secret)], ["test", str(secret)], ["run", "--config", str(secret)],
                          ["alerts", "list", "--store", self.store], ["verify", "--store", self.store],
                          ["replay", "--store", self.store, "/dev/null"], ["replay", "--rules", str(secret), "/dev/null"],
                          ["run"], ["docs", "--write", str(closed)]):
            run(*arguments, code=1 if arguments[0] == "docs" else 5, program=[binary], env=environment, **other)


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
            before = len(listed(self.store, code=None))
            process = subprocess.Popen([TOCSIN, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
            wait_for(lambda: process.poll() is not None or len(listed(self.store, code=None)) > before)
            process.send_signal(number)
            self.assertIn(process.wait(timeout=120), (-number, 0))
        run(*command)
        self.assertEqual(verified(self.store)["events"], BIG)

    def test_a_store_in_use_is_told_with_its_user(self):
        first = subprocess.Popen([TOCSIN, "replay", "--store", self.store, "-"], stdin=subprocess.PIPE,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.assertTrue(wait_for(lambda: run("alerts", "list", "--store", self.store, code=None).returncode == 0))
            done = run("replay", "--store", self.store, "/dev/null", code=1)
            self.assertIn(f"store-2: the store is held open by process {first.pid}", done.stderr)
        finally:
            first.communicate(LINE.format(1).encode(), timeout=120)
        self.assertEqual(first.returncode, 0)


class FullDisk(Folder):
    """A disk that fills up and is then made larger."""

    def test_a_replay_ends_with_words_and_the_store_goes_on(self):
        log = self.big_log()
        for disk in disks(self, self.folder):
            replay = ["replay", "--year", "2026", "--store", f"{disk.path}/store", log]
            self.assertRegex(run(*replay, code=1, **disk.full).stderr, rf"store-1\d: .*{disk.refusal}")
            disk.grow()
            run(*replay, **disk.large)
            self.assertEqual(verified(f"{disk.path}/store", **disk.large)["events"], BIG)

    def test_inputs_of_the_daemon_wait_and_nothing_is_lost(self):
        data = Path(self.big_log()).read_bytes()
        for disk in disks(self, self.folder):
            daemon = self.daemon_in(self.folder, store=f"{disk.path}/store", listen="")
            daemon.start(**disk.full)
            sender = threading.Thread(target=daemon.pour, args=(data,), daemon=True)
            sender.start()
            self.assertTrue(daemon.tells("refuses writes"), daemon.said())
            disk.grow(daemon.process)
            self.assertTrue(daemon.stored(BIG), daemon.said())
            sender.join()
            daemon.stop()
            self.assertIn("the store is open again", daemon.said())
            self.assertEqual(verified(daemon.store, **disk.large)["events"], BIG)


class FirstRun(Folder):
    """`tocsin run` with nothing prepared."""
    STORY = r"""
            "$@" 2> "$HOME/log" & daemon=$!
            until grep -q ready "$HOME/log"; do kill -0 $daemon || break; sleep 0.1; done
            cat "$HOME/log"
            port() { sed -nE "s/^tocsin: $1.* [^ ]*127\.0\.0\.1:([0-9]+).*/\1/p" "$HOME/log"; }
            exec 3<>/dev/tcp/127.0.0.1/$(port 'input tcp')
            for i in 1 2 3 4 5; do printf 'sshd[811]: Failed password for bob from 203.0.113.7 port 50022 ssh2\n' >&3; done
            exec 3>&-
            printf '<38>sshd[811]: Failed password for eve from 203.0.113.7 port 50022 ssh2' > /dev/udp/127.0.0.1/$(port 'input udp')
            # These six, and its own start.
            until "$1" status --json | grep -q '"events":7'; do kill -0 $daemon || break; sleep 0.1; done
            "$1" status; echo "status $?"
            exec 3<>/dev/tcp/127.0.0.1/$(port metrics); printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3; grep -a '^tocsin_events_stored_total' <&3
            "$1" alerts list; echo "alerts $?"
            kill -TERM $daemon; wait $daemon; echo "daemon $?"
            "$1" verify; echo "verify $?"
            "$1" status; echo "status $?" """

    def tell(self, *before_and_command):
        """The story told by that command, and the ports on which it listened."""
        done = subprocess.run(before_and_command, capture_output=True, text=True, timeout=800, check=False,
                              env=without_service_folders() | {"HOME": str(self.folder)})
        said = done.stdout + done.stderr
        ports = [re.search(rf"(?m)^tocsin: {words}127\.0\.0\.1:(\d+)(/metrics)?$", done.stdout)
                 for words in ("input udp: udp on ", "input tcp: tcp on ", "metrics on http://")]
        self.assertNotIn(None, ports, said)
        self.assertIn(f"tocsin: store in {self.folder}/.local/state/tocsin; ready\n", done.stdout)
        self.assertIn("Brute force against one account over ssh", done.stdout, said)
        self.assertIn("tocsin_events_stored_total", done.stdout, said)
        self.assertEqual(re.findall(r"(?m)^(status|alerts|daemon|verify) (\d+)$", done.stdout),
                         [("status", "0"), ("alerts", "0"), ("daemon", "0"), ("verify", "0"), ("status", "4")], said)
        return [int(port[1]) for port in ports]

    def test_the_defaults_of_a_newcomer(self):
        """In a network of its own, where no port is taken; where there can be none, on any free ports."""
        for rights in ("", "r"):
            alone = ["unshare", f"-{rights}n", "bash", "-c"]
            if shutil.which("unshare") and subprocess.run([*alone, "ip link set lo up"], capture_output=True, check=False).returncode == 0:
                self.assertEqual(self.tell(*alone, "ip link set lo up\n" + self.STORY, "bash", TOCSIN, "run"), [5514, 5514, 9514])
                return
        config = self.folder / "ports.yaml"
        config.write_text("inputs:\n  udp: {type: udp, port: 0}\n  tcp: {type: tcp, port: 0}\nconsole: {listen: '127.0.0.1:0'}\n", encoding="utf-8")
        self.assertNotIn(0, self.tell("bash", "-c", self.STORY, "bash", TOCSIN, "run", "--config", str(config)))


if __name__ == "__main__":
    main()
