"""Lets the system calls of a running daemon fail: the other end of tests/torture/fault_shim.cc."""

import contextlib
import errno
import mmap
import os
import stat
import struct

from daemon import BUILD, Daemon

SHIM = BUILD / "tests" / "torture" / "libfault_shim.so"
CALLS = ("open", "read", "write", "recv", "send", "accept", "epoll_ctl", "epoll_wait", "pipe", "socket", "sync", "clone",
         "mmap")  # In the shim's order.
KINDS = {"any": 0, "file": stat.S_IFREG, "socket": stat.S_IFSOCK, "pipe": stat.S_IFIFO}
SHORT = -1  # In place of an error: fewer bytes are moved than were asked for.
WORD = 8


def usable():
    """Whether the shim may go below the daemon: a sanitizer's runtime wants to be the first that is loaded."""
    return SHIM.exists() and b"libasan" not in (BUILD / "server" / "kismet").read_bytes() \
        and b"libtsan" not in (BUILD / "server" / "kismet").read_bytes()


class FaultyDaemon(Daemon):
    """A daemon in which calls fail while a test says so."""

    def __init__(self, *helpers, seed=1, **options):
        super().__init__(*helpers, **options)
        path = self.home / "faults"
        path.write_bytes(struct.pack("<Qq", seed, 0) + bytes(4 * WORD * len(CALLS)))
        with path.open("r+b") as file:
            self._orders = mmap.mmap(file.fileno(), 0)
        self.arguments = ["env", f"LD_PRELOAD={SHIM}", f"KISMET_FAULTS={path}", *self.arguments]

    def _at(self, call):
        return (2 + 4 * CALLS.index(call)) * WORD

    def fail(self, call, error, one_in=1, kind="any"):
        """From now on `call` fails with `error` (errno, or SHORT), once in so many times, on descriptors of that kind."""
        struct.pack_into("<qq", self._orders, self._at(call) + WORD, one_in, KINDS[kind])
        struct.pack_into("<q", self._orders, self._at(call), error)

    def heal(self):
        for call in CALLS:
            struct.pack_into("<q", self._orders, self._at(call), 0)

    def failed(self, call):
        """How often it has."""
        return struct.unpack_from("<q", self._orders, self._at(call) + 3 * WORD)[0]

    def set_clock(self, ahead):
        """The wall clock is so many seconds ahead."""
        struct.pack_into("<q", self._orders, WORD, ahead)

    @contextlib.contextmanager
    def failing(self, call, error, **how):
        before = self.failed(call)
        self.fail(call, error, **how)
        try:
            yield lambda: self.failed(call) - before
        finally:
            self.heal()


def name(error):
    return "short" if error == SHORT else errno.errorcode[error]


def text(error):
    return os.strerror(error)
