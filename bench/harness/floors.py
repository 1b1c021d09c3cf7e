"""The floors: what is possible with nothing in between."""
from __future__ import annotations

from .target import Target


class BareBeast(Target):
    """A Beast server with no helper behind it; answers everything with the 13 bytes."""

    def start(self) -> None:
        self._server = self.run([self.programs / "bare_beast"], "bare_beast")
        self.port = self._server.wait_for_port()

    def server_pids(self) -> list[int]:
        return [self._server.pid]


class FrameFloor(Target):
    """Our frames to our helper over two pipes, and HTTP, in a minimal loop."""

    def start(self) -> None:
        self._server = self.run([self.programs / "frame_floor", self.programs / "bench_helper"], "frame_floor")
        self.port = self._server.wait_for_port()

    def server_pids(self) -> list[int]:
        return [self._server.pid]


class InProcess(Target):
    """A part of the daemon that its own program measures; nothing is started."""

    def start(self) -> None:
        pass

    def server_pids(self) -> list[int]:
        return []
