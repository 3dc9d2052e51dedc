"""Bars over a span, and what is missing among them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ibkr_actors.classes.bar import Bar
from ibkr_actors.classes.rows import Rows
from ibkr_actors.classes.value import FrozenValue


class Gap(FrozenValue, frozen=True):
    """A stretch of trading hours without bars: nothing was traded then, or the bridge has lost it."""

    start: datetime
    """Where the first missing bar would begin; for bars of a day and longer midnight of that day in UTC."""
    end: datetime
    """Where the last missing bar would end."""
    bars: int
    """How many bars are missing."""


class History(Rows[Bar]):
    """Bars in the order of time, each once, that begin in the span from `start` up to, and without, `end`.

    `gaps` is empty where nothing is missing, and None where nobody said when the contract is traded.
    """

    def __init__(
        self, bars: Iterable[Bar] = (), *, start: datetime, end: datetime, gaps: tuple[Gap, ...] | None = None
    ) -> None:
        super().__init__(bars, Bar)
        self.start, self.end, self.gaps = start, end, gaps
