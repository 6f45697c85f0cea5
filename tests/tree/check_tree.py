#!/usr/bin/env python3
"""Keeps the house in order: what docs/architecture.md and the folder READMEs promise and a machine can check.

Each check prints path:line: sentence; the exit code is 1 when any did. Run it from anywhere."""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# A folder may include itself and what stands here.
MAY_INCLUDE = {
    "base": set(),
    "metrics": {"base"},
    "event": {"base"},
    "ingest": {"base", "metrics", "event"},
    "rules": {"base", "metrics", "event"},
    "store": {"base", "metrics", "event"},
    "respond": {"base", "metrics", "event"},
    "correlate": {"base", "metrics", "event", "rules"},
    "engine": {"base", "metrics", "event", "ingest", "rules", "store", "respond", "correlate"},
    "search": {"base", "metrics", "event", "ingest", "rules", "store", "respond", "correlate", "engine"},
    "console": {"base", "metrics", "event", "ingest", "rules", "store", "respond", "correlate", "engine", "search"},
    "cli": {"base", "metrics", "event", "ingest", "rules", "store", "respond", "correlate", "engine", "search", "console"},
}
CODE = set(MAY_INCLUDE)
FORBIDDEN_WORDS = {"util", "utils", "common", "misc", "helper", "helpers", "manager", "detail"}
MAX_LINES, MAX_COLUMNS, MAX_README = 600, 100, 40
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
faults = []


def fault(path, line, sentence):
    faults.append(f"{path.relative_to(ROOT)}:{line}: {sentence}")


def tracked():
    out = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                         check=True, capture_output=True).stdout
    return [ROOT / name for name in out.decode().split("\0") if name and (ROOT / name).is_file()]


def check_names(path):
    for part in path.relative_to(ROOT).parts:
        words = set(re.split(r"[._-]", part))
        if words & FORBIDDEN_WORDS:
            fault(path, 1, f"the name `{part}` says nothing about what is inside")


def check_includes(path, lines):
    folder = path.relative_to(ROOT).parts[0]
    for number, line in enumerate(lines, 1):
        m = re.match(r'\s*#include "([^"]+)"', line)
        if not m:
            continue
        target = m.group(1)
        first = target.split("/")[0]
        if "/" not in target or not (ROOT / target).is_file():
            fault(path, number, f'"{target}" is not written from the repository root')
        elif folder in CODE and first != folder and first not in MAY_INCLUDE[folder]:
            fault(path, number, f"{folder}/ may not include {first}/")


def check_purpose(path, lines):
    first = lines[0] if lines else ""
    if not re.match(r"// [A-Z`'\d].*", first):
        fault(path, 1, "a header begins with one sentence of purpose")
    text = "\n".join(lines[:25])
    if "#pragma once" not in text:
        fault(path, 1, "#pragma once is missing from the first lines")
    for number, line in enumerate(lines[:25], 1):
        if re.search(r"^// .*\S\s+(Path|Units|Threads|Errors|Source|Tested by):  ", line) or line.startswith("// by: "):
            fault(path, number, "each label of the header comment begins a line")
    for tested in re.findall(r"^// Tested by: (.*(?:\n//   +.*)*)", text, re.M):
        for name in re.findall(r"tests/[\w/.*-]+", tested):
            if "*" not in name and not (ROOT / name).exists():
                fault(path, 1, f"`{name}` does not exist")


def check_size(path, lines):
    if len(lines) > MAX_LINES:
        fault(path, len(lines), f"{len(lines)} lines; {MAX_LINES} is the limit")
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_COLUMNS and "http" not in line and "R\"" not in line and '"' not in line:
            fault(path, number, f"{len(line)} columns; {MAX_COLUMNS} is the limit")


def check_comments(path, lines):
    for number, line in enumerate(lines, 1):
        if re.match(r"\s*//.*[;{]\s*$", line) and re.match(r"\s*//\s*(if|for|while|return|auto|const|std::|\w+\()", line):
            fault(path, number, "this reads like code that was commented out")
        if UNFINISHED.search(line):
            fault(path, number, "unfinished work is an issue, not a comment")


def check_mirror(path):
    """A header or source that is a part is registered in its folder's CMakeLists.txt, and a test has its part."""
    relative = path.relative_to(ROOT)
    folder = relative.parts[0]
    if folder in CODE:
        part = str(relative.relative_to(folder).with_suffix(""))
        registered = (ROOT / folder / "CMakeLists.txt").read_text()
        if not re.search(rf"(?<![\w/]){re.escape(part)}(\.cpp)?(?![\w/])", registered):
            fault(path, 1, f"not registered in {folder}/CMakeLists.txt")
    elif folder == "tests" and relative.parts[1] in CODE and path.name.endswith("_test.cpp"):
        if path.name in ("cases_test.cpp",):
            return
        text = (ROOT / relative.parts[1] / "CMakeLists.txt").read_text()
        part = str(relative.relative_to(Path("tests") / relative.parts[1]))[: -len("_test.cpp")]
        if not re.search(rf"(?<![\w/]){re.escape(part)}(_test\.cpp)?(?![\w/])", text):
            fault(path, 1, f"no part `{part}` in {relative.parts[1]}/CMakeLists.txt: this test is never built")


def check_doc(path, lines):
    if path.name == "README.md" and path.parent != ROOT and len(lines) > MAX_README and path.parent.name != "bench":
        fault(path, len(lines), f"{len(lines)} lines; a folder's README has at most {MAX_README}")
    for number, line in enumerate(lines, 1):
        for name in re.findall(r"`([\w.-]+(?:/[\w.*<>-]+)+/?)`", line):
            top = name.split("/")[0]
            if top in CODE | {"tests", "bench", "docs", "packaging", "cmake"} and not re.search(r"[*<>]", name):
                if not (ROOT / name).exists() and not any((ROOT / (name + end)).exists() for end in (".hpp", ".cpp")):
                    fault(path, number, f"`{name}` does not exist")


def main():
    files = tracked()
    for path in files:
        check_names(path)
        if path.suffix not in {".hpp", ".cpp", ".md", ".py", ".cmake"} and path.name != "CMakeLists.txt":
            continue
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            fault(path, 1, "not UTF-8")
            continue
        if path.suffix in {".hpp", ".cpp"}:
            check_includes(path, lines)
            check_size(path, lines)
            check_comments(path, lines)
            check_mirror(path)
        if path.suffix == ".hpp" and path.relative_to(ROOT).parts[0] in CODE:
            check_purpose(path, lines)
        if path.suffix == ".py":
            check_size(path, [])
            if len(lines) > MAX_LINES:
                fault(path, len(lines), f"{len(lines)} lines; {MAX_LINES} is the limit")
        if path.suffix == ".md":
            check_doc(path, lines)
    for folder in sorted(CODE | {"tests", "bench", "packaging"}):
        if not (ROOT / folder / "README.md").is_file():
            faults.append(f"{folder}/README.md:1: every folder says what it is")
    for line in faults:
        print(line)
    print(f"{len(files)} files, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
