#!/usr/bin/env python3
"""SigmaHQ's rules over real events, against two lists that another program made. argv: binary, root. Needs TOCSIN_DATA.

Differences are listed here, each with the reason why ours is right; any other difference fails."""
import collections
import csv
import json
import os
import tempfile
import unittest
from pathlib import Path

from program import main, run

DATA = Path(os.environ.get("TOCSIN_DATA", ""))
SIGMA, OTRF = DATA / "sigma", DATA / "windows/otrf"

# (rule, event): ours has it and the list does not, or the other way round.
MORE = {}
LESS = {}
# Whole classes of what we have more: the event, and a part of the rule's path.
CLASSES = [
    # The list does not take Security's 4688 for a process that Sysmon would report, nor 5156 for a connection: the
    # mapping pack windows_security does.
    (lambda event: event.get("EventID") == 4688, "/proc_creation_win_"),
    (lambda event: event.get("EventID") == 5156, "/net_connection_win_"),
]


def rules(folder):
    """The rules, without those that need a value list; by id, where they stand."""
    paths = {}
    for path in sorted((SIGMA / "rules").rglob("*.yml")):
        text = path.read_text(encoding="utf-8")
        if "|expand" in text:
            continue
        name = next(line.split()[1].strip("'\"") for line in text.splitlines() if line.startswith("id:"))
        paths[name] = str(path.relative_to(SIGMA / "rules"))
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    return paths


def hits(folder, logs):
    """For each line of each log, the rules that it met. All logs in one run: no result depends on its neighbours."""
    paths = []
    for name, lines in logs.items():
        paths.append(str(folder / name))
        (folder / name).write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    done = run("replay", "--sequential", "--no-default-rules", "--rules", str(folder / "rules"), "--detections", "--json", *paths)
    met = [set() for lines in logs.values() for _ in lines]
    for row in done.stdout.splitlines():
        detection = json.loads(row).get("detection")
        if detection:
            met[detection["seq"] - 1].add(detection["rule"])
    split, at = {}, 0
    for name, lines in logs.items():
        split[name] = met[at:at + len(lines)]
        at += len(lines)
    return split


@unittest.skipUnless(SIGMA.is_dir(), "TOCSIN_DATA is not set")
class SigmaHq(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.temporary.name)
        (cls.folder / "rules").mkdir()
        cls.paths = rules(cls.folder / "rules")
        with open(SIGMA / "regression/events.ndjson", encoding="utf-8") as text:
            cls.cases = [json.loads(line) for line in text]
        # Events of Windows, and lines of a router.
        cls.windows = [case for case in cls.cases if not isinstance(case["event"], str)]
        cls.lines = [case for case in cls.cases if isinstance(case["event"], str)]
        cls.attacks = []
        for path in sorted(OTRF.glob("*.ndjson")):
            lines = path.read_text(encoding="utf-8").split("\n")
            cls.attacks += [(path.name, number, line) for number, line in enumerate(lines) if line]
        cls.met = hits(cls.folder, {
            "windows.json": [json.dumps(case["event"]) for case in cls.windows],
            "lines.log": [case["event"] for case in cls.lines],
            "attacks.json": [line for _, _, line in cls.attacks],
        })

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def differences(self, place, event, expected, found):
        """What no list above explains."""
        for rule in sorted(found - expected):
            path = self.paths[rule]
            if (rule, place) not in MORE and not any(fits(event) and part in path for fits, part in CLASSES):
                yield f"more: {place}: {rule} {path}"
        for rule in sorted(expected - found):
            if (rule, place) not in LESS:
                yield f"less: {place}: {rule} {self.paths.get(rule)}"

    def test_each_regression_case_fires(self):
        met = zip(self.windows + self.lines, self.met["windows.json"] + self.met["lines.log"])
        fired = {case["rule_id"] for case, found in met if case["rule_id"] in found}
        cases = {case["rule_id"] for case in self.cases}
        self.assertEqual(len(cases), 101)
        self.assertEqual({(case, self.paths.get(case)) for case in cases - fired}, set())

    def test_each_match_of_a_regression_event_is_the_other_evaluators(self):
        with open(SIGMA / "regression/matches.tsv", encoding="utf-8") as text:
            listed = {(row["rule_id"], row["n"]): row for row in csv.DictReader(text, delimiter="\t")}
        wrong = []
        for case, found in zip(self.windows, self.met["windows.json"]):
            row = listed[case["rule_id"], str(case["n"])]
            expected = set(row["other_rules"].replace(",", " ").split())
            if row["own_rule"] == "1":
                expected.add(case["rule_id"])
            number = case["event"]["Event"]["System"]["EventID"]
            wrong += self.differences(f"{case['rule_id']} {case['n']}", {"EventID": number}, expected, found)
        self.assertEqual(wrong, [])

    def test_each_hit_in_recorded_attacks_is_the_other_evaluators(self):
        listed = collections.defaultdict(set)
        with open(OTRF / "sigma_hits.tsv", encoding="utf-8") as text:
            for row in csv.DictReader(text, delimiter="\t"):
                listed[row["file"], int(row["line"])].add(row["rule_id"])
        wrong, count = [], 0
        for (name, number, line), found in zip(self.attacks, self.met["attacks.json"]):
            expected = listed[name, number]
            count += len(expected)
            if found or expected:
                wrong += self.differences(f"{name} {number}", json.loads(line), expected, found)
        self.assertEqual(wrong, [])
        self.assertEqual(count, 109)


if __name__ == "__main__":
    main()
