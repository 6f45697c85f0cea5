#!/usr/bin/env python3
"""Writes Windows events as JSON, one a line: the originals of $TOCSIN_DATA (windows/otrf/*.ndjson and the events of
sigma/regression/events.ndjson) as they are, then copies of them, round by round in the same order, until there are EVENTS.
Line n is a copy of line n % ORIGINALS, and must meet the same rules; ORIGINALS is printed.

In each copy process ids, GUIDs, handles, logon ids, SIDs, users, private addresses, ports, hashes, times and the offsets of
call traces differ, the same value alike in one event; in copies of events that meet no rule also command lines, scripts,
and the paths of files and registry values. Deterministic: the same arguments give the same bytes.

usage: make_windows.py EVENTS FILE [SEED [shuffled]]   shuffled: neighbours are of different files"""
import calendar
import json
import os
import random
import re
import sys
import time
from pathlib import Path

AFTER = r'(?:\\*"\s*:\s*\\*"?|:(?:\s|\\+[tn])*)'  # between a name and its value: in JSON, in JSON inside JSON, in a message
WELL_KNOWN = {"system", "local service", "network service", "anonymous logon", "-", "public", "default", "all users",
              "administrator", "window manager", "font driver host", ""}
# What differs in every copy: kind, and an expression of which the first group stays.
ALWAYS = (
    ("id", rf"((?:Process|Thread)\s?(?:Id|ID){AFTER})((?:0x)?[0-9a-fA-F]+)"),
    ("id", rf"((?:Handle|Logon)\s?(?:Id|ID){AFTER})(0x[0-9a-f]{{4,}})"),
    ("id", rf"(Record(?:Number|ID){AFTER})(\d+)"),
    ("guid", rf"((?:Process|Logon)G(?:uid|UID){AFTER}\{{?|ActivityID{AFTER}\{{?)([0-9A-Fa-f]{{8}}-(?:[0-9A-Fa-f]{{4}}-){{3}}[0-9A-Fa-f]{{12}})"),
    ("sid", r"(S-1-5-21-)(\d+-\d+-\d+)"),
    ("user", r"((?i:C:\\+Users\\+))([A-Za-z][\w .]*?)(?=\\)"),
    ("user", r'("(?:(?:Subject|Target)UserName|AccountName)":")([A-Za-z][\w.]*)(?=")'),
    ("user", r'("(?:User|ParentUser|SourceUser|TargetUser)":"[\w.-]+\\\\)([A-Za-z][\w.]*)(?=")'),
    ("octets", r"((?<![\d.])(?:172\.18|192\.168)\.)(\d+\.\d+)(?![\d.])"),
    ("port", rf"((?:Source|Ip)\s?Port{AFTER})((?:49|5\d|6[0-4])\d{{3}}\b)"),
    ("hex", r"(\b(?:SHA1|MD5|SHA256)=)([0-9A-F]{32,})"),
    ("time", r"()(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?)"),
)
# What differs only where no rule is met: a rule may ask for the end of a text, or for a place in a program.
QUIET = (
    ("hex", r"((?:\.dll|\.exe)\+)([0-9a-f]{3,})"),
    ("argument", r'("(?:Parent)?CommandLine":"(?:[^"\\]|\\.)*)()(?=")'),
    ("comment", r'("(?:ScriptBlockText|Payload)":"(?:[^"\\]|\\.)*)()(?=")'),
    ("folder", r'("(?:TargetFilename|TargetObject|ObjectName)":"(?:[^"\\]|\\.)*\\\\)()(?=(?:[^"\\]|\\[^\\])*")'),
)


def originals(data):
    """Each line, and whether the lists of known hits say that it meets a rule."""
    hits = set()
    for row in (data / "windows/otrf/sigma_hits.tsv").read_text().splitlines()[1:]:
        file, line = row.split("\t")[:2]
        hits.add((file, int(line)))
    for path in sorted((data / "windows/otrf").glob("*.ndjson")):
        for number, line in enumerate(path.read_text().splitlines()):
            yield line, (path.name, number) in hits
    for line in (data / "sigma/regression/events.ndjson").read_text().splitlines():
        event = json.loads(line)["event"]
        if isinstance(event, dict):  # the others are lines of other systems
            yield json.dumps(event, separators=(",", ":"), ensure_ascii=False), True


