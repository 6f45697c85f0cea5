#!/usr/bin/env python3
"""Writes an authentication log as a fleet of 40 servers has it: attacks on ssh (19 % of the lines are refused passwords),
sessions, sudo, cron, kernel, web. Deterministic: the same arguments give the same bytes. Addresses are those of RFC 5737
and of the benchmarking range 198.18.0.0/15.

usage: make_log.py LINES FILE [SEED]"""
import math
import random
import sys
import time

START = 1764547200  # 2025-12-01 00:00:00 UTC
USERS, ADDRESSES, HOSTS = 60_000, 20_000, 40
NAMED = "root admin test oracle ubuntu guest postgres git deploy www-data".split()


def make(lines, out, seed):
    rnd = random.Random(seed)
    hosts = [f"{kind}{i:02}" for i in range(HOSTS // 4) for kind in ("web", "db", "app", "bastion")]
    now, left, second, stamp = float(START), lines, 0, ""

    def zipf(count):
        return int(math.exp(rnd.random() * math.log(count))) - 1

    def user():
        i = zipf(USERS)
        return NAMED[i] if i < len(NAMED) else f"user{i}"

    def address():
        i = zipf(ADDRESSES)
        return f"198.{18 + i // 16384}.{i // 128 % 128}.{i % 128 + 1}"

    while left > 0:
        host, pid, port = hosts[int(rnd.random() * HOSTS)], 1000 + int(rnd.random() * 30000), 1024 + int(rnd.random() * 60000)
        sshd, kind, name, ip = f"sshd[{pid}]", rnd.random(), user(), address()
        if kind < 0.33:
            known = rnd.random() < 0.3
            said = name if known else f"invalid user {name}"
            body = [] if known else [f"{sshd}: Invalid user {name} from {ip} port {port}"]
            pam = f"{sshd}: pam_unix(sshd:auth): "
            body += [pam + ("check pass; user unknown" if not known else "authentication failure; logname= uid=0 euid=0 tty=ssh "
                            f"ruser= rhost={ip}  user={name}")]
            body += [f"{sshd}: Failed password for {said} from {ip} port {port} ssh2"] * (1 + int(rnd.random() * 2))
            body += [f"{sshd}: Connection closed by {ip} port {port} [preauth]"]
        elif kind < 0.53:
            body = [f"CRON[{pid}]: pam_unix(cron:session): session opened for user root by (uid=0)",
                    f"CRON[{pid}]: (root) CMD (command -v debian-sa1 > /dev/null && debian-sa1 1 1)",
                    f"CRON[{pid}]: pam_unix(cron:session): session closed for user root"]
        elif kind < 0.63:
            body = [f"{sshd}: Accepted publickey for {name} from {ip} port {port} ssh2: ED25519 SHA256:{pid:x}{port:x}",
                    f"{sshd}: pam_unix(sshd:session): session opened for user {name} by (uid=0)",
                    f"systemd-logind[{700 + pid % 9}]: New session {pid} of user {name}.",
                    f"{sshd}: pam_unix(sshd:session): session closed for user {name}"]
        elif kind < 0.68:
            body = [f"sudo: {name} : TTY=pts/{pid % 9} ; PWD=/home/{name} ; USER=root ; COMMAND=/usr/bin/apt update"]
        elif kind < 0.78:
            body = [f"kernel: [{now - START:12.6f}] [UFW BLOCK] IN=eth0 OUT= MAC=52:54:00:12:34:56:52:55:0a:00:02:02:08:00 "
                    f"SRC={ip} DST=192.0.2.{pid % 250} LEN=40 TOS=0x00 PREC=0x00 TTL=57 ID={port} PROTO=TCP SPT={port} "
                    f"DPT={pid % 1024} WINDOW=1024 RES=0x00 SYN URGP=0"]
        elif kind < 0.93:
            clock = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now))
            body = [f'nginx: {ip} - - [{clock}] "GET /page/{pid % 400} HTTP/1.1" {200 if port % 9 else 404} {port} "-" '
                    '"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"']
        else:
            body = [f"systemd[1]: Started Session {pid} of user {name}."]
        for text in body[:left]:
            now += -math.log(1.0 - rnd.random()) * 0.2
            if int(now) != second:
                second = int(now)
                parts = time.gmtime(second)
                stamp = f"{time.strftime('%b', parts)} {parts.tm_mday:2} {time.strftime('%H:%M:%S', parts)}"
            out.write(f"{stamp} {host} {text}\n")
        left -= len(body[:left])


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    with open(sys.argv[2], "w", encoding="ascii") as log:
        make(int(sys.argv[1]), log, int(sys.argv[3]) if len(sys.argv) > 3 else 1)
