"""When a fault comes: after a while, at a time of day, at a date, again and again."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import Final

from msgspec import Struct

from ibkr_actors.simulated_gateway.hours.clock import epoch_of
from ibkr_actors.simulated_gateway.hours.market_time import EASTERN

_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)([smhd])")
_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_TIME_OF_DAY: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
FORMS: Final = "30s, 5m, 2h or 1d after the start, every:5m, 23:45 each day in New York, or 2026-11-27T10:00"
_ONE_DAY: Final = timedelta(days=1)


class When(Struct, frozen=True):
    """A moment, or many. Exactly one of the fields is set."""

    after: float | None = None
    """Seconds from the gateway's start."""
    every: float | None = None
    """Seconds between two times, from the gateway's start on."""
    daily: time | None = None
    """Each day, in New York."""
    at: datetime | None = None
    """Once; New York's time unless it has a zone."""

    def first(self, start: float) -> float:
        """The first time, of a gateway that starts then; may be in its past."""
        if self.at is not None:
            return epoch_of(self.at)
        if self.daily is not None:
            return _next(self.daily, start)
        return start + (self.after or self.every or 0.0)

    def following(self, last: float) -> float | None:
        """The time after one; None when there is none."""
        if self.daily is not None:
            return _next(self.daily, last)
        return None if self.every is None else last + self.every


def parse_when(text: str) -> When:
    """Read what stands behind the `@` of a fault. Raises ValueError."""
    if text.startswith("every:") and (seconds := _seconds(text.removeprefix("every:"))):
        return When(every=seconds)
    if (seconds := _seconds(text)) is not None:
        return When(after=seconds)
    if match := _TIME_OF_DAY.fullmatch(text):
        return When(daily=time(int(match[1]), int(match[2])))
    try:
        return When(at=datetime.fromisoformat(text))
    except ValueError:
        raise ValueError(f"{text!r} is no time: expected {FORMS}") from None


def _seconds(text: str) -> float | None:
    match = _DURATION.fullmatch(text)
    return None if match is None else float(match[1]) * _UNITS[match[2]]


def _next(daily: time, after: float) -> float:
    day = datetime.fromtimestamp(after, EASTERN).date()
    while (moment := datetime.combine(day, daily, EASTERN).timestamp()) <= after:
        day += _ONE_DAY
    return moment
