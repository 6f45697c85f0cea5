"""Runs the benchmark of each stage and reads its figures. A program that finds its own answer wrong exits with an error."""
import os
import re
import subprocess
from pathlib import Path

from make_windows import make as make_windows

# Program, arguments ({log}: the log, {folder}: an empty folder), and the figures to read from its output: name, expression
# with one number, unit, target as (least, most).
PROGRAMS = (
    ("header_bench", (), (
        ("header, RFC 3164", r"RFC 3164 header +([\d.]+) ns", "ns/line", (None, 40)),
        ("framing", r"framing +([\d.]+) ns", "ns/line", (None, 25)))),
    ("decode_bench", ("{log}",), (("decode", r"(\d+) ns/event, [\d.]+ M events", "ns/event", (None, 440)),)),
    ("json_bench", (), (("decode, Windows JSON", r"fields: (\d+) ns/event", "ns/event", None),)),
    ("audit_bench", (), (
        ("decode, audit", r"decode: (\d+) ns/record", "ns/record", None),
        ("join, audit", r"join: +(\d+) ns/record", "ns/record", None))),
    ("match_bench", ("200000", "3"), (
        ("match, the packs", r"bundled packs .*? ([\d.]+) ns/event", "ns/event", (None, 120)),
        ("match, 1,000 rules more by user", r"x user\.name +\d+ rules +([\d.]+) ns/event", "ns/event", None))),
    ("correlate_bench", ("2000000", "100000"), (
        ("correlate, event_count, 100,000 groups", r"event_count .*?, +([\d.]+) ns,", "ns/detection", None),
        ("correlate, bytes a group with five times", r"five times each: (\d+) bytes", "B/group", (None, 200)),
        ("correlate, no detection", r"no detection: ([\d.]+) ns", "ns/event", None))),
    ("types_bench", ("event_count", "1000", "10"), (
        ("correlate, event_count, 1,000 groups", r"window: +([\d.]+) M", "M/s", (8, None)),)),
    ("types_bench", ("event_count", "1000000", "1"), (
        ("correlate, event_count, 1,000,000 groups", r"window: +([\d.]+) M", "M/s", (3, None)),)),
    ("types_bench", ("value_count", "1", "100000"), (
        ("correlate, value_count, 1,800 values a window", r"window: +([\d.]+) M", "M/s", (3, None)),)),
    ("store_bench", ("{log}", "--lines", "1000000", "--folder", "{folder}/store-bench"), (
        ("store, encode", r"group .*?encode +(\d+) ns", "ns/event", None),
        ("store, commit, group sync", r"group .*?commit +(\d+) ns", "ns/event", None),
        ("store, bytes", r"group .*? ([\d.]+) B/event in", "B/event", (None, 27)))),
    ("listen_bench", ("file",), (("file to batches", r"file: ([\d.]+) ns/line", "ns/line", None),)),
    ("listen_bench", ("tcp",), (("TCP to batches", r"tcp.*?: (\d+) k/s", "k/s", (600, None)),)),
)


def run_programs(table, build, log, folder, only):
    for program, arguments, figures in PROGRAMS:
        if only not in program:
            continue
        if program == "json_bench" and not os.environ.get("TOCSIN_DATA"):
            continue
        command = [str(build / program), *(word.format(log=log, folder=folder) for word in arguments)]
        done = subprocess.run(command, capture_output=True, text=True)
        table.check(program, done.returncode == 0, (done.stdout + done.stderr).strip()[-200:])
        for name, expression, unit, target in figures:
            # The last one: where a program widens its input step by step, the widest.
            found = re.findall(expression, done.stdout)
            table.check(name, bool(found), "the program does not print it")
            if found:
                least, most = target or (None, None)
                table.add(name, float(found[-1]), unit, least=least, most=most)


# Rules, events a second, and where the time goes, as windows_bench prints them.
WINDOWS_ROW = re.compile(r"^(.{24}) +(\d+) k/s +match alone +(\d+) k/s +(\d+) ns/event: decode +(\d+) match +(\d+)$")


def run_windows(table, build, events, folder):
    """Sigma's rules over Windows events, from JSON text to detections: each copy must meet what its original meets."""
    data = os.environ.get("TOCSIN_DATA")
    if not data:
        return
    file = folder / "windows.ndjson"
    originals = make_windows_file(file, events, data)
    command = [build / "windows_bench", file, str(originals), f"{data}/sigma/rules", "3"]
    done = subprocess.run(command, capture_output=True, text=True)
    file.unlink()
    table.check("windows_bench", done.returncode == 0, (done.stdout + done.stderr).strip()[-200:])
    for line in done.stdout.splitlines():
        row = WINDOWS_ROW.match(line)
        times = re.match(r"(all against 100|ten copies against all): ([\d.]+) times", line)
        alone = re.match(r"JSON alone +(\d+) ns/event", line)
        if row:
            name = f"Windows events, {row[1].strip()}"
            table.add(name, float(row[2]) * 1000, "events/s", least=150_000 if row[1].startswith("all rules") else None)
            table.add(f"{name}: match alone", float(row[3]) * 1000, "events/s")
        elif alone:
            table.add("Windows events, JSON alone", float(alone[1]), "ns/event")
        elif times:
            table.add(f"Windows events, {times[1]}", float(times[2]), "times", most=2 if "100" in times[1] else 1.5)


def make_windows_file(file, events, data):
    with open(file, "w", encoding="utf-8", newline="\n") as out:
        return make_windows(Path(data), events, out, 1, False)


# Rows of bench/live that are answers, not figures.
ANSWERS = ("stored as sent, message by message", "received", "stored", "conservation violated", "marked alerts seen")


def run_live(table, bench, log, seconds):
    """The daemon under load: the rate that it takes over TCP, and the latency at 100,000 a second."""
    done = subprocess.run([bench / "live", log, "--case", "tcp", "--case", "latency", "--seconds", str(seconds)],
                          capture_output=True, text=True)
    rows = [[cell.strip() for cell in line.strip("| \n").split("|")] for line in done.stdout.splitlines() if line.startswith("| ")]
    table.check("live", len(rows) > 10, (done.stdout + done.stderr).strip()[-200:])
    for row in rows:
        name, figure = row[0], row[1] if len(row) > 1 else ""
        case, _, what = name.partition(": ")
        if what in ANSWERS:
            table.check(name, "MISSED" not in row, f"{figure}, wanted {row[3] if len(row) > 3 else ''}")
        elif what == "messages a second":
            table.add(f"live, {name}", float(figure.replace(",", "")), "msg/s", least=600_000 if case == "tcp" else 99_000)
        elif "p50 and p99" in what:
            goal = re.search(r"p99 <= ([\d.]+)", " ".join(row))
            table.add(f"live, {name.replace('p50 and p99', 'p99')}", float(figure.split(",")[1]), "ms",
                      most=float(goal.group(1)) if goal else None)
