"""Starting programs and ending them: each by its pid, and all of them whatever happens."""
from __future__ import annotations

import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import time

LISTENING = re.compile(rb"listening on \S*?:(\d+)/")


class NotReady(Exception):
    """A program ended, or said nothing, before it could be measured."""


class Program:
    """A started program. Its output goes to a file, but for the line that tells its port."""

    def __init__(self, arguments: list[str], log: pathlib.Path, *, env: dict[str, str] | None = None):
        self.arguments = [str(argument) for argument in arguments]
        self.log_path = log
        self._log = open(log, "ab")
        self._popen = subprocess.Popen(self.arguments, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
                                       start_new_session=True, env=env)

    @property
    def pid(self) -> int:
        return self._popen.pid

    def alive(self) -> bool:
        return self._popen.poll() is None

    def wait_for_port(self, timeout: float = 20) -> int:
        """The port of its line "listening on http://127.0.0.1:PORT/"."""
        found = self._wait(lambda: LISTENING.search(self.log_path.read_bytes()), timeout, "said no port")
        return int(found.group(1))

    def wait_for_text(self, text: bytes, timeout: float = 20) -> None:
        self._wait(lambda: text in self.log_path.read_bytes(), timeout, f"did not say {text!r}")

    def wait_for_connection(self, port: int, timeout: float = 20) -> None:
        self._wait(lambda: accepts(port), timeout, f"does not listen on port {port}")

    def _wait(self, condition, timeout: float, complaint: str):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if result := condition():
                return result
            if not self.alive():
                raise NotReady(f"{self.arguments[0]} ended with code {self._popen.returncode}: {self.last_words()}")
            time.sleep(0.02)
        raise NotReady(f"{self.arguments[0]} {complaint}: {self.last_words()}")

    def last_words(self) -> str:
        return self.log_path.read_bytes()[-600:].decode(errors="replace").strip()

    def stop(self, grace: float = 5) -> None:
        """SIGTERM; after `grace` seconds SIGKILL to what it started too."""
        if self.alive():
            self._popen.send_signal(signal.SIGTERM)
        try:
            self._popen.wait(grace)
        except subprocess.TimeoutExpired:
            os.killpg(self._popen.pid, signal.SIGKILL)
            self._popen.wait()
        self._log.close()


class Talker:
    """A client of ours that prints lines of JSON, one when it is ready and one at its end."""

    def __init__(self, arguments: list[str]):
        self._popen = subprocess.Popen([str(argument) for argument in arguments], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE)

    def line(self, timeout: float) -> bytes:
        ready, _, _ = select.select([self._popen.stdout], [], [], timeout)
        line = self._popen.stdout.readline() if ready else b""
        if not line:
            raise NotReady(f"{self._popen.args[0]} said nothing for {timeout} s")
        return line

    def stop(self) -> None:
        self._popen.kill()
        self._popen.wait()
        self._popen.stdout.close()


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
