"""Instructions a request, counted by valgrind: the figure that repeats itself on every machine of a kind."""
from __future__ import annotations

import pathlib
import re
import shutil
import subprocess
import time

from . import load, meter
from .kismet import Kismet
from .workshop import Workshop

WARM_UP = 300  # Requests before counting begins: allocators, caches and tables have their size.
COUNTED = {"hello": 2000, "hello-10000-uris": 2000, "hello-10000-keys": 2000, "64k": 200, "static-13": 2000}
SETUPS = {"hello-10000-uris": "kismet-10000-uris", "hello-10000-keys": "kismet-10000-keys"}
PATHS = {"64k": "/bench/64k-1k", "static-13": "/13.txt", "hello-10000-uris": "/bench/uri/9876"}

LINE = re.compile(r"^\s*([\d,]+) \([\d. ]+%\)\s+(.*)$")


def count(workshop: Workshop, case: str) -> dict:
    """{"instructions": a request, "functions": {name: instructions a request, its own alone}}."""
    output = workshop.folder(f"callgrind-{case}") / "callgrind.out"
    # %p: what the daemon forks would else write into the same file.
    target = workshop.make(SETUPS.get(case, "kismet"), wrapper=(
        "valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={output}.%p"))
    assert isinstance(target, Kismet)
    pid = 0
    try:
        target.start()
        pid = target.server.pid
        address = target.address(PATHS.get(case, "/bench/hello"))
        program = workshop.programs / "bulk_client"
        load.bulk(program, address, requests=WARM_UP)
        _wait_until_idle(pid)  # What the start and the login left to other threads is not the requests'.
        _control("-i", "on", str(pid))
        load.bulk(program, address, requests=COUNTED[case])
        _control("-i", "off", str(pid))
    finally:
        target.stop()
    functions = _self_costs(pathlib.Path(f"{output}.{pid}"))
    return {"instructions": round(sum(functions.values()) / COUNTED[case], 1),
            "functions": {name: round(cost / COUNTED[case], 1) for name, cost in functions.items()}}


def _wait_until_idle(pid: int) -> None:
    before = meter.cpu_seconds([pid])
    for _ in range(240):
        time.sleep(0.25)
        now = meter.cpu_seconds([pid])
        if now - before < 0.002:
            return
        before = now


def _control(*arguments: str) -> None:
    done = subprocess.run(["callgrind_control", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0 or "OK" not in done.stdout + done.stderr:
        raise RuntimeError(f"callgrind_control: {(done.stdout + done.stderr).strip()[-300:]}")


def _self_costs(file: pathlib.Path) -> dict[str, int]:
    annotated = subprocess.run(["callgrind_annotate", "--threshold=100", "--auto=no", str(file)], capture_output=True,
                               text=True, check=True).stdout
    costs: dict[str, int] = {}
    for line in annotated.splitlines():
        found = LINE.match(line)
        if not found or "PROGRAM TOTALS" in line:
            continue
        name = re.sub(r" \[[^]]*\]$", "", found.group(2)).split(":", 1)[-1].replace("'2", "")
        costs[name] = costs.get(name, 0) + int(found.group(1).replace(",", ""))
    if not costs:
        raise RuntimeError(f"callgrind_annotate said nothing of {file}")
    return costs


def available() -> bool:
    return all(shutil.which(program) for program in ("valgrind", "callgrind_control", "callgrind_annotate"))
