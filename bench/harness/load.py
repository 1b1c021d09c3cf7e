"""The loads: wrk, and the clients of bench/clients, as command lines and what they print."""
from __future__ import annotations

import dataclasses
import json
import pathlib
import re
import subprocess

SCRIPT = pathlib.Path(__file__).with_name("wrk.lua")


@dataclasses.dataclass(frozen=True)
class Address:
    """Where a target's answer to a case is found."""
    port: int
    path: str
    cookie: str = ""
    tls: bool = False


def wrk_command(at: Address, connections: int, seconds: float) -> list[str]:
    """wrk takes whole seconds alone."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}", "--timeout", "30", "-s", str(SCRIPT)]
    if at.cookie:
        command += ["-H", f"Cookie: KISMET={at.cookie}"]
    return [*command, f"{'https' if at.tls else 'http'}://127.0.0.1:{at.port}{at.path}"]


def wrk_figures(output: str) -> dict[str, float]:
    """Raises RuntimeError unless all went well: a fast error is no figure."""
    found = re.search(r"^JSON (.*)$", output, re.MULTILINE)
    if not found:
        raise RuntimeError(f"wrk gave no figures: {output[-300:]}")
    raw = json.loads(found.group(1))
    if raw["errors"] or raw["timeouts"] or raw["not_ok"] or not raw["requests"]:
        raise RuntimeError(f"wrk: {raw}")
    return {
        "requests": raw["requests"],
        "rps": raw["requests"] * 1e6 / raw["duration_us"],
        "mb_s": raw["bytes"] / raw["duration_us"],
        "p50_ms": raw["p50_us"] / 1e3,
        "p99_ms": raw["p99_us"] / 1e3,
        "max_ms": raw["max_us"] / 1e3,
    }


def wrk(at: Address, connections: int, seconds: float, *, before: tuple[str, ...] = ()) -> dict[str, float]:
    """`before`: what wrk is started through."""
    done = subprocess.run([*before, *wrk_command(at, connections, seconds)], capture_output=True, text=True, check=True)
    return wrk_figures(done.stdout)


def client_command(program: pathlib.Path, at: Address, **options) -> list[str]:
    command = [str(program), f"--port={at.port}", f"--path={at.path}"]
    if at.cookie:
        command.append(f"--cookie={at.cookie}")
    for name, value in options.items():
        command.append(f"--{name}" if value is True else f"--{name}={value}")
    return command


def bulk(program: pathlib.Path, at: Address, **options) -> dict:
    """Runs bulk_client to its end. Raises RuntimeError on a wrong byte or a lost connection."""
    done = subprocess.run(client_command(program, at, **options), capture_output=True, text=True, check=False)
    raw = json.loads(done.stdout) if done.stdout else {"error": done.stderr}
    if done.returncode != 0 or raw["not_ok"]:
        raise RuntimeError(f"bulk_client: {raw}")
    return raw
