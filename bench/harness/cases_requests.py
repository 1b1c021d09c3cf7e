"""Throughput, latency and cost of requests: small answers, large ones, files, TLS."""
from __future__ import annotations

import concurrent.futures
import os
import pathlib

from . import load, meter
from .case import LARGE_PEERS, SMALL_PEERS, Case, Pace
from .target import Target

HELLO = "/bench/hello"
CONNECTIONS = (1, 16, 64, 256, 1024)


def measure_requests(target: Target, path: str, connections: int, seconds: float) -> dict[str, float]:
    pids = target.server_pids()
    meter.reset_peak(pids)
    before = meter.cpu_seconds(pids)
    figures = load.wrk(target.address(path), connections, seconds)
    used = meter.cpu_seconds(pids) - before
    figures["cpu_s_per_10k"] = used * 10_000 / figures.pop("requests")
    figures["peak_mib"] = meter.peak_kib(pids) / 1024
    return figures


def requests(path: str, connections: int):
    def measure(target: Target, pace: Pace, _: pathlib.Path) -> dict[str, float]:
        return measure_requests(target, path, connections, pace.seconds)
    return measure


def on_one_processor(target: Target, pace: Pace, _: pathlib.Path) -> dict[str, float]:
    """Load, server and helper take turns on one processor: the latency of one request is then what all of them cost,
    and not what it takes to wake another processor, which is most of it otherwise and differs from run to run."""
    processor = min(os.sched_getaffinity(0))
    meter.confine(target.all_pids(), processor)
    return load.wrk(target.address(HELLO), 1, pace.seconds, before=("taskset", "-c", str(processor)))


def large(path: str):
    """One client of large answers; each run checks one answer's bytes first."""
    def measure(target: Target, pace: Pace, programs: pathlib.Path) -> dict[str, float]:
        load.bulk(programs / "bulk_client", target.address(path), requests=1, check=True)
        return measure_requests(target, path, 1, pace.seconds)
    return measure


def two_helpers(target: Target, pace: Pace, _: pathlib.Path) -> dict[str, float]:
    """Two loads at once, each on a helper of its own."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        runs = [pool.submit(load.wrk, target.address(path), 32, pace.seconds) for path in (HELLO, "/1" + HELLO)]
        figures = [run.result() for run in runs]
    return {"rps": sum(run["rps"] for run in figures), "p50_ms": max(run["p50_ms"] for run in figures)}


def cases() -> list[Case]:
    found = [
        Case(f"hello-{n}", f"13 bytes, {n} connection{'s' if n > 1 else ''}", ("kismet", "bare", "floor", *SMALL_PEERS),
             requests(HELLO, n), quick=n in (1, 64))
        for n in CONNECTIONS
    ]
    found += [
        Case("hello-1-cpu", "13 bytes, 1 connection, all on one processor", ("kismet", "bare", "floor", *SMALL_PEERS),
             on_one_processor, quick=False),
        Case("64k", "64 KiB in 1 KiB frames, 64 connections", ("kismet", "floor", *LARGE_PEERS),
             requests("/bench/64k-1k", 64)),
        Case("64k-mixed", "the same, frames of all open answers interleaved", ("kismet", "floor"),
             requests("/bench/64k-1k-mixed", 64)),
        Case("16m-1k", "16 MiB in 1 KiB frames, 1 connection", ("kismet", "floor", *LARGE_PEERS),
             large("/bench/16m-1k")),
        Case("16m-8k", "16 MiB in 8 KiB frames, 1 connection", ("kismet", "floor", *LARGE_PEERS),
             large("/bench/16m-8k"), quick=False),
        Case("static-13", "a file of 13 bytes, 64 connections", ("kismet", "nginx", "lighttpd-1"),
             requests("/13.txt", 64), quick=False),
        Case("static-64k", "a file of 64 KiB, 64 connections", ("kismet", "nginx", "lighttpd-1"),
             requests("/64k.txt", 64), quick=False),
        Case("static-1m", "a file of 1 MiB, 16 connections", ("kismet", "nginx", "lighttpd-1"),
             requests("/1m.txt", 16), quick=False),
        Case("tls-64", "13 bytes over TLS, 64 connections", ("kismet-tls", "kismet", "nginx-tls"),
             requests(HELLO, 64), quick=False),
        Case("threads-static", "a file of 64 KiB with one and two I/O threads", ("kismet", "kismet-2-threads"),
             requests("/64k.txt", 64), quick=False),
        Case("threads-helpers", "13 bytes from two helpers with one and two I/O threads, 32 connections each",
             ("kismet-2-helpers", "kismet-2-threads-2-helpers"), two_helpers, quick=False),
    ]
    return found
