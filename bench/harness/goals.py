"""What the daemon must reach: each figure that is asked of it, and how it is computed from what was measured."""
from __future__ import annotations

import dataclasses
import operator
from typing import Callable

from .case import LARGE_PEERS, SMALL_PEERS
from .results import Results

COMPARE = {"<=": operator.le, "<": operator.lt, ">=": operator.ge}


@dataclasses.dataclass(frozen=True)
class Goal:
    """`figure` returns None when what it needs was not measured."""
    case: str
    text: str
    figure: Callable[[Results], float | None]
    sign: str
    bound: float
    unit: str = ""

    def judge(self, results: Results) -> "Verdict":
        value = self.figure(results)
        return Verdict(self, value, None if value is None else COMPARE[self.sign](value, self.bound))


@dataclasses.dataclass(frozen=True)
class Verdict:
    goal: Goal
    value: float | None
    reached: bool | None  # None: not measured.


def ours(case: str, metric: str, target: str = "kismet"):
    return lambda results: results.median(case, target, metric)


def worst(case: str, metric: str, target: str = "kismet"):
    return lambda results: results.worst(case, target, metric)


def against(case: str, metric: str, others: tuple[str, ...], best=max):
    """Ours by the best of the others; all of them must have been measured."""
    def figure(results: Results) -> float | None:
        values = [results.median(case, other, metric) for other in others]
        mine = results.median(case, "kismet", metric)
        return None if mine is None or None in values else mine / best(values)
    return figure


def within(case: str, over: str, under: str, target: str = "kismet"):
    """One figure of a case by another."""
    def figure(results: Results) -> float | None:
        above, below = results.median(case, target, over), results.median(case, target, under)
        return above / below if above is not None and below else None
    return figure


def between(case: str, other_case: str, metric: str):
    def figure(results: Results) -> float | None:
        above, below = results.median(case, "kismet", metric), results.median(other_case, "kismet", metric)
        return above / below if above is not None and below else None
    return figure


def growth(case: str, target: str):
    def figure(results: Results) -> float | None:
        more, one = (results.median(case, name, "cpu_s_per_10k") for name in (target, "kismet"))
        return more / one if more is not None and one else None
    return figure


def _requests() -> list[Goal]:
    goals = []
    for case in ("hello-64", "hello-256"):
        goals += [
            Goal(case, "throughput by bare Beast's (aim: 1.0)", against(case, "rps", ("bare",)), ">=", 0.8, "x"),
            Goal(case, "throughput by the faster peer's", against(case, "rps", SMALL_PEERS), ">=", 1.7, "x"),
            Goal(case, "p99 by p50", within(case, "p99_ms", "p50_ms"), "<", 4, "x"),
        ]
    goals += [
        Goal("hello-1", "median latency by the best peer's", against("hello-1", "p50_ms", SMALL_PEERS, min), "<=", 1,
             "x"),
        Goal("hello-1", "median latency by bare Beast's", against("hello-1", "p50_ms", ("bare",)), "<=", 1.6, "x"),
        Goal("hello-64", "CPU a request by the best peer's", against("hello-64", "cpu_s_per_10k", SMALL_PEERS, min),
             "<=", 0.75, "x"),
        Goal("hello-64", "CPU a request by bare Beast's", against("hello-64", "cpu_s_per_10k", ("bare",)), "<=", 1.5,
             "x"),
        Goal("syscalls-64", "system calls a request, 64 connections", ours("syscalls-64", "calls_per_request"), "<=",
             6),
        Goal("syscalls-1", "system calls a request, 1 connection", ours("syscalls-1", "calls_per_request"), "<=", 10),
        Goal("64k", "throughput by the best peer's", against("64k", "rps", LARGE_PEERS), ">=", 1.3, "x"),
        Goal("64k", "throughput by the frame floor's", against("64k", "rps", ("floor",)), ">=", 0.9, "x"),
        Goal("64k-mixed", "throughput interleaved by in sequence", between("64k-mixed", "64k", "rps"), ">=", 0.5, "x"),
        Goal("16m-1k", "time by the frame floor's", against("16m-1k", "p50_ms", ("floor",)), "<=", 1.3, "x"),
        Goal("16m-1k", "time by lighttpd's", against("16m-1k", "p50_ms", LARGE_PEERS[1:], min), "<", 1, "x"),
        Goal("16m-8k", "time by the best peer's", against("16m-8k", "p50_ms", LARGE_PEERS, min), "<=", 1, "x"),
    ]
    return goals


