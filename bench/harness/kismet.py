"""The daemon under measurement, with the bench helper behind it and a login checked on each request."""
from __future__ import annotations

import base64
import dataclasses
import http.client
import json
import pathlib
import re
import secrets
import ssl
import time

from .load import Address
from .meter import children
from .process import NotReady, Program
from .target import Target
from .tls import Certificate

USER = "bench"

CONFIG = """
httpd_bind_address=127.0.0.1
httpd_port=0
httpd_username={user}
httpd_password={password}
httpd_session_db={session_db}
httpd_home={static}
httpd_connections=40000
httpd_connections_per_address=0
httpd_api_keys=20000
helper_open_exchanges=20000
helper_answers_disk=32G
helper_uris=20000
enable_logging=false
allowplugins=false
threads={threads}
configdir={folder}
"""


@dataclasses.dataclass(frozen=True)
class Setup:
    """How the daemon is set up for a case."""
    helpers: int = 1
    helper_arguments: str = ""
    listeners: int = 0  # Further helpers, which hear what the others publish.
    uris: int = 0  # The helper registers so many beside its own.
    keys: int = 0  # API keys that there are; the last is what requests carry.
    threads: int = 1
    tls: bool = False
    settings: tuple[str, ...] = ()  # Further lines of the configuration.


class Kismet(Target):
    def __init__(self, *arguments, daemon: pathlib.Path, static: pathlib.Path, certificate: Certificate,
                 setup: Setup = Setup(), wrapper: tuple[str, ...] = ()):
        super().__init__(*arguments)
        self.daemon = daemon
        self.static = static
        self.certificate = certificate
        self.setup = setup
        self.wrapper = wrapper  # What the daemon is started under: valgrind.
        self.cookie = ""
        self.server: Program | None = None

    def start(self) -> None:
        password = secrets.token_hex(12)
        config = self.folder / "kismet.conf"
        session_db, key = self._write_keys() if self.setup.keys else ("none", "")
        config.write_text(CONFIG.format(user=USER, password=password, static=self.static, folder=self.folder,
                                        session_db=session_db, threads=self.setup.threads) + self._more_settings(),
                          encoding="utf-8")
        self.server = self.run([*self.wrapper, self.daemon, "--config-file", config, "--homedir", self.folder],
                               "kismet")
        patience = 120 if self.wrapper else 20
        self.port = self.server.wait_for_port(patience)
        self.cookie = self._log_in(password)
        if self.setup.helpers:
            last = f"/bench/uri/{self.setup.uris - 1}" if self.setup.uris else "/bench/hello"
            self._wait_until_answered(last, patience)
        for i in range(1, self.setup.helpers):
            self._wait_until_answered(f"/{i}/bench/hello", patience)
        for i in range(self.setup.listeners):
            self._wait_until_answered(f"/listener{i}/bench/hello", patience)
        self.cookie = key or self.cookie

    def _more_settings(self) -> str:
        lines = list(self.setup.settings)
        arguments = f"--uris={self.setup.uris} {self.setup.helper_arguments}".strip()
        for i in range(self.setup.helpers):
            prefix = f" --prefix=/{i}" if i else ""
            lines.append(f'helper={self.programs / "bench_helper"}:name=bench{i},args="{arguments}{prefix}"')
        for i in range(self.setup.listeners):
            lines.append(f'helper={self.programs / "bench_helper"}:name=listener{i},args="--subscribe --prefix=/listener{i}"')
        if self.setup.tls:
            lines += ["httpd_ssl=true", f"httpd_ssl_cert={self.certificate.certificate}",
                      f"httpd_ssl_key={self.certificate.key}"]
        return "\n".join(lines) + "\n"

    def server_pids(self) -> list[int]:
        return [self.server.pid]

    def helper_pids(self) -> list[int]:
        return [pid for pid in children(self.server.pid)
                if pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="ascii").startswith("bench_helper")]

    def address(self, path: str) -> Address:
        return Address(self.port, path, self.cookie, self.setup.tls)

    def statistics(self, prefix: str = "") -> dict:
        """What the helper has seen since the last time it was asked."""
        return json.loads(self.get(prefix + "/bench/statistics", {"Cookie": f"KISMET={self.cookie}"})[2])

    def get(self, path: str, headers: dict[str, str]):
        """Status, headers, body."""
        connection = self._connect()
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        if not self.setup.tls:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        trusting = ssl.create_default_context(cafile=str(self.certificate.certificate))
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=trusting)

    def _log_in(self, password: str) -> str:
        basic = base64.b64encode(f"{USER}:{password}".encode()).decode()
        status, headers, body = self.get("/session/check_login", {"Authorization": f"Basic {basic}"})
        for cookie in headers.get_all("Set-Cookie") or []:
            if found := re.match(r"KISMET=([^;]+)", cookie):
                return found.group(1)
        raise NotReady(f"no session cookie: {status} {body!r}")

    def _wait_until_answered(self, path: str, patience: float) -> None:
        end = time.monotonic() + patience
        status = 0
        while time.monotonic() < end and self.server.alive():
            status, _, _ = self.get(path, {"Cookie": f"KISMET={self.cookie}"})
            if status == 200:
                return
            time.sleep(0.05)
        raise NotReady(f"{path} is answered {status}: {self.server.last_words()}")

    def _write_keys(self) -> tuple[pathlib.Path, str]:
        """The file with all keys, and the last one's token: with tokens in clear, as older daemons wrote it."""
        keys = [{"token": secrets.token_hex(16), "name": f"bench-{i}", "role": "admin", "created": 0, "expires": 0}
                for i in range(self.setup.keys)]
        path = self.folder / "keys.json"
        path.touch(0o600)
        path.write_text(json.dumps(keys), encoding="utf-8")
        return path, keys[-1]["token"]
