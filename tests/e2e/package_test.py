#!/usr/bin/env python3
"""What `cmake --install` lays down: units, manual pages, completions, the default configuration and its drop-ins.
argv: the binary, the root of the checkout. The packages themselves are tried by packaging/test."""
import json
import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path

from program import TOCSIN, main, run, without_service_folders

BUILD = Path(TOCSIN).parent


def tool(name):
    return unittest.skipUnless(shutil.which(name), f"{name} is not there")


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = BUILD / "installed"
        shutil.rmtree(cls.folder, ignore_errors=True)
        done = subprocess.run(["cmake", "--install", BUILD, "--prefix", "/usr"], env={**os.environ, "DESTDIR": str(cls.folder)}, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        cls.etc = cls.folder / "etc/tocsin"
        cls.environment = {**without_service_folders(), "CONFIGURATION_DIRECTORY": str(cls.etc)}
        cls.program = str(cls.folder / "usr/bin/tocsin")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    def tocsin(self, *words, code=0):
        return run(*words, program=(self.program,), code=code, env=self.environment)

    def test_the_program_finds_its_packs(self):
        self.assertRegex(self.tocsin("rules", "--json").stdout, r'"id":')

    def test_the_default_configuration_is_right_and_names_its_places(self):
        self.tocsin("config", "check")
        told = {line["key"]: json.loads(line["value"]) for line in map(json.loads, self.tocsin("config", "show", "--json").stdout.splitlines())
                if line["value"].startswith('"')}
        self.assertEqual((told["store.path"], told["console.socket"]), ("/var/lib/tocsin", "/run/tocsin/control.sock"))
        self.assertEqual((told["console.listen"], told["inputs.journal.type"]), ("127.0.0.1:9514", "journald"))
        for line in self.tocsin("config", "diff").stdout.splitlines():
            self.assertNotRegex(line, r"^inputs\.\w+\.address", "it listens on loopback only")
        self.assertLess(len((self.etc / "tocsin.yaml").read_text(encoding="utf-8").splitlines()), 40)

    def test_a_rule_and_a_decoder_of_ones_own_take_the_place_of_the_default_ones(self):
        before = {rule["id"]: rule for rule in map(json.loads, self.tocsin("rules", "--json").stdout.splitlines())}
        vendor = next((self.folder / "usr/share/tocsin/rules").rglob("ssh_root_login.yml"))
        text = vendor.read_text(encoding="utf-8")
        identity = re.search(r"^id: (\S+)$", text, re.M)[1]
        self.assertIn(identity, before)
        own = self.etc / "rules.d/mine.yml"
        own.write_text(re.sub(r"^title: .*$", "title: Mine", text, flags=re.M), encoding="utf-8")
        decoder = self.etc / "decoders.d/sshd.yaml"
        decoder.write_text((self.folder / "usr/share/tocsin/decoders/sshd.yaml").read_text(encoding="utf-8"), encoding="utf-8")
        more = self.etc / "conf.d/50-more.yaml"
        more.write_text("inputs:\n  lan: {type: tcp, address: 0.0.0.0, port: 6514}\n", encoding="utf-8")
        try:
            self.assertIn(f"and {len(before)} rules are right", self.tocsin("config", "check").stderr)
            self.assertIn("inputs.lan.port: 6514", self.tocsin("config", "diff").stdout)
            more.write_text("inputs:\n  lan: {typ: tcp}\n", encoding="utf-8")
            self.assertRegex(self.tocsin("config", "check", code=3).stderr, r"conf\.d/50-more\.yaml:2:9: base-10")
        finally:
            for path in (own, decoder, more):
                path.unlink()

    def test_the_full_reference_and_the_examples_are_right(self):
        examples = self.folder / "usr/share/doc/tocsin/examples"
        files = [examples / "tocsin.yaml", *sorted((examples / "conf.d").glob("*.yaml"))]
        self.assertGreater(len(files), 3)
        self.tocsin("check", *map(str, files))

    @tool("systemd-analyze")
    def test_units_are_verified_and_hardened(self):
        units = self.folder / "usr/lib/systemd/system"
        names = sorted(path.name for path in units.iterdir())
        self.assertEqual(names, ["tocsin-syslog-conn.socket", "tocsin-syslog-tcp.socket", "tocsin-syslog-udp.socket", "tocsin.service"])
        exposed = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=14", units / "tocsin.service"], capture_output=True, text=True)
        self.assertEqual(exposed.returncode, 0, exposed.stdout[-400:])
        # The program and the manual pages that a unit names are looked for; here they are below the folder.
        text = (units / "tocsin.service").read_text(encoding="utf-8")
        verified = self.folder / "verified"
        verified.mkdir()
        (verified / "tocsin.service").write_text(text.replace("/usr/bin/tocsin", self.program), encoding="utf-8")
        for name in names[:-1]:
            shutil.copy(units / name, verified)
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", *(verified / name for name in names)], capture_output=True, text=True,
                              env={**os.environ, "SYSTEMD_UNIT_PATH": f"{verified}:"})
        self.assertEqual((done.returncode, re.findall(r".*tocsin.*", done.stderr)), (0, []), done.stderr)

    def test_pages_that_units_name_are_there(self):
        for unit in (self.folder / "usr/lib/systemd/system").iterdir():
            for name, section in re.findall(r"man:([\w.-]+)\((\d)\)", unit.read_text(encoding="utf-8")):
                self.assertTrue((self.folder / f"usr/share/man/man{section}/{name}.{section}").exists(), f"{unit.name}: {name}")

    @tool("man")
    def test_manual_pages_give_no_warning(self):
        pages = sorted((self.folder / "usr/share/man").rglob("*.[158]"))
        self.assertGreater(len(pages), 15)
        for page in pages:
            done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page], capture_output=True, text=True, env={**os.environ, "MANWIDTH": "80"})
            self.assertEqual((done.returncode, done.stderr), (0, ""), page.name)

    def test_each_shell_reads_its_completions(self):
        share = self.folder / "usr/share"
        scripts = {"bash": "bash-completion/completions/tocsin", "zsh": "zsh/vendor-completions/_tocsin", "fish": "fish/vendor_completions.d/tocsin.fish"}
        for shell, path in scripts.items():
            self.assertTrue((share / path).exists(), path)
            if shutil.which(shell):
                done = subprocess.run([shell, "-n", share / path], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (0, ""), shell)
        if shutil.which("fish"):
            done = subprocess.run(["fish", "-c", f"source {share / scripts['fish']}; complete -C 'tocsin alerts '; complete -C 'tocsin rep'"], capture_output=True, text=True)
            self.assertRegex(done.stdout, r"(?m)^list\t[\s\S]*^replay\t")


if __name__ == "__main__":
    main()
