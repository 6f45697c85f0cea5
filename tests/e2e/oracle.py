"""The independent oracle: it makes logs, and says which alerts they must give. Both lie in the folder `measure` beside TOCSIN_DATA."""
import os
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

DATA = os.environ.get("TOCSIN_DATA", "")
MEASURE = Path(DATA).parent / "measure" if DATA else Path("/nonexistent")
THERE = (MEASURE / "reference.py").is_file()

# What the oracle is asked, and the rule of the default packs that answers the same.
QUESTIONS = [
    ([], "ssh_brute_force_user", "user.name"),
    (["--key", "ip"], "ssh_brute_force_source", "source.ip"),
    (["--distinct"], "ssh_distributed_guessing", "user.name"),
    (["--key", "ip", "--distinct"], "ssh_password_spraying", "source.ip"),
]
TITLES = {
    "ssh_brute_force_user": "Brute force against one account over ssh",
    "ssh_brute_force_source": "Brute force over ssh from one address",
    "ssh_distributed_guessing": "Many addresses try one account over ssh",
    "ssh_password_spraying": "One address tries many users over ssh",
}


def seconds(text):
    return int(datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc).timestamp())


def generate(path, lines, seed, *more):
    subprocess.run([sys.executable, MEASURE / "gen_authlog.py", "--lines", str(lines), "--seed", str(seed), "--out", path, *more], check=True)


def reference(log, *arguments):
    done = subprocess.run([sys.executable, MEASURE / "reference.py", *arguments, log], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def of_rule(alerts, rule):
    return [alert for alert in alerts if alert["rule"]["title"] == TITLES[rule]]


def fired(alerts, rule, field):
    """As the oracle prints them: time, group, count, total."""
    return [f"{seconds(a['fired_at'])} {a['group'][field]} {a['count']} {a['total']}" for a in of_rule(alerts, rule)]


def episodes(alerts, rule, field):
    """As the oracle prints them with --episodes, in any order: first true, last true, group, total."""
    return sorted(f"{seconds(a['fired_at'])} {seconds(a['last_seen'])} {a['group'][field]} {a['total']}"
                  for a in of_rule(alerts, rule) if a["merged_into"] is None)
