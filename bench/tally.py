"""What a replay must answer, counted from the log by other means: lines, refused passwords by user, and the episodes of
five within ten minutes. Nothing of Tocsin is used."""
import calendar
import re
import time
from collections import defaultdict, deque
from concurrent.futures import ProcessPoolExecutor

FAILED = re.compile(rb"^(\w{3} [ \d]\d [\d:]{8}) \S+ sshd\[\d+\]: Failed password for (?:invalid user )?(\S+) from \S+ port \d+ ssh2$")
WINDOW, AT_LEAST = 600, 5


def tally_apart(path, year):
    """The same in a process of its own: a child's peak of memory begins with what its parent holds."""
    with ProcessPoolExecutor(1) as pool:
        return pool.submit(Tally, path, year).result()


class Tally:
    """Of one log, in the order of its lines; `year` is that of the first."""

    def __init__(self, path, year):
        self.lines = 0
        self.failed = defaultdict(int)  # user -> refused passwords
        self.alerts = []                # (user, second fired, count, total), as they fire
        self._windows = defaultdict(deque)
        self._open = {}                 # user -> index in alerts, last true, times since the window at firing
        self._days = {}
        with open(path, "rb") as log:
            for line in log:
                self.lines += 1
                if b"Failed password" in line:
                    found = FAILED.match(line)
                    if found:
                        self._add(found.group(2).decode(), self._second(found.group(1).decode(), year))
        del self._windows, self._open, self._days

    def _second(self, stamp, year):
        day = stamp[:6]
        if day not in self._days:
            self._days[day] = calendar.timegm(time.strptime(f"{year} {day}", "%Y %b %d"))
        return self._days[day] + int(stamp[7:9]) * 3600 + int(stamp[10:12]) * 60 + int(stamp[13:15])

    def _add(self, user, now):
        self.failed[user] += 1
        window = self._windows[user]
        window.append(now)
        while window[0] <= now - WINDOW:
            window.popleft()
        is_open = user in self._open and self._open[user][1] > now - WINDOW
        if is_open:
            self._open[user][2] += 1
        if len(window) < AT_LEAST:
            return
        if not is_open:
            self._open[user] = [len(self.alerts), now, len(window)]
            self.alerts.append([user, now, len(window), 0])
        state = self._open[user]
        state[1] = now
        self.alerts[state[0]][3] = state[2]
