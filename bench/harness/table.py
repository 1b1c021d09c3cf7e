"""The results as text: what each target reached, and what was asked of the daemon."""
from __future__ import annotations

from .case import Case
from .goals import Goal
from .results import Results

# Metric: heading, format. What a case measured beside these is in the raw numbers.
COLUMNS = {
    "rps": ("requests/s", "{:,.0f}"),
    "mb_s": ("MB/s", "{:,.0f}"),
    "p50_ms": ("p50 ms", "{:.3f}"),
    "p99_ms": ("p99 ms", "{:.3f}"),
    "cpu_s_per_10k": ("CPU s/10k", "{:.3f}"),
    "peak_mib": ("peak MiB", "{:.1f}"),
    "calls_per_request": ("calls/request", "{:.2f}"),
    "events_per_s": ("events/s", "{:,.0f}"),
    "deliveries_per_s": ("deliveries/s", "{:,.0f}"),
    "cpu_us_each": ("CPU us each", "{:.2f}"),
    "missing": ("missing", "{:.0f}"),
    "lines_per_s": ("lines/s", "{:,.0f}"),
    "longest_gap_ms": ("longest gap ms", "{:.0f}"),
    "first_byte_p99_ms": ("first byte p99 ms", "{:.2f}"),
    "line_p50_ms": ("line p50 ms", "{:.2f}"),
    "line_p99_ms": ("line p99 ms", "{:.2f}"),
    "cpu_s_per_s": ("CPU s/s", "{:.3f}"),
    "kib_each": ("KiB each", "{:.2f}"),
    "usual_p50_ms": ("usual p50 ms", "{:.3f}"),
    "usual_p99_ms": ("usual p99 ms", "{:.3f}"),
    "p50_ratio": ("p50 by usual", "{:.2f}"),
    "p99_ratio": ("p99 by usual", "{:.2f}"),
    "helper_blocked_ms": ("helper waited ms", "{:.1f}"),
    "resident_mib": ("resident MiB", "{:.1f}"),
    "threads": ("threads", "{:.0f}"),
    "wake_ups_per_s": ("wake-ups/s", "{:.2f}"),
    "cpu_ratio": ("CPU by alone", "{:.3f}"),
}


def case_rows(case: Case, results: Results) -> list[list[str]]:
    """A heading and a row for each target."""
    measured = [metric for metric in COLUMNS
                if any(results.median(case.name, target, metric) is not None for target in case.targets)]
    rows = [[case.title, *(COLUMNS[metric][0] for metric in measured)]]
    for target in case.targets:
        if why := results.failures.get(case.name, {}).get(target):
            rows.append([f"  {target}", f"failed: {why[:90]}"])
        elif target in results.targets(case.name):
            values = [results.median(case.name, target, metric) for metric in measured]
            rows.append([f"  {target}", *("" if value is None else COLUMNS[metric][1].format(value)
                                          for metric, value in zip(measured, values))])
    return rows


def aligned(rows: list[list[str]]) -> str:
    """Columns side by side; a row's last cell may be as long as it likes."""
    widths: list[int] = []
    for row in rows:
        for i, cell in enumerate(row[:-1] if len(row) == 2 else row):
            widths += [0] * (i + 1 - len(widths))
            widths[i] = max(widths[i], len(cell))
    lines = []
    for row in rows:
        first, *rest = row
        padded = [cell.rjust(widths[i + 1]) if i + 1 < len(widths) else cell for i, cell in enumerate(rest)]
        lines.append("  ".join([first.ljust(widths[0]), *padded]).rstrip())
    return "\n".join(lines)


def goal_rows(goals: list[Goal], results: Results, cases: list[Case]) -> list[list[str]]:
    titles = {case.name: case.title for case in cases}
    rows = []
    for verdict in (goal.judge(results) for goal in goals if goal.case in titles):
        goal = verdict.goal
        mark = {True: "pass", False: "SHORT", None: "not measured"}[verdict.reached]
        value = "" if verdict.value is None else f"{verdict.value:.3g} {goal.unit}".strip()
        rows.append([mark, goal.case, goal.text, value, f"{goal.sign} {goal.bound:g} {goal.unit}".strip()])
    return rows


def report(cases: list[Case], goals: list[Goal], results: Results) -> str:
    parts = [aligned(case_rows(case, results)) for case in cases if case.name in results.values or case.name in
             results.failures]
    asked = goal_rows(goals, results, cases)
    if asked:
        widths = [max(len(row[i]) for row in asked) for i in range(4)]
        lines = ["  ".join([row[0].ljust(widths[0]), row[1].ljust(widths[1]), row[2].ljust(widths[2]),
                            row[3].rjust(widths[3]), row[4]]) for row in asked]
        passed = sum(row[0] == "pass" for row in asked)
        parts.append("\n".join([f"What is asked of kismet: {passed} of {len(asked)} reached", *lines]))
    return "\n\n".join(parts)