def template(line, loud):
    """The texts between what differs, and for each gap a number: of (kind, value) in `values`."""
    spans = []
    for kind, expression in ALWAYS if loud else ALWAYS + QUIET:
        for found in re.finditer(expression, line):
            value = found.group(2)
            if kind == "user" and value.lower() in WELL_KNOWN or kind == "id" and int(value, 16) < 1000:
                continue
            spans.append((found.start(2), found.end(2), kind, value))
    spans.sort()
    texts, gaps, values, at = [], [], {}, 0
    for begin, end, kind, value in spans:
        if begin < at:
            continue
        texts.append(line[at:begin])
        gaps.append(values.setdefault((kind, value), len(values)))
        at = end
    texts.append(line[at:])
    return texts, gaps, [fresh(kind, value) for kind, value in values]


def fresh(kind, value):
    """A function of (random numbers, seconds later) that gives another value of that kind and length."""
    size = len(value)
    if kind == "time":
        epoch = calendar.timegm(time.strptime(value[:19].replace("T", " "), "%Y-%m-%d %H:%M:%S"))
        between, tail = value[10], value[19:]

        def later(rnd, shift):
            moment = time.gmtime(epoch + shift)
            digits = f".{rnd.getrandbits(64) % 10 ** (len(tail) - 1):0{len(tail) - 1}}" if len(tail) > 1 else tail
            return (f"{moment.tm_year}-{moment.tm_mon:02}-{moment.tm_mday:02}{between}"
                    f"{moment.tm_hour:02}:{moment.tm_min:02}:{moment.tm_sec:02}{digits}")
        return later
    if kind == "id" and not value.startswith("0x"):
        return lambda rnd, _: str(10 ** (size - 1) + rnd.getrandbits(60) % (9 * 10 ** (size - 1)))
    if kind == "id":
        return lambda rnd, _: f"0x{16 ** (size - 3) + rnd.getrandbits(60) % (15 * 16 ** (size - 3)):x}"
    if kind == "guid":
        return lambda rnd, _: "{0:08x}-{1:04x}-{2:04x}-{3:04x}-{4:012x}".format(
            *(rnd.getrandbits(bits) for bits in (32, 16, 16, 16, 48)))
    if kind == "sid":
        return lambda rnd, _: "-".join(str(10 ** 9 + rnd.getrandbits(31)) for _ in range(3))
    if kind == "user":
        return lambda rnd, _: f"user{rnd.getrandbits(20)}"
    if kind == "octets":
        return lambda rnd, _: f"{rnd.getrandbits(7)}.{rnd.getrandbits(7) + 1}"
    if kind == "port":
        return lambda rnd, _: str(49152 + rnd.getrandbits(13))
    if kind == "hex":
        form = f"{{:0{size}{'x' if value.islower() or value.isdigit() else 'X'}}}"
        return lambda rnd, _: form.format(rnd.getrandbits(4 * size))
    if kind == "argument":
        return lambda rnd, _: f" --ticket {rnd.getrandbits(40):010x}"
    if kind == "comment":
        return lambda rnd, _: f"\\r\\n# ticket {rnd.getrandbits(40):010x}"
    return lambda rnd, _: f"{rnd.getrandbits(40):010x}\\\\"


def make(data, events, out, seed, shuffled):
    rnd = random.Random(seed)
    lines = list(originals(data))
    if shuffled:
        rnd.shuffle(lines)
    templates = [template(*line) for line in lines]
    for n in range(events):
        if n < len(lines):
            out.write(lines[n][0] + "\n")
            continue
        texts, gaps, values = templates[n % len(lines)]
        shift = 7200 * (n // len(lines)) + rnd.getrandbits(12)
        new = [value(rnd, shift) for value in values]
        out.write("".join([part for text, gap in zip(texts, gaps) for part in (text, new[gap])]) + texts[-1] + "\n")
    return len(lines)


if __name__ == "__main__":
    if len(sys.argv) < 3 or "TOCSIN_DATA" not in os.environ:
        sys.exit(__doc__ if len(sys.argv) < 3 else "make_windows.py: TOCSIN_DATA is not set")
    with open(sys.argv[2], "w", encoding="utf-8", newline="\n") as log:
        print(make(Path(os.environ["TOCSIN_DATA"]), int(sys.argv[1]), log, int(sys.argv[3]) if len(sys.argv) > 3 else 1,
                   len(sys.argv) > 4))
