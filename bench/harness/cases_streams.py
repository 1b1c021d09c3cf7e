"""Answers that stay open: streams of lines."""
from __future__ import annotations

import json
import pathlib
import time

from . import load, meter
from .case import Case, Pace
from .process import Talker
from .target import Target


def streams(count: int):
    def measure(target: Target, pace: Pace, programs: pathlib.Path) -> dict[str, float]:
        pids = target.server_pids()
        resident, threads = meter.resident_kib(pids), meter.threads(pids)
        meter.reset_peak(pids)
        client = Talker(load.client_command(programs / "stream_client", target.address("/bench/stream"),
                                            streams=count, seconds=pace.watch))
        try:
            begun = json.loads(client.line(90))
            started, cpu = time.monotonic(), meter.cpu_seconds(pids)
            time.sleep(max(0.5, pace.watch - 1))
            used = (meter.cpu_seconds(pids) - cpu) / (time.monotonic() - started)
            grown = meter.resident_kib(pids) - resident
            more_threads = meter.threads(pids) - threads
            seen = json.loads(client.line(pace.watch + 30))
        finally:
            client.stop()
        return {
            "streams": seen["open"],
            "lost": seen["lost"] + count - begun["started"],
            "missing_lines": seen["missing"],
            "lines_per_s": seen["lines"] / seen["seconds"],
            "longest_gap_ms": seen["longest_gap_ms"],
            "first_byte_p50_ms": begun["first_byte_ms"]["p50"],
            "first_byte_p99_ms": begun["first_byte_ms"]["p99"],
            "line_p50_ms": seen["latency_ms"]["p50"],
            "line_p99_ms": seen["latency_ms"]["p99"],
            "line_max_ms": seen["latency_ms"]["max"],
            "cpu_s_per_s": used,
            "kib_each": grown / count,
            "peak_mib": meter.peak_kib(pids) / 1024,
            "more_threads": more_threads,
        }
    return measure


def cases() -> list[Case]:
    return [
        Case(f"streams-{n}", f"{n:,} open streams, a line a second each", ("kismet", "floor"), streams(n),
             quick=n == 1000, fresh=True)
        for n in (100, 1000, 5000, 10_000)
    ]
