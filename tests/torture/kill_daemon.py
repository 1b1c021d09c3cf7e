#!/usr/bin/env python3
"""Kills the daemon COUNT times with SIGKILL, at random moments under load or while it starts, and starts it again on what
it left: kill_daemon.py COUNT [--seed N]. What it has acknowledged (login, API keys, sessions, its UUID), and what of its log
could be read, must be there in its next life; no helper may outlive it, and no half-written file may be left."""

import argparse
import contextlib
import hashlib
import json
import pathlib
import random
import shutil
import sqlite3
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from client import Truncated  # noqa: E402
from daemon import DEMO, DEMO_PY, PASSWORD, USER, Daemon, alive, wait_until  # noqa: E402

LEFT = (OSError, Truncated)
SETTINGS = ("enable_logging=true", "kis_log_events=true", "helper_restart_delay=50ms")
LOADS = 6


class Keys:
    """API keys as their makers know them."""

    def __init__(self):
        self.lock = threading.Lock()
        self.there, self.gone = set(), set()  # What was acknowledged; the rest may be either way.


class Torture:
    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.daemon = Daemon(DEMO, DEMO_PY, settings=SETTINGS, login=False)
        self.logs = self.daemon.home / "logs"
        with self.daemon.config.open("a", encoding="utf-8") as config:
            config.write(f"log_prefix={self.logs}\n")
        self.password, self.keys, self.session = PASSWORD, Keys(), None
        self.rows = {}  # Of each log: how many of its messages were read.
        self.checked = set()  # Logs of lives that are over.
        self.uuid = None
        self.answers = self.checked_keys = self.slowest = 0

    def request(self, method, target, headers=None, **options):
        with self.daemon.client() as client:
            if headers is None:
                headers = [client.basic(USER, self.password)]
            client.ask(method, target, headers=headers, **options)
            return client.answer(method)

    def expect(self, status, *arguments, **options):
        answer = self.request(*arguments, **options)
        if answer.status != status:
            raise AssertionError(f"{arguments}: {answer.status} {answer.text[:200]}")
        return answer

    # Load.

    def load(self, over, dice):
        mine = []
        with contextlib.suppress(*LEFT):
            while not over.is_set():
                action = dice.random()
                if action < 0.15:
                    name = f"key-{dice.randrange(10**12)}"
                    self.expect(200, "POST", "/auth/apikey/generate.cmd",
                                body=json.dumps({"name": name, "role": "readonly", "duration": 0}))
                    with self.keys.lock:
                        self.keys.there.add(name)
                    mine.append(name)
                elif action < 0.25 and mine:
                    name = mine.pop()
                    with self.keys.lock:
                        self.keys.there.remove(name)
                    self.expect(200, "POST", "/auth/apikey/revoke.cmd", body=json.dumps({"name": name}))
                    with self.keys.lock:
                        self.keys.gone.add(name)
                elif action < 0.5:
                    event = {"topic": "TORTURE", "content": "x" * dice.randrange(3000)}
                    self.request("POST", "/eventbus/publish.cmd", body=json.dumps(event))
                else:
                    self.request("GET", dice.choice(("/demo/index.html", "/demo-py/index.html", "/system/status.json",
                                                     "/demo/download.bin?size=300000")))
                self.answers += 1

    # State.

    def log_files(self):
        return sorted(self.logs.glob("*.kismet"))

    def note_rows(self):
        """What can be read while the daemon writes."""
        for path in set(self.log_files()) - self.checked:
            with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
                with contextlib.suppress(sqlite3.OperationalError):  # It has only been made.
                    self.rows[path] = database.execute("SELECT count(*) FROM messages").fetchone()[0]

    def open_session(self):
        """One that is on the disk, and so has to be there for ever."""
        file = self.daemon.home / ".kismet" / "session.db"
        answer = self.expect(200, "GET", "/session/check_login")
        self.session = answer.header("Set-Cookie").partition(";")[0]
        digest = hashlib.blake2b(self.session.partition("=")[2].encode(), digest_size=32).hexdigest()
        wait_until(lambda: file.exists() and digest in file.read_text(encoding="ascii"), "the session is written")

    def change_password(self):
        fresh = f"another {self.dice.randrange(10**6)}"
        form = urllib.parse.urlencode({"username": USER, "password": fresh})
        self.expect(200, "POST", "/session/set_password", form=form)
        self.password = fresh
        self.open_session()

    def check_state(self):
        self.expect(200, "GET", "/session/check_login")
        self.expect(200, "GET", "/session/check_session", headers=[f"Cookie: {self.session}"])
        listed = {key["kismet.httpd.auth.name"] for key in self.expect(200, "GET", "/auth/apikey/list.json").json}
        if lost := self.keys.there - listed:
            raise AssertionError(f"lost keys: {lost}")
        if back := self.keys.gone & listed:
            raise AssertionError(f"revoked keys are back: {back}")
        self.checked_keys = len(self.keys.there)
        uuid = self.expect(200, "GET", "/system/status.json").json["kismet.server.uuid"]
        if uuid != (self.uuid or uuid):
            raise AssertionError(f"another UUID: {uuid}, not {self.uuid}")
        self.uuid = uuid

    def check_files(self):
        """Those that a killed daemon left; in copies, since SQLite mends what it opens."""
        copies = self.daemon.home / "copies"
        copies.mkdir()
        for path in set(self.log_files()) - self.checked:
            for end in ("", "-wal", "-journal"):
                with contextlib.suppress(FileNotFoundError):
                    shutil.copyfile(f"{path}{end}", copies / f"{path.name}{end}")
            with contextlib.closing(sqlite3.connect(copies / path.name)) as database:
                said = database.execute("PRAGMA integrity_check").fetchall()
                if said != [("ok",)]:
                    raise AssertionError(f"{path}: {said[:3]}")
                rows = self.rows.get(path, 0)
                if rows and (found := database.execute("SELECT count(*) FROM messages").fetchone()[0]) < rows:
                    raise AssertionError(f"{path}: {rows} messages were there, {found} are")
            self.checked.add(path)
        shutil.rmtree(copies)

    # Lives and deaths.

    def first_life(self):
        form = urllib.parse.urlencode({"username": USER, "password": self.password})
        self.expect(200, "POST", "/session/set_password", form=form, headers=[])
        self.open_session()

    def live(self, life):
        """Another life, until it has been checked; then it is under load for a while."""
        began = time.monotonic()
        self.daemon.start()
        self.check_state()
        wait_until(lambda: self.request("GET", "/system/ready").status == 200, "all helpers are ready")
        self.slowest = max(self.slowest, time.monotonic() - began)
        if life % 10 == 5:
            self.change_password()
        over = threading.Event()
        loads = [threading.Thread(target=self.load, args=(over, random.Random(f"{life} {number} {self.dice.random()}")))
                 for number in range(LOADS)]
        for load in loads:
            load.start()
        time.sleep(self.dice.uniform(0, 0.8))
        self.note_rows()
        self.die()
        over.set()
        for load in loads:
            load.join()

    def die(self):
        children = self.daemon.children()
        self.daemon.kill()
        wait_until(lambda: not any(map(alive, children)), f"the children {children} are gone")

    def die_at_start(self):
        self.daemon.start(listening=False)
        time.sleep(self.dice.uniform(0, 0.2))
        self.die()

    def run(self, count):
        with self.daemon:
            for life in range(count):
                if life == 0:
                    self.first_life()
                    self.die()
                elif self.dice.random() < 0.2:
                    self.die_at_start()
                else:
                    self.live(life)
                self.check_files()
                print(f"\r{life + 1} of {count}", end="", flush=True)
            self.daemon.start()
            self.check_state()
            self.daemon.stop()
            left = [str(path) for path in (self.daemon.home / ".kismet").iterdir()
                    if path.suffix not in (".db", ".conf", ".lock", ".new")]  # .new: the next write takes its place.
            print(f"\rkilled {count} times, started {count} times more: {self.answers} requests answered meanwhile; login, session "
                  f"and UUID kept, {self.checked_keys} keys kept and {len(self.keys.gone)} gone as acknowledged; "
                  f"{len(self.log_files())} logs whole; ready again within {self.slowest:.2f} s")
            if left:
                raise AssertionError(f"left behind: {left}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    Torture(arguments.seed).run(arguments.count)


if __name__ == "__main__":
    main()
