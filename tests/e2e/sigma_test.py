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
    (lambda event: event.get("EventID") == 4688, "/process_creation/"),
    (lambda event: event.get("EventID") == 5156, "/network_connection/"),
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


def hits(folder, lines):
    """For each line, the rules that it met."""
    log = folder / "events.log"
    log.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    done = run("replay", "--no-default-rules", "--rules", str(folder / "rules"), "--detections", "--json", str(log))
    met = [set() for _ in lines]
    for row in done.stdout.splitlines():
        detection = json.loads(row).get("detection")
        if detection:
            met[detection["seq"] - 1].add(detection["rule"])
    return met


@unittest.skipUnless(SIGMA.is_dir(), "TOCSIN_DATA is not set")
class SigmaHq(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.temporary.name)
        (cls.folder / "rules").mkdir()
        cls.paths = rules(cls.folder / "rules")

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def compare(self, place, event, expected, found):
        for rule in sorted(found - expected):
            path = self.paths[rule]
            listed = any(fits(event) and part in path for fits, part in CLASSES)
            self.assertTrue(listed or (rule, place) in MORE, f"{place}: not expected: {rule} {path}")
        for rule in sorted(expected - found):
            self.assertIn((rule, place), LESS, f"{place}: missing: {rule} {self.paths.get(rule)}")

    def test_each_regression_case_fires_and_each_match_is_the_other_evaluators(self):
        with open(SIGMA / "regression/events.ndjson", encoding="utf-8") as text:
            events = [json.loads(line) for line in text]
        lines = [event["event"] if isinstance(event["event"], str) else json.dumps(event["event"]) for event in events]
        met = hits(self.folder, lines)
        with open(SIGMA / "regression/matches.tsv", encoding="utf-8") as text:
            listed = {(row["rule_id"], row["n"]): row for row in csv.DictReader(text, delimiter="\t")}
        fired = set()
        for event, found in zip(events, met):
            if event["rule_id"] in found:
                fired.add(event["rule_id"])
            row = listed.get((event["rule_id"], str(event["n"])))
            if row is None:  # a line of a router: the list has events of Windows alone
                continue
            expected = set(row["other_rules"].replace(",", " ").split())
            if row["own_rule"] == "1":
                expected.add(event["rule_id"])
            system = event["event"]["Event"]["System"]
            self.compare(f"{event['rule_id']} {event['n']}", {"EventID": system["EventID"]}, expected, found)
        cases = {event["rule_id"] for event in events}
        self.assertEqual(len(cases), 101)
        self.assertEqual({(case, self.paths.get(case)) for case in cases - fired}, set())

    def test_each_hit_in_recorded_attacks_is_the_other_evaluators(self):
        listed = collections.defaultdict(set)
        with open(OTRF / "sigma_hits.tsv", encoding="utf-8") as text:
            for row in csv.DictReader(text, delimiter="\t"):
                listed[row["file"], int(row["line"])].add(row["rule_id"])
        lines, places = [], []
        for path in sorted(OTRF.glob("*.ndjson")):
            for number, line in enumerate(path.read_text(encoding="utf-8").split("\n")):
                if line:
                    lines.append(line)
                    places.append((path.name, number))
        # Events of all files in one log, each as if it stood alone: no result depends on its neighbours.
        for line, place, found in zip(lines, places, hits(self.folder, lines)):
            if found or listed[place]:
                self.compare(f"{place[0]} {place[1]}", json.loads(line), listed[place], found)
        self.assertGreater(sum(len(rules) for rules in listed.values()), 100)


if __name__ == "__main__":
    main()
