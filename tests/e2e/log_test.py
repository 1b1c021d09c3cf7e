"""The log is a kismetdb that others read; it survives the daemon's sudden end and a full disk, and can be searched."""

import contextlib
import json
import pathlib
import resource
import shutil
import signal
import sqlite3
import subprocess
import unittest
import urllib.parse

from daemon import PASSWORD, USER, Daemon, fake, wait_until

LOGGING = ("enable_logging=true", "log_title=test", "message_rate=1000000", "message_burst=1000000",
           "helper_messages_a_second=1000000")



def log_files(daemon):
    return sorted(pathlib.Path(daemon.home).glob("logs/*.kismet"))


def rows(path, query):
    """What sqlite3's own library reads while the daemon writes."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute(query).fetchall()


class Log(unittest.TestCase):
    def daemon(self, *more, helpers=()):
        settings = {line.split("=")[0]: line for line in (*LOGGING, *more)}
        daemon = Daemon(*helpers, settings=settings.values())
        text = daemon.config.read_text(encoding="utf-8")
        daemon.config.write_text(f"{text}log_prefix={daemon.home}/logs\n", encoding="utf-8")
        return daemon

    def test_what_was_said_is_in_the_log_up_to_the_last_word(self):
        with self.daemon() as daemon:
            daemon.wait_for_line("logging to ")
            (path,) = log_files(daemon)
            daemon.stop()
            self.assertEqual([file.name for file in path.parent.iterdir()], [path.name])
            messages = [text for (text,) in rows(path, "SELECT message FROM messages ORDER BY rowid")]
            self.assertRegex(messages[0], "^kismet .* starts$")
            self.assertEqual(messages[-1], "stopped")
            self.assertEqual(rows(path, "SELECT db_version, db_module FROM KISMET"), [(10, "kismetlog")])
            for (snapshot,) in rows(path, "SELECT json FROM snapshots"):
                self.assertIn("kismet.system.memory.rss", json.loads(snapshot))

    def test_the_log_is_whole_after_kill_9_under_a_flood(self):
        with self.daemon("kis_log_events=true", helpers=(fake("flood", "message_flood"),)) as daemon:
            daemon.wait_for_line("logging to ")
            (path,) = log_files(daemon)
            daemon.wait_for_page("/fake/message_flood/ok")
            flooding = self.enterContext(daemon.client())
            flooding.ask("GET", "/fake/message_flood", headers=[flooding.basic(USER, PASSWORD)])
            wait_until(lambda: rows(path, "SELECT count(*) FROM messages")[0][0] > 5000, "the flood is logged")
            seen = rows(path, "SELECT count(*) FROM messages")[0][0]
            daemon.process.send_signal(signal.SIGKILL)
            daemon.process.wait()
            self.assertEqual(rows(path, "PRAGMA integrity_check"), [("ok",)])
            self.assertGreaterEqual(rows(path, "SELECT count(*) FROM messages")[0][0], seen)
            numbers = [int(text.split()[1]) for (text,) in
                       rows(path, "SELECT message FROM messages WHERE message LIKE 'flood %' ORDER BY rowid")]
            self.assertEqual(numbers, sorted(numbers))
            said = subprocess.run(["sqlite3", path, "SELECT count(*) FROM events"], capture_output=True, check=True)
            self.assertGreater(int(said.stdout), 0)

    def test_search_answers_from_this_and_former_logs(self):
        with self.daemon() as daemon:
            for start in range(3):
                if start:
                    daemon.start()
                daemon.wait_for_line("logging to ")
                daemon.stop()
            daemon.start()
            wait_until(lambda: len(log_files(daemon)) == 4, "the fourth log is opened")
            found, cursor = [], ""
            while True:
                answer = daemon.get(f"/messagebus/search.json?text=stopped&limit=2&cursor={urllib.parse.quote(cursor)}")
                self.assertEqual(answer.status, 200, answer.text)
                found += answer.json["kismet.messagebus.list"]
                cursor = answer.json["kismet.messagebus.cursor"]
                if not cursor:
                    break
            self.assertEqual([message["kismet.messagebus.message_string"] for message in found], ["stopped"] * 3)
            self.assertEqual(daemon.get("/messagebus/search.json?helper=nobody").json["kismet.messagebus.list"], [])

    def test_a_limit_on_the_size_of_files_is_told_and_not_the_end(self):
        with self.daemon("kis_log_events=true", "log_retry_interval=100ms", "log_retry_limit=100ms") as daemon:
            daemon.wait_for_line("logging to ")
            soft, hard = resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
            event = json.dumps({"topic": "LARGE", "content": "x" * 90_000})
            wait_until(lambda: daemon.request("POST", "/eventbus/publish.cmd", body=event)
                       and daemon.count_lines("the log cannot be written"), "the limit is reached")
            resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (soft, hard))
            daemon.wait_for_line("the log is written again")

    def test_without_logging_there_is_no_log(self):
        with self.daemon("enable_logging=false") as daemon:
            daemon.stop()
            self.assertEqual(log_files(daemon), [])


class FullDisk(unittest.TestCase):
    """The log's folder is a file system of two megabytes, which the test fills."""

    def setUp(self):
        probe = subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False)
        if probe.returncode != 0:
            self.skipTest("mounts are not allowed here")

    def test_a_full_disk_is_told_and_logging_goes_on_when_there_is_room(self):
        daemon = Daemon(settings=(*LOGGING, "log_retry_interval=100ms", "log_retry_limit=100ms"))
        folder = daemon.home / "small"
        folder.mkdir()
        text = daemon.config.read_text(encoding="utf-8")
        daemon.config.write_text(f"{text}log_prefix={folder}\n", encoding="utf-8")
        mount = f'mount -t tmpfs -o size=2m none "{folder}" && exec "$@"'
        daemon.arguments = ["unshare", "-m", "sh", "-c", mount, "sh", *daemon.arguments]
        with daemon:
            daemon.wait_for_line("logging to ")
            inside = pathlib.Path(f"/proc/{daemon.process.pid}/root{folder}")
            filler = inside / "filler"
            with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
                while True:
                    file.write(b"x" * 4096)
            for _ in range(200):  # Each refused login is a line.
                daemon.request("POST", "/eventbus/publish.cmd", body='{"topic": "A", "content": "%s"}' % ("x" * 10000))
                if daemon.count_lines("the log cannot be written"):
                    break
            daemon.wait_for_line("the log cannot be written, and is tried again: .*full")
            filler.unlink()
            daemon.wait_for_line("the log is written again")
            self.assertEqual(daemon.count_lines("the log cannot be written"), 1)
            (path,) = inside.glob("*.kismet")
            copy = daemon.home / "copy.kismet"  # SQLite itself would look outside the daemon's mounts.
            for end in ("", "-wal"):
                shutil.copyfile(f"{path}{end}", f"{copy}{end}")
            self.assertEqual(rows(copy, "PRAGMA integrity_check"), [("ok",)])
            told = rows(copy, "SELECT count(*) FROM messages WHERE message LIKE 'the log cannot be written%'")
            self.assertEqual(told, [(1,)])


if __name__ == "__main__":
    unittest.main()
