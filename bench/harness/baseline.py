"""The recorded instruction counts (bench/baseline.json), and what has become of them."""
from __future__ import annotations

import json
import pathlib

TOLERANCE = 0.03
KEPT = 0.004  # Functions below this part of a request are not recorded: they come and go.
SHOWN = 12


def record(path: pathlib.Path, counts: dict[str, dict], machine: dict) -> None:
    cases = {case: {"instructions": found["instructions"],
                    "functions": {name: cost for name, cost in sorted(found["functions"].items(), key=lambda f: -f[1])
                                  if cost >= KEPT * found["instructions"]}}
             for case, found in sorted(counts.items())}
    old = read(path)
    versions = {key: machine["versions"][key] for key in ("compiler", "valgrind")}
    old.update({"commit": machine["commit"], "system": machine["system"], "versions": versions,
                "cases": {**old.get("cases", {}), **cases}})
    path.write_text(json.dumps(old, indent=1) + "\n", encoding="utf-8")


def read(path: pathlib.Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def compare(baseline: dict, counts: dict[str, dict]) -> tuple[list[str], bool]:
    """Lines for people, and whether no case has grown by more than TOLERANCE."""
    lines, good = [], True
    for case, found in counts.items():
        known = baseline.get("cases", {}).get(case)
        now = found["instructions"]
        if known is None:
            lines.append(f"{case}: {now:,.0f} instructions a request; no baseline")
            continue
        change = now / known["instructions"] - 1
        mark = "REGRESSION" if change > TOLERANCE else "better: record it" if change < -TOLERANCE else "as recorded"
        lines.append(f"{case}: {now:,.0f} instructions a request, {change:+.1%} ({mark})")
        if change > TOLERANCE:
            good = False
            lines += _grown(known["functions"], found["functions"], KEPT * known["instructions"])
    return lines, good


def dearest(case: str, found: dict, count: int) -> list[str]:
    """Lines for people: where a request's instructions are."""
    functions = sorted(found["functions"].items(), key=lambda function: -function[1])[:count]
    return [f"{case}:", *(f"  {cost:10,.0f}  {cost / found['instructions']:6.1%}  {name[:150]}"
                          for name, cost in functions)]


def _grown(before: dict[str, float], after: dict[str, float], unrecorded: float) -> list[str]:
    """The functions that cost more than they did, the worst first. One that was not recorded cost up to `unrecorded`."""
    changes = sorted(((cost - before.get(name, unrecorded), name) for name, cost in after.items()), reverse=True)
    return [f"  {difference:+10,.0f}  {name[:150]}" for difference, name in changes[:SHOWN] if difference > 0]
