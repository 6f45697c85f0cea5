"""Disks that are full before a log is in them, and that can be made larger while a program waits.

A tmpfs in mounts of one's own is the real thing, but not every machine lets everybody mount. A limit on the size of files
needs no right at all, and is one more way in which a disk takes no more; so it is tried everywhere, the tmpfs where it may be."""
import os
import resource
import subprocess

from program import TOCSIN


class SizeLimit:
    """No file grows beyond a megabyte, until the limit is lifted."""
    refusal = "File too large"

    def __init__(self, folder):
        self.path = f"{folder}/limited"
        os.mkdir(self.path)
        _, self.hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        self.full = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, self.hard))}
        self.large = {}

    def grow(self, process=None):
        """Of the process that was started with the limit, and is running."""
        if process:
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (self.hard, self.hard))

    def end(self):
        pass


class Tmpfs:
    """Eight megabytes beside a file that can be removed, kept by a process in mounts of its own; who is to see them enters there."""
    refusal = "No space left on device"
    HOLDER = 'mount -t tmpfs -o size=72m tmpfs "$1" && head -c 64M /dev/zero > "$1/ballast" && echo full && read _ && rm "$1/ballast" && echo large && read _'

    def __init__(self, folder, rights):
        self.path = f"{folder}/tmpfs"
        os.makedirs(self.path)
        self.holder = subprocess.Popen(["unshare", f"-{rights}m", "sh", "-c", self.HOLDER, "sh", self.path], text=True,
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.there = self.told("full")
        user = ["--user", "--preserve-credentials"] if rights else []
        enter = ["nsenter", "--target", str(self.holder.pid), *user, "--mount", "--"]
        self.full = self.large = {"program": [*enter, TOCSIN]}

    def told(self, word):
        return self.holder.stdout.readline() == f"{word}\n"

    def grow(self, process=None):
        del process  # all that is in there sees it
        self.holder.stdin.write("\n")
        self.holder.stdin.flush()
        assert self.told("large")

    def end(self):
        self.holder.communicate()


def tmpfs(folder):
    """One with the rights that there are, or as root of a namespace; none where neither may mount."""
    for rights in ("", "r"):
        try:
            disk = Tmpfs(f"{folder}/mounted{rights}", rights)
        except FileNotFoundError:  # no such program
            return []
        if disk.there:
            return [disk]
        disk.end()
    return []


def disks(test, folder):
    """Those that there are on this machine; they end with the test."""
    found = [SizeLimit(folder), *tmpfs(folder)]
    for disk in found:
        test.addCleanup(disk.end)
    return found
