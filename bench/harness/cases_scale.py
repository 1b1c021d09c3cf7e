"""What does not depend on the load: a daemon at rest, and what a request costs as the number of things grows."""
from __future__ import annotations

import pathlib
import socket
import time

from . import load, meter
from .case import Case, Pace
from .cases_requests import HELLO, measure_requests
from .target import Target


def idle(target: Target, pace: Pace, _: pathlib.Path) -> dict[str, float]:
    pids = target.server_pids()
    time.sleep(1)  # What the start left behind is done.
    wakes, started, cpu = meter.wake_ups(pids), time.monotonic(), meter.cpu_seconds(pids)
    time.sleep(pace.watch)
    seconds = time.monotonic() - started
    return {
        "wake_ups_per_s": (meter.wake_ups(pids) - wakes) / seconds,
        "cpu_ms_per_s": (meter.cpu_seconds(pids) - cpu) * 1e3 / seconds,
        "resident_mib": meter.resident_kib(pids) / 1024,
        "threads": meter.threads(pids),
    }


def last_uri(target: Target, pace: Pace, _: pathlib.Path) -> dict[str, float]:
    path = "/bench/uri/9876" if target.name == "kismet-10000-uris" else HELLO
    return measure_requests(target, path, 64, pace.seconds)


def hello(target: Target, pace: Pace, _: pathlib.Path) -> dict[str, float]:
    return measure_requests(target, HELLO, 64, pace.seconds)


def crowd(target: Target, pace: Pace, _: pathlib.Path) -> dict[str, float]:
    """The same load without and with 10,000 connections that have asked once and stay."""
    pids = target.server_pids()
    alone = measure_requests(target, HELLO, 64, pace.seconds)
    resident = meter.resident_kib(pids)
    count = 10_000
    idle_ones = []
    try:
        for _ in range(count):
            idle_ones.append(_ask_once(target.address(HELLO)))
        grown = meter.resident_kib(pids) - resident
        among = measure_requests(target, HELLO, 64, pace.seconds)
    finally:
        for connection in idle_ones:
            connection.close()
    time.sleep(1)
    return {"cpu_ratio": among["cpu_s_per_10k"] / alone["cpu_s_per_10k"], "kib_each": grown / count,
            "cpu_s_per_10k": among["cpu_s_per_10k"], "rps": among["rps"]}


def _ask_once(at: load.Address) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", at.port), 30)
    head = f"GET {at.path} HTTP/1.1\r\nHost: 127.0.0.1:{at.port}\r\nCookie: KISMET={at.cookie}\r\n\r\n"
    connection.sendall(head.encode())
    if not connection.recv(4096).startswith(b"HTTP/1.1 200"):
        raise RuntimeError("a connection of the crowd was not answered 200")
    return connection


def cases() -> list[Case]:
    return [
        Case("idle", "a daemon at rest, without and with a helper", ("kismet-no-helper", "kismet"), idle, rounds=1),
        Case("routes", "1 to 10,000 routes", ("kismet", "kismet-10000-uris"), last_uri, quick=False),
        Case("tokens", "1 to 10,000 tokens", ("kismet", "kismet-10000-keys"), hello, quick=False),
        Case("connections", "0 to 10,000 connections beside 64", ("kismet",), crowd, quick=False),
    ]
