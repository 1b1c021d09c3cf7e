"""The command line: which cases, at which pace, and what becomes of the figures."""
from __future__ import annotations

import argparse
import dataclasses
import datetime
import fnmatch
import json
import pathlib
import resource
import sys

from . import (baseline, callgrind, cases_fanout, cases_requests, cases_scale, cases_slow, cases_streams, cases_syscalls, machine,
               profile, table)
from .case import FULL, LONG, QUICK, Case, Pace
from .goals import goals
from .results import Results
from .runner import FAILURES, Runner
from .workshop import Workshop

BUSY = 0.7  # Load average above which others share the processors.
BENCH = pathlib.Path(__file__).resolve().parents[1]
REPOSITORY = BENCH.parent


def all_cases() -> list[Case]:
    return [case for module in (cases_requests, cases_syscalls, cases_streams, cases_fanout, cases_slow, cases_scale)
            for case in module.cases()]


def parser() -> argparse.ArgumentParser:
    out = argparse.ArgumentParser(prog="scripts/bench",
                                  description="Measures the daemon beside its peers and its floors.",
                                  epilog="docs/PERFORMANCE.md tells how, and what came out.")
    out.add_argument("--quick", action="store_true", help="the daily cases, in two minutes")
    out.add_argument("--long", action="store_true",
                     help="everything, and slow readers to their last byte (20 minutes more)")
    out.add_argument("--only", action="append", metavar="NAME", help="these cases; * and ? match; may be repeated")
    out.add_argument("--list", action="store_true", help="the cases, and nothing else")
    out.add_argument("--rounds", type=int, help="in place of the pace's")
    out.add_argument("--seconds", type=float, help="a measurement, in place of the pace's")
    out.add_argument("--save", action="store_true", help="write bench/results/DATE.json, whatever the pace")
    out.add_argument("--instructions", action="store_true",
                     help="count instructions a request and compare with bench/baseline.json; 1 if one grew over 3%%")
    out.add_argument("--functions", type=int, default=0, metavar="N", help="with --instructions: the N dearest of each")
    out.add_argument("--record", action="store_true", help="with --instructions: make what was counted the baseline")
    out.add_argument("--profile", metavar="CASE", choices=sorted(profile.LOADS), help="where the daemon's time goes")
    out.add_argument("--setup", default="kismet", help=argparse.SUPPRESS)
    out.add_argument("--build", type=pathlib.Path, default=REPOSITORY / "build/release",
                     help="the build that is measured")
    return out


def choose_pace(options: argparse.Namespace) -> Pace:
    pace = QUICK if options.quick else LONG if options.long else FULL
    changes = {key: value for key, value in (("rounds", options.rounds), ("seconds", options.seconds)) if value}
    if options.rounds:
        changes["fresh_rounds"] = options.rounds
    if options.seconds:
        changes["watch"] = max(2.0, options.seconds)
    return dataclasses.replace(pace, **changes)


def choose_cases(options: argparse.Namespace) -> list[Case]:
    cases = all_cases()
    if options.only:
        return [case for case in cases if any(fnmatch.fnmatchcase(case.name, pattern) for pattern in options.only)]
    return [case for case in cases if case.quick or not options.quick]


def raise_descriptor_limit() -> None:
    """10,000 streams have two ends; all that is started inherits this."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(hard, 65536), max(hard, 65536)))
    except (ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def count_instructions(options: argparse.Namespace, workshop: Workshop, machine_is: dict) -> int:
    path = BENCH / "baseline.json"
    wanted = [case for case in callgrind.COUNTED
              if not options.only or any(fnmatch.fnmatchcase(case, pattern) for pattern in options.only)]
    counts, failed = {}, False
    for case in wanted:
        try:
            counts[case] = callgrind.count(workshop, case)
        except FAILURES as failure:
            failed = True
            print(f"{case}: {failure}", file=sys.stderr)
    lines, good = baseline.compare(baseline.read(path), counts)
    print("\n".join(lines))
    for case, found in counts.items() if options.functions else ():
        print("\n".join(baseline.dearest(case, found, options.functions)))
    if options.record:
        baseline.record(path, counts, machine_is)
        print(f"recorded in {path.relative_to(REPOSITORY)}")
    return 1 if failed or not (good or options.record) else 0


def save(results: Results, machine_is: dict, pace: Pace, cases: list[Case]) -> pathlib.Path:
    now = datetime.datetime.now()
    folder = BENCH / "results"
    folder.mkdir(exist_ok=True)
    path = folder / f"{now:%Y-%m-%d-%H%M}.json"
    verdicts = [goal.judge(results) for goal in goals() if goal.case in {case.name for case in cases}]
    path.write_text(json.dumps({
        "date": now.isoformat(timespec="seconds"), "machine": machine_is, "pace": dataclasses.asdict(pace),
        "asked": [{"case": v.goal.case, "what": v.goal.text, "value": v.value, "sign": v.goal.sign,
                   "bound": v.goal.bound, "reached": v.reached} for v in verdicts],
        **results.plain(),
    }, indent=1) + "\n", encoding="utf-8")
    return path


def main() -> int:
    options = parser().parse_args()
    cases, pace = choose_cases(options), choose_pace(options)
    if options.list or not (cases or options.instructions):
        print("\n".join(f"{case.name:18}{'quick  ' if case.quick else '       '}{case.title}: {', '.join(case.targets)}"
                        for case in all_cases()))
        return 0 if options.list else 2
    raise_descriptor_limit()
    machine_is = machine.describe(REPOSITORY)
    results = Results()
    with Workshop(options.build) as workshop:
        if options.instructions:
            return count_instructions(options, workshop, machine_is)
        if options.profile:
            print(profile.profile(workshop, options.profile, options.setup))
            return 0
        runner = Runner(workshop, pace, results)
        for case in cases:
            runner.run(case)
    print(machine.one_line(machine_is))
    if machine_is["load_before"] > BUSY:
        print("THE MACHINE WAS BUSY: these figures are for trying things out, not for telling")
    print(f"medians of {pace.rounds} interleaved rounds of {pace.seconds:g} s\n")
    print(table.report(cases, goals(), results))
    if options.save or not (options.quick or options.only):
        print(f"\nraw numbers: {save(results, machine_is, pace, cases).relative_to(REPOSITORY)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
