"""System calls a request."""
from __future__ import annotations

import pathlib

from . import load, syscalls
from .case import Case, Pace
from .cases_requests import HELLO
from .target import Target


def calls(connections: int):
    def measure(target: Target, pace: Pace, _: pathlib.Path) -> dict[str, float]:
        pids = target.server_pids()
        command = load.wrk_command(target.address(HELLO), connections, pace.seconds)
        if syscalls.perf_counts():
            count, output = syscalls.count_with_perf(pids, command)
            return {"calls_per_request": count / load.wrk_figures(output)["requests"]}
        counts, output = syscalls.by_name(pids, command)
        return {"calls_per_request": sum(counts.values()) / load.wrk_figures(output)["requests"]}
    return measure


def cases() -> list[Case]:
    targets = ("kismet", "bare", "floor", "nginx", "lighttpd-1")
    return [Case(f"syscalls-{n}", f"system calls a request, {n} connection{'s' if n > 1 else ''}", targets, calls(n),
                 quick=True, rounds=1) for n in (1, 64)]
