"""End-to-end benchmarks: `tocsin replay` of one log in several ways, what more rules cost, how long a start takes.
Answers are compared with bench/tally.py."""
import calendar
import json
import os
import signal
import subprocess
import time

BRUTE_FORCE = "58d413bc-f31c-5391-934c-ddde1f5624cc"  # rules/packs/linux/ssh_brute_force_user.yml
# One rule of each of these kinds in turn: those of the pack with other strings.
KINDS = (
    ("{{product: linux, service: sshd}}", "event.action: logged-in, event.outcome: failure, message|startswith: 'Failed password for ', user.name: {user}"),
    ("{{category: webserver}}", "event.action: requested, url.original|contains: [/old{i}/../, '%2f{i}..%2f', /backup{i}.sql]"),
    ("{{product: linux, service: sudo}}", "event.provider: sudo, process.command_line|endswith: [/shell{i}, '/shell{i} -i']"),
    ("{{category: webserver}}", "event.action: requested, user_agent.original|contains: [scan{i}er, probe-{i}]"),
    ("{{product: linux, service: sshd}}", "event.provider: sshd, event.action: invalid-user, user.name|startswith: never{i}-"),
    ("{{product: linux, service: sshd}}", "event.provider: sshd, message|startswith: ['Invalid user no{i} ', 'Illegal user no{i} ']"),
)


