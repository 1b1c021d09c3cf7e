"""Makes the targets that the cases ask for by name, each in a folder of its own."""
from __future__ import annotations

import pathlib
import shutil
import tempfile

from .floors import BareBeast, FrameFloor, InProcess
from .kismet import Kismet, Setup
from .peers import Lighttpd, Nginx, find_server
from .target import Target
from .tls import Certificate, make_certificate

# The daemon's set-ups by name; "kismet" alone is what all figures are about unless a case says otherwise.
SETUPS = {
    "kismet": Setup(),
    "kismet-no-helper": Setup(helpers=0),
    "kismet-10000-uris": Setup(uris=10_000),
    "kismet-10000-keys": Setup(keys=10_000),
    "kismet-tls": Setup(tls=True),
    "kismet-events": Setup(helper_arguments="--publish-rate=1000"),
    "kismet-events-slow": Setup(helper_arguments="--publish-rate=100"),
    "kismet-1-listener": Setup(helper_arguments="--publish-rate=10000", listeners=1),
    "kismet-10-listeners": Setup(helper_arguments="--publish-rate=10000", listeners=10),
    "kismet-2-threads": Setup(threads=2),
    "kismet-2-threads-2-helpers": Setup(threads=2, helpers=2),
    "kismet-2-helpers": Setup(helpers=2),
}

STATIC_FILES = {"13.txt": 13, "64k.txt": 64 << 10, "1m.txt": 1 << 20}


class Workshop:
    """Owns the run's temporary folder; a context manager, with which everything goes."""

    def __init__(self, build: pathlib.Path):
        self.programs = build / "bench"
        self.daemon = build / "server/kismet"
        self._unpacked = build / "peers"
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="kismet-bench-"))
        self._made = 0
        self.static = self._folder / "static"
        self.static.mkdir()
        for name, size in STATIC_FILES.items():
            (self.static / name).write_bytes((b"Hello, world!" * (size // 13 + 1))[:size])
        self.certificate: Certificate = make_certificate(self._folder)

    def __enter__(self) -> "Workshop":
        return self

    def __exit__(self, *_) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def can_make(self, name: str) -> bool:
        """Whether the daemon, or the peer, is there at all."""
        if name in SETUPS:
            return self.daemon.exists()
        server = name.split("-")[0]
        return server not in ("lighttpd", "nginx") or find_server(server, self._unpacked).exists()

    def folder(self, name: str) -> pathlib.Path:
        self._made += 1
        folder = self._folder / f"{self._made}-{name}"
        folder.mkdir()
        return folder

    def make(self, name: str, *, wrapper: tuple[str, ...] = ()) -> Target:
        common = (name, self.folder(name), self.programs)
        if name in SETUPS:
            return Kismet(*common, daemon=self.daemon, static=self.static, certificate=self.certificate,
                          setup=SETUPS[name], wrapper=wrapper)
        peer = {"static": self.static, "server": find_server(name.split("-")[0], self._unpacked)}
        makers = {
            "bare": lambda: BareBeast(*common),
            "floor": lambda: FrameFloor(*common),
            "event-bus": lambda: InProcess(*common),
            "nginx": lambda: Nginx(*common, **peer),
            "nginx-tls": lambda: Nginx(*common, **peer, certificate=self.certificate),
            "lighttpd-1": lambda: Lighttpd(*common, **peer),
            "lighttpd-2": lambda: Lighttpd(*common, **peer, responders=2),
            "lighttpd-stream-1": lambda: Lighttpd(*common, **peer, stream=True),
            "lighttpd-stream-2": lambda: Lighttpd(*common, **peer, stream=True, responders=2),
        }
        return makers[name]()
