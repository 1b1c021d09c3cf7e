"""What the tests of helpers that connect by themselves share: the helper programs, and a guest on a bare socket."""

import os
import re
import socket
import subprocess
import sys

from client import TIMEOUT
from daemon import BUILD, SOURCE, Daemon

from wire_end import WireEnd  # First: it says where the helpers' library is.

from kismet_helper import number, text

REMOTE = ("remote_capture_enabled=true", "remote_capture_port=0")
PROGRAMS = {"c++": [str(BUILD / "helpers" / "kismet_demo")], "python": [sys.executable, f"{SOURCE}/helpers/kismet_demo.py"]}


def remote_port(daemon):
    return int(daemon.wait_for_line(r"helpers may connect to \w+://\S+?:(\d+)").group(1))


def api_key(daemon, role):
    """A key of that role, made as an administrator makes one."""
    body = f'{{"name": "key of {role}", "role": "{role}", "duration": 0}}'
    response = daemon.request(
        "POST", "/auth/apikey/generate.cmd", body=body, headers=["Content-Type: application/json"]
    )
    if response.status != 200:
        raise AssertionError(f"no key: {response.status} {response.text}")
    return response.text.strip()


def url_of(daemon, transport, path=""):
    if transport == "tcp":
        return f"tcp://127.0.0.1:{remote_port(daemon)}"
    return f"ws://127.0.0.1:{daemon.port}{path}"


class Program:
    """A helper program that is not started by the daemon; a context manager."""

    def __init__(self, url, name, *arguments, language="c++", key=None):
        environment = dict(os.environ, **({"KISMET_API_KEY": key} if key else {}))
        self.process = subprocess.Popen(
            [*PROGRAMS[language], f"--connect={url}", f"--name={name}", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def ended(self):
        """Waits for its end; returns its exit code and what it said."""
        said, _ = self.process.communicate(timeout=TIMEOUT)
        return self.process.returncode, said.decode()


class Guest(WireEnd):
    """The other end of a helper's connection, which says what it is told; a context manager."""

    def __init__(self, connected, wire="v2"):
        super().__init__(wire)
        self.socket = connected
        self.socket.settimeout(TIMEOUT)

    @classmethod
    def over_tcp(cls, daemon, wire="v2"):
        return cls(socket.create_connection(("127.0.0.1", remote_port(daemon))), wire)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def write(self, data):
        self.socket.sendall(data)

    def receive(self):
        try:
            return self.socket.recv(65536)
        except ConnectionResetError:
            return b""

    def farewell(self):
        """Why the daemon sends it away."""
        command, fields = self.read()
        if command != "SHUTDOWN":
            raise AssertionError(f"no farewell but {command}")
        return text(fields, 1)

    def answer_one(self, content):
        """Answers the next request."""
        while True:
            command, fields = self.read()
            if command == "HTTPREQUEST":
                self.send("HTTPRESPONSE", (1, number(fields, 1)), (3, content), (4, 200), (5, 1))
                return


def remote_daemon(*helpers, settings=()):
    return Daemon(*helpers, settings=(*REMOTE, *settings))


def find(pattern, lines):
    return any(re.search(pattern, line) for line in lines)
