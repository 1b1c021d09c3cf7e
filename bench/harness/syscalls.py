"""System calls of processes while a load runs: counted by perf where the kernel lets it, which costs little; by strace
otherwise, which slows the process down and so makes its batches larger."""
from __future__ import annotations

import re
import subprocess

EVENT = "raw_syscalls:sys_enter"


def perf_counts() -> bool:
    probe = subprocess.run(["perf", "stat", "-x,", "-e", EVENT, "true"], capture_output=True, text=True, check=False)
    return probe.returncode == 0 and re.search(rf"^\d+,.*{EVENT}", probe.stderr, re.MULTILINE) is not None


def count_with_perf(pids: list[int], load: list[str]) -> tuple[int, str]:
    """Runs `load`; returns the calls of `pids` meanwhile, and what the load printed."""
    done = subprocess.run(["perf", "stat", "-x,", "-e", EVENT, "-p", ",".join(map(str, pids)), "--", *load],
                          capture_output=True, text=True, check=True)
    found = re.search(rf"^(\d+),.*{EVENT}", done.stderr, re.MULTILINE)
    if not found:
        raise RuntimeError(f"perf stat counted nothing: {done.stderr.strip()}")
    return int(found.group(1)), done.stdout


def by_name(pids: list[int], load: list[str]) -> tuple[dict[str, int], str]:
    """The same from strace -c, a number for each call."""
    attach = [option for pid in pids for option in ("-p", str(pid))]
    tracer = subprocess.Popen(["strace", "-c", "-f", "-U", "calls,name", *attach], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        done = subprocess.run(load, capture_output=True, text=True, check=True)
    finally:
        tracer.send_signal(2)
        _, report = tracer.communicate(timeout=20)
    counts = {name: int(count) for count, name in re.findall(r"^\s*(\d+)\s+(\w+)$", report, re.MULTILINE)}
    counts.pop("total", None)
    return counts, done.stdout
