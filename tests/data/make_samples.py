#!/usr/bin/env python3
"""Writes the sample logs beside it: one night on two small servers, with an intrusion in it.

Deterministic: the same bytes each time. Addresses are those that RFC 5737 and RFC 3849 keep for documentation.
The story, all on 2026-11-20 UTC:
  21:10  a port scan of web01 from 203.0.113.66
  21:25  a web scanner, then guessing at /wp-login.php, from 203.0.113.66
  22:02  one password tried for many users (spraying) from 198.51.100.23
  22:40  a brute force against `deploy`, from 203.0.113.77, which succeeds after nine failures
  22:44  `deploy` tries sudo, fails, then gets a root shell; su to root
  22:47  a new user `svc-backup` with root's powers, a key for it, a cron entry; its login from a second address
  22:52  /etc/shadow read and written, a kernel module, the logs cut
"""
import calendar
import random
import time
from pathlib import Path

HERE = Path(__file__).parent
rnd = random.Random(20261120)
DAY = calendar.timegm((2026, 11, 20, 0, 0, 0))
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
auth, kern, access, audit = [], [], [], []


def at(clock, plus=0.0):
    h, m, s = (int(x) for x in (clock + ":00").split(":")[:3])
    return DAY + h * 3600 + m * 60 + s + plus


def stamp(t):
    g = time.gmtime(t)
    return "%s %2d %02d:%02d:%02d" % (MONTHS[g.tm_mon - 1], g.tm_mday, g.tm_hour, g.tm_min, g.tm_sec)


def log(t, host, tag, text, into=auth):
    into.append((t, "%s %s %s: %s" % (stamp(t), host, tag, text)))


def web(t, ip, request, status, size=512, agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0"):
    when = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(t))
    access.append((t, '%s - - [%s] "%s" %d %d "-" "%s"' % (ip, when, request, status, size, agent)))


serial = 4100


def record(t, kind, text):
    audit.append((t, "type=%s msg=audit(%.3f:%d): %s" % (kind, t, serial, text)))


def syscall(t, number, exe, comm, uid, key, path=None, nametype="NORMAL", argv=None):
    global serial
    serial += 1
    record(t, "SYSCALL", "arch=c000003e syscall=%d success=yes exit=3 a0=ffffff9c a1=7ffd1 a2=241 a3=1b6 items=2 ppid=2310 "
           "pid=%d auid=1001 uid=%d gid=%d euid=%d suid=%d fsuid=%d egid=%d sgid=%d fsgid=%d tty=pts0 ses=31 comm=\"%s\" "
           "exe=\"%s\" subj=unconfined key=\"%s\"" % (number, 2400 + serial % 90, uid, uid, uid, uid, uid, uid, uid, uid, comm, exe, key))
    if argv:
        record(t, "EXECVE", "argc=%d %s" % (len(argv), " ".join('a%d="%s"' % (i, a) for i, a in enumerate(argv))))
    record(t, "CWD", 'cwd="/root"')
    if path:
        record(t, "PATH", 'item=1 name="%s" inode=1311 dev=08:01 mode=0100640 ouid=0 ogid=42 rdev=00:00 nametype=%s '
               "cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0" % (path, nametype))
    record(t, "PROCTITLE", "proctitle=" + " ".join(argv or [comm]).encode().hex().upper())
    record(t, "EOE", "")


