#!/usr/bin/env python3
"""The documents say what is true: their commands are run, their examples checked. argv: the binary, the root of the checkout.

A block of commands begins ```sh run, or ```sh not run: REASON. A block ```text output behind it is what the commands
print, where a line `...` stands for any lines, and `............` for the begin of an alert's id. A block ```yaml check is
given to `tocsin check`. In docs/sigma.md the first two columns of each table with a column `answer` are an example and
what the compiler says of it."""
import os
import re
import subprocess
from pathlib import Path

from program import ROOT, TOCSIN, FolderTest, main, run, without_service_folders

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMAND = re.compile(r"^(\$ )?(tocsin|\./dev|build/release/tocsin|logger|curl|ninja|cmake|ctest)\b")


def blocks(page):
    """(line, info, text) of each fenced block; the text of everything else, by line."""
    found, prose, info, text = [], [], None, []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```") and info is None:
            info, start, text = line[3:].strip(), number, []
        elif line.startswith("```"):
            found.append((start, info, "\n".join(text) + "\n"))
            info = None
        elif info is None:
            prose.append((number, line))
        else:
            text.append(line)
    assert info is None, f"{page}: a block is not closed"
    return found, prose


def fits(expected, found):
    """Are these the lines, where `...` is any number of them, and twelve dots an id's first digits?"""
    if not expected:
        return not found
    if expected[0] == "...":
        return any(fits(expected[1:], found[i:]) for i in range(len(found) + 1))
    line = re.escape(expected[0].rstrip()).replace(re.escape("." * 12), "[0-9a-f]{12}")
    return bool(found) and bool(re.fullmatch(line, found[0].rstrip())) and fits(expected[1:], found[1:])


class Documents(FolderTest):
    def setUp(self):
        super().setUp()
        self.folder = Path(self.folder)
        (self.folder / "bin").mkdir()
        (self.folder / "build/release").mkdir(parents=True)
        for name in ("bin/tocsin", "build/release/tocsin"):
            (self.folder / name).symlink_to(TOCSIN)
        for name in ("tests", "docs", "rules", "ingest", "packaging"):
            (self.folder / name).symlink_to(ROOT / name)

    def sandbox(self):
        environment = without_service_folders()
        environment.update(HOME=str(self.folder), TMPDIR=str(self.folder), PATH=f"{self.folder}/bin:{os.environ['PATH']}")
        return {"cwd": self.folder, "env": environment, "text": True, "timeout": 900, "check": False,
                "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}

    def test_every_block_of_commands_is_run_or_says_why_not(self):
        ran = 0
        for page in PAGES:
            where = page.relative_to(ROOT)
            found, prose = blocks(page)
            for number, line in prose:
                if line.startswith("    "):
                    self.assertNotRegex(line.strip(), COMMAND, f"{where}:{number}: a command outside of a block ```sh")
            output_of = {}
            for (_, before, text), (start, info, expected) in zip(found, found[1:]):
                if info == "text output":
                    self.assertEqual(before, "sh run", f"{where}:{start}: output of what?")
                    output_of[text] = expected
            for start, info, text in found:
                if not info.startswith("sh"):
                    self.assertNotRegex(text, COMMAND, f"{where}:{start}: a command outside of a block ```sh")
                    continue
                if re.fullmatch(r"sh not run: \S.{10,}", info):
                    continue
                self.assertEqual(info, "sh run", f"{where}:{start}: run, or not run: with a reason")
                done = subprocess.run(["bash", "-euo", "pipefail", "-c", text], **self.sandbox())
                self.assertEqual(done.returncode, 0, f"{where}:{start}: {text}\n{done.stdout}")
                if text in output_of:
                    self.assertTrue(fits(output_of[text].splitlines(), done.stdout.splitlines()),
                                    f"{where}:{start}: it prints\n{done.stdout}")
                ran += 1
        self.assertGreaterEqual(ran, 4)

    def test_every_example_of_yaml_is_right(self):
        checked = 0
        for page in PAGES:
            for start, info, text in blocks(page)[0]:
                if info.startswith("yaml"):
                    self.assertEqual(info, "yaml check", f"{page.name}:{start}")
                    (self.folder / "example.yaml").write_text(text, encoding="utf-8")
                    done = subprocess.run(["tocsin", "check", "example.yaml"], **self.sandbox())
                    self.assertEqual(done.returncode, 0, f"{page.name}:{start}: {done.stdout}")
                    checked += 1
        self.assertGreater(checked, 0)

    def test_every_link_leads_somewhere(self):
        for page in [*PAGES, ROOT / "docs/reference/errors.md"]:
            for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
                if "://" not in target:
                    self.assertTrue((page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}")


RULE = "title: {0}\nname: {0}\nlogsource: {{product: p}}\ndetection:\n  {1}\n"


class Sigma(FolderTest):
    def answer(self, text):
        path = Path(self.folder, "rule.yml")
        path.write_text(text, encoding="utf-8")
        lists = Path(self.folder, "lists.yml")  # the example of the page itself
        lists.write_text(next(example for _, info, example in blocks(ROOT / "docs/sigma.md")[0] if info == "yaml check"),
                         encoding="utf-8")
        done = run("check", "--no-lint", "--lists", str(lists), str(path), code=None)
        codes = re.findall(r": ([a-z]+-\d+): ", done.stdout)
        return " ".join(codes) or "yes"

    def test_each_row_is_what_the_compiler_says(self):
        rows = 0
        kind = None
        for line in (ROOT / "docs/sigma.md").read_text(encoding="utf-8").splitlines():
            cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if not cells or cells[0].startswith("---"):
                continue
            if not cells[0].startswith("`") or cells[1] == "answer":
                kind = cells[0] if cells[1] == "answer" else None
                continue
            if kind is None:
                continue
            example = cells[0].strip("`")
            if kind == "item":
                rule = RULE.format("one", f"selection:\n    {example}\n  condition: selection")
            elif kind == "condition":
                rule = RULE.format("one", f"one: {{a: b}}\n  two: {{a: c}}\n  other: {{a: d}}\n  condition: {example}")
            else:
                each = "selection: {a: b}\n  condition: selection"
                rule = "---\n".join([RULE.format("base", each), RULE.format("other", each.replace("b}", "c}")),
                                     f"title: it\ncorrelation: {example}\n"])
            self.assertEqual(self.answer(rule), cells[1], example)
            rows += 1
        self.assertGreater(rows, 45)


if __name__ == "__main__":
    main()
