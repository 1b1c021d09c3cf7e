"""What was measured: each figure of each round, and the medians that are judged."""
from __future__ import annotations

import collections
import dataclasses
import re
import statistics


@dataclasses.dataclass
class Results:
    """Figures by case, target and metric, a list with one value a round; and what could not be measured, and why."""
    values: dict[str, dict[str, dict[str, list[float]]]] = dataclasses.field(default_factory=lambda: _tree())
    failures: dict[str, dict[str, str]] = dataclasses.field(default_factory=lambda: collections.defaultdict(dict))

    def add(self, case: str, target: str, figures: dict[str, float]) -> None:
        for metric, value in figures.items():
            self.values[case][target][metric].append(value)

    def fail(self, case: str, target: str, why: str) -> None:
        """Results are published: no path of this machine stays in `why`."""
        self.failures[case][target] = re.sub(r"(?<![\w.])/[\w.+-]+(?:/[\w.+-]+)+", "PATH", why)

    def median(self, case: str, target: str, metric: str) -> float | None:
        """None: not measured."""
        found = self.values.get(case, {}).get(target, {}).get(metric)
        return statistics.median(found) if found else None

    def worst(self, case: str, target: str, metric: str) -> float | None:
        found = self.values.get(case, {}).get(target, {}).get(metric)
        return max(found) if found else None

    def targets(self, case: str) -> list[str]:
        return list(self.values.get(case, {}))

    def plain(self) -> dict:
        """For JSON."""
        return {"figures": {case: {target: dict(metrics) for target, metrics in targets.items()}
                            for case, targets in self.values.items()},
                "failures": {case: dict(whys) for case, whys in self.failures.items()}}


def _tree():
    return collections.defaultdict(lambda: collections.defaultdict(lambda: collections.defaultdict(list)))
