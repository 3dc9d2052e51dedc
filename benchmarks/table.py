"""Results of all rounds: medians, spreads, ratios; as a table for people and as JSON for programs.

Responsible for: statistics over rounds, and how they are shown.
Not responsible for: measuring.
"""

import os
import platform
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from rich.table import Table

from benchmarks.contenders import REFERENCES, Contender
from benchmarks.judging import BACKLOG_RATE, RATE, Measure
from benchmarks.scenarios import Scenario
from benchmarks.trial import Outcome

BACKLOG_SHARE = Measure("all waiting, share", "of its rate of one packet at a time", 2, more_is_better=True)
"""Not measured, but derived from two medians."""


DISTURBED = 0.1
"""Cores that other programs may use during a run before it counts as disturbed."""


class Results:
    """Everything that was measured, by measure and contender."""

    def __init__(self) -> None:
        self._values: defaultdict[Measure, defaultdict[Contender, list[float]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self._digests: defaultdict[tuple[Scenario, int], dict[str, str]] = defaultdict(dict)
        self._least_waiting = 1.0
        self._disturbances: list[float] = []
        self._machine = _machine()

    def add(self, contender: Contender, scenario: Scenario, outcome: Outcome) -> None:
        """One more valid run."""
        for measure, value in outcome.numbers.items():
            self._values[measure][contender].append(value)
        self._disturbances.append(outcome.disturbance)
        self._digests[scenario, contender.version].setdefault(outcome.digest, contender.label)
        if scenario is Scenario.BACKLOG:
            self._least_waiting = min(self._least_waiting, outcome.waiting)

    def medians(self) -> dict[Measure, dict[Contender, float]]:
        """Over the rounds; a derived measure follows those that it comes from."""
        found = {
            measure: {contender: median(values) for contender, values in by_contender.items()}
            for measure, by_contender in self._values.items()
        }
        at_ease, backlog = found.get(RATE, {}), found.get(BACKLOG_RATE, {})
        if shares := {who: backlog[who] / at_ease[who] for who in backlog if who in at_ease}:
            found[BACKLOG_SHARE] = shares
        return found

    def remarks(self) -> list[str]:
        """What a reader of the table must know."""
        remarks: list[str] = []
        if disturbed := [share for share in self._disturbances if share >= DISTURBED]:
            remarks.append(
                f"Other programs disturbed {len(disturbed)} of {len(self._disturbances)} runs: they used up to "
                f"{max(disturbed):.1f} of {self._machine['cores']} cores."
            )
        if BACKLOG_RATE in self._values:
            remarks.append(
                f"All waiting unread: at least {self._least_waiting:.0%} of the stream was in the socket "
                "before the client could read."
            )
        if different := {tuple(labels.values()) for labels in self._digests.values() if len(labels) > 1}:
            pairs = "; ".join(" and ".join(labels) for labels in sorted(different))
            remarks.append(f"Request ids, and in them alone the streams, differ between {pairs}.")
        return remarks

    def table(self) -> Table:
        """One section a measure, one row a contender."""
        ratio_titles = (f"/ {who.label}" for who in REFERENCES)
        table = Table(
            "", "median", "least … most", *ratio_titles, caption="↑ more is better, ↓ less is better"
        )
        table.columns[0].no_wrap = True
        for column in table.columns[1:]:
            column.justify = "right"
        for measure, medians in self.medians().items():
            sign = "↑" if measure.more_is_better else "↓"
            table.add_row(f"{measure.title}, {measure.unit} {sign}", style="bold")
            for who, value in medians.items():
                ratios = [f"{ratio:.2f}" if ratio else "" for ratio in _ratios(medians, who)]
                table.add_row(f"  {who.label}", _number(value, measure), self._spread(measure, who), *ratios)
            table.add_section()
        return table

    def as_json(self) -> dict[str, Any]:
        """All values of all rounds."""
        return {
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": self._machine,
            "remarks": self.remarks(),
            "results": [
                {
                    "measure": measure.title,
                    "unit": measure.unit,
                    "client": who.client,
                    "version": who.version,
                    "median": value,
                    "values": self._values[measure][who] if measure in self._values else [],
                    "ratios": _labelled_ratios(medians, who),
                }
                for measure, medians in self.medians().items()
                for who, value in medians.items()
            ],
        }

    def _spread(self, measure: Measure, who: Contender) -> str:
        if measure not in self._values:
            return ""
        values = self._values[measure][who]
        return f"{_number(min(values), measure)} … {_number(max(values), measure)}"


def _ratios(medians: dict[Contender, float], who: Contender) -> list[float | None]:
    """This contender's median as a multiple of each reference's, where that was measured."""
    return [medians[who] / medians[reference] if reference in medians else None for reference in REFERENCES]


def _labelled_ratios(medians: dict[Contender, float], who: Contender) -> dict[str, float | None]:
    return dict(zip((reference.label for reference in REFERENCES), _ratios(medians, who), strict=True))


def _number(value: float, measure: Measure) -> str:
    return f"{value:,.{measure.digits}f}"


def _machine() -> dict[str, Any]:
    """Whatever makes numbers of two runs incomparable; the load is the average of the last minute."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }
