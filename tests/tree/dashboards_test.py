#!/usr/bin/env python3
"""Dashboards, alert rules, runbooks and metrics agree, both ways; the JSON is what Grafana reads; promtool finds nothing wrong."""
import json
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DASHBOARDS = sorted((ROOT / "packaging/dashboards").glob("*.json"))
RULES = ROOT / "packaging/alerts/rules.yml"
NAME = re.compile(r"\b(?:tocsin|process)_[a-z_]+\b")


def declared():
    """Metrics and their types, as metrics/rows.hpp has them."""
    text = (ROOT / "metrics/rows.hpp").read_text(encoding="utf-8")
    found = re.findall(r'Row \w+\{\s*"([a-z_]+)",\s*(\w+),\s*"[^"]*",\s*(?:"(?:[^"\\]|\\.)*"\s*)+,\s*"([^"]*)"', text)
    return {name: (kind, set(labels.split(",")) - {""}) for name, kind, labels in found}


def panels():
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]:
            yield path.stem, panel


def expressions():
    for board, panel in panels():
        for target in panel["targets"]:
            yield f"{board}: {panel['title']}", target["expr"]
    for number, expr in enumerate(re.findall(r"^\s+expr: (.*)$", RULES.read_text(encoding="utf-8"), re.M)):
        yield f"alert {number}", expr


def metric(name):
    return re.sub(r"_bucket$", "", name)


class Dashboards(unittest.TestCase):
    def test_the_files_are_what_their_tables_say(self):
        done = subprocess.run([sys.executable, ROOT / "packaging/dashboards/make.py", "--check"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_there_are_five_with_ids_of_their_own(self):
        boards = [json.loads(path.read_text(encoding="utf-8")) for path in DASHBOARDS]
        self.assertEqual(sorted(board["uid"] for board in boards), ["tocsin-host", "tocsin-overview", "tocsin-response", "tocsin-rules", "tocsin-sources"])
        for board in boards:
            ids = [panel["id"] for panel in board["panels"]]
            self.assertEqual(len(ids), len(set(ids)))
            self.assertEqual([v["name"] for v in board["templating"]["list"]], ["datasource", "job", "instance"])
            places = [tuple(panel["gridPos"].values()) for panel in board["panels"]]
            self.assertEqual(len(places), len(set(places)))

    def test_every_panel_says_what_it_shows_and_takes_any_data_source(self):
        for board, panel in panels():
            self.assertRegex(panel["description"], r"^[A-Z\d].{8,}", f"{board}: {panel['title']}")
            for target in panel["targets"]:
                self.assertEqual(target["datasource"]["uid"], "${datasource}")
                self.assertIn('{job=~"$job", instance=~"$instance"}', target["expr"])
                self.assertNotRegex(target["expr"], r"rate\([^\[]*\[(?!\$__rate_interval)\w+\]")

    def test_every_metric_named_exists_and_every_metric_is_shown(self):
        rows = declared()
        self.assertGreater(len(rows), 60)
        used = set()
        for where, expr in expressions():
            for name in NAME.findall(expr):
                self.assertIn(metric(name), rows, where)
                used.add(metric(name))
                self.assertEqual(name.endswith("_bucket"), rows[metric(name)][0] == "histogram", f"{where}: {name}")
        self.assertEqual(sorted(set(rows) - used), [])

    def test_every_metric_is_documented(self):
        page = (ROOT / "docs/reference/metrics.md").read_text(encoding="utf-8")
        for name in declared():
            self.assertIn(f"| `{name}` |", page)

    def test_labels_that_are_grouped_by_or_shown_exist(self):
        rows = declared()
        for where, expr in expressions():
            labels = set().union(*(rows[metric(name)][1] for name in NAME.findall(expr)), {"le", "job", "instance"})
            for group in re.findall(r"by \(([^)]*)\)", expr):
                self.assertLessEqual({label.strip() for label in group.split(",")}, labels, where)
            for label in re.findall(r"[{,]\s*(\w+)\s*=", expr):
                self.assertIn(label, labels, where)
        for board, panel in panels():
            for target in panel["targets"]:
                labels = set().union(*(rows[metric(name)][1] for name in NAME.findall(target["expr"])))
                self.assertLessEqual(set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])), labels, f"{board}: {panel['title']}")

    def test_alerts_and_runbooks_have_each_other(self):
        alerts = re.findall(r"- alert: (\w+)", RULES.read_text(encoding="utf-8"))
        runbooks = (ROOT / "docs/runbooks.md").read_text(encoding="utf-8")
        self.assertEqual(alerts and sorted(alerts), sorted(re.findall(r"^## (\w+)$", runbooks, re.M)))
        tested = (ROOT / "packaging/alerts/rules_test.yml").read_text(encoding="utf-8")
        anchors = {f"#{name.lower()}" for name in alerts}
        for name in alerts:
            self.assertIn(f"name: {name} fires\n", tested)
            self.assertIn(f"name: {name} is quiet\n", tested)
            self.assertIn(f"runbooks.md#{name.lower()}\n", RULES.read_text(encoding="utf-8"))
        for board, panel in panels():
            for link in panel.get("links", []):
                self.assertIn(link["url"][link["url"].index("#"):], anchors, f"{board}: {panel['title']}")

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not there")
    def test_promtool_reads_every_expression_and_the_alerts_hold_their_tests(self):
        with tempfile.TemporaryDirectory() as folder:
            rules = ["groups:", "  - name: panels", "    rules:"]
            for number, (_, expr) in enumerate(expressions()):
                expr = expr.replace("$__rate_interval", "1m").replace("$job", ".*").replace("$instance", ".*")
                rules += [f"      - record: panel_{number}", f"        expr: {json.dumps(expr)}"]
            Path(folder, "panels.yml").write_text("\n".join(rules) + "\n", encoding="utf-8")
            for words in (["check", "rules", f"{folder}/panels.yml"], ["check", "rules", RULES], ["test", "rules", RULES.with_name("rules_test.yml")]):
                done = subprocess.run(["promtool", *words], capture_output=True, text=True, timeout=900)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
