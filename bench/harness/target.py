"""A server under measurement, and where its answers are."""
from __future__ import annotations

import abc
import pathlib

from .load import Address
from .meter import descendants
from .process import Program


class Target(abc.ABC):
    """Started once a case, measured in turn with the others of the case, stopped with it."""

    def __init__(self, name: str, folder: pathlib.Path, programs: pathlib.Path):
        self.name = name
        self.folder = folder  # Of its own, empty.
        self.programs = programs  # Where bench/CMakeLists.txt's programs are.
        self.port = 0
        self._started: list[Program] = []

    @abc.abstractmethod
    def start(self) -> None:
        """Returns when it answers."""

    @abc.abstractmethod
    def server_pids(self) -> list[int]:
        """The processes whose cost is the server's: not the helper's, not the responder's."""

    def all_pids(self) -> list[int]:
        """The helper's and the responder's too."""
        return [pid for program in self._started for pid in descendants(program.pid)]

    def address(self, path: str) -> Address:
        return Address(self.port, path)

    def run(self, arguments: list, name: str, **options) -> Program:
        program = Program(arguments, self.folder / f"{name}.log", **options)
        self._started.append(program)
        return program

    def stop(self) -> None:
        while self._started:
            self._started.pop().stop()
