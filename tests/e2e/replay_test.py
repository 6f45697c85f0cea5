#!/usr/bin/env python3
"""The program as its users run it: replay, store, verify, check, decode. argv: the binary, the root of the checkout."""
import json
from pathlib import Path

from program import ROOT, FolderTest, listed, main, run

LOGS = [str(ROOT / "tests/data" / name) for name in ("auth.log", "kern.log", "access.log", "audit.log")]


def failures(count, user="bob"):
    return "".join(f"Nov 20 22:40:{i:02} web01 sshd[811]: Failed password for {user} from 203.0.113.7 port 50022 ssh2\n"
                   for i in range(count))


class Replay(FolderTest):
    def test_the_sample_logs_tell_their_story(self):
        done = run("replay", "--json", "--lockouts", "--year", "2026", *LOGS)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        titles = {line["rule"]["title"] for line in lines if "rule" in line}
        for title in ("Brute force against one account over ssh", "A login over ssh after failures", "A port scan",
                      "A guessed password, then root", "A new account became an administrator at once",
                      "A kernel module was loaded", "Logs were cut or deleted", "Brute force against a web login"):
            self.assertIn(title, titles)
        lockouts = [line["lockout"] for line in lines if "lockout" in line]
        self.assertEqual([lockout["user"] for lockout in lockouts], ["deploy"])
        self.assertEqual(lockouts[0]["until"], "2026-11-20T23:10:50.000000000Z")

    def test_threads_shards_and_batches_change_nothing(self):
        outputs = {run("replay", "--json", "--lockouts", "--detections", "--year", "2026", "--threads", threads,
                       "--shards", shards, "--batch-bytes", size, *LOGS).stdout
                   for threads in ("1", "3") for shards in ("1", "2", "4") for size in ("1024", "262144")}
        self.assertEqual(len(outputs), 1)

    def test_a_store_is_verified_and_gone_on_with(self):
        log = Path(self.folder, "auth.log")
        log.write_text(failures(5))
        first = run("replay", "--json", "--year", "2026", "--store", self.store, str(log)).stdout
        self.assertEqual(len(first.splitlines()), 2)  # of the user, and of the address
        with log.open("a") as more:
            more.write(failures(5, "eve"))
        run("replay", "--json", "--year", "2026", "--store", self.store, str(log))
        run("replay", "--json", "--year", "2026", "--store", self.store, str(log))
        alerts = [json.loads(line) for line in listed(self.store)]
        users = [alert["group"].get("user.name") for alert in alerts if "user.name" in alert["group"]]
        self.assertEqual(users, ["bob", "eve"])
        self.assertEqual(alerts[0]["evidence"], [1, 2, 3, 4, 5])
        run("verify", "--store", self.store)

    def test_decode_says_what_a_line_means(self):
        event = json.loads(run("decode", "--json", "--year", "2026", failures(1).strip()).stdout)
        self.assertEqual(event["time"], "2026-11-20T22:40:00.000000000Z")
        self.assertEqual(event["decoder"], "sshd")
        fields = event["fields"]
        self.assertEqual((fields["user.name"], fields["source.ip"], fields["source.port"], fields["host.name"]),
                         ("bob", "203.0.113.7", 50022, "web01"))
        self.assertEqual((fields["event.category"], fields["event.outcome"]), ("authentication", "failure"))
        self.assertEqual(len(run("decode", "--json", stdin="\n\x00\xff\nrubbish\n".encode().decode("latin1")).stdout.splitlines()), 3)

    def test_check_tells_all_mistakes_with_their_places(self):
        bad = Path(self.folder, "bad.yml")
        bad.write_text("title: Bad\nlogsource: {product: linux}\ndetection:\n  selection:\n    a|nosuch: b\n  condition: selektion\nlevel: loud\n")
        done = run("check", str(bad), code=3)
        self.assertIn(f"{bad}:5:", done.stdout)
        self.assertIn(f"{bad}:6:", done.stdout)
        self.assertIn(f"{bad}:7:", done.stdout)
        run("check", str(ROOT / "rules/packs"), str(ROOT / "ingest/decoders"), str(ROOT / "packaging/tocsin.yaml"))

    def test_the_examples_of_all_packs_hold(self):
        run("test")

    def test_rubbish_is_told_and_not_fatal(self):
        run("replay", "/nonexistent/file", code=1)
        run("replay", code=2)
        run("nonsense", code=2)
        rubbish = Path(self.folder, "rubbish")
        rubbish.write_bytes(bytes(range(256)) * 500)
        run("replay", "--json", str(rubbish))

    def test_reference_pages_are_what_the_program_says(self):
        run("docs", "--write", str(ROOT), "--check")


if __name__ == "__main__":
    main()
