"""What a case is, and what its measuring functions need."""
from __future__ import annotations

import dataclasses
import pathlib
from typing import Callable

from .target import Target

SMALL_PEERS = ("nginx", "lighttpd-1", "lighttpd-2")
LARGE_PEERS = ("nginx", "lighttpd-stream-1", "lighttpd-stream-2")


@dataclasses.dataclass(frozen=True)
class Pace:
    """How long a run takes over its figures."""
    rounds: int
    fresh_rounds: int  # Of cases whose targets are started anew for each.
    seconds: float  # A measurement of throughput or latency.
    watch: float  # Seconds that streams and idle processes are watched.
    slow_readers: int
    slow_seconds: float
    quick: bool


# The quick pace gives the order of things in two minutes; the full one is what docs/PERFORMANCE.md reports.
QUICK = Pace(rounds=3, fresh_rounds=1, seconds=1, watch=3, slow_readers=100, slow_seconds=3, quick=True)
FULL = Pace(rounds=3, fresh_rounds=3, seconds=4, watch=10, slow_readers=1000, slow_seconds=60, quick=False)
LONG = dataclasses.replace(FULL, slow_seconds=1100)  # 16 MiB at 16 KiB/s, to the last byte.


Measure = Callable[[Target, Pace, pathlib.Path], dict[str, float]]


@dataclasses.dataclass(frozen=True)
class Case:
    """A case. `measure` takes a started target, the pace and the programs' folder; it gives figures."""
    name: str
    title: str
    targets: tuple[str, ...]
    measure: Measure
    quick: bool = True  # Part of a quick run.
    rounds: int | None = None  # Where one is enough, or three would take for ever.
    fresh: bool = False  # The target is started anew for each round, for what the last one leaves behind would count.
