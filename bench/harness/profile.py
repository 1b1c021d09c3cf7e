"""Where the daemon's time goes in a case: perf's samples by function, and its system calls by name."""
from __future__ import annotations

import pathlib
import re
import subprocess

from . import load, syscalls
from .workshop import Workshop

LOADS = {"hello-64": ("/bench/hello", 64), "hello-1": ("/bench/hello", 1), "64k": ("/bench/64k-1k", 64),
         "64k-mixed": ("/bench/64k-1k-mixed", 64), "16m-1k": ("/bench/16m-1k", 1), "16m-8k": ("/bench/16m-8k", 1),
         "static-13": ("/13.txt", 64)}
SECONDS = 4
SHOWN = 40


def profile(workshop: Workshop, case: str, setup: str = "kismet") -> str:
    path, connections = LOADS[case]
    target = workshop.make(setup)
    data = workshop.folder("perf") / "perf.data"
    try:
        target.start()
        command = load.wrk_command(target.address(path), connections, SECONDS)
        load.wrk(target.address(path), connections, 1)
        pids = ",".join(map(str, target.server_pids()))
        sampler = ["perf", "record", "-q", "-F", "999", "-e", "cpu-clock", "-g", "-o", str(data), "-p", pids, "--"]
        done = subprocess.run([*sampler, *command], capture_output=True, text=True, check=True)
        figures = load.wrk_figures(done.stdout)
        calls, output = syscalls.by_name(target.server_pids(), command)
        traced = load.wrk_figures(output)["requests"]
    finally:
        target.stop()
    lines = [f"{case} on {setup}: {figures['rps']:,.0f} requests/s while sampled", "", "Own time by function:",
             *_report(data), "", "System calls a request (strace: slower, so batches are larger):"]
    lines += [f"  {count / traced:8.3f}  {name}" for name, count in sorted(calls.items(), key=lambda c: -c[1])]
    return "\n".join(lines)


def _report(data: pathlib.Path) -> list[str]:
    done = subprocess.run(["perf", "report", "-i", str(data), "--no-children", "-g", "none", "--stdio", "-F",
                           "overhead,dso,symbol"], capture_output=True, text=True, check=False)
    rows = [re.sub(r"\s+", " ", line).strip() for line in done.stdout.splitlines() if re.match(r"^\s+\d", line)]
    return [f"  {row[:150]}" for row in rows[:SHOWN]]
