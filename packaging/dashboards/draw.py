#!/usr/bin/python3
"""Draws the dashboards as pictures from a Prometheus's own answers, for a look at them where no Grafana is. Needs python3-matplotlib.
    draw.py http://127.0.0.1:9090 FOLDER [--minutes 5] [--span 20s]     --span: what $__rate_interval stands for"""
import argparse
import json
import time
import urllib.parse
import urllib.request
from pathlib import Path

import matplotlib
matplotlib.use("Agg")
from matplotlib import pyplot, ticker  # noqa: E402  (behind the choice of what draws)

HERE = Path(__file__).resolve().parent
COLUMNS = 24  # of Grafana's grid
COLORS = {"green": "#37872d", "orange": "#e0752d", "red": "#c4162a"}


def scaled(value, unit):
    """As Grafana writes a value of that unit."""
    if unit in ("bool_on_off", "bool_yes_no"):
        return {"bool_on_off": ("Off", "On"), "bool_yes_no": ("No", "Yes")}[unit][int(value != 0)]
    if unit == "percentunit":
        return f"{value * 100:.3g} %"
    if unit in ("bytes", "Bps"):
        for name in ("B", "KiB", "MiB", "GiB"):
            if abs(value) < 1024 or name == "GiB":
                return f"{value:.3g} {name}" + ("/s" if unit == "Bps" else "")
            value /= 1024
    if unit == "s":
        return f"{value * 1e3:.3g} ms" if abs(value) < 1 else f"{value:.3g} s"
    return f"{value:.4g}" + {"eps": " events/s", "ops": " /s", "reqps": " req/s"}.get(unit, "")


class Picture:
    def __init__(self, chosen):
        self.chosen, self.now = chosen, time.time()

    def ask(self, path, **parameters):
        url = f"{self.chosen.prometheus}/api/v1/{path}?" + urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(url, timeout=60) as answer:
            return json.loads(answer.read())["data"]["result"]

    def expression(self, target):
        return target["expr"].replace("$__rate_interval", self.chosen.span).replace("$job", ".*").replace("$instance", ".*")

    @staticmethod
    def legend(target, labels):
        legend = target["legendFormat"]
        if legend == "__auto":
            return ", ".join(f"{name}={value}" for name, value in sorted(labels.items()) if name not in ("__name__", "instance", "job"))
        for name, value in labels.items():
            legend = legend.replace("{{" + name + "}}", value)
        return legend

    def single(self, axes, panel, unit):
        axes.axis("off")
        answers = [(target, one) for target in panel["targets"] for one in self.ask("query", query=self.expression(target), time=self.now)]
        found = [float(one["value"][1]) for _, one in answers]
        color = "black"
        for step in panel["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", []):
            if found and (step["value"] is None or found[0] >= step["value"]):
                color = COLORS.get(step["color"], step["color"])
        if not found:
            text = "No data"
        elif panel["options"].get("textMode") == "name":
            text = self.legend(answers[0][0], answers[0][1]["metric"])
        else:
            text = scaled(round(found[0]) if panel["fieldConfig"]["defaults"].get("decimals") == 0 else found[0], unit)
        axes.text(0.5, 0.4, text, ha="center", va="center", fontsize=18, color=color)

    def bars(self, axes, panel, unit):
        rows = [(self.legend(target, one["metric"]), float(one["value"][1]))
                for target in panel["targets"] for one in self.ask("query", query=self.expression(target), time=self.now)]
        rows.sort(key=lambda row: row[1])
        axes.barh([name[:40] for name, _ in rows], [value for _, value in rows])
        axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: scaled(value, unit)))

    def lines(self, axes, panel, unit):
        begin = self.now - self.chosen.minutes * 60
        drawn = 0
        for target in panel["targets"]:
            for one in self.ask("query_range", query=self.expression(target), start=begin, end=self.now, step=max(1, self.chosen.minutes // 2)):
                points = [(float(at) - self.now, float(value)) for at, value in one["values"] if value not in ("NaN", "+Inf")]
                axes.plot([at for at, _ in points], [value for _, value in points], linewidth=1, label=self.legend(target, one["metric"])[:40])
                drawn += 1
        if drawn == 0:
            axes.text(0.5, 0.5, "No data", ha="center", va="center", transform=axes.transAxes)
        elif drawn <= 14:
            axes.legend(fontsize=6, loc="upper left", framealpha=0.6)
        axes.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: scaled(value, unit)))
        axes.grid(alpha=0.3)

    def draw(self, dashboard, to):
        panels = dashboard["panels"]
        height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
        figure = pyplot.figure(figsize=(16, height * 0.42))
        grid = figure.add_gridspec(height, COLUMNS, hspace=3.5, wspace=2.5)
        kinds = {"stat": self.single, "bargauge": self.bars, "timeseries": self.lines}
        for panel in panels:
            at = panel["gridPos"]
            axes = figure.add_subplot(grid[at["y"]:at["y"] + at["h"], at["x"]:at["x"] + at["w"]])
            axes.set_title(panel["title"], fontsize=9)
            axes.tick_params(labelsize=7)
            kinds[panel["type"]](axes, panel, panel["fieldConfig"]["defaults"].get("unit"))
        figure.suptitle(dashboard["title"], fontsize=14)
        figure.savefig(to, dpi=80, bbox_inches="tight")
        pyplot.close(figure)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prometheus")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=int, default=5)
    parser.add_argument("--span", default="20s")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    picture = Picture(chosen)
    for path in sorted(HERE.glob("*.json")):
        picture.draw(json.loads(path.read_text(encoding="utf-8")), chosen.folder / f"{path.stem}.png")
        print(chosen.folder / f"{path.stem}.png")


if __name__ == "__main__":
    main()
