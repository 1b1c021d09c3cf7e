"""One event to many: inside the daemon, to helpers, to web sockets; and what a delivery costs."""
from __future__ import annotations

import json
import pathlib
import subprocess
import time

from . import load, meter
from .case import Case, Pace
from .kismet import Kismet
from .process import Talker
from .target import Target


def bus(subscribers: int):
    """The bus alone, events in bursts of 16, as a helper's session publishes them."""
    def measure(_: Target, pace: Pace, programs: pathlib.Path) -> dict[str, float]:
        program = programs.parent / "tests/eventbus/fanout_bench"
        done = subprocess.run([program, str(min(pace.seconds, 1)), str(subscribers)], capture_output=True, text=True,
                              check=True)
        [row] = [row for line in done.stdout.splitlines() if (row := line.split())[:2] == [str(subscribers), "16"]]
        events, deliveries, cpu_ns, lost = map(float, row[2:6])
        return {"events_per_s": events, "deliveries_per_s": deliveries, "cpu_us_each": cpu_ns / 1e3, "lost": lost}
    return measure


def helpers(target: Kismet, pace: Pace, _: pathlib.Path) -> dict[str, float]:
    pids = target.server_pids()
    prefixes = [f"/listener{i}" for i in range(target.setup.listeners)]
    before = sum(target.statistics(prefix)["events"] for prefix in prefixes)
    started, cpu = time.monotonic(), meter.cpu_seconds(pids)
    time.sleep(pace.seconds)
    used, seconds = meter.cpu_seconds(pids) - cpu, time.monotonic() - started
    heard = sum(target.statistics(prefix)["events"] for prefix in prefixes) - before
    if not heard:
        raise RuntimeError("no event arrived")
    return {"deliveries_per_s": heard / seconds, "cpu_us_each": used * 1e6 / heard, "cpu_s_per_s": used / seconds}


def web_sockets(clients: int):
    def measure(target: Target, pace: Pace, programs: pathlib.Path) -> dict[str, float]:
        pids = target.server_pids()
        meter.reset_peak(pids)
        client = Talker(load.client_command(programs / "event_client", target.address("/eventbus/events.ws"),
                                            clients=clients, seconds=pace.seconds))
        try:
            client.line(60)
            cpu = meter.cpu_seconds(pids)
            seen = json.loads(client.line(pace.seconds + 60))
            used = meter.cpu_seconds(pids) - cpu
        finally:
            client.stop()
        if not seen["events"]:
            raise RuntimeError(f"no event arrived: {seen}")
        return {
            "deliveries_per_s": seen["events"] / seen["seconds"],
            "cpu_us_each": used * 1e6 / seen["events"],
            "cpu_s_per_s": used / seen["seconds"],
            "lost": seen["lost"],
            "missing": seen["missing"],
            "p50_ms": seen["latency_ms"]["p50"],
            "p99_ms": seen["latency_ms"]["p99"],
            "peak_mib": meter.peak_kib(pids) / 1024,
        }
    return measure


def cases() -> list[Case]:
    found = [Case(f"fanout-bus-{n}", f"events to {n:,} subscriber{'s' if n > 1 else ''} inside the daemon",
                  ("event-bus",), bus(n), quick=False) for n in (1, 100, 1000)]
    found.append(Case("fanout-helpers", "10,000 events a second to 1 and to 10 helpers",
                      ("kismet-1-listener", "kismet-10-listeners"), helpers, quick=False))
    for n, target in ((1, "kismet-events"), (100, "kismet-events"), (1000, "kismet-events-slow")):
        rate = 1000 if target == "kismet-events" else 100
        found.append(Case(f"fanout-ws-{n}", f"{rate:,} events a second to {n:,} web socket{'s' if n > 1 else ''}",
                          (target,), web_sockets(n), quick=False))
    return found
