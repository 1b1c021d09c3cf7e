#!/usr/bin/env python3
"""Lets the daemon's system calls fail, one at a time: syscalls.py [--most N] [--minutes M]
[--calls CALL ... | --only CALL:ERROR:N ...].

strace (inject=CALL:error=ERROR:when=N) fails the N-th CALL of each of the daemon's threads and processes up to a helper's
exec, for every N that a scripted scenario reaches: start, pages, a stream, keys, logins, events, a reload, a helper's death,
stop. After each: the daemon is alive, answers, and stops in order, or it has ended with an exit code that is not 0; its log
database and its state files are whole, and no process of its is left."""

import argparse
import collections
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import client as http  # noqa: E402
from daemon import DEMO, PASSWORD, PROGRAM, USER, Daemon, alive  # noqa: E402

http.TIMEOUT = 10.0  # An answer that has not come by then does not come.
LEFT = (OSError, http.Truncated)
PATIENCE = 30.0  # Seconds for the daemon to listen, to answer again, or to stop; more is a hang.
ERRORS = (
    "openat:EMFILE", "openat:EACCES", "read:EIO", "pread64:EIO", "write:ENOSPC", "pwrite64:ENOSPC", "writev:EPIPE",
    "sendmsg:ENOMEM", "sendto:ENOBUFS", "recvfrom:ECONNRESET", "recvmsg:ENOMEM", "accept4:EMFILE", "accept4:ECONNABORTED",
    "epoll_ctl:ENOMEM", "epoll_wait:EINTR", "epoll_pwait:EINTR", "pipe2:EMFILE", "clone:EAGAIN", "clone3:EAGAIN",
    "fsync:EIO", "fdatasync:EIO", "mmap:ENOMEM", "mprotect:ENOMEM", "munmap:ENOMEM", "socket:EMFILE",
    "socketpair:EMFILE", "fcntl:EINVAL", "rename:EIO", "ftruncate:EIO", "fallocate:ENOSPC", "flock:EINTR", "unlink:EACCES",
    "mkdir:ENOSPC", "newfstatat:EACCES", "statx:EACCES", "close:EIO", "eventfd2:EMFILE", "timerfd_create:EMFILE",
    "timerfd_settime:EINVAL", "pidfd_open:EMFILE", "pidfd_send_signal:EPERM", "waitid:EINTR", "setsockopt:ENOMEM",
    "getrandom:EINTR", "dup3:EMFILE", "dup2:EMFILE", "prctl:EINVAL", "bind:EACCES", "listen:EADDRINUSE", "kill:EPERM",
    "shutdown:ENOTCONN", "poll:EINTR", "getsockname:ENOBUFS",
)