def background():
    t = at("20:00")
    while t < at("23:30"):
        t += rnd.expovariate(1 / 25.0)
        pid = 1000 + int(rnd.random() * 30000)
        kind = rnd.random()
        host = rnd.choice(("web01", "db01"))
        if kind < 0.35:
            who = rnd.choice(("root", "www-data"))
            log(t, host, "CRON[%d]" % pid, "pam_unix(cron:session): session opened for user %s(uid=0) by (uid=0)" % who)
            log(t, host, "CRON[%d]" % pid, "(%s) CMD (cd / && run-parts --report /etc/cron.hourly)" % who)
            log(t + 1, host, "CRON[%d]" % pid, "pam_unix(cron:session): session closed for user %s" % who)
        elif kind < 0.55:
            who, port = rnd.choice(("alice", "bob", "carol")), 40000 + int(rnd.random() * 20000)
            # Each has one address of her own.
            address = {"alice": "192.0.2.21", "bob": "192.0.2.22", "carol": "192.0.2.23"}[who]
            log(t, host, "sshd[%d]" % pid, "Accepted publickey for %s from %s port %d ssh2: ED25519 SHA256:mQ2vJ0rSx0oS" % (who, address, port))
            log(t, host, "sshd[%d]" % pid, "pam_unix(sshd:session): session opened for user %s(uid=1000) by (uid=0)" % who)
            log(t + 200, host, "sshd[%d]" % pid, "pam_unix(sshd:session): session closed for user %s" % who)
        elif kind < 0.65:
            who = rnd.choice(("alice", "bob"))
            log(t, host, "sudo", "   %s : TTY=pts/1 ; PWD=/home/%s ; USER=root ; COMMAND=/usr/bin/systemctl status nginx" % (who, who))
        elif kind < 0.72:
            ip = "198.51.100.%d" % (100 + int(rnd.random() * 60))
            who = rnd.choice(("root", "admin", "test", "oracle"))
            log(t, "web01", "sshd[%d]" % pid, "Invalid user %s from %s port %d" % (who + "x", ip, 40000 + pid))
            log(t + 2, "web01", "sshd[%d]" % pid, "Failed password for invalid user %s from %s port %d ssh2" % (who + "x", ip, 40000 + pid))
            log(t + 2, "web01", "sshd[%d]" % pid, "Connection closed by invalid user %s %s port %d [preauth]" % (who + "x", ip, 40000 + pid))
        else:
            path = rnd.choice(("/", "/news", "/static/site.css", "/api/v1/items", "/images/a.png"))
            web(t, "192.0.2.%d" % (30 + int(rnd.random() * 200)), "GET %s HTTP/1.1" % path, rnd.choice((200, 200, 200, 304, 404)), int(rnd.random() * 9000))


def scan():
    scanner = "203.0.113.66"
    for i in range(40):
        t = at("21:10", i * 0.4)
        log(t, "web01", "kernel", "[%12.6f] [UFW BLOCK] IN=eth0 OUT= MAC=52:54:00:0a:0b:0c:52:54:00:0d:0e:0f:08:00 SRC=%s DST=192.0.2.10 "
            "LEN=44 TOS=0x00 PREC=0x00 TTL=47 ID=%d PROTO=TCP SPT=51114 DPT=%d WINDOW=1024 RES=0x00 SYN URGP=0"
            % (90000 + i * 0.4, scanner, 4000 + i, 20 + i * 17), kern)
    for i, path in enumerate(("/.env", "/.git/config", "/admin.php", "/phpmyadmin/", "/backup.zip", "/wp-config.php.bak", "/cgi-bin/test.cgi",
                              "/server-status", "/.aws/credentials", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", "/actuator/env",
                              "/solr/admin/", "/../../etc/passwd", "/console/", "/HNAP1/", "/.svn/entries", "/owa/", "/manager/html",
                              "/config.json", "/api/swagger.json", "/id_rsa", "/dump.sql", "/phpinfo.php", "/shell.php", "/boaform/admin/formLogin")):
        web(at("21:25", i * 1.5), scanner, "GET %s HTTP/1.1" % path, 404, 153, "Mozilla/5.00 (Nikto/2.1.6)")
    for i in range(24):
        web(at("21:31", i * 2), scanner, "POST /wp-login.php HTTP/1.1", 401, 2210, "python-requests/2.31.0")


def spray():
    for i, who in enumerate("alice bob carol dave erin frank grace heidi ivan judy mallory niaj olivia peggy rupert sybil".split()):
        pid, t = 9000 + i, at("22:02", i * 9)
        log(t, "db01", "sshd[%d]" % pid, "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=198.51.100.23  user=%s" % who)
        log(t + 2, "db01", "sshd[%d]" % pid, "Failed password for %s from 198.51.100.23 port %d ssh2" % (who, 50200 + i))
        log(t + 2, "db01", "sshd[%d]" % pid, "Connection closed by authenticating user %s 198.51.100.23 port %d [preauth]" % (who, 50200 + i))