def text_of_rules(count, users):
    """`count` rules, and the user that each rule of the first kind watches."""
    rules, watched = [], {}
    for i in range(count):
        source, selection = KINDS[i % len(KINDS)]
        identity = f"0000be9c-0000-4000-8000-{i:012}"
        if i % len(KINDS) == 0:
            watched[identity] = users[i // len(KINDS) % len(users)]
        rules.append(f"title: bench {i}\nid: {identity}\nlevel: low\nlogsource: {source.format()}\n"
                     f"detection:\n  a: {{{selection.format(i=i, user=watched.get(identity))}}}\n  condition: a\n")
    return "---\n".join(rules), watched


class Replays:
    def __init__(self, table, tocsin, scan, log, tally, folder, rounds):
        self.table, self.tocsin, self.scan, self.log, self.tally = table, str(tocsin), str(scan), str(log), tally
        self.folder, self.rounds = folder, rounds

    def _replay(self, *arguments, log=None):
        """Alerts (lines of JSON) and figures of one replay."""
        done = subprocess.run([self.tocsin, "replay", "--json", "--stats", "--year", "2025", *arguments, log or self.log],
                              capture_output=True, text=True, check=True)
        return done.stdout, json.loads(done.stderr.strip().splitlines()[-1])

    def _raw(self):
        done = subprocess.run([self.scan, self.log, str(self.tally.lines)], capture_output=True, text=True)
        self.table.check("raw scan", done.returncode == 0, done.stdout.strip())
        return float(done.stdout.split(", ")[1].split()[0])

    def _check(self, name, output, stats):
        alerts = []
        for line in output.splitlines():
            alert = json.loads(line)
            if alert["rule"]["id"] == BRUTE_FORCE:
                fired = calendar.timegm(time.strptime(alert["fired_at"][:19], "%Y-%m-%dT%H:%M:%S"))
                alerts.append([alert["group"]["user.name"], fired, alert["count"], alert["total"]])
        self.table.check(name, stats["events"] == self.tally.lines, f"{stats['events']} events of {self.tally.lines} lines")
        self.table.check(name, sorted(alerts) == sorted(self.tally.alerts),
                         f"{len(alerts)} alerts of brute force, {len(self.tally.alerts)} counted")

    def whole(self):
        """One and two threads, without and with a store; each in turn, so that a noisy hour meets all of them."""
        ways = (("replay, 1 thread", 1, False, 1.4e6), ("replay, 2 threads", 2, False, 2.2e6),
                ("replay, store, 2 threads", 2, True, 1.2e6))
        best, first, raw = {}, None, 0
        for _ in range(self.rounds):
            raw = max(raw, self._raw())
            for name, threads, stored, _ in ways:
                store = ["--store", str(self.folder / "store")] if stored else []
                subprocess.run(["rm", "-rf", self.folder / "store"], check=True)
                output, stats = self._replay("--threads", str(threads), *store)
                if name not in best:
                    self._check(name, output, stats)
                first = first or output
                self.table.check(name, output == first, "the alerts differ from those of the first replay")
                if name not in best or stats["seconds"] < best[name]["seconds"]:
                    best[name] = stats
                if stored:
                    verified = subprocess.run([self.tocsin, "verify", "--store", self.folder / "store"], capture_output=True)
                    self.table.check(name, verified.returncode == 0, "verify finds differences")
        self.table.add("raw scan of the log", raw * 1e6, "lines/s")
        for name, _, stored, target in ways:
            stats = best[name]
            self.table.add(name, stats["events_per_second"], "events/s", least=target)
            self.table.add(f"{name}: of the raw scan", stats["events_per_second"] / raw / 1e4, "%")
            self.table.add(f"{name}: processor", stats["cpu_seconds"] / stats["events"] * 1e9, "ns/event")
            self.table.add(f"{name}: memory", stats["max_rss_bytes"] / 2**20, "MiB", most=256)
            if stored:
                self.table.add(f"{name}: stored", stats["stored_bytes"] / stats["events"], "B/event", most=27)

    def rules(self, lines):
        """What 1 to 1,000 rules of the kinds above cost, alone; by processor time, without the start."""
        part, empty, rules = self.folder / "part.log", self.folder / "empty.log", self.folder / "rules.yml"
        with open(self.log, "rb") as whole, open(part, "wb") as out:
            for _, line in zip(range(lines), whole):
                out.write(line)
        empty.write_bytes(b"")
        failed = type(self.tally)(part, 2025).failed
        users = sorted(failed, key=lambda user: (-failed[user], user))[:200]
        costs = {}
        for count in (1, 10, 100, 1000):
            text, watched = text_of_rules(count, users)
            rules.write_text(text, encoding="ascii")
            only = ("--threads", "1", "--no-default-rules", "--rules", str(rules))
            spent = []
            for _ in range(self.rounds):
                start = self._replay(*only, log=str(empty))[1]["cpu_seconds"]
                stats = self._replay(*only, log=str(part))[1]
                spent.append(max(stats["cpu_seconds"] - start, 1e-6))
            wanted = sum(failed[user] for user in watched.values())
            self.table.check(f"{count} rules", stats["detections"] == wanted,
                             f"{stats['detections']} detections, {wanted} counted")
            costs[count] = min(spent) / stats["events"] * 1e9
            self.table.add(f"{count} rules", costs[count], "ns/event")
        self.table.add("1,000 rules against 1", costs[1000] / costs[1], "times", most=1.5)

    def start(self):
        """From the command to the answer for one line; from the command to a daemon that says it is ready."""
        one = self.folder / "one.log"
        with open(self.log, "rb") as whole:
            one.write_bytes(whole.readline())
        took, spent = [], []
        for _ in range(5):
            begin = time.monotonic()
            spent.append(self._replay(log=str(one))[1]["cpu_seconds"])
            took.append(time.monotonic() - begin)
        self.table.add("start: replay of one line", min(took) * 1e3, "ms", most=300)
        self.table.add("start: replay of one line, processor", min(spent) * 1e3, "ms")
        config = self.folder / "tocsin.yaml"
        config.write_text(f"inputs:\n  tcp: {{type: tcp, port: 0}}\nstore: {{path: {self.folder}/live}}\n"
                          f"console: {{listen: '127.0.0.1:0', socket: {self.folder}/control.sock}}\n", encoding="utf-8")
        took = [self._run_until_ready(config) for _ in range(5)]
        self.table.check("start: daemon", None not in took, "it did not get ready")
        self.table.add("start: daemon until ready", min(t for t in took + [60] if t) * 1e3, "ms", most=300)

    def _run_until_ready(self, config):
        begin, taken = time.monotonic(), None
        daemon = subprocess.Popen([self.tocsin, "run", "--config", config], stderr=subprocess.PIPE, text=True)
        for line in daemon.stderr:
            if "ready" in line:
                taken = time.monotonic() - begin
                break
        os.kill(daemon.pid, signal.SIGTERM)
        daemon.communicate()
        return taken
