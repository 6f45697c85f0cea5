"""Figures of benchmarks, gathered as they come and shown as one table."""
import json
import sys


class Table:
    def __init__(self):
        self.rows = []
        self.wrong = []

    def add(self, name, figure, unit, least=None, most=None):
        """A figure and the target that it is held against, if there is one."""
        verdict = ""
        if least is not None:
            verdict = "ok" if figure >= least else "MISSED"
        elif most is not None:
            verdict = "ok" if figure <= most else "MISSED"
        self.rows.append({"name": name, "figure": figure, "unit": unit, "least": least, "most": most, "verdict": verdict})
        print(f"  {name}: {figure:,.6g} {unit} {verdict}", file=sys.stderr, flush=True)

    def check(self, name, holds, sentence):
        """An answer that must be right, or the figures are worth nothing."""
        if not holds:
            self.wrong.append({"name": name, "what": sentence})
            print(f"  {name}: WRONG: {sentence}", file=sys.stderr, flush=True)

    @staticmethod
    def _target(row):
        if row["least"] is not None:
            return f">= {row['least']:,.6g}"
        return f"<= {row['most']:,.6g}" if row["most"] is not None else ""

    def show(self):
        lines = [("benchmark", "figure", "unit", "target", "")]
        for row in self.rows:
            digits = 0 if row["figure"] >= 1000 else 2 if row["figure"] < 100 else 1
            lines.append((row["name"], f"{row['figure']:,.{digits}f}", row["unit"], self._target(row), row["verdict"]))
        width = [max(len(line[i]) for line in lines) for i in range(5)]
        for line in lines:
            print(f"{line[0]:<{width[0]}}  {line[1]:>{width[1]}}  {line[2]:<{width[2]}}  {line[3]:>{width[3]}}  {line[4]}".rstrip())
        for fault in self.wrong:
            print(f"WRONG: {fault['name']}: {fault['what']}")

    def json(self):
        return json.dumps({"figures": self.rows, "wrong": self.wrong})
