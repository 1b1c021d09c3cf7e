#!/usr/bin/env python3
"""Soaks the daemon: soak.py MINUTES [--seed N]. Clients of all kinds and troubles of all kinds, in rounds, at random but by
the seed. After each round all clients leave and what the daemon holds is looked at; at the end it must hold no more than
after the first third, have counted what its clients counted, and leave its log and its keys whole."""

import argparse
import contextlib
import os
import pathlib
import random
import shutil
import sqlite3
import sys
import threading
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import clients  # noqa: E402
import troubles  # noqa: E402
from client import TIMEOUT  # noqa: E402
from daemon import PROGRAM, Daemon, wait_until  # noqa: E402
from ledger import LEFT, Ledger, parse_metrics  # noqa: E402
from small_disk import in_small_disk  # noqa: E402
from vitals import Vitals, family  # noqa: E402

GROWTH = 5_000_000  # Bytes of memory, from the end of the first third on.
SETTINGS = (
    "enable_logging=true", "log_retry_interval=100ms", "log_retry_limit=500ms",
    "helper_restart_delay=50ms", "helper_restart_longest_delay=200ms", "helper_restart_burst=0",
    "helper_ping_interval=1s", "helper_ping_timeout=3s", "helper_swap_timeout=5s", "helper_swap_drain=2s",
    "helper_restart_wait=1s", "events_kept_bytes=1M", "helper_answer_memory=256k", "helper_answers_memory=16M", "httpd_hash_rate=50",
)