class Traced(Daemon):
    """A daemon under strace, which is no process between it and us (-D). `options` are strace's."""

    def __init__(self, options, loading=False):
        """`loading`: the failure may be one of the dynamic linker's, which ends the program as it likes."""
        self.loading = loading
        with socket.socket() as free:  # The line that tells it may be what fails.
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        super().__init__(DEMO, login=False, settings=(
            f"httpd_port={self.port}", "enable_logging=true", "log_retry_interval=100ms", "helper_restart_delay=20ms",
            "helper_shutdown_grace=1s"))
        self.state = self.home / ".kismet"
        with self.config.open("a", encoding="utf-8") as config:
            config.write(f"log_prefix={self.home}/logs\n")
        self.offline("passwd", USER, "--stdin", said=PASSWORD + "\n")
        self.offline("token", "add", "kept")
        self.login_file = (self.state / "kismet_httpd.conf").read_bytes()
        self.trace = self.home / "trace"
        self.arguments = ["strace", "-D", "-f", "-b", "execve", "-qqq", "-o", str(self.trace), *options, *self.arguments]

    def offline(self, *words, said=None):
        options = [f"--config-file={self.config}", f"--homedir={self.home}"]
        return subprocess.run([PROGRAM, *options, *words], input=said, text=True, capture_output=True, timeout=60, check=True).stdout

    def asked_to_stop(self):
        """Its exit code, or None. It is asked more than once: what failed may be the reading of the first signal."""
        for _ in range(3):
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self.process.wait(timeout=PATIENCE / 3)
        return None

    # The scenario.

    def wait_until_it_listens(self):
        """False: it has ended."""
        give_up = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", self.port)):
                return True
            if time.monotonic() > give_up:
                raise TimeoutError("it does not listen")
            time.sleep(0.01)
        return False

    def step(self, method, target, **options):
        with contextlib.suppress(*LEFT):
            return self.request(method, target, login=False, headers=[http.Client.basic(USER, PASSWORD)], **options)

    def scenario(self):
        for target in ("/system/ready", "/demo/index.html", "/", "/demo/download.bin?size=400000", "/session/check_login",
                       "/messagebus/search.json", "/helpers/all.json", "/metrics"):
            self.step("GET", target)
        self.step("POST", "/demo/message.html", form="text=hello")
        self.step("POST", "/eventbus/publish.cmd", body=json.dumps({"topic": "TORTURE", "content": "x" * 100}))
        answer = self.step("POST", "/auth/apikey/generate.cmd", body='{"name": "new", "role": "readonly", "duration": 0}')
        self.acknowledged = bool(answer and answer.status == 200)
        with contextlib.suppress(*LEFT), self.client() as stream:
            stream.ask("GET", "/demo/stream.txt", headers=[stream.basic(USER, PASSWORD)])
            next(stream.lines(stream.head()))
            self.process.send_signal(signal.SIGHUP)
            for pid in self.children():
                with contextlib.suppress(OSError):
                    if b"--in-fd=" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                        os.kill(pid, signal.SIGKILL)
            stream.ended()
        self.step("GET", "/demo/index.html")
        time.sleep(0.3)  # Until the log's batch is written: it is part of the scenario.

    def wait_until_it_answers(self):
        give_up = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            with contextlib.suppress(*LEFT):
                if self.request("GET", "/system/health", login=False).status == 200:
                    return
            if time.monotonic() > give_up:
                raise TimeoutError("it does not answer any more")
            time.sleep(0.05)

    # What must be so in the end.

    def troubles(self, children):
        time_left = time.monotonic() + 10
        while (left := [pid for pid in children if alive(pid)]) and time.monotonic() < time_left:
            time.sleep(0.01)
        if left:
            yield f"left the processes {left}"
        for path in (self.home / "logs").glob("*.kismet"):
            with contextlib.closing(sqlite3.connect(path)) as database:
                try:
                    said = database.execute("PRAGMA integrity_check").fetchall()
                except sqlite3.DatabaseError as error:
                    said = error
            if said != [("ok",)]:
                yield f"{path.name}: {said}"
        if (self.state / "kismet_httpd.conf").read_bytes() != self.login_file:
            yield "the login has changed"
        keys = self.offline("token", "list")
        for name in ("kept", "new")[: 2 if self.acknowledged else 1]:
            if not re.search(rf"\b{name}\b", keys):
                yield f"the key {name!r} is lost"

    def live(self):
        """Its whole life. Returns how it ended, for people; raises what must not be."""
        self.acknowledged = False
        children = set()
        self.start(listening=False)
        try:
            if self.wait_until_it_listens():
                self.scenario()
                children.update(self.children())
                self.wait_until_it_answers()
                children.update(self.children())
            code = self.asked_to_stop()
            if code is None:
                raise TimeoutError("it does not stop")
            if code < 0 and not (self.loading and not self.lines):
                raise AssertionError(f"signal {-code} ended it")
            if found := list(self.troubles(children)):
                raise AssertionError("; ".join(found))
            return code
        finally:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait()
            self._reader.join(PATIENCE)

    def close(self):
        self.process.stdout.close()
        self.remove()


def traced_calls():
    return "trace=" + ",".join(f"?{name}" for name in sorted({each.partition(":")[0] for each in ERRORS}))


