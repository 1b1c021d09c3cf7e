"""What a process costs: processor time, memory, threads, wake-ups, as the kernel counts them."""
from __future__ import annotations

import os
import pathlib
import time


def cpu_seconds(pids: list[int]) -> float:
    """Of all threads, those that have ended too; the process clock has nanoseconds, where /proc/PID/stat has ticks."""
    return sum(time.clock_gettime((~pid << 3) | 2) for pid in pids)


def status(pid: int) -> dict[str, str]:
    lines = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def _kib(pids: list[int], key: str) -> int:
    return sum(int(status(pid)[key].split()[0]) for pid in pids)


def resident_kib(pids: list[int]) -> int:
    return _kib(pids, "VmRSS")


def peak_kib(pids: list[int]) -> int:
    """The most that was resident since reset_peak(), each process by itself."""
    return _kib(pids, "VmHWM")


def reset_peak(pids: list[int]) -> None:
    for pid in pids:
        pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


def threads(pids: list[int]) -> int:
    return sum(int(status(pid)["Threads"]) for pid in pids)


def wake_ups(pids: list[int]) -> int:
    """Times that a thread was put on a processor again after it had waited."""
    total = 0
    for pid in pids:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            for line in (task / "status").read_text(encoding="ascii", errors="replace").splitlines():
                if line.startswith("voluntary_ctxt_switches"):
                    total += int(line.split()[1])
    return total


def descendants(pid: int) -> list[int]:
    return [pid, *(below for child in children(pid) for below in descendants(child))]


def confine(pids: list[int], processor: int) -> None:
    """All threads that they have now, and what those start, run on one processor."""
    for pid in pids:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {processor})


def children(pid: int) -> list[int]:
    path = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text(encoding="ascii").split()]