def _streams() -> list[Goal]:
    goals = []
    for case in ("streams-5000", "streams-10000"):
        goals += [
            Goal(case, "lines missing", worst(case, "missing_lines"), "<=", 0),
            Goal(case, "streams lost", worst(case, "lost"), "<=", 0),
            Goal(case, "longest gap", worst(case, "longest_gap_ms"), "<=", 1200, "ms"),
            Goal(case, "more threads", worst(case, "more_threads"), "<=", 0),
            Goal(case, "memory a stream", ours(case, "kib_each"), "<=", 6, "KiB"),
        ]
    return goals + [
        Goal("streams-5000", "CPU seconds a second", ours("streams-5000", "cpu_s_per_s"), "<=", 0.10),
        Goal("streams-100", "first byte of a stream after its write, p99", ours("streams-100", "first_byte_p99_ms"),
             "<=", 20, "ms"),
        Goal("streams-100", "later line after its write, p99", ours("streams-100", "line_p99_ms"), "<=", 20, "ms"),
    ]


def _slow() -> list[Goal]:
    return [
        Goal("silent-client", "others' median by their usual", ours("silent-client", "p50_ratio"), "<=", 1.5, "x"),
        Goal("silent-client", "longest wait of the helper for its pipe", worst("silent-client", "helper_blocked_ms"),
             "<=", 250, "ms"),
        Goal("silent-client", "bytes wrong, answers lost", _wrong_or_lost("silent-client"), "<=", 0),
        Goal("silent-client", "peak memory", worst("silent-client", "peak_mib"), "<=", 96, "MiB"),
        Goal("slow-readers", "bytes wrong, answers lost", _wrong_or_lost("slow-readers"), "<=", 0),
        Goal("slow-readers", "peak memory", worst("slow-readers", "peak_mib"), "<", 256, "MiB"),
        Goal("slow-readers", "others' p99 by their usual", ours("slow-readers", "p99_ratio"), "<", 3, "x"),
        Goal("slow-readers-elsewhere", "p99 at another helper by its usual",
             ours("slow-readers-elsewhere", "p99_ratio", "kismet-2-helpers"), "<", 3, "x"),
    ]


def _wrong_or_lost(case: str):
    def figure(results: Results) -> float | None:
        wrong, lost = results.worst(case, "kismet", "wrong"), results.worst(case, "kismet", "lost")
        return None if wrong is None or lost is None else wrong + lost
    return figure


def _scale() -> list[Goal]:
    return [
        Goal("idle", "resident at rest", ours("idle", "resident_mib"), "<", 12, "MiB"),
        Goal("idle", "threads at rest", ours("idle", "threads"), "<=", 3),
        Goal("idle", "wake-ups a second, no subscriber, no helper", ours("idle", "wake_ups_per_s", "kismet-no-helper"),
             "<=", 0.2),
        Goal("routes", "CPU a request, 10,000 routes by few", growth("routes", "kismet-10000-uris"), "<", 1.1, "x"),
        Goal("tokens", "CPU a request, 10,000 tokens by one", growth("tokens", "kismet-10000-keys"), "<", 1.1, "x"),
        Goal("connections", "CPU a request among 10,000 connections", ours("connections", "cpu_ratio"), "<", 1.1, "x"),
    ]


def goals() -> list[Goal]:
    return [*_requests(), *_streams(), *_slow(), *_scale()]
