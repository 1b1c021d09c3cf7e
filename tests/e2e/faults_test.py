"""System calls of the running daemon fail, and its clock jumps: it lives, says what failed, serves what it can, and goes on
as before when the fault is over."""

import contextlib
import errno
import os
import pathlib
import signal
import sqlite3
import sys
import time
import unittest

import client as http
from daemon import DEMO, PASSWORD, USER, wait_until
from faults import SHORT, FaultyDaemon, name, text, usable

LEFT = (OSError, http.Truncated)
DAY = 24 * 3600
PATTERN = bytes(range(256)) * 2048  # What download.bin repeats.


class Faults(unittest.TestCase):
    def start(self, *settings, helpers=(DEMO,)):
        daemon = FaultyDaemon(*helpers, settings=("helper_restart_delay=20ms", "helper_restart_longest_delay=100ms", "helper_restart_burst=0", *settings))
        with daemon.config.open("a", encoding="utf-8") as config:
            config.write(f"log_prefix={daemon.home}/logs\n")
        self.enterContext(daemon)
        for helper in helpers:
            daemon.wait_for_helpers("/demo" if helper == DEMO else "")
        return daemon

    def tried(self, daemon, target):
        """An answer, or None: while something fails a client may get none."""
        with contextlib.suppress(*LEFT):
            return daemon.get(target)

    def all_is_well(self, daemon):
        self.assertIsNone(daemon.process.poll(), "the daemon has ended")
        daemon.wait_for_page("/demo/index.html")
        self.assertEqual(daemon.get("/demo/download.bin?size=300000").content, PATTERN[:300_000])

    def helper_process(self, daemon):
        return daemon.get("/helpers/demo.json").json["kismet.helper.pid"]

    def test_whatever_accepting_fails_with_is_told_and_it_goes_on(self):
        daemon = self.start()
        for error in (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.EIO, errno.EINVAL):
            with self.subTest(name(error)):
                line = len(daemon.lines)
                with daemon.failing("accept", error) as count:
                    with daemon.client():
                        daemon.wait_for_line(f"cannot accept web connections: {text(error)}", after=line)
                        wait_until(lambda: count() > 3, "it is tried again")
                self.all_is_well(daemon)
        for error in (errno.ECONNABORTED, errno.EPROTO, errno.EINTR):
            with self.subTest(name(error)), daemon.failing("accept", error, one_in=2) as count:
                for _ in range(20):
                    self.assertEqual(daemon.get("/demo/index.html").status, 200)
                self.assertGreater(count(), 0)

    def test_what_is_read_and_written_in_pieces_or_interrupted_arrives_whole(self):
        daemon = self.start()
        for call, kind in (("read", "pipe"), ("write", "pipe"), ("recv", "socket"), ("send", "socket")):
            for error in (SHORT, errno.EAGAIN, errno.EINTR):
                with self.subTest(call=call, kind=kind, error=name(error)), \
                        daemon.failing(call, error, one_in=3, kind=kind) as count:
                    for _ in range(40):
                        self.assertEqual(daemon.get("/demo/index.html").status, 200)
                        self.assertEqual(daemon.get("/demo/download.bin?size=100000").content, PATTERN[:100_000])
                    print(f"{call} of a {kind}, {name(error)}: {count()}", file=sys.stderr)
        self.assertGreater(sum(daemon.failed(call) for call in ("read", "write", "recv", "send")), 200)
        self.all_is_well(daemon)

    def test_a_helper_that_cannot_be_started_is_started_when_it_can(self):
        daemon = self.start()
        for call, error, said in (("clone", errno.EAGAIN, "no process can be made for it"),
                                  ("clone", errno.ENOMEM, "no process can be made for it"),
                                  ("pipe", errno.EMFILE, "its pipes cannot be made"),
                                  ("pipe", errno.ENFILE, "its pipes cannot be made"),
                                  ("open", errno.EMFILE, "its pipes cannot be made"),
                                  ("mmap", errno.ENOMEM, "no process can be made for it"),
                                  ("epoll_ctl", errno.ENOMEM, "it cannot be watched")):
            with self.subTest(f"{call} {name(error)}"):
                line = len(daemon.lines)
                pid = self.helper_process(daemon)
                with daemon.failing(call, error):
                    os.kill(pid, signal.SIGKILL)
                    daemon.wait_for_line(f"{said}: {text(error)}.*starting it again", after=line)
                self.all_is_well(daemon)

    def test_a_connection_that_the_kernel_does_not_watch_ends_alone(self):
        daemon = self.start()
        with daemon.client() as open_before:
            open_before.ask("GET", "/demo/index.html", headers=[open_before.basic(USER, PASSWORD)])
            self.assertEqual(open_before.answer("GET").status, 200)  # It is accepted, and watched.
            with daemon.failing("epoll_ctl", errno.ENOMEM) as count:
                self.tried(daemon, "/demo/index.html")
                wait_until(lambda: count() > 0, "a connection was refused its watch")
            open_before.ask("GET", "/demo/index.html", headers=[open_before.basic(USER, PASSWORD)])
            self.assertEqual(open_before.answer("GET").status, 200)
        self.all_is_well(daemon)

    def test_a_pipe_or_socket_that_fails_costs_what_goes_through_it(self):
        daemon = self.start()
        for call, kind in (("read", "pipe"), ("write", "pipe"), ("recv", "socket"), ("send", "socket")):
            for error in (errno.EIO, errno.ENOMEM):
                with self.subTest(call=call, kind=kind, error=name(error)):
                    line = len(daemon.lines)
                    with daemon.failing(call, error, one_in=2, kind=kind) as count:
                        for _ in range(5):
                            self.tried(daemon, "/demo/index.html")
                    if kind == "pipe" and call == "read" and count():
                        daemon.wait_for_line(f"was cut off: cannot be read: {text(error)}.*starting it again", after=line)
                    self.all_is_well(daemon)

    def logged(self, daemon):
        (path,) = pathlib.Path(daemon.home).glob("logs/*.kismet")
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            return [text for (text,) in database.execute("SELECT message FROM messages ORDER BY rowid")]

    def test_a_disk_that_fails_is_told_and_the_log_goes_on_when_it_works(self):
        daemon = self.start("enable_logging=true", "log_retry_interval=100ms", "log_retry_limit=100ms")
        daemon.wait_for_line("logging to ")
        told = 0
        for call, error in (("write", errno.ENOSPC), ("write", errno.EIO), ("sync", errno.EIO), ("write", errno.EDQUOT)):
            with self.subTest(f"{call} {name(error)}"):
                line = len(daemon.lines)
                with daemon.failing(call, error, kind="file"):
                    daemon.request("POST", "/demo/message.html", form=f"text=during {call} {name(error)}")
                    if call == "write":  # What is synchronised is synchronised when SQLite thinks it time.
                        daemon.wait_for_line("the log cannot be written", after=line)
                        told += 1
                if call == "write":
                    daemon.wait_for_line("the log is written again", after=line)
                self.all_is_well(daemon)
        daemon.stop()
        messages = self.logged(daemon)
        self.assertEqual(messages[-1], "stopped")
        self.assertEqual(sum(message.startswith("the log cannot be written") for message in messages), told)

    def test_a_key_is_acknowledged_only_when_it_is_on_disk(self):
        daemon = self.start()
        new = '{"name": "%s", "role": "readonly", "duration": 0}'
        for number, (call, error) in enumerate((("sync", errno.EIO), ("write", errno.ENOSPC), ("open", errno.EMFILE))):
            with self.subTest(f"{call} {name(error)}"):
                kind = "any" if call == "open" else "file"
                with daemon.failing(call, error, kind=kind) as count:
                    answer = daemon.request("POST", "/auth/apikey/generate.cmd", body=new % f"bad{number}")
                    self.assertGreaterEqual(answer.status, 500, answer.text)
                    self.assertGreater(count(), 0)
                answer = daemon.request("POST", "/auth/apikey/generate.cmd", body=new % f"good{number}")
                self.assertEqual(answer.status, 200, answer.text)
        daemon.stop()
        daemon.start()
        listed = daemon.get("/auth/apikey/list.json").text
        for number in range(3):
            self.assertIn(f"good{number}", listed)

    def test_a_clock_that_jumps_costs_nothing(self):
        daemon = self.start("enable_logging=true")
        with daemon.client() as feed:
            feed.ask("GET", "/demo/stream.txt", headers=[feed.basic(USER, PASSWORD)])
            lines = feed.lines(feed.head())
            next(lines)
            pid = self.helper_process(daemon)
            for ahead in (3 * DAY, -3 * DAY, 3600, -3600, 40 * 365 * DAY, -40 * 365 * DAY, 0):
                with self.subTest(ahead=ahead):
                    daemon.set_clock(ahead)
                    self.assertEqual(daemon.get("/demo/index.html").status, 200)
                    now = daemon.get("/system/timestamp.json").json["kismet.system.timestamp.sec"]
                    self.assertLess(abs(now - time.time() - ahead), 60)
                    next(lines)
                    self.assertEqual(daemon.get("/session/check_login").status, 200)
                    self.assertEqual(daemon.get("/system/status.json").status, 200)
                    self.assertEqual(daemon.get("/messagebus/search.json?text=start").status, 200)
            self.assertEqual(self.helper_process(daemon), pid)
        self.all_is_well(daemon)
        daemon.stop()
        self.assertEqual(self.logged(daemon)[-1], "stopped")


if __name__ == "__main__":
    if not usable():
        print("skipped: a sanitizer's runtime must be loaded first, and so cannot have the shim below it")
        sys.exit(77)
    unittest.main()