class Soak:
    def __init__(self, minutes, seed, clients_at_once):
        self.seconds, self.seed, self.clients_at_once = minutes * 60, seed, clients_at_once
        self.round_seconds = min(60.0, self.seconds / 6)
        self.ledger, self.faults = Ledger(), []
        self.daemon = Daemon(settings=SETTINGS)
        self.daemon.program = PROGRAM
        plain = len(self.daemon.arguments)
        self.small = in_small_disk(self.daemon, "48m")
        self.daemon.options = len(self.daemon.arguments) - plain + 1  # Where its own options begin.
        disk = self.daemon.home / "disk"
        disk.mkdir(exist_ok=True)
        self.access_log = self.daemon.home / "access.log"
        with self.daemon.config.open("a", encoding="utf-8") as config:
            config.write(f"log_prefix={disk}\nhelper_spill_folder={disk}\nhttpd_access_log={self.access_log}\n")
        troubles.write_helpers(self.daemon)
        # A name that each thread draws from, and its keys, live as long as the soak.
        self.visits = [self.visit(number) for number in range(clients_at_once + 1)]

    def visit(self, number):
        return clients.Visit(self.daemon, self.ledger, random.Random(f"{self.seed} {number}"))

    def inside(self, path):
        """A path as the daemon sees it."""
        return pathlib.Path(f"/proc/{self.daemon.process.pid}/root{path}")

    # A round.

    def act(self, visit, mix, over, pause):
        while not over.is_set():
            action = visit.dice.choices(list(mix), list(mix.values()))[0]
            self.ledger.acted(action.__name__)
            try:
                action(visit)
            except LEFT:
                pass
            except Exception:  # Told at the end, with the rest.
                self.faults.append(f"{action.__name__}: {traceback.format_exc(limit=3)}")
            over.wait(pause * visit.dice.random())

    def run_round(self, seconds):
        over = threading.Event()
        threads = [threading.Thread(target=self.act, args=(visit, clients.MIX, over, 0.05)) for visit in self.visits[1:]]
        threads.append(threading.Thread(target=self.act, args=(self.visits[0], troubles.MIX, over, 2)))
        for thread in threads:
            thread.start()
        died = None
        end = time.monotonic() + seconds
        while time.monotonic() < end and (died := self.daemon.process.poll()) is None:
            time.sleep(0.2)
        over.set()
        for thread in threads:
            thread.join(3 * TIMEOUT)
        if died is not None or self.daemon.process.poll() is not None:
            said = "\n  ".join(self.daemon.lines[-40:])
            raise AssertionError(f"the daemon ended with {self.daemon.process.poll()}:\n  {said}")

    # What must be so once nobody asks for anything.

    def metrics(self):
        with self.visits[0].connect() as client:
            return parse_metrics(self.visits[0].request(client, "GET", "/metrics").content.decode())

    def at_rest(self):
        now = self.metrics()
        unfinished = [name for name in ("kismet_proxied_open_requests", "kismet_answers_disk_bytes", "kismet_spill_files",
                                        "kismet_event_feeds", "kismet_http_open_websockets") if now[name, ""] != 0]
        unfinished += [labels for (name, labels), value in now.items()
                       if name == "kismet_helper_state" and 'state="ready"' in labels and value != 1]
        if now["kismet_http_open_connections", ""] != 1:
            unfinished.append("connections")
        return not unfinished and len(clients.HELPERS) == sum(
            1 for name, labels in now if name == "kismet_helper_state" and 'state="ready"' in labels)

    def vitals(self):
        """As they are at rest: those of what still ends are waited for."""
        folders = [self.inside(self.daemon.home / "disk")]

        def settled():
            found = Vitals(self.daemon.process.pid, folders)
            found.temporary_files = [name for name in found.temporary_files if ".kismet" not in pathlib.Path(name).name]
            return len(found.children) == len(clients.HELPERS) and not found.zombies and found

        troubles.write_helpers(self.daemon)
        with self.visits[0].connect() as client:
            wait_until(lambda: self.visits[0].request(client, "POST", "/helpers/reload.cmd").status != 409, "a reload is done")
        wait_until(self.at_rest, "all that was asked for has ended, and all helpers are ready")
        try:
            return wait_until(settled, "what ends has ended")
        except AssertionError as late:
            raise AssertionError(f"{late}: {family(self.daemon.process.pid)}") from None

    def judge_growth(self, early, late):
        for name in ("descriptors", "threads"):
            if getattr(late, name) > getattr(early, name):
                self.faults.append(f"{name}: {getattr(early, name)} after the first third, {getattr(late, name)} at the end")
        if late.temporary_files:
            self.faults.append(f"temporary files: {late.temporary_files}")
        grown = late.memory - early.memory
        if grown >= GROWTH and "ASAN_OPTIONS" not in os.environ:  # What the sanitizer keeps is not the daemon's.
            self.faults.append(f"memory grew by {grown / 1e6:.1f} MB after the first third")
        return grown

    def judge_keys(self):
        kept = set().union(*(visit.keys for visit in self.visits))
        with self.visits[0].connect() as client:
            answer = self.visits[0].request(client, "GET", "/auth/apikey/list.json")
        names = {key["kismet.httpd.auth.name"] for key in answer.json}
        if lost := kept - names:
            self.faults.append(f"API keys that are lost: {sorted(lost)}")
        return len(kept)

    def stop(self):
        """Returns the copied files of the log: with the daemon its disk goes too."""
        disk = os.open(self.inside(self.daemon.home / "disk"), os.O_RDONLY | os.O_DIRECTORY)
        try:
            self.daemon.stop()
            copies = []
            for name in os.listdir(disk):
                copies.append(self.daemon.home / f"copy-{name}")
                with open(os.open(name, os.O_RDONLY, dir_fd=disk), "rb") as source, copies[-1].open("wb") as copy:
                    shutil.copyfileobj(source, copy)
            return [path for path in copies if path.name.endswith(".kismet")]
        finally:
            os.close(disk)

    def judge_log(self, files):
        rows = 0
        for path in files:
            with contextlib.closing(sqlite3.connect(path)) as database:
                if (said := database.execute("PRAGMA integrity_check").fetchall()) != [("ok",)]:
                    self.faults.append(f"{path.name}: {said[:3]}")
                rows += database.execute("SELECT count(*) FROM messages").fetchone()[0]
                last = database.execute("SELECT message FROM messages ORDER BY rowid DESC LIMIT 1").fetchone()[0]
        if last != "stopped":
            self.faults.append(f"the last line of the log is {last!r}")
        return rows

    # All of it.

    def run(self):
        print(f"seed {self.seed}, {self.seconds / 60:g} minutes, {self.clients_at_once} clients at a time, "
              f"{'a disk of 48 MB for logs and temporary files' if self.small else 'no small disk: mounts are not allowed'}")
        with self.daemon:
            measured, began = [], time.monotonic()
            while (gone := time.monotonic() - began) < self.seconds:
                self.run_round(min(self.round_seconds, max(self.seconds - gone, 1)))
                measured.append((time.monotonic() - began, self.vitals()))
                print(f"{measured[-1][0]:6.0f} s  {measured[-1][1]}", flush=True)
            early = next(vitals for at, vitals in measured if at >= self.seconds / 3)
            grown = self.judge_growth(early, measured[-1][1])
            keys = self.judge_keys()
            metrics = self.metrics()
            failures = metrics["kismet_http_handler_failures_total", ""]
            if failures:
                self.faults.append(f"{failures:g} requests failed by a bug of the daemon")
            files = self.stop()
            rows = self.judge_log(files)
            lines = self.access_log.read_text(encoding="utf-8").splitlines()
            lost = int(metrics["kismet_http_access_log_lost_lines_total", ""])
            self.faults += self.ledger.troubles(metrics, lines, lost)
            restarts = sum(value for (name, _), value in metrics.items() if name == "kismet_helper_restarts_total")
            self.tell(grown, keys, rows, len(files), len(lines), restarts)
        return self.faults

    def tell(self, grown, keys, rows, files, lines, restarts):
        ledger = self.ledger
        begun = sum(ledger.statuses.values())
        print("visits and troubles: " + ", ".join(f"{name} {count}" for name, count in ledger.actions.most_common()))
        print(f"requests: {begun + ledger.headless} sent = {ledger.whole} answered whole + {begun - ledger.whole} cut or left "
              f"+ {ledger.headless} left without an answer; by status " +
              ", ".join(f"{status} {count}" for status, count in sorted(ledger.statuses.items())))
        print(f"access log: {lines} lines; log: {rows} messages in {files} file(s), whole; {keys} API keys kept; "
              f"{restarts:g} restarts of helpers")
        print(f"memory since the first third: {grown / 1e6:+.1f} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("minutes", type=float)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--clients", type=int, default=12, help="at a time")
    arguments = parser.parse_args()
    faults = Soak(arguments.minutes, arguments.seed, arguments.clients).run()
    for fault in faults[:20]:
        print("FAULT:", fault)
    print(f"{len(faults)} faults" if faults else "no fault")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
