"""A service of bars as the bridge's: trading hours, durations in time of trading, and bars that a step cuts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from ibkr_actors.base.bar_periods import is_of_days, midnight, period_of, seconds_of
from ibkr_actors.base.history_plan import HistoryPlan, Step
from ibkr_actors.classes.bar import Bar
from ibkr_actors.classes.enum.bar_size import BarSize

DAY = 86_400
OPENS, CLOSES = 14 * 3_600 + 1_800, 21 * 3_600
"""In UTC, each working day."""


def at(text: str) -> int:
    """Epoch seconds of "2026-11-23 14:30" in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


class Service:
    """Bars of every working day from `first` on. A bar's volume is how many seconds of trading it is made of."""

    def __init__(self, size: BarSize, now: int, first: date = date(1990, 1, 1)) -> None:
        self.size, self.now, self.first = size, now, first
        self.asked: list[Step] = []

    def sessions(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The sessions that overlap a stretch, in order."""
        day = max(datetime.fromtimestamp(start, UTC).date() - timedelta(days=1), self.first)
        while midnight(day) < end:
            opens, closes = midnight(day) + OPENS, min(midnight(day) + CLOSES, end)
            if day.weekday() < 5 and max(opens, start) < closes:
                yield opens, closes
            day += timedelta(days=1)

    def answer(self, step: Step) -> list[Bar]:
        """What the bridge sends for a step."""
        self.asked.append(step)
        end = self.now if step.end is None else min(step.end, self.now)
        count, unit = step.duration.split()
        return list(self.bars(*self._reach(end, int(count), unit), end))

    def _reach(self, end: int, count: int, unit: str) -> tuple[int]:
        if unit in ("S", "D"):
            return (self._back(end, count, unit),)
        days = {"W": 7, "M": 28, "Y": 365}[unit] * count
        return ((end - days * DAY) // DAY * DAY + DAY,)

    def _back(self, end: int, count: int, unit: str) -> int:
        left = count
        days = count // 20_000 if unit == "S" else count
        for opens, closes in reversed(list(self.sessions(end - (days * 2 + 10) * DAY, end))):
            size = seconds_of(self.size)
            edge = -(-closes // size) * size if unit == "S" else closes
            if unit == "S" and edge - left >= opens:
                return edge - left
            left -= edge - opens if unit == "S" else 1
            if left <= 0:
                return opens
        return midnight(self.first)

    def bars(self, start: int, end: int) -> Iterator[Bar]:
        """The bars of a stretch; those at its edges are cut."""
        cut = [(max(opens, start), closes) for opens, closes in self.sessions(start, end)]
        if is_of_days(self.size):
            yield from self._long(cut)
            return
        size = seconds_of(self.size)
        for first, last in cut:
            while first < last:
                following = min(first - first % size + size, last)
                yield Bar(str(first), volume=float(following - first))
                first = following

    def _long(self, sessions: list[tuple[int, int]]) -> Iterator[Bar]:
        def period(session: tuple[int, int]) -> int:
            return period_of(datetime.fromtimestamp(session[0], UTC).date(), self.size)

        for _, members in groupby(sessions, period):
            found = list(members)
            day = datetime.fromtimestamp(found[-1][0], UTC)
            yield Bar(f"{day:%Y%m%d}", volume=float(sum(closes - opens for opens, closes in found)))


def run(plan: HistoryPlan, service: Service) -> list[Bar]:
    """All bars of a plan."""
    while (step := plan.step(service.now)) is not None:
        plan.take(step, service.answer(step), service.now)
        assert len(service.asked) < 5_000, "the plan does not come to an end"
    return plan.bars()