def break_in():
    ip = "203.0.113.77"
    for i in range(9):
        pid, t = 11000 + i, at("22:40", i * 12)
        log(t, "web01", "sshd[%d]" % pid, "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=%s  user=deploy" % ip)
        log(t + 2, "web01", "sshd[%d]" % pid, "Failed password for deploy from %s port %d ssh2" % (ip, 52000 + i))
    t = at("22:42")
    log(t, "web01", "sshd[11020]", "Accepted password for deploy from %s port 52044 ssh2" % ip)
    log(t, "web01", "sshd[11020]", "pam_unix(sshd:session): session opened for user deploy(uid=1001) by (uid=0)")
    log(t + 1, "web01", "systemd-logind[612]", "New session 31 of user deploy.")
    for i in range(3):
        log(at("22:44", i * 5), "web01", "sudo", "pam_unix(sudo:auth): authentication failure; logname=deploy uid=1001 euid=0 tty=/dev/pts/0 ruser=deploy rhost=  user=deploy")
    log(at("22:44", 16), "web01", "sudo", "  deploy : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/home/deploy ; USER=root ; COMMAND=/bin/bash")
    log(at("22:45"), "web01", "sudo", "  deploy : TTY=pts/0 ; PWD=/home/deploy ; USER=root ; COMMAND=/bin/bash")
    log(at("22:45"), "web01", "sudo", "pam_unix(sudo:session): session opened for user root(uid=0) by deploy(uid=1001)")
    log(at("22:46"), "web01", "su[11207]", "(to root) deploy on pts/0")
    log(at("22:46"), "web01", "su[11207]", "pam_unix(su:session): session opened for user root(uid=0) by deploy(uid=1001)")


def persist():
    log(at("22:47"), "web01", "useradd[11301]", "new group: name=svc-backup, GID=1009")
    log(at("22:47"), "web01", "useradd[11301]", "new user: name=svc-backup, UID=1009, GID=1009, home=/home/svc-backup, shell=/bin/bash, from=/dev/pts/0")
    log(at("22:47", 20), "web01", "passwd[11309]", "pam_unix(passwd:chauthtok): password changed for svc-backup")
    log(at("22:47", 40), "web01", "usermod[11315]", "add 'svc-backup' to group 'sudo'")
    log(at("22:47", 40), "web01", "usermod[11315]", "add 'svc-backup' to shadow group 'sudo'")
    log(at("22:48"), "web01", "crontab[11320]", "(root) BEGIN EDIT (root)")
    log(at("22:48", 30), "web01", "crontab[11320]", "(root) REPLACE (root)")
    log(at("22:48", 30), "web01", "crontab[11320]", "(root) END EDIT (root)")
    for t, ip, pid in ((at("22:49"), "203.0.113.77", 11401), (at("22:51"), "198.51.100.200", 11402)):
        log(t, "web01", "sshd[%d]" % pid, "Accepted password for svc-backup from %s port %d ssh2" % (ip, 53000 + pid % 100))
        log(t, "web01", "sshd[%d]" % pid, "pam_unix(sshd:session): session opened for user svc-backup(uid=1009) by (uid=0)")
    log(at("22:55"), "web01", "sshd[11500]", "Accepted publickey for root from 203.0.113.77 port 53999 ssh2: RSA SHA256:u8Jw0b2k")
    syscall(at("22:48", 10.412), 257, "/usr/bin/tee", "tee", 0, "authorized_keys", "/home/svc-backup/.ssh/authorized_keys", "CREATE", ["tee", "-a", "/home/svc-backup/.ssh/authorized_keys"])
    syscall(at("22:52", 1.007), 257, "/usr/bin/vim.basic", "vim", 0, "identity", "/etc/shadow", "NORMAL", ["vim", "/etc/shadow"])
    syscall(at("22:53", 2.555), 175, "/usr/bin/kmod", "insmod", 0, "modules", None, argv=["insmod", "/tmp/.x/rk.ko"])
    syscall(at("22:54", 7.930), 76, "/usr/bin/truncate", "truncate", 0, "logtamper", "/var/log/auth.log", "NORMAL", ["truncate", "-s", "0", "/var/log/auth.log"])


def write(name, lines):
    lines.sort(key=lambda entry: entry[0])
    (HERE / name).write_text("".join(text + "\n" for _, text in lines), encoding="utf-8")


background()
scan()
spray()
break_in()
persist()
write("auth.log", auth)
write("kern.log", kern)
write("access.log", access)
write("audit.log", audit)