def most_of_one_thread(trace):
    """How often each call is made by the thread or process that makes most of them."""
    counts = collections.Counter(re.findall(r"^(\d+) +(\w+)\(", trace, re.MULTILINE))
    most = collections.Counter()
    for (_, name), count in counts.items():
        most[name] = max(most[name], count)
    return most


def loading():
    """The calls that are made before and after a program which does nothing: those of the dynamic linker, mostly."""
    with tempfile.NamedTemporaryFile("r", encoding="utf-8", errors="replace") as trace:
        subprocess.run(["strace", "-f", "-qqq", "-o", trace.name, "-e", traced_calls(), PROGRAM, "--version"],
                       stdout=subprocess.DEVNULL, check=True)
        return most_of_one_thread(trace.read())


def reached():
    """The calls of a life in which nothing fails."""
    daemon = Traced(["-e", traced_calls()])
    try:
        if code := daemon.live():
            raise SystemExit(f"without any failure the daemon ends with {code}:\n" + "\n".join(daemon.lines[-20:]))
        return most_of_one_thread(daemon.trace.read_text(encoding="utf-8", errors="replace"))
    finally:
        daemon.close()


def plan(most_calls, limit):
    """(call, error, N): every N up to what is reached; where that is more than `limit` in all, the longest are thinned out
    evenly."""
    wanted = [(name, error, most_calls[name]) for name, error in (each.split(":") for each in ERRORS) if most_calls[name]]
    share = max(count for _, _, count in wanted)
    while share > 1 and sum(min(count, share) for _, _, count in wanted) > limit:
        share -= 1
    return [(name, error, 1 + number * count // min(count, share))
            for name, error, count in wanted for number in range(min(count, share))]


def inject(name, error, number, loaded):
    """One life with one failure. Returns what became of it: 'alive', 'exit CODE', 'not loaded', or 'FAULT ...'."""
    options = ["-e", f"trace={name}", "-e", f"inject={name}:error={error}:when={number}"]
    daemon = Traced(options, loading=number <= loaded)
    try:
        code = daemon.live()
        return "alive" if code == 0 else "not loaded" if code < 0 or code == 127 else f"exit {code}"
    except Exception as fault:  # Told as a result; the others go on.
        said = "\n".join(f"    {line}" for line in daemon.lines[-12:])
        return f"FAULT {type(fault).__name__}: {fault}\n{said}"
    finally:
        daemon.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=1000, help="injections")
    parser.add_argument("--minutes", type=float, default=60.0, help="no new injection after that time")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--calls", nargs="*", metavar="CALL", help="of these alone")
    parser.add_argument("--only", nargs="*", metavar="CALL:ERROR:N")
    arguments = parser.parse_args()
    if arguments.only:
        todo = [(name, error, int(number)) for name, error, number in (each.split(":") for each in arguments.only)]
    else:
        most_calls = reached()
        print("reached: " + ", ".join(f"{name} {count}" for name, count in sorted(most_calls.items())), flush=True)
        if arguments.calls:
            most_calls = collections.Counter({name: most_calls[name] for name in arguments.calls})
        todo = plan(most_calls, arguments.most)
    before = loading()
    give_up = time.monotonic() + arguments.minutes * 60
    outcomes, faults = collections.defaultdict(collections.Counter), 0

    def one(what):
        return inject(*what, before[what[0]]) if time.monotonic() < give_up else None

    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for count, (what, outcome) in enumerate(zip(todo, pool.map(one, todo)), 1):
            if outcome is None:
                continue
            if count % 50 == 0:
                print(f"{count} of {len(todo)}", flush=True)
            outcomes[what[:2]][outcome.split()[0] if outcome.startswith("FAULT") else outcome] += 1
            if outcome.startswith("FAULT"):
                faults += 1
                print(":".join(map(str, what)), outcome, flush=True)
    done = sum(sum(counts.values()) for counts in outcomes.values())
    for (name, error), counts in outcomes.items():
        print(f"{name:18} {error:14} " + ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())))
    print(f"{done} failures of {len({name for name, _ in outcomes})} system calls"
          + (f" ({len(todo) - done} not done in time)" if done < len(todo) else "") + f", {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
