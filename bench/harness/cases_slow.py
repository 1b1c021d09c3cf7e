"""What clients that read slowly, or not at all, do to the others."""
from __future__ import annotations

import json
import pathlib

from . import load, meter
from .case import Case, Pace
from .cases_requests import HELLO
from .kismet import Kismet
from .process import Talker

OTHERS = 64  # Connections of the others.


def beside(target: Kismet, pace: Pace, programs: pathlib.Path, path: str, others: str = HELLO,
           **options) -> dict[str, float]:
    """The latency of who asks for `others` without and with slow_client's clients, what those got, and what it cost."""
    pids = target.server_pids()
    usual = load.wrk(target.address(others), OTHERS, pace.seconds)
    meter.reset_peak(pids)
    target.statistics()
    client = Talker(load.client_command(programs / "slow_client", target.address(path), patience=900, **options))
    try:
        client.line(60)
        then = load.wrk(target.address(others), OTHERS, pace.seconds)
        blocked = target.statistics()["longest_block_ms"]
        seen = json.loads(client.line(options["seconds"] + 900))
    finally:
        client.stop()
    return {
        "usual_p50_ms": usual["p50_ms"], "p50_ms": then["p50_ms"],
        "usual_p99_ms": usual["p99_ms"], "p99_ms": then["p99_ms"],
        "p50_ratio": then["p50_ms"] / usual["p50_ms"],
        "p99_ratio": then["p99_ms"] / usual["p99_ms"],
        "clients": seen["clients"], "complete": seen["complete"], "lost": seen["lost"] + seen["not_ok"],
        "wrong": seen["wrong"], "peak_mib": meter.peak_kib(pids) / 1024, "helper_blocked_ms": blocked,
    }


def silent(target: Kismet, pace: Pace, programs: pathlib.Path) -> dict[str, float]:
    return beside(target, pace, programs, "/bench/16m-8k-mixed", silent=1, seconds=round(pace.seconds) + 2)


def slow(target: Kismet, pace: Pace, programs: pathlib.Path, others: str = HELLO) -> dict[str, float]:
    return beside(target, pace, programs, "/bench/16m-8k-mixed", others, readers=pace.slow_readers, rate=16 * 1024,
                  seconds=max(pace.slow_seconds, pace.seconds + 1))


def slow_elsewhere(target: Kismet, pace: Pace, programs: pathlib.Path) -> dict[str, float]:
    return slow(target, pace, programs, "/1" + HELLO)


def cases() -> list[Case]:
    return [
        Case("silent-client", "a client that reads nothing of 16 MiB, beside 64 connections", ("kismet",), silent,
             fresh=True),
        Case("slow-readers", "1,000 clients at 16 KiB/s of 16 MiB (quick: 100), beside 64 connections",
             ("kismet",), slow, rounds=1),
        Case("slow-readers-elsewhere", "the same clients of one helper, beside 64 connections to another",
             ("kismet-2-helpers", "kismet-2-threads-2-helpers"), slow_elsewhere, rounds=1),
    ]
