"""The machine and the programs that the figures belong to."""
from __future__ import annotations

import os
import pathlib
import platform
import re
import subprocess


def describe(repository: pathlib.Path) -> dict:
    cpuinfo = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    memory = pathlib.Path("/proc/meminfo").read_text(encoding="ascii")
    model = re.search(r"model name\s*:\s*(.*)", cpuinfo)
    return {
        "processor": model.group(1) if model else platform.machine(),
        "processors": os.cpu_count(),
        "virtual": "hypervisor" in cpuinfo,
        "memory_mib": int(re.search(r"MemTotal:\s*(\d+)", memory).group(1)) // 1024,
        "kernel": platform.release(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", ""),
        "load_before": os.getloadavg()[0],
        "commit": _words(["git", "-C", str(repository), "rev-parse", "--short", "HEAD"]),
        "changed": bool(_words(["git", "-C", str(repository), "status", "--porcelain", "--untracked-files=no"])),
        "versions": {
            "compiler": _words(["c++", "-dumpfullversion"]),
            "wrk": _first(["wrk", "-v"]),
            "nginx": _first(["nginx", "-v"]),
            "lighttpd": _first(["lighttpd", "-v"]),
            "valgrind": _first(["valgrind", "--version"]),
        },
    }


def one_line(machine: dict) -> str:
    kind = "virtual machine" if machine["virtual"] else "machine"
    commit = machine["commit"] + (" with changes" if machine["changed"] else "")
    return (f"{machine['processors']} x {machine['processor']} ({kind}), {machine['memory_mib']} MiB, Linux "
            f"{machine['kernel']}, {machine['system']}, g++ {machine['versions']['compiler']}, commit {commit}, "
            f"load before {machine['load_before']:.2f}")


def _words(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() or done.stderr.strip()


def _first(command: list[str]) -> str:
    path = os.environ.get("PATH", "") + ":/usr/sbin"
    lines = _words(["env", f"PATH={path}", *command]).splitlines()
    return lines[0] if lines else ""
