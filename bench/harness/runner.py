"""Runs cases: all targets of a case in interleaved rounds, so that a bad minute of the machine hits all of them."""
from __future__ import annotations

import contextlib
import sys
import time

from .case import Case, Pace
from .process import NotReady
from .results import Results
from .target import Target
from .workshop import Workshop

# A figure that cannot be had is a finding, not the end of the run. The rest is a bug of the harness.
FAILURES = (NotReady, RuntimeError, OSError, KeyError, TypeError, ValueError, ZeroDivisionError)


class Runner:
    def __init__(self, workshop: Workshop, pace: Pace, results: Results):
        self._workshop = workshop
        self._pace = pace
        self._results = results

    def run(self, case: Case) -> None:
        began = time.monotonic()
        names = [name for name in case.targets if self._workshop.can_make(name) or self._missing(case, name)]
        rounds = case.rounds or (self._pace.fresh_rounds if case.fresh else self._pace.rounds)
        with contextlib.ExitStack() as stack:
            started = {} if case.fresh else {name: self._start(case, name, stack) for name in names}
            for turn in range(rounds):
                # Each round begins with another target: nobody always follows the same neighbour.
                for name in names[turn % len(names):] + names[:turn % len(names)]:
                    if name not in self._results.failures[case.name]:
                        self._measure(case, name, started.get(name))
        print(f"  {case.name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)

    def _missing(self, case: Case, name: str) -> bool:
        self._results.fail(case.name, name, "is not there")
        return False

    def _start(self, case: Case, name: str, stack: contextlib.ExitStack) -> Target | None:
        target = self._workshop.make(name)
        stack.callback(target.stop)
        try:
            target.start()
            return target
        except FAILURES as failure:
            self._fail(case, name, failure)
            return None

    def _measure(self, case: Case, name: str, target: Target | None) -> None:
        with contextlib.ExitStack() as stack:
            target = target or self._start(case, name, stack)
            if target is None:
                return
            try:
                self._results.add(case.name, name, case.measure(target, self._pace, self._workshop.programs))
            except FAILURES as failure:
                self._fail(case, name, failure)

    def _fail(self, case: Case, name: str, failure: Exception) -> None:
        why = f"{type(failure).__name__}: {failure}"
        self._results.fail(case.name, name, why)
        print(f"  {case.name}, {name}: {why[:400]}", file=sys.stderr, flush=True)
